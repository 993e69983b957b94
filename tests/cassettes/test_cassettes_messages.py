"""Anthropic's Messages API, as the endpoint speaks it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from model_clients import SHELL, Got, MessagesClient, fetch, said

from pytest_orchestrator import ModelEndpoint


def test_a_reply_is_a_whole_message() -> None:
    with ModelEndpoint(["Hello there."]) as endpoint:
        got = MessagesClient(endpoint.url).post()
    message = got.json
    assert got.headers["content-type"] == "application/json"
    assert got.headers["request-id"].startswith("req_")
    assert (message["type"], message["role"], message["model"]) == ("message", "assistant", "model-a")
    assert message["content"] == [{"type": "text", "text": "Hello there."}]
    assert (message["stop_reason"], message["stop_sequence"]) == ("end_turn", None)
    assert message["usage"]["output_tokens"] == len("Hello there.") // 4
    assert message["usage"]["input_tokens"] == pytest.approx(len(endpoint.requests[0].raw) / 4, abs=1)


def assembled(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the blocks of a stream together, as a client does."""
    blocks: list[dict[str, Any]] = []
    for event in events:
        if event["type"] == "content_block_start":
            assert event["index"] == len(blocks)
            blocks.append(dict(event["content_block"]))
        elif event["type"] == "content_block_delta":
            delta = event["delta"]
            if delta["type"] == "text_delta":
                blocks[event["index"]]["text"] += delta["text"]
            else:
                blocks[event["index"]].setdefault("json", "")
                blocks[event["index"]]["json"] += delta["partial_json"]
    return blocks


def test_a_stream_carries_the_same_in_events() -> None:
    long = "A sentence that is longer than one piece of the stream, with ümläuts and a 🐍. " * 3
    with ModelEndpoint([{"say": long, "run": "echo 'hi there, this is quite a long command'"}]) as endpoint:
        got = MessagesClient(endpoint.url).post(stream=True)
    assert got.headers["content-type"] == "text/event-stream; charset=utf-8"
    kinds = [event["type"] for event in got.events]
    assert kinds[0] == "message_start"
    assert kinds[-2:] == ["message_delta", "message_stop"]
    assert kinds.count("content_block_delta") > 5
    assert "ping" in kinds
    text, call = assembled(got.events)
    assert text == {"type": "text", "text": long}
    assert (call["type"], call["name"]) == ("tool_use", "Bash")
    assert json.loads(call["json"])["command"] == "echo 'hi there, this is quite a long command'"
    assert got.events[0]["message"]["content"] == []
    assert got.events[-2]["delta"]["stop_reason"] == "tool_use"
    assert got.events[-2]["usage"]["output_tokens"] > 50


def test_several_calls_are_blocks_in_the_order_of_the_script() -> None:
    script = [{"say": "Both.", "calls": [{"run": "one"}, {"tool": "Read", "input": {"file_path": "/a", "limit": 3}}]}]
    with ModelEndpoint(script) as endpoint:
        message = MessagesClient(endpoint.url).ask()
    assert [block["type"] for block in message["content"]] == ["text", "tool_use", "tool_use"]
    assert [block["name"] for block in message["content"][1:]] == ["Bash", "Read"]
    assert message["content"][2]["input"] == {"file_path": "/a", "limit": 3}
    assert len({block["id"] for block in message["content"][1:]}) == 2
    assert message["stop_reason"] == "tool_use"


def test_a_file_is_written_below_the_directory_in_which_the_agent_says_that_it_works() -> None:
    script = [{"write": {"path": "a/b.txt", "content": "hi\n"}}, {"write": {"path": "/tmp/c", "content": ""}}]
    with ModelEndpoint(script) as endpoint:
        client = MessagesClient(endpoint.url)
        first = client.ask(system=[{"type": "text", "text": "Env:\n - Primary working directory: /home/me/it\n - x"}])
        client.give("done")
        second = client.ask()
    assert first["content"][0]["input"] == {"file_path": "/home/me/it/a/b.txt", "content": "hi\n"}
    assert second["content"][0]["input"] == {"file_path": "/tmp/c", "content": ""}


def test_an_agent_without_a_tool_for_files_gets_a_command() -> None:
    with ModelEndpoint([{"write": {"path": "it's/b.txt", "content": "one\ntwo"}}]) as endpoint:
        message = MessagesClient(endpoint.url, tools=[SHELL]).ask()
    command = message["content"][0]["input"]["command"]
    assert command == """mkdir -p -- 'it'"'"'s' && printf %s 'one\ntwo' > 'it'"'"'s/b.txt'"""


def test_a_command_without_a_tool_for_it_is_told_to_the_agent_and_to_the_test() -> None:
    with ModelEndpoint([{"run": "ls"}]) as endpoint:
        got = MessagesClient(endpoint.url, tools=[]).post()
        unmatched = endpoint.unmatched
    assert got.status == 400
    (why,) = unmatched
    assert why == "the reply runs the command 'ls', but the request offers no tools; use tool: with one of these"
    assert got.json["error"] == {"type": "invalid_request_error", "message": why}


def test_usage_and_stop_are_those_of_the_script() -> None:
    usage = {"input_tokens": 7, "output_tokens": 5, "cache_read_tokens": 3, "cache_creation_tokens": 2}
    with ModelEndpoint([{"say": "Half of", "usage": usage, "stop": "max_tokens"}]) as endpoint:
        message = MessagesClient(endpoint.url).ask()
    assert message["stop_reason"] == "max_tokens"
    assert message["usage"] == {
        "input_tokens": 7,
        "output_tokens": 5,
        "cache_read_input_tokens": 3,
        "cache_creation_input_tokens": 2,
    }


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (413, "request_too_large"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (529, "overloaded_error"),
        (418, "invalid_request_error"),
        (503, "api_error"),
    ],
)
def test_an_error_has_the_envelope_of_the_api(status: int, kind: str) -> None:
    with ModelEndpoint([{"error": status}]) as endpoint:
        got = MessagesClient(endpoint.url).post(stream=True)
    assert got.status == status
    assert got.json["type"] == "error"
    assert got.json["error"]["type"] == kind
    assert got.json["error"]["message"]
    assert got.json["request_id"] == got.headers["request-id"]
    assert "retry-after" not in got.headers


def test_a_rate_limit_says_when_to_come_back() -> None:
    error = {"status": 429, "type": "own_error", "message": "Slow down", "retry_after": 1.5}
    with ModelEndpoint([{"error": error}]) as endpoint:
        got = MessagesClient(endpoint.url).post()
    assert got.headers["retry-after"] == "1.5"
    assert got.json["error"] == {"type": "own_error", "message": "Slow down"}


def test_an_error_in_the_stream_comes_behind_what_was_said() -> None:
    with ModelEndpoint([{"say": "Begun", "error": {"status": 529, "in_stream": True}}]) as endpoint:
        got = MessagesClient(endpoint.url).post(stream=True)
    assert got.status == 200
    assert assembled(got.events)[0]["text"] == "Begun"
    assert got.events[-1] == {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    assert not {"content_block_stop", "message_stop"} & {event["type"] for event in got.events}


def test_an_error_in_the_stream_may_come_before_anything_is_said() -> None:
    with ModelEndpoint([{"error": {"status": 529, "in_stream": True}}]) as endpoint:
        got = MessagesClient(endpoint.url).post(stream=True)
    assert [event["type"] for event in got.events] == ["message_start", "error"]


def test_tokens_are_counted_without_using_up_the_script() -> None:
    with ModelEndpoint(["Hello."]) as endpoint:
        body = {"model": "m", "messages": [{"role": "user", "content": "x" * 400}]}
        counted = fetch(endpoint.url, "/v1/messages/count_tokens?beta=true", body)
        assert said(MessagesClient(endpoint.url).ask()) == "Hello."
        purposes = [request.purpose for request in endpoint.requests]
    assert 100 <= counted.json["input_tokens"] <= 130
    assert purposes == ["count_tokens", "turn"]


def models(url: str, path: str) -> Got:
    return fetch(url, path, method="GET")


def test_models_can_be_listed_and_looked_up() -> None:
    with ModelEndpoint([]) as endpoint:
        (model,) = models(endpoint.url, "/v1/models?limit=10").json["data"]
        named = models(endpoint.url, "/v1/models/claude-x").json
    assert model["type"] == "model"
    assert named["id"] == named["display_name"] == "claude-x"


def test_another_path_is_not_found() -> None:
    with ModelEndpoint([]) as endpoint:
        got = fetch(endpoint.url, "/v1/embeddings", {})
        head = fetch(endpoint.url, "/", method="HEAD")
    assert got.status == head.status == 404
    assert got.json["error"]["message"].startswith("POST /v1/embeddings is not served here")
    assert head.data == b""


def test_a_request_is_told_to_the_test() -> None:
    with ModelEndpoint([{"run": "ls"}, "Done."]) as endpoint:
        client = MessagesClient(
            endpoint.url,
            session="abc",
            user_agent="claude-cli/2.1 (external, sdk-cli)",
            messages=[
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "<system-reminder>\nAs you wish\n</system-reminder>"},
                        {"type": "text", "text": "List the files"},
                    ],
                },
                {"role": "system", "content": [{"type": "text", "text": "Working directory: /w"}]},
            ],
        )
        client.ask()
        client.give("a.txt")
        client.ask()
        first, second = endpoint.requests
    assert (first.client, first.session, first.model, first.dialect) == ("claude", "abc", "model-a", "anthropic")
    assert (first.prompt, first.turn, first.results, first.has_failed) == ("List the files", 1, (), None)
    assert (second.prompt, second.turn, second.result, second.has_failed) == ("List the files", 2, "a.txt", False)
    assert second.call_ids == (second.results[0].call_id,)
    assert second.working_directory == "/w"
    assert sorted(second.tools) == ["Bash", "Write"]
    assert second.body["messages"] == client.messages[:-1]


def test_keys_are_not_kept() -> None:
    with ModelEndpoint(["x"]) as endpoint:
        keys = {"x-api-key": "secret-1", "Authorization": "Bearer secret-2", "Cookie": "secret-3"}
        fetch(endpoint.url, "/v1/messages", {"messages": []}, headers=keys)
        (request,) = endpoint.requests
    assert "secret" not in repr(request.headers)
    assert request.headers["content-type"] == "application/json"


def test_results_are_in_the_order_of_the_calls() -> None:
    with ModelEndpoint([{"calls": [{"run": "one"}, {"run": "two"}]}, "Done."]) as endpoint:
        client = MessagesClient(endpoint.url)
        client.ask()
        client.give("first", "second")
        client.messages[-1]["content"].reverse()
        client.ask()
        assert endpoint.requests[-1].result == "first\nsecond"
