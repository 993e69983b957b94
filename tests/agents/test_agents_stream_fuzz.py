"""Whatever bytes come, in whatever pieces: a parser never raises, and the pieces make no difference."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from agent_streams import CLAUDE, CODEX, Parser, parser_of, recordings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_orchestrator.agents.claude_stream import ClaudeParser
from pytest_orchestrator.agents.codex_stream import CodexParser
from pytest_orchestrator.agents.event_lines import NO_EVENT, EventLines
from pytest_orchestrator.agents.transcript_builder import MAX_UNREAD
from pytest_orchestrator.core.transcript import Transcript

MAX_LINE = 3000
"""Small, so that lines which are too long come up."""

TYPES = st.sampled_from(
    [
        *(
            "system",
            "assistant",
            "user",
            "result",
            "stream_event",
            "rate_limit_event",
            "thread.started",
        ),
        *(
            "turn.started",
            "turn.completed",
            "turn.failed",
            "error",
            "item.started",
            "item.updated",
        ),
        *(
            "item.completed",
            "odd",
            "",
        ),
    ]
)
KEYS = st.sampled_from(
    [
        *(
            "type",
            "subtype",
            "message",
            "content",
            "id",
            "name",
            "input",
            "text",
            "tool_use_id",
        ),
        *(
            "parent_tool_use_id",
            "is_error",
            "error",
            "result",
            "usage",
            "input_tokens",
            "modelUsage",
        ),
        *(
            "permission_denials",
            "event",
            "delta",
            "uuid",
            "item",
            "status",
            "aggregated_output",
            "command",
        ),
        *(
            "arguments",
            "changes",
            "items",
            "agents_states",
            "total_cost_usd",
            "duration_ms",
            "api_error_status",
        ),
        *(
            "model_usage_since_last_result",
            "errors",
            "tool",
            "prompt",
        ),
    ]
)
KINDS = st.sampled_from(
    [
        *(
            "text",
            "tool_use",
            "tool_result",
            "init",
            "api_retry",
            "permission_denied",
            "task_started",
        ),
        *(
            "message_start",
            "content_block_delta",
            "message_delta",
            "command_execution",
            "mcp_tool_call",
        ),
        *(
            "collab_tool_call",
            "todo_list",
            "agent_message",
            "declined",
            "failed",
            "spawn_agent",
            "local_agent",
        ),
        *(
            "rejected",
            "Reconnecting...",
            "t1",
            "m1",
        ),
    ]
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), KINDS, TYPES, st.text(max_size=8), st.just("\ud83d")
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=12
)
EVENTS = st.builds(lambda kind, fields: {**fields, "type": kind}, TYPES, st.dictionaries(KEYS, VALUES, max_size=8))
LINES = st.one_of(
    EVENTS.map(lambda event: json.dumps(event).encode()),
    EVENTS.map(lambda event: json.dumps(event).encode()[:-3]),
    st.binary(max_size=30),
    st.sampled_from([b'{"type":"' + b"x" * 4000 + b'"}', b"warning: x", b"\x00", b"[]", b"", b"\r", b'{"type":1}']),
)
STREAMS = st.lists(LINES, max_size=8).map(b"\n".join)
RECORDINGS = [path.read_bytes() for path in recordings(*CLAUDE, *CODEX)]


def parsers() -> tuple[Parser, Parser]:
    return ClaudeParser(max_line=MAX_LINE), CodexParser(max_line=MAX_LINE)


def pieces_of(data: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(ends)]


def seen(parser: Parser, pieces: list[bytes]) -> tuple[Any, ...]:
    events = [event for piece in pieces for event in parser.feed(piece)]
    events += parser.close()
    return events, parser.transcript, parser.text, parser.usage, parser.cost_usd


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STREAMS, st.lists(st.integers(0, 10_000), max_size=6))
def test_no_bytes_raise_and_pieces_make_no_difference(data: bytes, cuts: list[int]) -> None:
    for whole, cut in zip(parsers(), parsers(), strict=True):
        expected = seen(whole, [data])
        assert repr(seen(cut, pieces_of(data, cuts))) == repr(expected)
        plain = json.loads(json.dumps(expected[1].as_dict(), allow_nan=False))
        assert Transcript.from_dict(plain) == expected[1]
        assert expected[2].encode() is not None
        assert all(event.text.encode() is not None for event in expected[0])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(RECORDINGS), st.lists(st.integers(0, 10_000), max_size=8))
def test_a_recorded_stream_is_the_same_in_any_pieces(data: bytes, cuts: list[int]) -> None:
    for whole, cut in zip(parsers(), parsers(), strict=True):
        assert seen(cut, pieces_of(data, cuts)) == seen(whole, [data])


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(RECORDINGS), st.integers(0, 10_000), st.binary(max_size=3), st.integers(0, 40))
def test_a_damaged_stream_never_raises(data: bytes, place: int, put: bytes, gone: int) -> None:
    start = place % (len(data) + 1)
    damaged = data[:start] + put + data[start + gone :]
    for parser in parsers():
        assert isinstance(seen(parser, [damaged])[1], Transcript)


@pytest.mark.parametrize("version", [CLAUDE[-1], CODEX[-1]])
def test_byte_by_byte_is_the_same_as_whole(version: str) -> None:
    (path,) = recordings(version, name="tool-call")
    data = path.read_bytes()
    assert seen(parser_of(version), [data[at : at + 1] for at in range(len(data))]) == seen(parser_of(version), [data])


@given(st.lists(st.binary(max_size=60), max_size=10), st.lists(st.integers(0, 600), max_size=6))
def test_lines_beyond_the_longest_are_told_whatever_the_pieces(lines: list[bytes], cuts: list[int]) -> None:
    data = b"\n".join(lines)
    whole, cut = EventLines(max_line=20), EventLines(max_line=20)
    expected = [*whole.feed(data), *whole.close()]
    assert [line for piece in pieces_of(data, cuts) for line in cut.feed(piece)] + [*cut.close()] == expected


CHATTER = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([b"hello", b"", b"\x0c", b"\x85", b"x {", b"y" * 900]), st.integers(1, 900)).map(
            lambda drawn: (drawn[0] + b"\n") * drawn[1]
        ),
        st.sampled_from([b'{"type":"odd"}\n', b'a {"b"\n', b'say {"type":"odd"} so\n']),
    ),
    max_size=6,
).map(b"".join)


@settings(max_examples=60, deadline=None)
@given(CHATTER, st.lists(st.integers(0, 10**6), max_size=4))
def test_many_lines_without_events_are_the_same_in_any_pieces(data: bytes, cuts: list[int]) -> None:
    whole, cut, line_by_line = ClaudeParser(), ClaudeParser(), ClaudeParser()
    expected = seen(whole, [data])
    assert seen(cut, pieces_of(data, cuts)) == expected
    assert seen(line_by_line, data.splitlines(keepends=True)) == expected


def test_a_flood_of_other_lines_in_one_piece_takes_time_with_its_length() -> None:
    parser = CodexParser()
    parser.feed(b"hello world\n" * 2_000_000)
    assert parser.transcript.unknown == {NO_EVENT: 2_000_000}
    assert parser.transcript.unread == ("hello world",) * MAX_UNREAD
