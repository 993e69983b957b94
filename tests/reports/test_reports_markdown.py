"""The Markdown report: what it says, in which order, and how long it may get."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_documents import document, row

from pytest_orchestrator.core.document import ResultRow, RunDocument
from pytest_orchestrator.core.status import Status
from pytest_orchestrator.reports.failure import quote_word, repeat_command
from pytest_orchestrator.reports.logs import log_path
from pytest_orchestrator.reports.markdown import LIMIT_BYTES, render_markdown


def _section(report: str, heading: str) -> str:
    found = re.search(rf"^## {heading}.*?(?=^## |\Z)", report, re.DOTALL | re.MULTILINE)
    assert found is not None, f"no section {heading}"
    return found.group()


def test_the_title_is_the_verdict() -> None:
    assert render_markdown(document(row("a.sh"))).startswith("# Passed: 1 passed\n")
    failed = document(row("a.sh"), row("b.sh", Status.FAILED), exit_status=1)
    assert render_markdown(failed).startswith("# Failed: 1 failed, 1 passed\n")


def test_the_totals_end_with_what_was_collected() -> None:
    report = render_markdown(document(row("a.sh"), row("b.sh", Status.NOT_RUN)))
    assert "| passed | 1 |\n| not run | 1 |\n| **collected** | **2** |" in report


def test_several_kinds_are_columns_of_the_totals() -> None:
    report = render_markdown(document(row("a.sh"), row("s/SKILL.md::frontmatter", kind="skill")))
    assert "| **collected** | **2** | **1** | **1** |" in report


def test_a_crashed_run_is_said_plainly() -> None:
    report = render_markdown(document(row("a.sh"), crashed=True))
    assert report.startswith("# Crashed: 1 passed")
    assert "**This run did not end:**" in report
    assert "1 item had finished" in report


def test_missing_results_and_unreadable_lines_are_said() -> None:
    run = document(row("a.sh"), collected=3)
    report = render_markdown(RunDocument(run.run, run.rows, run.end, unreadable=1))
    assert "2 collected items left no result" in report
    assert "1 line of `results.jsonl` could not be read" in report


def test_an_exit_status_that_nothing_here_explains_is_explained() -> None:
    assert "although nothing here failed" in render_markdown(document(row("a.sh"), exit_status=1))


def test_a_failure_tells_all_that_is_needed() -> None:
    failed = row(
        "scripts/b [x].sh",
        Status.FAILED,
        1.25,
        exit_code=3,
        error="b.sh: exit 3, expected 0",
        command=["/bin/sh", "scripts/b [x].sh"],
        failures=["stdout does not hold 'done'"],
        stdout="out 1\nout 2\n",
        stderr="\x1b[31merr\x1b[0m\n",
        stdout_file="logs/b.stdout",
        stdout_bytes=2048,
        tmp="/tmp/kept",
        changed_by="my_hook",
        attempts=[
            {"status": "failed", "execution_time": 0.5, "error": "exit 3"},
            {"status": "failed", "execution_time": 1.25},
        ],
        left_processes=[{"pid": 7, "command": "sleep 60"}],
    )
    section = _section(render_markdown(document(failed)), "Failures")
    expected = [
        "### `scripts/b [x].sh::run`",
        "- failed: `b.sh: exit 3, expected 0`",
        "- ran 1.25 s of 60 s allowed, exit code 3",
        "- not as expected: `stdout does not hold 'done'`",
        "- attempt 1 of 2: failed, `exit 3`, after 500 ms\n- attempt 2 of 2: failed after 1.25 s\n",
        "- left 1 background process: `sleep 60`",
        "- verdict changed by `my_hook`",
        "- log: `logs/scripts/b__x_.sh~",
        "- whole stdout (2.0 KiB): `logs/b.stdout`",
        "- temporary directory, kept: `/tmp/kept`",
        "```sh\npytest --orchestrate 'scripts/b [x].sh::run'\n```",
        "The program itself, in `/project`:\n\n```sh\n/bin/sh 'scripts/b [x].sh'\n```",
        "stderr:\n\n```text\nerr\n```",
        "stdout:\n\n```text\nout 1\nout 2\n```",
    ]
    places = [section.find(text) for text in expected]
    assert -1 not in places, expected[places.index(-1)]
    assert places == sorted(places)


def test_long_output_is_folded_and_its_end_is_shown() -> None:
    failed = row("a.sh", Status.FAILED, stdout="".join(f"line {number}\n" for number in range(500)))
    section = _section(render_markdown(document(failed)), "Failures")
    assert "<details><summary>stdout, the end of it</summary>\n\n```text\n…\nline 470\n" in section
    assert "line 499\n```\n\n</details>" in section
    assert "line 469" not in section


def test_a_timeout_names_the_limit_that_fired() -> None:
    slow = row(
        "a.sh",
        Status.TIMEOUT,
        limit={"name": "idle_timeout", "value": 2.5, "source": "scripts/orchestrator.yaml"},
        signal="SIGTERM",
    )
    section = _section(render_markdown(document(slow)), "Timeouts")
    assert "- limit that stopped it: `idle_timeout 2.5 s (scripts/orchestrator.yaml)`" in section
    assert "ended by `SIGTERM`" in section


def test_errors_are_counted_by_their_reason() -> None:
    rows = [
        row(f"{number}.sh", Status.ERROR, reason="not_startable", error="no such interpreter") for number in range(3)
    ]
    section = _section(render_markdown(document(*rows, row("w.sh", Status.ERROR, reason="infrastructure"))), "Errors")
    assert section.index("- `not_startable` (3): `0.sh::run`") < section.index("- `infrastructure` (1): `w.sh::run`")


def test_an_item_without_a_result_has_no_log_to_look_into() -> None:
    lost = ResultRow("a.sh::run", "script", Status.ERROR, 0.0)
    section = _section(render_markdown(document(lost)), "Errors")
    assert "no message was recorded" in section
    assert "log:" not in section


def test_passes_that_needed_a_second_try_show_every_attempt() -> None:
    attempts = [
        {"status": "timeout", "execution_time": 2.0, "error": "timeout 2 s"},
        {"status": "passed", "execution_time": 0.1},
    ]
    section = _section(render_markdown(document(row("a.sh", attempts=attempts))), "Flaky")
    assert (
        "- `a.sh::run`\n  - attempt 1 of 2: timeout, `timeout 2 s`, after 2.00 s\n"
        "  - attempt 2 of 2: passed after 100 ms\n" in section
    )


def test_of_very_many_attempts_the_rest_is_counted() -> None:
    attempts = [{"status": "failed", "execution_time": 0.1}] * 11 + [{"status": "passed", "execution_time": 0.1}]
    section = _section(render_markdown(document(row("a.sh", attempts=attempts))), "Flaky")
    assert "  - attempt 10 of 12: failed after 100 ms\n  - … and 2 more attempts\n" in section


def test_what_never_ran_has_no_duration() -> None:
    lost = row("a.sh", Status.ERROR, 0.0, exit_code=None, error="no such interpreter")
    report = render_markdown(document(lost))
    assert "\n- not started\n" in _section(report, "Errors")
    assert "0.0 ms" not in report


def test_of_an_item_whose_worker_died_nothing_is_said_about_its_start() -> None:
    lost = ResultRow("a.sh::run", "script", Status.ERROR, 0.0, "gw0", {"error": "died", "reason": "infrastructure"})
    section = _section(render_markdown(document(lost)), "Errors")
    assert "- error: `died`\n- reason: `infrastructure`\n- on worker `gw0`\n" in section


def test_what_was_expected_to_fail_says_why_and_what_came_of_it() -> None:
    report = render_markdown(
        document(
            row("a.sh", Status.XFAILED, xfail="bug *12*", error="exit 3, expected 0"),
            row("b.sh", Status.XPASSED, xfail="bug *12*"),
            row("c.sh", Status.XPASSED, xfail=""),
        )
    )
    section = _section(report, "Expected to fail")
    assert "- xfailed: `bug *12*`, it was `exit 3, expected 0` (1): `a.sh::run`" in section
    assert "- xpassed: `bug *12*` (1): `b.sh::run`" in section
    assert "- xpassed: no reason was recorded (1): `c.sh::run`" in section
    assert "| xfailed | 1 |\n| xpassed | 2 |\n| **collected** | **3** |" in report


def test_the_title_of_a_section_is_a_heading_as_it_reads() -> None:
    sections = (("Costs: 3 < 4 & *all* @me [x](y)\nnext", "text"),)
    report = render_markdown(replace(document(row("a.sh")), sections=sections))
    assert r"## Costs\: 3 \< 4 \& \*all\* &#64;me \[x\](y)\\nnext" in report


def test_skips_are_grouped_by_reason() -> None:
    rows = [row(f"{number}.sh", Status.SKIPPED, error="needs docker") for number in range(8)] + [
        row("z.sh", Status.SKIPPED)
    ]
    section = _section(render_markdown(document(*rows)), "Skipped")
    assert (
        "- `needs docker` (8): `0.sh::run`, `1.sh::run`, `2.sh::run`, `3.sh::run`, `4.sh::run` … and 3 more\n"
        in section
    )
    assert "- no reason was recorded (1): `z.sh::run`" in section


def test_what_was_stopped_left_expected_and_noted_has_its_sections() -> None:
    report = render_markdown(
        document(
            row("c.sh", Status.CANCELLED, error="stopped by -x"),
            row("n.sh", Status.NOT_RUN),
            row("l.sh", left_processes=[{"pid": number, "command": f"sleep {number}"} for number in range(7)]),
            row("x.sh", Status.XFAILED, xfail="known bug"),
            row("p.sh", notes=["dependencies are not installed"]),
        )
    )
    assert "- cancelled: `stopped by -x` (1): `c.sh::run`" in _section(report, "Cancelled and not run")
    assert "- not run: no reason was recorded (1): `n.sh::run`" in _section(report, "Cancelled and not run")
    assert "7 background processes: `sleep 0`, `sleep 1`, `sleep 2`, `sleep 3`, `sleep 4` and 2 more" in _section(
        report, "Processes left"
    )
    assert "- xfailed: `known bug` (1): `x.sh::run`" in _section(report, "Expected to fail")
    assert "- `dependencies are not installed` (1): `p.sh::run`" in _section(report, "Notes")


def test_directories_with_failures_come_first() -> None:
    section = _section(render_markdown(document(row("a/1.sh"), row("b/2.sh", Status.FAILED, 2.0))), "Directories")
    assert section.index("| `b` | 1 | 0 | 1 | 2.00 s |") < section.index("| `a` | 1 | 1 | 0 | 100 ms |")


def test_a_clean_run_has_no_empty_sections() -> None:
    headings = re.findall(r"^## (.*)", render_markdown(document(row("a.sh"))), re.MULTILINE)
    assert headings == ["Slowest", "This run"]


def test_sections_of_hooks_come_last_in_their_order() -> None:
    sections = (("Kept", "from *the file*"), ("Costs", "| a |\n|---|"))
    report = render_markdown(replace(document(row("a.sh")), sections=sections))
    assert report.endswith("## Kept\n\nfrom *the file*\n\n## Costs\n\n| a |\n|---|\n")


def test_a_section_too_large_is_left_out_and_the_next_stays() -> None:
    sections = (("Big", "ü" * LIMIT_BYTES), ("Small", "here"))
    report = render_markdown(replace(document(row("a.sh")), sections=sections))
    assert "## Big\n\nLeft out: its 1.9 MiB are more" in report
    assert report.endswith("## Small\n\nhere\n")


def test_more_sections_than_fit_are_counted() -> None:
    sections = tuple((str(number), "x" * 20_000) for number in range(20_000))
    report = render_markdown(replace(document(row("a.sh")), sections=sections))
    assert len(report.encode()) <= LIMIT_BYTES
    assert re.search(r"… and \d+ more sections without room here\.\n\Z", report)


def test_the_order_in_which_workers_finished_changes_nothing() -> None:
    rows = [row("a.sh", Status.FAILED), row("b.sh", Status.FAILED), row("c.sh", Status.SKIPPED)]
    assert render_markdown(document(*rows)) == render_markdown(document(*reversed(rows)))


@pytest.mark.parametrize("statuses", [tuple(Status), (Status.ERROR,)], ids=["mixed", "all bad"])
def test_twenty_thousand_results_with_long_output_stay_below_the_limit(statuses: tuple[Status, ...]) -> None:
    def wild(number: int) -> ResultRow:
        return row(
            f"d{number}/{'日本' * 100}{number}.sh",
            statuses[number % len(statuses)],
            float(number),
            error=f"|`{number}" * 400,
            stdout="`日" * 6000,
            stderr="\0" * 6000,
            reason="not_startable",
            command=["x" * 9000],
            notes=[f"note {number} " + "n" * 400],
            attempts=[{"status": "failed", "error": "e" * 999, "execution_time": 1.0}] * 20,
            left_processes=[{"pid": 1, "command": "c" * 999}] * 20,
        )

    run = document(*map(wild, range(20_000)), exit_status=1)
    report = render_markdown(replace(run, sections=(("Extra", "e" * 300_000),)))
    assert len(report.encode()) <= LIMIT_BYTES
    assert "| **collected** | **20000** |" in report
    assert re.search(r"… and \d{4,} more, all in `results.jsonl`", report)


def test_the_log_of_a_worker_of_its_own_is_named() -> None:
    failed = ResultRow("a.sh::run", "script", Status.FAILED, 0.0, "gw1", {"exit_code": 1})
    run = document(failed)
    report = render_markdown(RunDocument(replace(run.run, per_worker=True), run.rows, run.end))
    assert str(log_path("a.sh::run@gw1")) in report


@pytest.mark.parametrize(
    ("word", "quoted"),
    [
        ("plain", "plain"),
        ("a b", "'a b'"),
        ("日本", "'日本'"),
        ("a\n'\\", r"$'a\n\'\\'"),
        ("\udcff\x1b\t", r"$'\377\033\t'"),
        ("\ud800", r"$'\\ud800'"),
    ],
)
def test_words_of_a_command_are_quoted_on_one_line(word: str, quoted: str) -> None:
    assert quote_word(word) == quoted


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=20).filter(lambda word: b"\0" not in word))
def test_a_shell_reads_a_quoted_word_as_it_was(word: bytes) -> None:
    quoted = quote_word(os.fsdecode(word))
    shown = subprocess.run(["bash", "-c", f"printf %s {quoted}"], stdout=subprocess.PIPE, check=True).stdout
    assert shown == word


def test_names_in_a_command_are_shown_as_they_are_on_disk() -> None:
    failed = row("a.sh", Status.FAILED, command=["/bin/sh", "a\\x5bx\\x5d.sh"])
    assert "```sh\n/bin/sh 'a[x].sh'\n```" in render_markdown(document(failed))


def test_the_command_to_repeat_can_be_pasted() -> None:
    assert repeat_command("scripts/a b.sh::run[it's]") == """pytest --orchestrate 'scripts/a b.sh::run[it'"'"'s]'"""
    assert repeat_command("-rf.sh::run") == "pytest --orchestrate ./-rf.sh::run"
