"""Streams of Codex, recorded and made up, become transcripts."""

from __future__ import annotations

import json
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from agent_streams import CODEX, lines, read, recorded, recordings, title, transcript_of

from pytest_orchestrator.agents.codex_stream import CodexParser
from pytest_orchestrator.agents.event_lines import NO_EVENT, TOO_LONG
from pytest_orchestrator.agents.stream import StreamEvent
from pytest_orchestrator.agents.transcript_builder import MAX_RESULT
from pytest_orchestrator.core.transcript import ErrorKind, Message, Transcript, Usage

if TYPE_CHECKING:
    from pathlib import Path

OLD, MIDDLE, NEW = CODEX
ONE_REPLY = Usage(211, 42, 3000, 0)
"""What each reply of the recordings cost, as the endpoint they ran against told."""

START = {"type": "thread.started", "thread_id": "th1"}, {"type": "turn.started"}


def item(kind: str, item_id: str = "item_0", event: str = "completed", **fields: Any) -> dict[str, Any]:
    return {"type": f"item.{event}", "item": {"id": item_id, "type": kind, **fields}}


def command(output: str, status: str = "completed", **fields: Any) -> dict[str, Any]:
    told = {"command": "ls", "aggregated_output": output, "exit_code": 0, "status": status, **fields}
    return item("command_execution", **told)


def done(**usage: int) -> dict[str, Any]:
    return {"type": "turn.completed", "usage": usage}


def parsed(data: bytes) -> Transcript:
    parser = CodexParser()
    read(data, parser)
    return parser.transcript


@pytest.mark.parametrize("path", recordings(*CODEX), ids=title)
def test_every_recorded_event_is_known(path: Path) -> None:
    transcript = parsed(path.read_bytes())
    assert (transcript.unknown, transcript.unread, transcript.dropped) == ({}, (), 0)
    assert transcript.is_complete is (title(path) != f"{NEW}-network")
    assert transcript.session_id
    assert transcript.turns == 1
    assert Transcript.from_dict(json.loads(json.dumps(transcript.as_dict()))) == transcript


@pytest.mark.parametrize("version", CODEX)
def test_a_one_turn_answer(version: str) -> None:
    parser = CodexParser()
    shown = read(recorded(version, "answer"), parser)
    transcript = parser.transcript
    assert shown == [StreamEvent("text", "Two and two are four.")]
    assert transcript.messages == (Message("assistant", "Two and two are four.", 1),)
    assert parser.text == transcript.final_text == "Two and two are four."
    assert (transcript.usage, transcript.cost_usd) == (ONE_REPLY, None)
    assert (transcript.is_error, transcript.error, transcript.error_kind) == (False, None, None)


@pytest.mark.parametrize("version", CODEX)
def test_a_command_has_its_script_and_the_bytes_of_its_output(version: str) -> None:
    parser = CodexParser()
    shown = read(recorded(version, "tool-call"), parser)
    (call,) = parser.transcript.tool_calls
    assert (call.name, call.turn, call.agent) == ("command_execution", 1, None)
    assert call.input == {
        "command": "/bin/bash -lc 'wc -l notes.txt'",
        "script": "wc -l notes.txt",
        "exit_code": 0,
    }
    assert call.result is not None
    assert (call.result.data, call.result.is_error) == (b"3 notes.txt\n", False)
    assert parser.usage == ONE_REPLY + ONE_REPLY
    assert shown == [
        StreamEvent("text", "I look."),
        StreamEvent("tool_call", "command_execution: wc -l notes.txt"),
        StreamEvent("tool_result", "command_execution gave: 3 notes.txt"),
        StreamEvent("text", "notes.txt has 3 lines."),
    ]


@pytest.mark.parametrize("version", CODEX)
def test_a_failing_command_is_an_error_of_the_tool_and_not_of_the_run(version: str) -> None:
    transcript = transcript_of(version, "failing-tool")
    (call,) = transcript.tool_calls
    assert call.result is not None
    assert (call.input["exit_code"], call.result.is_error) == (3, True)
    assert sorted(call.result.text.split()) == ["broken", "partial"]
    assert not transcript.is_error


@pytest.mark.parametrize("version", CODEX)
def test_a_change_of_files_names_them(version: str) -> None:
    (call,) = transcript_of(version, "file-change").tool_calls
    assert (call.name, call.input) == (
        "file_change",
        {"changes": [{"path": "/home/user/project/out.txt", "kind": "add"}]},
    )
    assert call.result is not None
    assert (call.result.data, call.result.is_error) == (b"", False)


@pytest.mark.parametrize("version", CODEX)
def test_a_tool_of_an_mcp_server_is_named_as_claude_names_it(version: str) -> None:
    (call,) = transcript_of(version, "mcp").tool_calls
    assert (call.name, call.input) == ("mcp__adder__add", {"a": 1})
    assert call.result is not None
    assert call.result.data == b"three"


@pytest.mark.parametrize("version", CODEX)
def test_a_sub_agent_is_the_call_that_started_it(version: str) -> None:
    transcript = transcript_of(version, "subagent")
    (agent,) = transcript.subagents
    spawn, wait = transcript.tool_calls
    assert (agent.id, agent.task) == (spawn.id, "Count the lines of notes.txt")
    assert (spawn.name, wait.name) == ("spawn_agent", "wait")
    assert wait.result is not None
    assert wait.result.data == b"notes.txt has 3 lines."


@pytest.mark.parametrize("version", CODEX)
def test_a_web_search_tells_its_query(version: str) -> None:
    (call,) = transcript_of(version, "web-search").tool_calls
    assert (call.name, call.input["query"]) == ("web_search", "weather")


@pytest.mark.parametrize("version", [OLD, MIDDLE])
def test_a_list_of_things_to_do_is_a_call(version: str) -> None:
    (call,) = transcript_of(version, "todo").tool_calls
    assert call.name == "todo_list"
    assert [each["completed"] for each in call.input["items"]] == [True, False]


KINDS: dict[str, ErrorKind] = {
    "rate-limit": "rate_limit",
    "rate-limit-stream": "rate_limit",
    "usage-limit": "rate_limit",
    "overloaded": "overloaded",
    "overloaded-stream": "overloaded",
    "authentication": "authentication",
    "no-key": "authentication",
    "billing-stream": "billing",
    "stream-cut": "network",
    "network": "network",
    "context-window": "other",
}


@pytest.mark.parametrize("path", [path for path in recordings(*CODEX) if path.stem in KINDS], ids=title)
def test_trouble_is_told_by_its_kind(path: Path) -> None:
    parser = CodexParser()
    shown = read(path.read_bytes(), parser)
    transcript = parser.transcript
    assert transcript.error_kind == KINDS[path.stem]
    assert transcript.is_error is transcript.is_complete
    assert transcript.error
    assert transcript.final_text == ""
    assert "error" in {each.kind for each in shown}
    assert parser.text == "\n".join(each.text for each in transcript.messages if each.role == "assistant")


def test_a_rate_limit_that_passes_is_no_error() -> None:
    transcript = transcript_of(NEW, "rate-limit-recovers")
    assert (transcript.error_kind, transcript.error, transcript.retries) == (None, None, 1)
    assert transcript.final_text == "Here I am."


def test_a_warning_is_a_message_of_the_system_and_no_error() -> None:
    transcript = transcript_of(NEW, "unknown-model")
    assert [each.role for each in transcript.messages] == ["system", "assistant"]
    assert "gpt-made-up" in transcript.messages[0].text
    assert (transcript.is_error, transcript.error_kind) == (False, None)


def test_what_an_agent_says_of_rate_limits_is_no_trouble() -> None:
    said = item("agent_message", text="429: rate limit, unauthorized, connection refused")
    assert parsed(lines(*START, said, done())).error_kind is None


def test_input_from_the_cache_counts_once() -> None:
    used = done(input_tokens=100, cached_input_tokens=60, cache_write_input_tokens=30, output_tokens=5)
    assert parsed(lines(*START, used)).usage == Usage(10, 5, 60, 30)
    assert parsed(lines(*START, used)).usage.total == 105


def test_what_a_resumed_thread_had_used_can_be_taken_off() -> None:
    parser = CodexParser(before=Usage(10, 5, 60))
    read(lines(*START, done(input_tokens=100, cached_input_tokens=60, output_tokens=9)), parser)
    assert parser.usage == Usage(30, 4, 0)


def test_a_stream_that_was_cut_off_keeps_what_came() -> None:
    whole = recorded(NEW, "tool-call").splitlines(keepends=True)
    begun = [line for line in whole if b'"item.started"' in line or b"I look." in line]
    parser = CodexParser()
    read(b"".join([*whole[:2], *begun]), parser)
    transcript = parser.transcript
    assert (transcript.is_complete, transcript.final_text, parser.text) == (False, "", "I look.")
    assert [(call.name, call.result) for call in transcript.tool_calls] == [("command_execution", None)]


@pytest.mark.parametrize("version", CODEX)
def test_an_item_that_is_completed_twice_counts_once(version: str) -> None:
    data = recorded(version, "tool-call")
    once = parsed(data)
    twice = parsed(b"".join(line * (2 if b'"item.' in line else 1) for line in data.splitlines(keepends=True)))
    assert twice == once


def test_a_command_that_was_declined_is_a_denial() -> None:
    transcript = parsed(lines(*START, command("", "declined", exit_code=None)))
    (denial,) = transcript.denials
    assert (denial.tool, denial.input, denial.call_id) == ("command_execution", {"command": "ls"}, "item_0")
    assert transcript.tool_calls[0].result is not None
    assert transcript.tool_calls[0].result.is_error


@pytest.mark.parametrize(
    ("told", "script"),
    [
        ("/bin/bash -lc 'a b'", "a b"),
        ("bash -c ls", "ls"),
        ("/usr/bin/zsh -lc \"printf 'x'\"", "printf 'x'"),
        ("bash -lc 'a' more", None),
        ("python3 -c x", None),
        ("bash -lc 'not closed", None),
    ],
)
def test_the_script_of_a_shell_is_told_beside_the_command(told: str, script: str | None) -> None:
    (call,) = parsed(lines(command("", command=told))).tool_calls
    assert call.input["command"] == told
    assert call.input.get("script") == script


def test_a_tool_that_failed_tells_why() -> None:
    failed = item(
        "mcp_tool_call", server="s", tool="t", arguments={}, result=None, error={"message": "no"}, status="failed"
    )
    (call,) = parsed(lines(failed)).tool_calls
    assert call.result is not None
    assert (call.result.data, call.result.is_error) == (b"no", True)


def test_an_unknown_event_or_item_is_counted() -> None:
    odd = {"type": "turn.dreamt", "of": 1}, item("dream", "item_9"), item("dream", "item_9", "started")
    transcript = parsed(lines(*START, *odd, item("agent_message", text="a", mood="new"), done()))
    assert transcript.unknown == {"turn.dreamt": 1, "item/dream": 1}
    assert transcript.unread == ('{"type": "turn.dreamt", "of": 1}',)
    assert transcript.final_text == "a"


def test_other_lines_in_between_are_kept_apart() -> None:
    noise = b"2026-11-21T16:31:43Z ERROR codex_core: failed to record\n"
    data = recorded(NEW, "tool-call")
    transcript = parsed(noise.join(data.splitlines(keepends=True)))
    assert transcript.unknown == {NO_EVENT: data.count(b"\n") - 1}
    assert transcript.unread[0] == noise.decode().strip()
    assert transcript.tool_calls == parsed(data).tool_calls


@pytest.mark.parametrize("end", [b'{"type":"turn.completed","us', b'{"type":"turn.completed"', b'{"type"', b"\xff{"])
def test_half_a_line_at_the_end_does_not_complete_the_run(end: bytes) -> None:
    transcript = parsed(lines(*START, item("agent_message", text="a")) + end)
    assert (transcript.is_complete, transcript.unknown) == (False, {NO_EVENT: 1})


def test_bytes_that_are_no_utf_8_stay_what_they_are() -> None:
    transcript = parsed(lines(*START, command("a?b")).replace(b"a?b", b"a\xff\xc3b"))
    assert transcript.tool_calls[0].result is not None
    assert transcript.tool_calls[0].result.data == b"a\xff\xc3b"


def test_a_large_output_is_cut_and_says_so() -> None:
    (call,) = parsed(lines(command("x" * (MAX_RESULT + 1)))).tool_calls
    assert call.result is not None
    assert (call.result.truncated, call.result.size, len(call.result.data)) == (True, MAX_RESULT + 1, MAX_RESULT)


def test_a_line_of_100_mb_is_skipped_in_bounded_memory() -> None:
    parser = CodexParser()
    huge = b'{"type":"item.completed","item":"' + b"x" * 100_000_000 + b'"}\n'
    tracemalloc.start()
    try:
        parser.feed(huge)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20
    assert parser.transcript.unknown == {TOO_LONG: 1}


def test_a_turn_that_goes_well_after_one_that_failed_is_what_counts() -> None:
    failed = {"type": "turn.failed", "error": {"message": "Quota exceeded."}}
    assert parsed(lines(*START, failed)).error_kind == "billing"
    transcript = parsed(lines(*START, failed, START[1], item("agent_message", text="b"), done()))
    assert (transcript.is_error, transcript.final_text, transcript.turns) == (False, "b", 2)
