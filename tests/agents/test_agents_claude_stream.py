"""Streams of Claude Code, recorded and made up, become transcripts."""

from __future__ import annotations

import base64
import json
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from agent_streams import CLAUDE, lines, read, recorded, recordings, title, transcript_of

from pytest_orchestrator.agents import transcript_builder
from pytest_orchestrator.agents.claude_stream import ClaudeParser
from pytest_orchestrator.agents.event_lines import NO_EVENT, TOO_LONG
from pytest_orchestrator.agents.stream import StreamEvent
from pytest_orchestrator.agents.transcript_builder import MAX_RESULT, MAX_TYPES, MAX_UNREAD, OTHER_TYPES
from pytest_orchestrator.core.transcript import ErrorKind, Message, Transcript, Usage

if TYPE_CHECKING:
    from pathlib import Path

OLD, MIDDLE, NEW = CLAUDE
ONE_REPLY = Usage(11, 42, 3000, 200)
"""What each reply of the recordings cost, as the endpoint they ran against told."""

STOPPED = ("terminated", "interrupted")


def assistant(*content: dict[str, Any], reply: str = "msg_1", parent: str | None = None, **more: Any) -> dict[str, Any]:
    message = {"id": reply, "model": "m", "content": list(content), "usage": {"input_tokens": 1, "output_tokens": 1}}
    return {"type": "assistant", "message": message, "parent_tool_use_id": parent, **more}


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def tool(call_id: str, name: str = "Bash", **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": name, "input": given}


def gave(call_id: str, content: Any, **more: Any) -> dict[str, Any]:
    block = {"type": "tool_result", "tool_use_id": call_id, "content": content, **more}
    return {"type": "user", "message": {"role": "user", "content": [block]}, "parent_tool_use_id": None}


def result(said: str = "Done.", **more: Any) -> dict[str, Any]:
    return {"type": "result", "subtype": "success", "is_error": False, "result": said, "duration_ms": 1500, **more}


def parsed(data: bytes) -> Transcript:
    parser = ClaudeParser()
    read(data, parser)
    return parser.transcript


@pytest.mark.parametrize("path", recordings(*CLAUDE), ids=title)
def test_every_recorded_event_is_known(path: Path) -> None:
    parser = ClaudeParser()
    read(path.read_bytes(), parser)
    transcript = parser.transcript
    assert (transcript.unknown, transcript.unread, transcript.dropped) == ({}, (), 0)
    assert transcript.is_complete is (path.stem not in STOPPED or title(path) == f"{NEW}-interrupted")
    assert transcript.version == path.parent.name.removeprefix("claude-")
    assert transcript.model
    assert transcript.session_id
    assert Transcript.from_dict(json.loads(json.dumps(transcript.as_dict()))) == transcript


@pytest.mark.parametrize("version", CLAUDE)
def test_a_one_turn_answer(version: str) -> None:
    parser = ClaudeParser()
    shown = read(recorded(version, "answer"), parser)
    transcript = parser.transcript
    assert shown == [StreamEvent("text", "Two and two are four.")]
    assert transcript.messages == (Message("assistant", "Two and two are four.", 1),)
    assert parser.text == transcript.final_text == "Two and two are four."
    assert (transcript.turns, transcript.usage) == (1, ONE_REPLY)
    assert transcript.cost_usd is not None
    assert transcript.cost_usd > 0
    assert transcript.duration is not None
    assert (transcript.is_error, transcript.error, transcript.error_kind) == (False, None, None)


@pytest.mark.parametrize("version", CLAUDE)
def test_a_tool_call_has_its_input_and_the_bytes_of_its_result(version: str) -> None:
    parser = ClaudeParser()
    shown = read(recorded(version, "tool-call"), parser)
    (call,) = parser.transcript.tool_calls
    assert (call.id, call.name, call.turn, call.agent) == ("toolu_1", "Bash", 1, None)
    assert call.input == {"command": "wc -l notes.txt", "description": "Count lines"}
    assert call.result is not None
    assert (call.result.data, call.result.is_error) == (b"3 notes.txt", False)
    assert [(each.text, each.turn) for each in parser.transcript.messages] == [
        ("I look.", 1),
        ("notes.txt has 3 lines.", 2),
    ]
    # The oldest version asks a small model too, whether the command is harmless.
    assert parser.usage.output_tokens == (3 if version == OLD else 2) * ONE_REPLY.output_tokens
    assert shown == [
        StreamEvent("text", "I look."),
        StreamEvent("tool_call", "Bash: wc -l notes.txt"),
        StreamEvent("tool_result", "Bash gave: 3 notes.txt"),
        StreamEvent("text", "notes.txt has 3 lines."),
    ]


@pytest.mark.parametrize("version", [OLD, NEW])
def test_an_image_comes_as_its_own_bytes(version: str) -> None:
    image, shell, write = transcript_of(version, "two-tools").tool_calls
    assert image.result is not None
    assert image.result.data.startswith(b"\x89PNG\r\n")
    assert shell.result is not None
    assert shell.result.data == b"one\ntwo"
    assert (write.name, write.turn, write.input["content"]) == ("Write", 2, "hello\n")


@pytest.mark.parametrize("version", [OLD, NEW])
def test_a_failing_tool_is_an_error_of_the_tool_and_not_of_the_run(version: str) -> None:
    transcript = transcript_of(version, "failing-tool")
    assert transcript.tool_calls[0].result is not None
    assert transcript.tool_calls[0].result.is_error
    assert transcript.tool_calls[0].result.text.startswith("Exit code 3\npartial\nbroken")
    assert not transcript.is_error


@pytest.mark.parametrize("version", CLAUDE)
def test_a_denied_permission_is_told_once_with_its_input(version: str) -> None:
    (denial,) = transcript_of(version, "denied").denials
    assert (denial.tool, denial.input, denial.call_id) == ("Bash", {"command": "rm notes.txt"}, "toolu_1")


@pytest.mark.parametrize("version", CLAUDE)
def test_what_a_sub_agent_did_is_told_apart_and_paid_for(version: str) -> None:
    transcript = transcript_of(version, "subagent")
    (agent,) = transcript.subagents
    assert (agent.id, agent.kind, agent.task) == ("toolu_task_1", "general-purpose", "Count the lines of notes.txt")
    assert [(call.name, call.agent) for call in transcript.tool_calls][1:] == [("Bash", "toolu_task_1")]
    assert [each.agent for each in transcript.messages if each.role == "user"] == ["toolu_task_1"]
    assert transcript.turns == 2
    # Two replies to the main agent and two to its helper. The oldest version asks a small model too.
    assert transcript.usage.output_tokens in (4 * 42, 5 * 42)
    assert transcript.final_text == "The helper says: 3 lines."


@pytest.mark.parametrize("version", CLAUDE)
def test_running_out_of_turns_is_an_error_whatever_the_stream_calls_it(version: str) -> None:
    parser = ClaudeParser()
    read(recorded(version, "max-turns"), parser)
    transcript = parser.transcript
    assert (transcript.is_error, transcript.error_kind, transcript.is_infrastructure) == (True, "max_turns", False)
    assert transcript.error
    assert parser.text == "I look."


@pytest.mark.parametrize("version", [OLD, NEW])
def test_running_out_of_money_is_an_error_that_a_user_asked_for(version: str) -> None:
    transcript = transcript_of(version, "budget")
    assert (transcript.is_error, transcript.error_kind) == (True, "max_cost")
    assert "budget" in str(transcript.error)


KINDS: dict[str, ErrorKind] = {
    "rate-limit": "rate_limit",
    "overloaded": "overloaded",
    "authentication": "authentication",
    "no-key": "authentication",
    "billing": "billing",
    "network": "network",
    "no-model": "other",
    "prompt-too-long": "other",
}


@pytest.mark.parametrize("path", [path for path in recordings(*CLAUDE) if path.stem in KINDS], ids=title)
def test_trouble_is_told_by_its_kind(path: Path) -> None:
    parser = ClaudeParser()
    shown = read(path.read_bytes(), parser)
    transcript = parser.transcript
    assert (transcript.is_error, transcript.error_kind) == (True, KINDS[path.stem])
    assert transcript.error == transcript.final_text == parser.text
    assert [each.kind for each in shown if each.kind != "error"] == []
    assert [each.role for each in transcript.messages] == ["system"]
    assert len({each.text for each in shown}) == len(shown)


@pytest.mark.parametrize("name", ["stream-cut", "stream-error"])
def test_a_reply_that_breaks_off_is_infrastructure_trouble(name: str) -> None:
    assert transcript_of(NEW, name).is_infrastructure


@pytest.mark.parametrize("version", CLAUDE)
def test_a_rate_limit_that_passes_is_no_error(version: str) -> None:
    transcript = transcript_of(version, "rate-limit-recovers")
    assert (transcript.error_kind, transcript.error, transcript.final_text) == (None, None, "Here I am.")
    assert transcript.retries == (0 if version == OLD else 1)


def test_trouble_that_goes_on_when_the_stream_ends_is_told() -> None:
    whole = recorded(NEW, "authentication").splitlines(keepends=True)
    transcript = parsed(b"".join(whole[:2]))
    assert not transcript.is_complete
    assert (transcript.is_error, transcript.error_kind) == (False, "authentication")
    assert transcript.error == "authentication_failed (401), retry 1 of 1"


def test_a_limit_of_the_subscription_is_a_rate_limit() -> None:
    rejected = {"type": "rate_limit_event", "rate_limit_info": {"status": "rejected", "rateLimitType": "five_hour"}}
    allowed = {"type": "rate_limit_event", "rate_limit_info": {"status": "allowed_warning"}}
    assert parsed(lines(rejected)).error_kind == "rate_limit"
    assert parsed(lines(allowed)).error_kind is None


def test_what_an_agent_says_of_rate_limits_is_no_trouble() -> None:
    said = "The API answered 429 rate_limit: unauthorized, connection refused."
    assert parsed(lines(assistant(text(said)), result(said))).error_kind is None


@pytest.mark.parametrize("version", [OLD, NEW])
def test_a_stream_that_was_cut_off_keeps_what_came(version: str) -> None:
    parser = ClaudeParser()
    read(recorded(version, "terminated"), parser)
    transcript = parser.transcript
    assert (transcript.is_complete, transcript.final_text, parser.text) == (False, "", "I wait.")
    assert (transcript.tool_calls[0].name, transcript.cost_usd) == ("Bash", None)
    assert transcript.usage == Usage(11, 1, 3000, 200)


def test_the_same_reply_in_several_events_is_counted_once() -> None:
    used = {"input_tokens": 10, "output_tokens": 1, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 2}
    first, again = assistant(text("a")), assistant(tool("t1"))
    first["message"]["usage"] = used
    again["message"]["usage"] = {**used, "output_tokens": 7}
    other = assistant(text("b"), reply="msg_2")
    transcript = parsed(lines(first, again, other))
    assert transcript.usage == Usage(11, 8, 5, 2)
    assert transcript.turns == 2


def test_the_totals_of_the_result_win() -> None:
    models = {
        "large": {"inputTokens": 5, "outputTokens": 6, "cacheReadInputTokens": 7, "cacheCreationInputTokens": 8},
        "small": {"inputTokens": 1},
    }
    done = result(modelUsage=models, usage={"input_tokens": 3}, total_cost_usd=0.5)
    transcript = parsed(lines(assistant(text("a")), done))
    assert (transcript.usage, transcript.cost_usd) == (Usage(6, 6, 7, 8), 0.5)
    assert parsed(lines(assistant(text("a")), result(usage={"input_tokens": 3}))).usage == Usage(3)
    assert parsed(lines(assistant(text("a")), result(usage={}))).usage == Usage(1, 1)


@pytest.mark.parametrize("version", CLAUDE)
def test_a_resumed_session_does_not_count_again_what_it_had_used(version: str) -> None:
    transcript = transcript_of(version, "resumed")
    assert transcript.usage == ONE_REPLY
    assert transcript.cost_usd == transcript_of(version, "answer").cost_usd


@pytest.mark.parametrize("version", [OLD, NEW])
def test_partial_messages_are_text_so_far_until_the_whole_message_comes(version: str) -> None:
    whole = recorded(version, "partial").splitlines(keepends=True)
    parser = ClaudeParser()
    texts, shown = [], []
    for line in whole:
        shown += parser.feed(line)
        texts.append(parser.text)
    assert "Two a" in texts
    assert shown == [StreamEvent("text", "Two and two are four.")]
    begun = parsed(b"".join(whole[: texts.index("Two a") + 1]))
    assert begun.messages == (Message("assistant", "Two a", 1),)
    before_result = parsed(b"".join(whole[:-1]))
    assert (before_result.usage, before_result.stop_reason) == (ONE_REPLY, "end_turn")


def test_hooks_are_not_unknown() -> None:
    transcript = transcript_of(NEW, "hooks")
    assert transcript.tool_calls[0].result is not None
    assert transcript.final_text == "3 lines."


def test_unknown_events_are_counted_and_the_first_ones_kept() -> None:
    strange = [{"type": f"strange{number}", "value": number} for number in range(MAX_TYPES + 50)]
    transcript = parsed(lines(*strange, strange[0], {"type": "system", "subtype": "new"}, result()))
    assert transcript.unknown["strange0"] == 2
    assert sum(transcript.unknown.values()) == MAX_TYPES + 52
    assert len(transcript.unknown) == MAX_TYPES + 1
    assert transcript.unknown[OTHER_TYPES] == 51
    assert len(transcript.unread) == MAX_UNREAD
    assert transcript.unread[0] == '{"type": "strange0", "value": 0}'
    assert transcript.final_text == "Done."


def test_unknown_fields_and_blocks_do_no_harm() -> None:
    odd = assistant({"type": "hologram", "of": "x"}, text("a"), new_field={"deep": [1]})
    transcript = parsed(lines(odd, result(new_field=1)))
    assert (transcript.messages[0].text, transcript.unknown) == ("a", {"assistant/hologram": 1})


def test_other_lines_in_between_are_kept_apart() -> None:
    first, second = lines(assistant(text("a"))), lines(result())
    data = b"warning: slow disk\n\r\n  \n" + first.rstrip() + b"node: warning\n" + b"progress 50%" + second + b"[]\n7\n"
    transcript = parsed(data)
    assert transcript.unread == ("warning: slow disk", "node: warning", "progress 50%", "[]", "7")
    assert transcript.unknown == {NO_EVENT: 5}
    assert (transcript.messages[0].text, transcript.final_text) == ("a", "Done.")


def test_two_events_on_one_line_are_both_read() -> None:
    data = lines(assistant(text("a"))).rstrip() + lines(result())
    assert (parsed(data).messages[0].text, parsed(data).is_complete) == ("a", True)


def test_a_terminal_s_line_ends_are_no_part_of_the_events() -> None:
    data = recorded(NEW, "tool-call")
    assert parsed(data.replace(b"\n", b"\r\n")) == parsed(data)


def test_half_a_line_at_the_end_is_kept_as_it_is() -> None:
    data = lines(assistant(text("a"))) + b'{"type":"assistant","message":{"content":[{"type":"text","te'
    transcript = parsed(data)
    assert [each.text for each in transcript.messages] == ["a"]
    assert transcript.unknown == {NO_EVENT: 1}


def test_a_last_line_without_a_newline_is_read_when_the_stream_is_closed() -> None:
    parser = ClaudeParser()
    parser.feed(lines(result()).rstrip())
    assert not parser.transcript.is_complete
    parser.close()
    parser.close()
    assert parser.transcript.is_complete


def test_bytes_that_are_no_utf_8_stay_what_they_are() -> None:
    data = lines(assistant(tool("t1")), gave("t1", "a?b"), assistant(text("x?y"), reply="m2"))
    transcript = parsed(data.replace(b"a?b", b"a\xff\x00b").replace(b"x?y", b"x\xfey"))
    assert transcript.tool_calls[0].result is None  # a NUL is not allowed within JSON
    transcript = parsed(data.replace(b"a?b", b"a\xffb").replace(b"x?y", b"x\xfey"))
    assert transcript.tool_calls[0].result is not None
    assert transcript.tool_calls[0].result.data == b"a\xffb"
    assert transcript.messages[0].text == "x\\xfey"


def test_halves_of_a_surrogate_pair_can_be_printed() -> None:
    data = b'{"type":"assistant","message":{"id":"m","content":[{"type":"text","text":"a\\ud83db"}]}}\n'
    assert parsed(data).messages[0].text.encode() == b"a\\xed\\xa0\\xbdb"


def test_nul_bytes_and_other_noise_do_no_harm() -> None:
    transcript = parsed(b"\x00\x00\x1b[2K\n" + lines(result("a\x00b")) + bytes(range(256)) + b"\n")
    assert transcript.final_text == "a\x00b"
    assert transcript.is_complete


@pytest.mark.parametrize("depth", [40, 900, 100_000])
def test_deep_nesting_does_no_harm(depth: int) -> None:
    deep = b'{"type":"x","a":' + b"[" * depth + b"]" * depth + b"}\n"
    given = b'{"type":"assistant","message":{"id":"m","content":[{"type":"tool_use","id":"t","name":"N","input":{"a":'
    call = given + b"[" * depth + b"]" * depth + b"}}]}}\n"
    transcript = parsed(deep + call + lines(result()))
    assert transcript.is_complete
    assert json.dumps(transcript.as_dict())


def test_numbers_beyond_measure_do_no_harm() -> None:
    huge = b"9" * 5000
    data = (
        b'{"type":"result","result":"x","total_cost_usd":1e999,"duration_ms":-1,"usage":{"input_tokens":%b}}\n' % huge
    )
    call = b'{"type":"assistant","message":{"id":"m","content":[{"type":"tool_use","id":"t","name":"N","input":{"a":%b,'
    transcript = parsed(call % huge + b'"b":NaN}}]}}\n' + data)
    assert (transcript.cost_usd, transcript.duration, transcript.usage.input_tokens) == (None, None, 0)
    assert transcript.tool_calls[0].input == {"a": "inf", "b": "nan"}
    assert transcript.is_complete


def test_a_line_of_100_mb_is_skipped_in_bounded_memory() -> None:
    parser = ClaudeParser()
    piece = b"x" * (1 << 20)
    tracemalloc.start()
    try:
        parser.feed(b'{"type":"assistant","message":"')
        for _ in range(100):
            parser.feed(piece)
        parser.feed(b'"}\n' + lines(result()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    transcript = parser.transcript
    assert peak < 64 << 20
    assert transcript.unknown == {TOO_LONG: 1}
    assert transcript.unread[0].startswith('{"type":"assistant","message":"xxx')
    assert (len(transcript.unread[0]), transcript.is_complete) == (500, True)


def test_a_large_result_is_cut_and_says_so() -> None:
    data = lines(assistant(tool("t1")), gave("t1", "é" * MAX_RESULT))
    (call,) = parsed(data).tool_calls
    assert call.result is not None
    assert call.result.truncated
    assert (len(call.result.data), call.result.size) == (MAX_RESULT, 2 * MAX_RESULT)
    assert call.result.text == "é" * (MAX_RESULT // 2)


def test_what_does_not_fit_into_a_run_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcript_builder, "MAX_HELD", 1000)
    data = lines(
        assistant(text("a" * 600)),
        assistant(text("b" * 600), reply="m2"),
        assistant(tool("t1", command="c" * 2000), reply="m3"),
        gave("t1", "d" * 300),
        result("e" * 5000),
    )
    transcript = parsed(data)
    assert [each.text[0] for each in transcript.messages] == ["a"]
    assert [(call.id, call.name) for call in transcript.tool_calls] == [("t1", "")]
    assert transcript.dropped == 2
    assert len(transcript.final_text) == 5000


def test_more_entries_than_are_kept_are_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcript_builder, "MAX_ENTRIES", 3)
    events = [assistant(text(str(number)), tool(f"t{number}"), reply=f"m{number}") for number in range(5)]
    transcript = parsed(lines(*events, *(gave(f"t{number}", "x") for number in range(5))))
    assert (len(transcript.messages), len(transcript.tool_calls), transcript.turns) == (3, 3, 5)
    assert transcript.dropped >= 4


BLOCKS = [
    ("plain", b"plain"),
    (None, b""),
    ([text("a"), text("b")], b"a\nb"),
    (["a", "b"], b"a\nb"),
    ([{"type": "image", "source": {"type": "base64", "data": base64.b64encode(b"\x00\xff").decode()}}], b"\x00\xff"),
    ([{"type": "image", "data": "AP8=", "mimeType": "image/png"}], b"\x00\xff"),
    ([{"type": "image", "source": {"type": "base64", "data": "no base64"}}], b"no base64"),
    ([{"type": "document", "source": {"type": "text", "data": "words"}}], b"words"),
    ([{"type": "tool_reference", "tool_name": "X"}], b'{"type":"tool_reference","tool_name":"X"}'),
    ({"odd": 1}, b'{"odd":1}'),
]


@pytest.mark.parametrize(("content", "data"), BLOCKS, ids=str)
def test_each_shape_of_a_tool_result_becomes_its_bytes(content: Any, data: bytes) -> None:
    (call,) = parsed(lines(assistant(tool("t1")), gave("t1", content))).tool_calls
    assert call.result is not None
    assert call.result.data == data


def test_a_result_whose_call_was_not_read_is_kept_without_a_name() -> None:
    (call,) = parsed(lines(gave("t9", "x", is_error=True))).tool_calls
    assert (call.id, call.name) == ("t9", "")
    assert call.result is not None
    assert call.result.is_error


def test_a_call_the_model_s_server_makes_has_its_result_too() -> None:
    search = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}}
    found = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [text("y")]}
    (call,) = parsed(lines(assistant(search, found))).tool_calls
    assert (call.name, call.result and call.result.data) == ("web_search", b"y")


def test_an_event_that_comes_twice_counts_once() -> None:
    for version in CLAUDE:
        data = recorded(version, "tool-call")
        twice = b"".join(line * 2 for line in data.splitlines(keepends=True))
        assert parsed(twice) == parsed(data)


def test_an_id_that_comes_again_in_a_later_turn_is_another_call() -> None:
    data = lines(
        assistant(tool("t1", command="a")),
        gave("t1", "first"),
        assistant(tool("t1", command="b"), reply="msg_2"),
        gave("t1", "second"),
    )
    calls = parsed(data).tool_calls
    assert [(call.input["command"], call.result and call.result.data) for call in calls] == [
        ("a", b"first"),
        ("b", b"second"),
    ]


def test_events_after_the_result_do_not_change_it() -> None:
    late = {"type": "system", "subtype": "task_notification"}
    after = gave("t1", "late")
    transcript = parsed(lines(assistant(tool("t1")), result(total_cost_usd=0.5), late, after, {"type": "new"}))
    assert (transcript.is_complete, transcript.final_text, transcript.cost_usd) == (True, "Done.", 0.5)
    assert transcript.tool_calls[0].result is not None


def test_an_agent_that_goes_on_after_a_result_is_not_done_before_the_next() -> None:
    begun = lines(assistant(text("a")), result("first", usage={"input_tokens": 5}))
    more = lines(assistant(text("b"), reply="msg_2"))
    assert not parsed(begun + more).is_complete
    assert parsed(begun + more).usage == Usage(6, 1)
    done = parsed(begun + more + lines(result("second", usage={"input_tokens": 9})))
    assert (done.is_complete, done.final_text, done.usage) == (True, "second", Usage(9))


def test_another_name_can_be_given_to_what_speaks_the_same_stream() -> None:
    assert ClaudeParser(cli="wrapper").transcript.cli == "wrapper"


def test_lines_to_show_are_short_and_harmless_to_a_terminal() -> None:
    parser = ClaudeParser()
    shown = read(
        lines(
            assistant(text("a\x1b[2J\nb"), tool("t1", command="echo\n" + "x" * 500), tool("t2", name="Odd", n=1)),
            gave("t1", "\n".join("abc")),
            gave("t2", "\x1b]0;title\x07", is_error=True),
        ),
        parser,
    )
    assert [each.kind for each in shown] == ["text", "tool_call", "tool_call", "tool_result", "tool_result"]
    assert shown[0].text == "a[2J\nb"
    assert shown[1].text.startswith("Bash: echo xxx")
    assert len(shown[1].text) == 200
    assert [each.text for each in shown[2:]] == ['Odd: {"n":1}', "Bash gave: a (+ 2 lines)", "Odd failed: ]0;title"]


def test_the_pieces_of_a_long_text_cost_no_more_than_those_of_a_short_one() -> None:
    def delta(said: str) -> bytes:
        told = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": said}}
        return lines({"type": "stream_event", "event": told})

    def seconds(before: str) -> float:
        parser, piece = ClaudeParser(), delta("word ")
        parser.feed(delta(before))
        started = time.process_time()
        for _ in range(1000):
            parser.feed(piece)
        took = time.process_time() - started
        assert parser.text == before + "word " * 1000
        return took

    assert min(seconds("x" * 900_000) for _ in range(3)) < 3 * min(seconds("x") for _ in range(3))
