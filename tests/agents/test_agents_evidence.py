"""What is kept of a run for reports, how it is told to people, and that both are bounded."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_orchestrator.agents.evidence import (
    bounded_runs,
    commands_evidence,
    run_evidence,
    shortened,
    totals,
    workspace_evidence,
)
from pytest_orchestrator.agents.fake_commands import FakeCommands
from pytest_orchestrator.agents.narration import narrated_commands, narrated_run, narrated_workspace
from pytest_orchestrator.agents.result import ProcessResult
from pytest_orchestrator.agents.workspace import AgentWorkspace
from pytest_orchestrator.core.result import Limit
from pytest_orchestrator.core.status import Reason, Status
from pytest_orchestrator.core.tool_call import PermissionDenial, ToolCall, ToolResult
from pytest_orchestrator.core.transcript import Message, Transcript, Usage

TRANSCRIPT = Transcript(
    cli="claude",
    model="m-1",
    messages=(
        Message("user", "Count them", 0),
        Message("assistant", "I look.\nFirst here.", 1),
        Message("assistant", "There are 3.", 3),
    ),
    tool_calls=(
        ToolCall("a", "Bash", {"command": "ls\nwc"}, 1, result=ToolResult(b"one\ntwo\n")),
        ToolCall("b", "Read", {"path": "x"}, 2, agent="a", result=ToolResult(b"\xff", is_error=True)),
        ToolCall("c", "Bash", {"command": "sleep"}, 3),
    ),
    usage=Usage(10, 5),
    cost_usd=0.0123,
    turns=3,
    denials=(PermissionDenial("Write", {"path": "/etc"}, "d"),),
    final_text="There are 3.",
    is_complete=True,
)
RESULT = ProcessResult(
    0, "There are 3.", "", 1.25, "count", transcript=TRANSCRIPT, usage=TRANSCRIPT.usage, cost_usd=0.0123,
    log_path=Path("/logs/count.log"), started=1e9, cli="claude", model="m-1",
)  # fmt: skip


def test_a_run_is_plain_data() -> None:
    plain = run_evidence("Count them", RESULT)
    assert json.loads(json.dumps(plain)) == plain
    assert (plain["prompt"], plain["turns"], plain["tools"], plain["attempts"]) == ("Count them", 3, 3, 0)
    assert plain["transcript"]["tool_calls"][1]["result"] == {
        "text": "\\xff", "base64": None, "is_error": True, "truncated": False, "size": 1,
    }  # fmt: skip
    assert plain["transcript"]["left_out"] == 0


def test_a_run_is_told_turn_by_turn() -> None:
    assert narrated_run(run_evidence("Count them", RESULT)).splitlines() == [
        "count (claude, m-1): passed in 1.25 s, exit 0, 3 turns, 3 tool calls, 15 tokens, $0.0123",
        "prompt: Count them",
        "[1] assistant:",
        "    I look.",
        "    First here.",
        "[1] Bash: ls\\nwc",
        "  -> 8 bytes",
        "    one",
        "    two",
        '[2 sub-agent] Read: {"path": "x"}',
        "  -> (error) 1 byte",
        "    \\xff",
        "[3] assistant: There are 3.",
        "[3] Bash: sleep",
        "    (no result)",
        'denied: Write: {"path": "/etc"}',
        "log: /logs/count.log",
    ]


def test_the_last_word_comes_after_work_that_is_all_one_turn() -> None:
    calls = (ToolCall("1", "command_execution", {"command": "ls"}, 1, result=ToolResult(b"one", is_error=False)),)
    words = (Message("assistant", "I look.", 1), Message("assistant", "One.", 1))
    transcript = replace(TRANSCRIPT, messages=words, tool_calls=calls, turns=1, final_text="One.", denials=())
    lines = narrated_run(run_evidence("Count", replace(RESULT, transcript=transcript))).splitlines()
    assert lines[2:6] == ["[1] assistant: I look.", "[1] command_execution: ls", "  -> 3 bytes", "    one"]
    assert lines[6] == "[1] assistant: One."


def test_a_run_that_never_started_is_told() -> None:
    failed = ProcessResult(
        127, "", "sh: 1\nsh: 2\n", 0, "x", Status.ERROR, Reason.NOT_STARTABLE, "not there", limit=Limit("timeout", 1)
    )
    assert narrated_run(run_evidence("Go\nnow", failed)).splitlines() == [
        "x: error (not_startable) in 0.00 s, exit 127, 0 turns, 0 tool calls, 0 tokens",
        "prompt:",
        "    Go",
        "    now",
        "error: not there",
        "stderr:",
        "    sh: 1",
        "    sh: 2",
    ]


def _sizes(value: Any) -> int:
    return len(json.dumps(value))


def test_what_is_kept_is_bounded() -> None:
    calls = tuple(
        ToolCall(str(number), "Bash", {"command": "x" * 50_000, "list": ["y" * 50_000]}, number,
                 result=ToolResult(b"z" * 100_000))
        for number in range(200)
    )  # fmt: skip
    messages = tuple(Message("assistant", "m" * 100_000, number) for number in range(200))
    long = replace(TRANSCRIPT, messages=messages, tool_calls=calls, unread=("u" * 100_000,), final_text="f" * 100_000)
    result = replace(RESULT, output="o" * 1_000_000, stderr="e" * 1_000_000, transcript=long)
    plain = run_evidence("p" * 1_000_000, result)
    assert 900_000 < _sizes(plain) < 1_300_000
    transcript = plain["transcript"]
    assert transcript["left_out"] == 400 - len(transcript["messages"]) - len(transcript["tool_calls"])
    assert transcript["left_out"] > 300
    text = narrated_run(plain)
    assert len(text) < 200_000
    assert "messages or calls left out here; the log has all of it" in text or "message or calls" in text


def test_of_many_runs_not_every_transcript_is_kept() -> None:
    messages = tuple(Message("assistant", "m" * 10_000, number) for number in range(90))
    plain = run_evidence("Go", replace(RESULT, transcript=replace(TRANSCRIPT, messages=messages)))
    kept = bounded_runs([plain] * 20)
    assert [run["transcript"] is not None for run in kept] == [True] * 8 + [False] * 12
    assert {run["output"] for run in kept} == {"There are 3."}
    assert "output: There are 3.\n" in narrated_run(kept[-1])


def test_what_no_encoder_takes_becomes_what_every_encoder_does() -> None:
    deep: Any = "end"
    for _ in range(5000):
        deep = [deep]
    call = ToolCall("a", "Bash", {"\udc80": ["\ud800 lone", deep], "f": 1.5}, 1)
    plain = run_evidence("\udfff", replace(RESULT, transcript=replace(TRANSCRIPT, tool_calls=(call,))))
    json.dumps(plain, ensure_ascii=False).encode()
    kept = plain["transcript"]["tool_calls"][0]["input"]
    assert (kept["\\udc80"][0], kept["f"], plain["prompt"]) == ("\\ud800 lone", 1.5, "\\udfff")
    assert "[deeper than is kept]" in json.dumps(plain)
    assert "Bash: " in narrated_run(plain)


def test_many_steps_and_lines_are_told_in_part() -> None:
    lines = "\n".join(f"line {number}" for number in range(100))
    calls = tuple(
        ToolCall(str(number), "Bash", {"command": f"step {number}"}, number, result=ToolResult(lines.encode()))
        for number in range(1000)
    )
    text = narrated_run(run_evidence("Go", replace(RESULT, transcript=replace(TRANSCRIPT, tool_calls=calls))))
    assert "step 0\n" in text
    assert "step 999\n" in text
    assert "step 500\n" not in text
    assert "    line 5\n    [88 lines left out]\n    line 94\n" in text


def test_long_text_keeps_its_beginning_and_more_of_its_end() -> None:
    text = shortened("a" * 100 + "b" * 100, 40)
    assert text == "a" * 10 + "\n[160 characters left out]\n" + "b" * 30
    assert shortened("short") == "short"


def test_what_is_known_of_costs_is_added_up() -> None:
    plain = run_evidence("x", RESULT)
    assert totals([plain, {**plain, "cost_usd": None}]) == {"runs": 2, "tokens": 30, "cost_usd": 0.0123}
    assert totals([]) == {"runs": 0, "tokens": 0, "cost_usd": None}


def test_a_workspace_and_fake_commands_are_told_in_part(tmp_path: Path) -> None:
    workspace = AgentWorkspace.create(tmp_path / "w")
    for number in range(1100):
        (workspace.path / f"{number:04}\n").write_text("x\n")
    plain = workspace_evidence(workspace)
    assert len(plain["created"]) == 1000
    assert len(plain["diff"]) < 70_000
    text = narrated_workspace(plain)
    assert "created: 0000\\x0a, 0001\\x0a" in text
    assert "0019\\x0a and 980 more\n" in text
    assert len(text) < 10_000
    fake = FakeCommands(tmp_path / "f")
    assert narrated_commands(commands_evidence(fake)) == "no calls\n"
    fake.command("gh").reply("x")
    line = "(1.0, 'gh', [b'x'], b'/', None, 0, 0)\n"
    (tmp_path / "f/calls").write_text(line * 700 + "(1.0, 'gh', [b'a\\nb'], b'/', None, 0, None)\n")
    told = commands_evidence(fake)
    assert (len(told["calls"]), told["count"], told["unexpected"]) == (500, 701, 1)
    assert narrated_commands(told).endswith("answered gh x\n[651 calls left out]\n")
