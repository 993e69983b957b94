"""What agents did, as lines of the results and as a table of the report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_orchestrator.core.agent_row import AgentRow, agents_line
from pytest_orchestrator.core.document import end_line, result_line, run_line
from pytest_orchestrator.core.status import Status
from pytest_orchestrator.reports.agents import agents_section
from pytest_orchestrator.reports.markdown import LIMIT_BYTES
from pytest_orchestrator.reports.merge import merge_reports
from pytest_orchestrator.reports.reader import read_results
from pytest_orchestrator.reports.writer import render_all

if TYPE_CHECKING:
    from pathlib import Path

RUN: dict[str, Any] = {
    "process_id": "claude-1", "cli": "claude", "model": "m", "status": "passed", "reason": None, "error": None,
    "duration": 2.5, "turns": 2, "tools": 1, "cost_usd": 0.25, "usage": {"total": 1200}, "transcript": {"long": "x"},
    "log_path": "logs/tests/test_a.py@@test_a.agents/claude-1.log",
}  # fmt: skip
EVIDENCE: dict[str, Any] = {
    "outcome": "passed",
    "runs": [RUN],
    "workspaces": [
        {"created": [f"f{number}" for number in range(30)], "modified": ["a|b"], "deleted": [], "diff": "d"}
    ],
    "commands": {"calls": [], "count": 4, "unexpected": 1},
    "totals": {},
}


def row(nodeid: str = "tests/test_a.py::test_a", **changes: Any) -> AgentRow:
    return AgentRow.from_json(json.loads(agents_line(nodeid, None, {**EVIDENCE, **changes})))


def results(directory: Path, *lines: str) -> Path:
    directory.mkdir()
    facts: dict[str, Any] = {
        "run_id": directory.name,
        "started": 1e9,
        "rootdir_name": "p",
        "command": [],
        "version": "1",
    }
    facts |= {"python": "3", "pytest": "9", "platform": "linux", "jobs": 1, "workers": 0, "per_worker": False}
    first = run_line(**facts, shard=None, divided_by=None, order=None)
    end = end_line(exit_status=0, ended=1e9 + 1, totals={Status.PASSED: 1}, collected=1)
    item = result_line(f"{directory.name}.sh::run", "script", Status.PASSED, 0.1, None, None)
    (directory / "results.jsonl").write_text("".join([first, item, *lines, end]))
    return directory


def test_a_row_keeps_what_a_table_tells() -> None:
    kept = row()
    assert (kept.outcome, kept.calls, kept.unexpected) == ("passed", 4, 1)
    assert "transcript" not in kept.runs[0]
    assert kept.runs[0]["tokens"] == 1200
    assert kept.workspaces[0]["created"] == (30, [f"f{number}" for number in range(20)])


@pytest.mark.parametrize("line", [{}, {"nodeid": 5, "data": {}}, {"nodeid": "x"}, {"nodeid": "x", "data": []}], ids=str)
def test_a_line_that_is_none_is_refused(line: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="needs a nodeid and data"):
        AgentRow.from_json(line)


def test_odd_data_is_taken_as_it_comes() -> None:
    odd = row(runs=[5, {}, {"usage": 3, "duration": "x"}], workspaces=[{"created": 5}], commands=None, outcome=3)
    assert len(odd.runs) == 2
    assert "| test | agent |" in agents_section([odd], 10_000)


def test_the_report_has_a_section_and_stays_the_same_when_rendered_again(tmp_path: Path) -> None:
    line = agents_line("tests/test_a.py::test_a", "gw0", EVIDENCE)
    directory = results(tmp_path / "one", line, agents_line("t.py::bad", None, {**EVIDENCE, "outcome": "failed"}))
    render_all(directory)
    report = (directory / "report.md").read_text()
    assert (
        "## Agents (2)\n\n2 runs in 2 tests (2 `passed`), 2400 tokens, $0.5000 as far as known, 2 unexpected calls"
        in (report)
    )
    assert (
        "| `t.py::bad` failed | `claude-1 (claude, m)` | `passed` | 2.50 s | 2 | 1 | 1200 | $0.2500 |"
        " [log](logs/tests/test_a.py%40%40test_a.agents/claude-1.log) |"
        " 30 created: `f0, f1, f2 …`<br>1 modified: <code>a&#124;b</code> |\n" in report
    )
    assert report.index("`t.py::bad`") < report.index("`tests/test_a.py::test_a`")
    render_all(directory)
    assert (directory / "report.md").read_text() == report


def test_merged_reports_keep_agents(tmp_path: Path) -> None:
    line = agents_line("tests/test_a.py::test_a", None, EVIDENCE)
    sources = [results(tmp_path / "one", line), results(tmp_path / "two")]
    merge_reports(sources, tmp_path / "both")
    assert [each.nodeid for each in read_results(tmp_path / "both/results.jsonl").agents] == ["tests/test_a.py::test_a"]


def test_a_bad_line_is_counted(tmp_path: Path) -> None:
    document = read_results(results(tmp_path / "one", '{"type": "agents"}\n') / "results.jsonl")
    assert (document.unreadable, document.agents) == (1, ())


def test_the_table_is_bounded() -> None:
    rows = [row(f"tests/test_{number}.py::test_a") for number in range(5000)]
    section = agents_section(rows, 32_000)
    assert len(section.encode()) < 33_000 < LIMIT_BYTES
    assert "more runs, all in `results.jsonl`" in section
    assert section.startswith("5000 runs in 5000 tests")
    assert agents_section([], 100) == ""


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("logs/a b|c)[x](y)<z>`\n.log", "[log](logs/a%20b%7Cc%29%5Bx%5D%28y%29%3Cz%3E%60%0A.log)"),
        ("javascript:alert(1)", "[log](javascript%3Aalert%281%29)"),
        ("logs/\xe4\ud800.log", "[log](logs/%C3%A4%5Cud800.log)"),
        ("/tmp/a|b.log", "<code>&#47;tmp&#47;a&#124;b&#46;log</code>"),
        ("/tmp/a.log", "`/tmp/a.log`"),
        (None, ""),
        (5, ""),
        ("", ""),
    ],
)
def test_the_log_of_a_run_is_a_link_where_it_lies_below_the_report(path: object, shown: str) -> None:
    section = agents_section([row(runs=[{**RUN, "log_path": path}])], 10_000)
    assert f"| $0.2500 | {shown} |" in section
    assert all(line.count("|") == 11 for line in section.split("\n\n")[1].splitlines())


def test_a_test_without_runs_has_a_line() -> None:
    section = agents_section([row(runs=[], outcome="failed")], 10_000)
    assert "| `tests/test_a.py::test_a` failed | none |" in section
