"""A transcript is plain data: it goes through JSON and comes back as it was, whatever bytes the tools gave."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_orchestrator.core.tool_call import PermissionDenial, ToolCall, ToolResult
from pytest_orchestrator.core.transcript import (
    ERROR_KINDS,
    INFRASTRUCTURE_KINDS,
    ErrorKind,
    Message,
    SubAgent,
    Transcript,
    Usage,
)

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\xff"

FULL = Transcript(
    cli="claude",
    version="2.1.330",
    model="claude-opus-5-5",
    session_id="s1",
    messages=(Message("assistant", "I look.", 1), Message("user", "Count", 1, "toolu_1")),
    tool_calls=(
        ToolCall("toolu_1", "Bash", {"command": "ls", "deep": {"a": [1, None, True]}}, 1, None, ToolResult(b"a\n")),
        ToolCall(
            "toolu_2", "Read", {"file_path": "a.png"}, 2, "toolu_1", ToolResult(PNG, whole_size=99, truncated=True)
        ),
        ToolCall("toolu_3", "Write", {}, 2),
    ),
    usage=Usage(1, 2, 3, 4),
    cost_usd=0.25,
    stop_reason="end_turn",
    denials=(PermissionDenial("Bash", {"command": "rm x"}, "toolu_4"),),
    subagents=(SubAgent("toolu_1", "general-purpose", "Count"),),
    turns=2,
    duration=1.5,
    final_text="Done. \U0001f600",
    is_error=True,
    error="Reached maximum number of turns (1)",
    error_kind="max_turns",
    retries=1,
    unknown={"strange": 2},
    unread=("not JSON",),
    dropped=3,
    is_complete=True,
)

TEXTS = st.text(max_size=20)
COUNTS = st.integers(0, 2**62)
INPUTS = st.dictionaries(TEXTS, st.one_of(st.none(), st.booleans(), st.integers(), TEXTS, st.lists(TEXTS)), max_size=4)
RESULTS = st.one_of(
    st.builds(ToolResult, st.binary(max_size=40), st.booleans()),
    st.builds(ToolResult, st.binary(max_size=40), st.booleans(), st.just(True), st.integers(50, 10**9)),
)
AGENTS = st.none() | TEXTS
TRANSCRIPTS = st.builds(
    Transcript,
    TEXTS,
    messages=st.lists(st.builds(Message, st.sampled_from(["assistant", "user", "system"]), TEXTS, COUNTS, AGENTS)).map(
        tuple
    ),
    tool_calls=st.lists(st.builds(ToolCall, TEXTS, TEXTS, INPUTS, COUNTS, AGENTS, st.none() | RESULTS), max_size=4).map(
        tuple
    ),
    usage=st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS),
    cost_usd=st.none() | st.floats(0, 1e6),
    denials=st.lists(st.builds(PermissionDenial, TEXTS, INPUTS, TEXTS), max_size=2).map(tuple),
    subagents=st.lists(st.builds(SubAgent, TEXTS, TEXTS, TEXTS), max_size=2).map(tuple),
    error_kind=st.none() | st.sampled_from(ERROR_KINDS),
    unknown=st.dictionaries(TEXTS, COUNTS, max_size=2),
    unread=st.lists(TEXTS, max_size=2).map(tuple),
)


@given(TRANSCRIPTS)
def test_a_transcript_comes_back_from_json_as_it_was(transcript: Transcript) -> None:
    assert Transcript.from_dict(json.loads(json.dumps(transcript.as_dict(), allow_nan=False))) == transcript


def test_a_full_transcript_comes_back_from_json_and_from_a_worker() -> None:
    assert Transcript.from_dict(json.loads(json.dumps(FULL.as_dict()))) == FULL
    assert pickle.loads(pickle.dumps(FULL)) == FULL


def test_a_dictionary_has_every_field_in_order() -> None:
    assert list(FULL.as_dict()) == list(Transcript.__slots__)
    assert list(FULL.as_dict()["tool_calls"][0]) == ["id", "name", "input", "turn", "agent", "result"]
    assert FULL.as_dict()["usage"] == {
        "input_tokens": 1,
        "output_tokens": 2,
        "cache_read_tokens": 3,
        "cache_creation_tokens": 4,
        "total": 10,
    }


def test_text_stands_as_text_and_other_bytes_as_base64_beside_their_beginning() -> None:
    assert ToolResult("é\n".encode()).as_dict() == {
        "text": "é\n",
        "base64": None,
        "is_error": False,
        "truncated": False,
        "size": 3,
    }
    shown = ToolResult(b"a\xffb", is_error=True).as_dict()
    assert (shown["text"], shown["base64"], shown["is_error"]) == ("a\\xffb", "Yf9i", True)
    assert len(ToolResult(b"a" * 100_000 + b"\xff").as_dict()["text"]) < 10_000


def test_a_result_that_was_cut_tells_the_whole_size() -> None:
    cut = ToolResult(b"abc", truncated=True, whole_size=1000)
    assert (cut.size, ToolResult(b"abc").size) == (1000, 3)
    assert ToolResult.from_dict(cut.as_dict()) == cut


def test_usage_adds_up() -> None:
    assert Usage(1, 2, 3, 4) + Usage(10, 20, 30, 40) == Usage(11, 22, 33, 44)
    assert Usage(1, 2, 3, 4).total == 10
    assert Usage.from_dict({"output_tokens": 5}) == Usage(0, 5)


@pytest.mark.parametrize("kind", ERROR_KINDS)
def test_what_says_nothing_of_the_agent_is_infrastructure(kind: ErrorKind) -> None:
    assert Transcript("claude", error_kind=kind).is_infrastructure is (kind not in ("max_turns", "max_cost", "other"))
    assert (kind in INFRASTRUCTURE_KINDS) is (kind not in ("max_turns", "max_cost", "other"))


def test_a_transcript_without_an_error_is_no_infrastructure_trouble() -> None:
    assert not Transcript("claude").is_infrastructure


def test_fields_that_are_missing_have_their_defaults_and_unknown_ones_are_left_out() -> None:
    assert Transcript.from_dict({"cli": "codex", "of_a_later_version": 1}) == Transcript("codex")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ({"cli": "x", "error_kind": "sunspots"}, "'sunspots' is not one of 'rate_limit', 'overloaded'"),
        ({"cli": "x", "messages": [{"role": "king", "text": "", "turn": 1}]}, "'king' is not one of 'assistant'"),
    ],
)
def test_a_word_that_is_not_allowed_is_refused(data: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        Transcript.from_dict(data)
