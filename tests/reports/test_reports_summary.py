"""The counts of a run always add up."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_documents import RUN, document, row

from pytest_orchestrator.core.document import ResultRow, RunDocument
from pytest_orchestrator.core.status import Status
from pytest_orchestrator.reports.summary import status_counts, summarize

_ROWS = st.lists(
    st.builds(
        ResultRow,
        st.sampled_from(
            ["a.sh::run", "x/a.sh::run", "x/y/b.sh::run[c]", "/abs/a.sh::run", "../up.sh::run", "conf.yaml"]
        ),
        st.sampled_from(["script", "skill", "workflow"]),
        st.sampled_from(Status),
        st.floats(0, 1e6),
    )
)


@given(_ROWS, st.integers(0, 50), st.booleans())
def test_every_sum_adds_up_to_what_was_collected(rows: list[ResultRow], collected: int, crashed: bool) -> None:
    summary = summarize(document(*rows, collected=collected, crashed=crashed))
    assert set(summary["totals"]) == set(Status)
    assert sum(summary["totals"].values()) == summary["collected"] == max(collected * (not crashed), len(rows))
    for groups in (summary["by_directory"], summary["by_kind"]):
        assert sum(group["collected"] for group in groups.values()) == summary["collected"]
        for group in groups.values():
            assert sum(group["totals"].values()) == group["collected"]
            assert set(group["totals"]) == set(Status)
    json.loads(json.dumps(summary, allow_nan=False))


@pytest.mark.parametrize(
    ("run", "verdict"),
    [
        (document(row("a.sh")), "passed"),
        (document(row("a.sh"), row("b.sh", Status.TIMEOUT), exit_status=1), "failed"),
        (document(row("a.sh"), exit_status=1), "failed"),
        (document(row("a.sh", Status.SKIPPED)), "passed"),
        (document(row("a.sh"), crashed=True), "crashed"),
        (document(row("a.sh", Status.FAILED), exit_status=2), "interrupted"),
        (document(exit_status=3), "internal error"),
        (document(exit_status=4), "usage error"),
        (document(exit_status=5), "nothing collected"),
        (document(), "nothing collected"),
    ],
)
def test_the_verdict_is_one_word_for_how_it_ended(run: RunDocument, verdict: str) -> None:
    assert summarize(run)["verdict"] == verdict


def test_items_without_a_row_count_as_not_run() -> None:
    summary = summarize(document(row("a.sh"), collected=4))
    assert (summary["unrecorded"], summary["totals"]["not_run"], summary["by_kind"]["(unrecorded)"]["collected"]) == (
        3,
        3,
        3,
    )


def test_a_crashed_run_has_no_end_no_duration_and_no_exit_status() -> None:
    summary = summarize(document(row("a.sh"), crashed=True))
    assert [summary[key] for key in ("crashed", "ended", "duration", "exit_status")] == [True, None, None, None]


def test_the_slowest_are_those_that_ran_longest() -> None:
    rows = [row(f"{number:02}.sh", duration=number) for number in range(30)] + [row("skip.sh", Status.SKIPPED, 99)]
    assert [entry["duration"] for entry in summarize(document(*rows))["slowest"]] == list(range(29, 19, -1))


def test_flaky_left_behind_and_failing_items_are_listed_and_counted() -> None:
    attempts = [{"status": "failed"}, {"status": "passed"}]
    rows = [
        row("flaky.sh", attempts=attempts),
        row("steady.sh", attempts=attempts[1:]),
        row("never.sh", Status.FAILED, attempts=attempts),
        row("left.sh", left_processes=[{"pid": 1, "command": "sleep 60"}, {"pid": 2, "command": "sleep 61"}]),
    ]
    summary = summarize(document(*rows))
    assert summary["flaky"] == {"count": 1, "nodeids": ["flaky.sh::run"]}
    assert summary["failing"] == {"count": 1, "nodeids": ["never.sh::run"]}
    assert summary["left_processes"] == {"count": 2, "items": 1, "nodeids": ["left.sh::run"]}


def test_lists_are_bounded_and_their_counts_are_not() -> None:
    failing = summarize(document(*(row(f"{number}.sh", Status.ERROR) for number in range(250))))["failing"]
    assert (failing["count"], len(failing["nodeids"])) == (250, 100)


def test_the_facts_of_the_run_are_kept() -> None:
    summary = summarize(document(row("a.sh")))
    assert (summary["run_id"], summary["run"]["command"], summary["duration"]) == ("r1", list(RUN.command), 10.5)


def test_counts_in_words_name_the_bad_ones_first() -> None:
    assert status_counts({"passed": 3, "failed": 2, "not_run": 1, "error": 0}) == ["2 failed", "3 passed", "1 not run"]
