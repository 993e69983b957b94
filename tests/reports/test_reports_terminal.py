"""The closing lines: few, no wider than the terminal, plain text."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from report_documents import document, row

from pytest_orchestrator.core.columns import cell_width, clip, fit
from pytest_orchestrator.core.status import Status
from pytest_orchestrator.reports.summary import summarize
from pytest_orchestrator.reports.terminal import closing_lines

_TEXT = st.text(
    alphabet=st.one_of(st.sampled_from("ab/日\u0301\x1b\n👍"), st.characters(exclude_categories=())), max_size=80
)


def test_a_clean_run_needs_four_lines() -> None:
    assert closing_lines(summarize(document(row("a.sh"), row("b.sh"))), ".orchestrator", 80, ascii_only=False) == [
        "2 passed; 2 collected in 10.50 s",
        "report: .orchestrator/report.md",
        "results: .orchestrator/results.jsonl",
        "logs: .orchestrator/logs/",
    ]


def test_what_stands_out_is_named_once_and_counted() -> None:
    attempts = [{"status": "failed"}, {"status": "passed"}]
    rows = [
        row("scripts/f1.sh", attempts=attempts),
        row("scripts/f2.sh", attempts=attempts),
        row("scripts/l.sh", left_processes=[{"pid": 1, "command": "x"}] * 2),
        row("scripts/s.sh", Status.TIMEOUT, 4.0),
    ]
    lines = closing_lines(summarize(document(*rows, collected=5)), "out/", 80, ascii_only=False)
    assert lines[:-3] == [
        "1 timeout, 3 passed, 1 not run; 5 collected in 10.50 s",
        "flaky: scripts/f1.sh::run and 1 more",
        "left 2 processes: scripts/l.sh::run",
        "no result: 1 item",
        "slowest: scripts/s.sh::run 4.00 s",
    ]


def test_a_crashed_run_is_said() -> None:
    lines = closing_lines(summarize(document(row("a.sh"), crashed=True)), "out", 80, ascii_only=False)
    assert lines[:2] == ["1 passed; 1 collected", "the run did not end: counts so far"]


def test_a_long_path_is_cut_in_its_middle_and_keeps_its_end() -> None:
    summary = summarize(document(row("a.sh")))
    for ascii_only, gap in ((True, "..."), (False, "…")):
        (line,) = [
            line for line in closing_lines(summary, "/very/long" * 20, 60, ascii_only) if line.startswith("report")
        ]
        assert len(line) == 60
        assert gap in line
        assert line.endswith("/report.md")


@given(
    st.lists(st.tuples(_TEXT, st.sampled_from(Status), st.booleans()), max_size=30),
    _TEXT,
    st.integers(0, 200),
    st.booleans(),
)
def test_lines_are_few_and_never_wider_than_the_terminal(
    items: list[tuple[str, Status, bool]], directory: str, width: int, ascii_only: bool
) -> None:
    odd: dict[str, Any] = {"attempts": [{}, {}], "left_processes": [{}]}
    rows = [row(name, status, 5.0, **(odd if eventful else {})) for name, status, eventful in items]
    lines = closing_lines(summarize(document(*rows, collected=40)), directory, width, ascii_only)
    assert len(lines) <= 12
    assert max(map(cell_width, lines)) <= max(width, 40)
    text = "".join(lines)
    assert "\x1b" not in text
    assert "\n" not in text
    text.encode("ascii" if ascii_only else "utf-8")


def test_millions_of_every_status_still_fit_twelve_lines() -> None:
    summary = summarize(document(row("a.sh", duration=9.0, attempts=[{}, {}], left_processes=[{}])))
    summary["totals"] = dict.fromkeys(summary["totals"], 10_000_000)
    lines = closing_lines(summary, "out", 40, ascii_only=True)
    assert len(lines) <= 12
    assert lines[-1] == "logs: out/logs/"


@given(_TEXT, st.integers(4, 50))
def test_a_fitted_text_is_as_wide_as_asked_at_most(text: str, width: int) -> None:
    fitted = fit(text, width)
    assert cell_width(fitted) <= width
    assert fitted == text or "…" in fitted


@given(_TEXT, st.integers(4, 50))
def test_a_clipped_text_begins_as_it_did(text: str, width: int) -> None:
    clipped = clip(text, width)
    assert cell_width(clipped) <= width
    assert clipped == text or (clipped.endswith("…") and text.startswith(clipped[:-1]))


def test_wide_and_combining_characters_are_counted_as_a_terminal_does() -> None:
    assert [cell_width(text) for text in ("abc", "日本", "e\u0301", "👍")] == [3, 4, 1, 2]
