"""The endpoint as a server of HTTP: connections, bodies, and its end, which leaves nothing behind."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import zlib
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from model_clients import MessagesClient, fetch, said

from pytest_orchestrator import ModelEndpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BODY = json.dumps({"messages": [{"role": "user", "content": "Hello"}]}).encode()
HEAD = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\n"


def port_of(endpoint: ModelEndpoint) -> int:
    port = urlsplit(endpoint.url).port
    assert port
    return port


def endpoint_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("model-endpoint")]


def sent(endpoint: ModelEndpoint, data: bytes) -> bytes:
    """Send bytes as they are, and return the first line that comes back."""
    with socket.create_connection(("127.0.0.1", port_of(endpoint)), timeout=10) as connection:
        connection.sendall(data)
        with connection.makefile("rb") as answer:
            return answer.readline()


def test_a_connection_serves_one_request_after_the_other() -> None:
    with ModelEndpoint([{"say": "x", "times": "always"}]) as endpoint:
        connection = http.client.HTTPConnection("127.0.0.1", port_of(endpoint), timeout=10)
        used = set()
        for path in ("/v1/messages", "/v1/models", "/v1/nothing", "/v1/messages?beta=true"):
            fetch(endpoint.url, path, {"messages": [], "stream": True}, connection=connection)
            used.add(connection.sock.getsockname())
        connection.close()
    assert len(used) == 1


def test_two_requests_at_once_on_one_connection_are_answered_in_order() -> None:
    with (
        ModelEndpoint(["One.", "Two."]) as endpoint,
        socket.create_connection(("127.0.0.1", port_of(endpoint)), timeout=10) as connection,
    ):
        request = HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
        connection.sendall(request + request.replace(b"Host: x", b"Connection: close"))
        data = b"".join(iter(lambda: connection.recv(65536), b""))
    assert data.count(b"HTTP/1.1 200 OK") == 2
    assert data.count(b'"text": "One."') == 2  # without a session, and with nothing before: two conversations


def chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x;note=1\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\nTrailer: 1\r\n\r\n"


def test_a_body_may_come_in_chunks() -> None:
    with ModelEndpoint(["x"]) as endpoint:
        line = sent(endpoint, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(BODY[:7], BODY[7:]))
        assert line == b"HTTP/1.1 200 OK\r\n"
        assert endpoint.requests[0].prompt == "Hello"


@pytest.mark.parametrize(("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_body_may_be_compressed(encoding: str, compress: Callable[[bytes], bytes]) -> None:
    with ModelEndpoint(["x"]) as endpoint:
        got = fetch(endpoint.url, "/v1/messages", compress(BODY), headers={"Content-Encoding": encoding})
        assert got.status == 200
        assert endpoint.requests[0].prompt == "Hello"


@pytest.mark.skipif(sys.version_info < (3, 14), reason="compression.zstd is new in Python 3.14")
def test_a_body_may_be_compressed_with_zstd() -> None:
    from compression import zstd  # type: ignore[import-not-found,unused-ignore]

    with ModelEndpoint(["x"]) as endpoint:
        got = fetch(endpoint.url, "/v1/messages", zstd.compress(BODY), headers={"Content-Encoding": "zstd"})
        assert got.status == 200


@pytest.mark.parametrize(
    ("headers", "data", "status", "words"),
    [
        ({}, b"{", 400, "the body is no JSON object"),
        ({}, b"[]", 400, "the body is no JSON object"),
        ({}, b"[" * 100_000, 400, "the body is no JSON object"),
        ({}, b"\xff\xfe{}", 400, "the body is no JSON object"),
        ({"Content-Encoding": "br"}, b"x", 415, "content encoding 'br' is not supported; send gzip, deflate or none"),
        ({"Content-Encoding": "gzip"}, b"x", 400, "the body cannot be decompressed"),
    ],
    ids=["no JSON", "no object", "nested", "no UTF-8", "brotli", "no gzip"],
)
def test_a_body_that_cannot_be_read_is_refused(headers: dict[str, str], data: bytes, status: int, words: str) -> None:
    with ModelEndpoint(["x"]) as endpoint:
        got = fetch(endpoint.url, "/v1/messages", data, headers=headers)
        assert got.status == status
        assert got.json["error"]["message"].startswith(words)
        assert said(MessagesClient(endpoint.url).ask()) == "x"


def test_a_body_that_is_too_large_when_decompressed_is_refused() -> None:
    data = gzip.compress(b" " * (32 * 1024 * 1024 + 1))
    with ModelEndpoint(["x"]) as endpoint:
        got = fetch(endpoint.url, "/v1/messages", data, headers={"Content-Encoding": "gzip"})
    assert got.status == 413
    assert got.json["error"]["message"] == "the request has more than 33554432 bytes when decompressed"


@pytest.mark.parametrize(
    ("rest", "line"),
    [
        (b"Content-Length: 99999999999\r\n\r\n", b"HTTP/1.1 413 "),
        (b"Content-Length: -1\r\n\r\n", b"HTTP/1.1 400 "),
        (b"Content-Length: x\r\n\r\n", b"HTTP/1.1 400 "),
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 400 "),
        (b"Transfer-Encoding: chunked\r\n\r\n-5\r\n", b"HTTP/1.1 413 "),
        (b"Transfer-Encoding: chunked\r\n\r\nfffffff0\r\n", b"HTTP/1.1 413 "),
    ],
)
def test_a_length_that_is_none_is_refused(rest: bytes, line: bytes) -> None:
    with ModelEndpoint([]) as endpoint:
        assert sent(endpoint, HEAD + rest).startswith(line)


def test_what_is_no_http_is_refused() -> None:
    with ModelEndpoint([]) as endpoint:
        assert sent(endpoint, b"GET / HTTP/9.9\r\n\r\n").startswith(b"HTTP/1.1 505 ")
        assert sent(endpoint, b"Hello there\r\n\r\n").startswith(b"HTTP/1.1 400 ")
        with contextlib.suppress(ConnectionError):  # it may stop reading before all of that was sent
            assert sent(endpoint, b"GET /" + b"x" * 1_000_000).startswith(b"HTTP/1.1 414 ")
        assert fetch(endpoint.url, "/v1/models", method="GET").status == 200


def test_a_client_that_goes_away_in_the_middle_of_its_request_harms_nobody() -> None:
    with ModelEndpoint(["x"]) as endpoint:
        for data in (b"", b"POST", HEAD, HEAD + b"Content-Length: 50\r\n\r\n{"):
            with socket.create_connection(("127.0.0.1", port_of(endpoint))) as connection:
                connection.sendall(data)
        assert said(MessagesClient(endpoint.url).ask()) == "x"
        deadline = time.monotonic() + 10
        while len(endpoint_threads()) > 1 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(endpoint_threads()) == 1


def test_a_client_that_does_not_read_its_answer_holds_up_nobody() -> None:
    script = [{"say": "x" * 20_000_000, "when": {"prompt": "Hello"}}, "Fine."]
    with (
        ModelEndpoint(script) as endpoint,
        socket.create_connection(("127.0.0.1", port_of(endpoint))) as connection,
    ):
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY))
        assert said(MessagesClient(endpoint.url, "Other").ask()) == "Fine."
        started = time.monotonic()
        endpoint.close()
        assert time.monotonic() - started < 4


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Fail when a thread or a descriptor of an endpoint is left."""
    threads = len(endpoint_threads())
    descriptors = len(os.listdir("/proc/self/fd"))
    yield
    assert len(endpoint_threads()) == threads
    assert len(os.listdir("/proc/self/fd")) == descriptors


@pytest.mark.usefixtures("nothing_left")
def test_closing_ends_at_once_whatever_clients_wait_for() -> None:
    script = [
        {"when": {"prompt": "hang"}, "hang": True},
        {"when": {"prompt": "delay"}, "say": "x", "delay": 600},
        {"when": {"prompt": "slow"}, "say": "x" * 1000, "slow": 1},
        "Fine.",
    ]
    endpoint = ModelEndpoint(script)
    connections = []
    for prompt in ("hang", "delay", "slow", "fine"):
        connection = http.client.HTTPConnection("127.0.0.1", port_of(endpoint), timeout=20)
        body = json.dumps({"stream": True, "messages": [{"role": "user", "content": prompt}]})
        connection.request("POST", "/v1/messages", body)
        connections.append(connection)
    idle = socket.create_connection(("127.0.0.1", port_of(endpoint)))
    half = socket.create_connection(("127.0.0.1", port_of(endpoint)))
    half.sendall(b"POST /v1/mess")
    deadline = time.monotonic() + 10
    while len(endpoint.requests) < 4 and time.monotonic() < deadline:
        time.sleep(0.01)
    started = time.monotonic()
    endpoint.close()
    endpoint.close()
    assert time.monotonic() - started < 4
    assert len(endpoint.requests) == 4
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port_of(endpoint)))
    for connection in connections:
        connection.close()
    for plain in (idle, half):
        plain.close()


@pytest.mark.usefixtures("nothing_left")
def test_nothing_is_left_of_many_endpoints() -> None:
    for _ in range(50):
        with ModelEndpoint(["x"]) as endpoint:
            assert said(MessagesClient(endpoint.url).ask()) == "x"


@pytest.mark.parametrize("is_closed", [True, False])
def test_ctrl_c_ends_a_program_with_an_endpoint_that_somebody_waits_for(is_closed: bool) -> None:
    program = f"""
import time
from pytest_orchestrator import ModelEndpoint
endpoint = ModelEndpoint([{{"hang": True}}])
print(endpoint.url, flush=True)
try:
    while True:  # a signal just before a wait does not end it
        time.sleep(0.05)
finally:
    endpoint.close() if {is_closed} else None
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        port = urlsplit(process.stdout.readline().decode().strip()).port
        with socket.create_connection(("127.0.0.1", port or 0)) as connection:
            connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY))
            process.send_signal(signal.SIGINT)
            assert b"KeyboardInterrupt" in process.communicate(timeout=10)[1]
            with contextlib.suppress(ConnectionResetError):
                assert connection.recv(1) == b""


def test_a_function_that_waits_for_another_request_is_not_waited_for_when_it_ends() -> None:
    came = threading.Event()

    def script(request: object) -> str:
        came.set()
        assert came.wait(5)
        return "x"

    with ModelEndpoint(script) as endpoint:
        assert said(MessagesClient(endpoint.url).ask()) == "x"


def test_only_so_many_bytes_of_requests_are_kept() -> None:
    with ModelEndpoint([{"say": "x", "times": "always"}]) as endpoint:
        for number in range(5):
            MessagesClient(endpoint.url, f"{number}" + "x" * 5_000_000).ask()
        kept = endpoint.requests
        assert endpoint.dropped == 2
    assert [request.prompt[0] for request in kept] == ["2", "3", "4"]


def test_it_listens_on_the_loopback_interface_only() -> None:
    with ModelEndpoint([]) as endpoint:
        assert endpoint.url.startswith("http://127.0.0.1:")
        lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        listening = [line.split()[1] for line in lines if line.split()[3] == "0A"]
    assert [place for place in listening if place.endswith(f":{port_of(endpoint):04X}")] == [
        f"0100007F:{port_of(endpoint):04X}"
    ]


def test_what_is_meant_for_the_internet_is_refused_and_told() -> None:
    with ModelEndpoint([]) as endpoint:
        proxies = urllib.request.ProxyHandler({"http": endpoint.url, "https": endpoint.url})
        opener = urllib.request.build_opener(proxies)
        for url in ("http://example.com/a?b=c", "https://example.org/", "https://example.org/again"):
            with pytest.raises(OSError, match="403"):
                opener.open(url, timeout=10)
        assert endpoint.strays == ("http://example.com/a?b=c", "example.org:443")
        assert endpoint.requests == ()


def test_of_a_function_that_always_raises_not_every_exception_is_kept() -> None:
    def raises(_request: object) -> object:
        raise ValueError("again")

    with ModelEndpoint(raises) as endpoint:
        connection = http.client.HTTPConnection("127.0.0.1", port_of(endpoint), timeout=10)
        for _ in range(110):
            assert fetch(endpoint.url, "/v1/messages", BODY, connection=connection).status == 400
        connection.close()
        assert len(endpoint.failures) == 100
