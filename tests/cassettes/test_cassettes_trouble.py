"""Trouble that a script makes: waiting, dribbling, breaking off, silence."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
from model_clients import MessagesClient, ResponsesClient, said

from pytest_orchestrator import ModelEndpoint

TEXT = "A sentence that takes a good many events of the stream, since each has but a few characters."


def test_a_delay_comes_before_everything() -> None:
    with ModelEndpoint([{"say": "x", "delay": 0.3}, {"error": 500, "delay": 0.2}]) as endpoint:
        client = MessagesClient(endpoint.url)
        started = time.monotonic()
        client.ask()
        middle = time.monotonic()
        client.say("Go on")
        assert client.post().status == 500
    assert middle - started >= 0.3
    assert time.monotonic() - middle >= 0.2


@pytest.mark.parametrize("stream", [True, False])
def test_a_slow_answer_takes_its_time(stream: bool) -> None:
    with ModelEndpoint([{"say": TEXT, "slow": 300}]) as endpoint:
        started = time.monotonic()
        MessagesClient(endpoint.url).post(stream=stream)
        taken = time.monotonic() - started
    assert len(TEXT) / 300 <= taken < len(TEXT) / 300 + 10


def test_a_slow_stream_comes_piece_by_piece() -> None:
    with ModelEndpoint([{"say": TEXT, "slow": 200}]) as endpoint:
        connection = http.client.HTTPConnection(urlsplit(endpoint.url).netloc, timeout=10)
        connection.request("POST", "/v1/messages", b'{"stream": true, "messages": []}')
        response = connection.getresponse()
        first = response.readline()
        begun = time.monotonic()
        response.read()
        connection.close()
    assert first == b"event: message_start\n"
    assert time.monotonic() - begun > 0.3


@pytest.mark.parametrize(
    ("cut", "whole"), [({"events": 4}, 4), (4, 4), ({"events": 0}, 0), ({"bytes": 1}, 0), ({"bytes": 100_000}, None)]
)
def test_a_cut_stream_ends_in_the_middle(cut: object, whole: int | None) -> None:
    with ModelEndpoint([{"say": TEXT, "cut": cut}]) as endpoint:
        connection = http.client.HTTPConnection(urlsplit(endpoint.url).netloc, timeout=10)
        connection.request("POST", "/v1/messages", b'{"stream": true, "messages": []}')
        response = connection.getresponse()
        assert response.status == 200
        with pytest.raises(http.client.IncompleteRead) as caught:
            response.read()
        connection.close()
    assert isinstance(caught.value.partial, bytes)
    count = caught.value.partial.count(b"\n\n")
    assert count == whole or (whole is None and count > 5)


def test_a_cut_stream_of_responses_ends_without_its_last_event() -> None:
    with (
        ModelEndpoint([{"say": TEXT, "cut": {"bytes": 700}}]) as endpoint,
        pytest.raises(http.client.IncompleteRead) as caught,
    ):
        ResponsesClient(endpoint.url).post()
    assert len(caught.value.partial) == 700
    assert b"response.completed" not in caught.value.partial


def test_an_answer_in_one_piece_is_cut_as_well() -> None:
    with (
        ModelEndpoint([{"say": TEXT, "cut": {"bytes": 10}}]) as endpoint,
        pytest.raises(http.client.IncompleteRead) as caught,
    ):
        MessagesClient(endpoint.url).post()
    assert len(caught.value.partial) == 10


def test_after_a_cut_the_next_reply_is_for_the_next_try() -> None:
    with ModelEndpoint([{"say": TEXT, "cut": 2}, "Recovered."]) as endpoint:
        client = MessagesClient(endpoint.url)
        with pytest.raises(http.client.IncompleteRead):
            client.post(stream=True)
        assert said(client.ask()) == "Recovered."


def test_one_that_hangs_never_answers_and_holds_up_nobody() -> None:
    with (
        ModelEndpoint([{"when": {"prompt": "hang"}, "hang": True}, "Hello."]) as endpoint,
        socket.create_connection(("127.0.0.1", urlsplit(endpoint.url).port or 0), timeout=0.3) as connection,
    ):
        body = b'{"messages": [{"role": "user", "content": "hang"}]}'
        connection.sendall(b"POST /v1/messages HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert said(MessagesClient(endpoint.url).ask()) == "Hello."


def test_a_client_that_goes_away_from_a_silent_endpoint_frees_its_thread() -> None:
    with ModelEndpoint([{"hang": True}]) as endpoint:
        connection = socket.create_connection(("127.0.0.1", urlsplit(endpoint.url).port or 0))
        connection.sendall(b"POST /v1/messages HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
        deadline = time.monotonic() + 10
        while not endpoint.requests and time.monotonic() < deadline:
            time.sleep(0.01)
        serving = [thread for thread in threading.enumerate() if thread.name == "model-endpoint-client"]
        connection.close()
        for thread in serving:
            thread.join(10)
        assert serving
        assert not any(thread.is_alive() for thread in serving)
