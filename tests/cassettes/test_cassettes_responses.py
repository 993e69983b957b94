"""OpenAI's Responses API, as the endpoint speaks it to Codex."""

from __future__ import annotations

import json
from typing import Any

import pytest
from model_clients import CODE_MODE, Got, ResponsesClient

from pytest_orchestrator import ModelEndpoint


def last(got: Got) -> dict[str, Any]:
    return got.events[-1]


def test_a_stream_carries_a_message() -> None:
    long = "A sentence that is longer than one piece of the stream, with ümläuts and a 🐍."
    with ModelEndpoint([long]) as endpoint:
        got = ResponsesClient(endpoint.url).post()
    kinds = [event["type"] for event in got.events]
    assert kinds[:3] == ["response.created", "response.in_progress", "response.output_item.added"]
    assert kinds[-2:] == ["response.output_item.done", "response.completed"]
    assert "".join(event["delta"] for event in got.events if event["type"] == "response.output_text.delta") == long
    assert [event["sequence_number"] for event in got.events] == list(range(len(kinds)))
    response = last(got)["response"]
    assert (response["status"], response["model"]) == ("completed", "model-b")
    assert response["output"][0]["content"] == [{"type": "output_text", "text": long, "annotations": []}]
    usage = response["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert usage["output_tokens"] == len(long) // 4


def test_without_a_stream_it_is_one_object() -> None:
    with ModelEndpoint(["Hello."]) as endpoint:
        got = ResponsesClient(endpoint.url).post(stream=False)
    assert got.json["object"] == "response"
    assert got.json["output"][0]["content"][0]["text"] == "Hello."


def test_a_command_is_a_call_of_the_function_for_it() -> None:
    with ModelEndpoint([{"say": "I look.", "run": "ls -la"}, "Done."]) as endpoint:
        client = ResponsesClient(endpoint.url)
        message, call = client.ask()
        client.give("Chunk ID: 1\nProcess exited with code 0\nOutput:\na.txt\n")
        (done,) = client.ask()
        second = endpoint.requests[-1]
    assert message["content"][0]["text"] == "I look."
    assert (call["type"], call["name"]) == ("function_call", "exec_command")
    assert json.loads(call["arguments"]) == {"cmd": "ls -la", "yield_time_ms": 30000}
    assert done["content"][0]["text"] == "Done."
    assert (second.client, second.dialect, second.turn, second.has_failed) == ("codex", "openai", 2, False)
    assert second.results[0].call_id == call["call_id"]


@pytest.mark.parametrize(
    ("tool", "kind", "arguments"),
    [
        ({"type": "function", "name": "shell"}, "function_call", {"command": ["bash", "-c", "ls"]}),
        ({"type": "function", "name": "shell_command"}, "function_call", {"command": "ls"}),
        ({"type": "local_shell"}, "local_shell_call", {"type": "exec", "command": ["bash", "-c", "ls"], "env": {}}),
    ],
)
def test_older_codex_declares_other_tools_for_commands(
    tool: dict[str, Any], kind: str, arguments: dict[str, Any]
) -> None:
    with ModelEndpoint([{"run": "ls"}]) as endpoint:
        (call,) = ResponsesClient(endpoint.url, tools=[tool]).ask()
    assert call["type"] == kind
    given = call["action"] if kind == "local_shell_call" else json.loads(call["arguments"])
    assert given == arguments


def test_with_code_mode_a_command_is_code_that_calls_the_tool() -> None:
    with ModelEndpoint([{"run": 'echo "a\'b"'}]) as endpoint:
        client = ResponsesClient(endpoint.url, tools=[])
        client.items.insert(0, CODE_MODE)
        (call,) = client.ask()
    assert (call["type"], call["name"], call["namespace"]) == ("custom_tool_call", "exec", "functions")
    assert r"""tools.exec_command({"cmd": "echo \"a'b\"", "yield_time_ms": 30000})""" in call["input"]


def test_with_code_mode_tools_are_called_by_their_names_too() -> None:
    patch = {"path": "a/b.txt", "content": "one\n\ntwo\n"}
    with ModelEndpoint([{"write": patch}, {"tool": "wait", "input": {"cell_id": "7"}}]) as endpoint:
        client = ResponsesClient(endpoint.url, tools=[])
        client.items.insert(0, CODE_MODE)
        (write,) = client.ask()
        client.give("Script completed\nOutput:\n\n{}")
        (wait,) = client.ask()
    text = json.loads(write["input"].partition("apply_patch(")[2].partition("));")[0])
    assert text == "*** Begin Patch\n*** Add File: a/b.txt\n+one\n+\n+two\n*** End Patch\n"
    assert (wait["type"], wait["namespace"], json.loads(wait["arguments"])) == (
        "function_call",
        "functions",
        {"cell_id": "7"},
    )


def test_code_mode_without_a_namespace_is_called_without_one() -> None:
    tool = {"type": "custom", "name": "exec", "description": "### `exec_command`\n"}
    with ModelEndpoint([{"run": "ls"}]) as endpoint:
        (call,) = ResponsesClient(endpoint.url, tools=[tool]).ask()
    assert (call["type"], call["name"], "namespace" in call) == ("custom_tool_call", "exec", False)


def test_a_custom_tool_is_given_text() -> None:
    tool = {"type": "custom", "name": "apply_patch", "description": ""}
    with ModelEndpoint([{"tool": "apply_patch", "input": "*** Begin Patch"}]) as endpoint:
        (call,) = ResponsesClient(endpoint.url, tools=[tool]).ask()
    assert (call["type"], call["name"], call["input"]) == ("custom_tool_call", "apply_patch", "*** Begin Patch")


def test_a_tool_that_the_agent_does_not_have_is_called_all_the_same() -> None:
    with ModelEndpoint([{"tool": "teleport", "input": {"to": ["Bern", 3, True, None, 1.5]}}]) as endpoint:
        (call,) = ResponsesClient(endpoint.url).ask()
    assert (call["type"], call["name"]) == ("function_call", "teleport")
    assert json.loads(call["arguments"]) == {"to": ["Bern", 3, True, None, 1.5]}


@pytest.mark.parametrize(
    ("output", "has_failed", "text"),
    [
        ("Chunk ID: 1\nWall time: 0 s\nProcess exited with code 0\nOutput:\nexit code: 3\n", False, "exit code: 3\n"),
        ("Chunk ID: 1\nWall time: 0 s\nProcess exited with code 3\nOutput:\n", True, ""),
        ("Script completed\nWall time 0.1 s\nOutput:\n\nProcess exited with code 2\nOutput:\nx", True, "x"),
        ("Script completed\nWall time 0.1 s\nOutput:\n\nProcess exited with code 0\nOutput:\nx", False, "x"),
        ("Script completed\nWall time 0.1 s\nOutput:\n\nexit code: 3", False, "exit code: 3"),
        ("Script failed\nOutput:\n\nReferenceError", True, "ReferenceError"),
        ("Exit code: 1\nWall time: 0 s\nOutput:\nx", True, "x"),
        ('{"output": "x", "metadata": {"exit_code": 1}}', True, "x"),
        ('{"output": "x", "metadata": {"exit_code": 0}}', False, "x"),
        ('{"an": "object"}', False, '{"an": "object"}'),
        ("{ no object", False, "{ no object"),
        ("unsupported call: teleport", True, "unsupported call: teleport"),
        ("exec_command failed for `/bin/bash`: denied", True, "exec_command failed for `/bin/bash`: denied"),
        ("Plan updated", False, "Plan updated"),
        ("", False, ""),
    ],
)
def test_whether_a_call_failed_is_read_from_the_words_of_codex(output: str, has_failed: bool, text: str) -> None:
    script = [{"run": "x"}, {"when": {"failed": True}, "say": "Failed."}, {"when": {"failed": False}, "say": "Fine."}]
    with ModelEndpoint(script) as endpoint:
        client = ResponsesClient(endpoint.url)
        client.ask()
        client.give(output)
        (message,) = client.ask()
        assert (endpoint.requests[-1].has_failed, endpoint.requests[-1].result) == (has_failed, text)
    assert message["content"][0]["text"] == ("Failed." if has_failed else "Fine.")


def test_a_result_in_blocks_is_read_as_well() -> None:
    with ModelEndpoint([{"run": "x"}, {"when": {"result": "a\nb"}, "say": "Fine."}]) as endpoint:
        client = ResponsesClient(endpoint.url)
        (call,) = client.ask()
        blocks = [{"type": "input_text", "text": text} for text in ("a", "b")]
        client.items.append({"type": "function_call_output", "call_id": call["call_id"], "output": blocks})
        assert client.ask()[0]["content"][0]["text"] == "Fine."


def test_a_command_that_takes_long_is_waited_for_without_using_up_the_script() -> None:
    with ModelEndpoint([{"run": "sleep 99"}, {"when": {"result": "at last"}, "say": "Done."}]) as endpoint:
        client = ResponsesClient(endpoint.url)
        client.ask()
        client.give("Chunk ID: 1\nWall time: 30 seconds\nProcess running with session ID 4711\nOutput:\n")
        (again,) = client.ask()
        client.give("Process running with session ID 4711\nOutput:\n")
        (and_again,) = client.ask()
        client.give("Process exited with code 0\nOutput:\nat last\n")
        (done,) = client.ask()
    for call in (again, and_again):
        assert call["name"] == "write_stdin"
        assert json.loads(call["arguments"])["session_id"] == 4711
    assert again["call_id"] != and_again["call_id"]
    assert done["content"][0]["text"] == "Done."


def test_code_that_takes_long_is_waited_for_too() -> None:
    with ModelEndpoint([{"run": "sleep 99"}, "Done."]) as endpoint:
        client = ResponsesClient(endpoint.url, tools=[])
        client.items.insert(0, CODE_MODE)
        client.ask()
        client.give("Script running with cell ID 12\nOutput:\n")
        (wait,) = client.ask()
    assert (wait["name"], json.loads(wait["arguments"])["cell_id"]) == ("wait", "12")


def test_tokens_from_the_cache_are_a_part_of_the_input() -> None:
    usage = {"input_tokens": 10, "output_tokens": 5, "cache_read_tokens": 90}
    with ModelEndpoint([{"say": "x", "usage": usage}]) as endpoint:
        counted = last(ResponsesClient(endpoint.url).post())["response"]["usage"]
    assert (counted["input_tokens"], counted["output_tokens"], counted["total_tokens"]) == (100, 5, 105)
    assert counted["input_tokens_details"] == {"cached_tokens": 90}


def test_an_answer_that_is_cut_short_is_incomplete() -> None:
    with ModelEndpoint([{"say": "Half of", "stop": "max_tokens"}]) as endpoint:
        event = last(ResponsesClient(endpoint.url).post())
    assert event["type"] == "response.incomplete"
    assert event["response"]["incomplete_details"] == {"reason": "max_output_tokens"}


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, None), (401, "invalid_api_key"), (404, "model_not_found"), (429, "rate_limit_exceeded"), (500, None)],
)
def test_an_error_has_the_envelope_of_the_api(status: int, code: str | None) -> None:
    with ModelEndpoint([{"error": {"status": status, "message": "Sorry", "retry_after": 2}}]) as endpoint:
        got = ResponsesClient(endpoint.url).post()
    assert got.status == status
    assert got.headers["retry-after"] == "2"
    error = got.json["error"]
    assert (error["message"], error["code"]) == ("Sorry", code)


@pytest.mark.parametrize("say", ["", "Begun"])
def test_an_error_in_the_stream_is_a_failed_response(say: str) -> None:
    with ModelEndpoint([{"say": say, "error": {"status": 429, "in_stream": True}}]) as endpoint:
        got = ResponsesClient(endpoint.url).post()
    assert last(got)["type"] == "response.failed"
    assert last(got)["response"]["error"]["code"] == "rate_limit_exceeded"
    kinds = [event["type"] for event in got.events]
    assert "response.output_item.done" not in kinds
    assert kinds.count("response.output_text.delta") == len(say[:1])


def test_what_codex_itself_says_in_the_name_of_the_user_is_no_prompt() -> None:
    with ModelEndpoint(["Hello."]) as endpoint:
        client = ResponsesClient(endpoint.url, "What is this?", session="thread-1")
        for text in (
            "<environment_context>\n  <cwd>/home/me/it</cwd>\n</environment_context>",
            "# AGENTS.md instructions for /home/me\n\n<INSTRUCTIONS>\nBe nice.\n</INSTRUCTIONS>",
        ):
            content = [{"type": "input_text", "text": text}]
            client.items.insert(0, {"type": "message", "role": "user", "content": content})
        client.ask()
        (request,) = endpoint.requests
    assert (request.prompt, request.user_text, request.session) == ("What is this?", "What is this?", "thread-1")
    assert request.working_directory == "/home/me/it"
