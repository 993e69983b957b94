"""The terminal as a stranger sees it: few lines, each where pytest's users look for it, in their colours and width."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from orchestrated import Project

RED = "\x1b[31m"


@pytest.fixture
def failing(project: Project) -> Project:
    project.file("scripts/a.sh", "echo hello")
    project.file("scripts/b.sh", "echo out; exit 3")
    project.file("scripts/slow.sh", "sleep 30")
    project.file("scripts/orchestrator.yaml", "scripts: {slow.sh: {timeout: 0.2, grace: 0.1}}")
    return project


def section(lines: list[str]) -> list[str]:
    """Return the lines of the closing section."""
    start = next(index for index, line in enumerate(lines) if re.fullmatch(r"=+ orchestrator =+", line))
    rest = lines[start + 1 :]
    return rest[: next(index for index, line in enumerate(rest) if line.startswith(("=", "!")))]


def test_the_header_is_one_line(failing: Project) -> None:
    run = failing.run("--orchestrate-jobs=2", "--orchestrate-strict")
    (header,) = [line for line in run.result.outlines if line.startswith("orchestrator: ")]
    assert re.fullmatch(r"orchestrator: \d+\.\d+\.\d+, jobs 2, strict, reports \.orchestrator", header)


def test_a_timeout_has_a_letter_a_word_a_count_and_a_line_of_its_own(failing: Project) -> None:
    run = failing.run()
    assert "scripts/slow.sh T" in run.out
    assert run.outcomes == {"passed": 1, "failed": 1, "timeout": 1}
    assert run.summary_lines == [
        "FAILED scripts/b.sh::run - b.sh: exit 3, expected 0",
        "TIMEOUT scripts/slow.sh::run - slow.sh: timed out after 0.2 s (scripts/orches...",
    ]
    assert "scripts/slow.sh::run TIMEOUT" in failing.run("-v").out


def test_a_failure_starts_with_one_short_line_and_says_how_to_repeat_it(failing: Project) -> None:
    run = failing.run("-k", "b.sh")
    lines = run.result.outlines
    start = next(index for index, line in enumerate(lines) if re.fullmatch(r"_+ scripts/b\.sh _+", line))
    shown = lines[start + 1 : start + 9]
    assert shown[0] == "b.sh: exit 3, expected 0"
    assert shown[1] == f"command:  /usr/bin/sh {failing.path}/scripts/b.sh"
    assert shown[2] == f"in:       {failing.path}"
    assert re.fullmatch(r"took:     \d\.\d\d s \(limit 60 s\)", shown[3])
    assert shown[4:7] == ["stdout:", "  out", "log:      .orchestrator/logs/scripts/b.sh.json"]


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["process", "n1"])
def test_in_ci_the_summary_still_has_one_line_each(
    failing: Project, workers: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """pytest shows messages there in full, whatever the width."""
    monkeypatch.setenv("CI", "true")
    run = failing.run(*workers)
    assert sorted(run.summary_lines) == [
        "FAILED scripts/b.sh::run - b.sh: exit 3, expected 0",
        "TIMEOUT scripts/slow.sh::run - slow.sh: timed out after 0.2 s (scripts/orchestrator.yaml)",
    ]


def test_the_closing_section_is_short_and_the_last_word_before_pytests(failing: Project) -> None:
    for name in "cdefgh":
        failing.file(f"scripts/many/{name}.sh", "sleep 60 & exit 1")
    run = failing.run()
    lines = section(run.result.outlines)
    assert len(lines) <= 12
    assert lines[0].startswith("7 failed, 1 timeout, 1 passed; 9 collected in ")
    assert lines[-3:] == [
        "report: .orchestrator/report.md",
        "results: .orchestrator/results.jsonl",
        "logs: .orchestrator/logs/",
    ]
    assert run.result.outlines[-1].startswith("=")
    assert run.result.outlines[-2] == lines[-1]


@pytest.mark.parametrize("columns", [40, 61, 120])
def test_narrow_terminals_are_respected(failing: Project, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    failing.file(f"scripts/{'long' * 20}.sh", "sleep 60 &")
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = section(failing.run().result.outlines)
    assert len(lines) <= 12
    assert max(map(len, lines)) <= columns


def test_q_says_only_where_the_report_is_and_qq_nothing(failing: Project) -> None:
    quiet = failing.run("-q")
    assert quiet.result.outlines[-2] == "report: .orchestrator/report.md"
    assert not [line for line in quiet.result.outlines if "orchestrator: " in line or " orchestrator " in line]
    silent = failing.run("-qq")
    assert ".orchestrator/report.md" not in silent.out
    assert "TIMEOUT scripts/slow.sh::run" in silent.out


@pytest.mark.parametrize("reports", ["on", "off"])
@pytest.mark.parametrize("retried", ["retry", "reruns"])
def test_flaky_passes_and_left_processes_are_told_with_q_and_without_reports(
    project: Project, reports: str, retried: str
) -> None:
    project.file("scripts/flaky.sh", "if test -e again; then rm again; else touch again; exit 1; fi")
    project.file("scripts/leaves.sh", "sleep 60 & sleep 61 &")
    flags = {"retry": "--orchestrate-retry=2", "reruns": "--reruns=1"}[retried]
    for quiet in ("-q", "--color=no"):
        lines = project.run(quiet, flags, f"--orchestrate-reports={reports}").result.outlines
        assert lines.count("flaky: scripts/flaky.sh::run") == 1
        assert lines.count("left 2 processes: scripts/leaves.sh::run") == 1
        assert any(" orchestrator " in line for line in lines) == (quiet != "-q")
    out = project.run("-qq", flags, f"--orchestrate-reports={reports}").out
    assert ("flaky:" in out, "left 2" in out) == (False, False)


def test_a_run_without_reports_in_which_nothing_stands_out_has_no_section(project: Project) -> None:
    project.file("scripts/a.sh")
    assert "= orchestrator =" not in project.run("--orchestrate-reports=off").out


def test_summaries_that_are_switched_off_stay_off(failing: Project) -> None:
    for option in ("--no-summary", "-r N"):
        run = failing.run(*option.split())
        assert "TIMEOUT scripts/slow.sh::run" not in run.out
        assert run.outcomes["timeout"] == 1
    assert "TIMEOUT" in failing.run("-rf").out
    assert "FAILED" not in failing.run("-rE").out


def test_colours_follow_pytest(failing: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    coloured = failing.run("--color=yes", "scripts/slow.sh")
    assert f"{RED}T\x1b[0m" in coloured.out
    assert f"{RED}TIMEOUT\x1b[0m scripts/slow.sh" in coloured.out
    assert f"{RED}\x1b[1m1 timeout\x1b[0m" in coloured.out
    assert f"{RED}\x1b[1mslow.sh: timed out" in coloured.out or f"\x1b[1m{RED}slow.sh: timed out" in coloured.out
    assert "\x1b[33m" not in coloured.result.outlines[-1]
    assert "\x1b[" not in failing.run("--color=no").out
    assert "\x1b[" not in failing.run().out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in failing.run().out
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in failing.run().out


def test_a_run_is_red_from_its_first_timeout_on(failing: Project) -> None:
    failing.file("scripts/z.sh")
    run = failing.run("--color=yes", "-k", "slow or z.sh")
    (line,) = [line for line in run.result.outlines if line.startswith("scripts/z.sh")]
    assert re.search(r"\x1b\[31m +\[100%\]", line)


def test_durations_name_a_timeout_once(failing: Project) -> None:
    run = failing.run("--durations=0", "-vv")
    assert run.out.count(" call     scripts/slow.sh::run") == 1


def test_other_plugins_see_timeouts_as_failures_in_their_summary(failing: Project) -> None:
    failing.file(
        "conftest.py",
        "def pytest_terminal_summary(terminalreporter):\n"
        "    ids = [report.nodeid for report in terminalreporter.stats['failed']]\n"
        "    terminalreporter.write_line(f'seen: {ids}')\n",
    )
    assert "seen: ['scripts/b.sh::run', 'scripts/slow.sh::run']" in failing.run().out


def test_a_terminal_that_cannot_show_unicode_gets_ascii(failing: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii:backslashreplace")
    failing.file("scripts/ü.sh", "sleep 60 &")
    run = failing.run_process("-k", "not slow")
    assert all(line.isascii() for line in section(run.result.outlines))


def test_only_the_failure_itself_is_in_the_way_of_pasting_its_command(failing: Project) -> None:
    failing.file("scripts/or chestrator.sh", "exit 1")
    run = failing.run("-k", "chestrator")
    assert f"command:  /usr/bin/sh '{failing.path}/scripts/or chestrator.sh'" in run.out
