"""``summary.json``: the counts of a run, and what stands out."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

from ..core.status import Status
from .agents import agents_summary
from .skills import skills_summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..core.document import ResultRow, RunDocument

SLOWEST = 10
UNRECORDED = "(unrecorded)"
"""Directory and kind of items without a row."""
LISTED = 100
"""How many ids each list holds at most; its count is always the whole."""

_INTERRUPTED, _INTERNAL_ERROR, _USAGE_ERROR, _NOTHING_COLLECTED = 2, 3, 4, 5
_SPECIAL_EXITS = {_INTERRUPTED: "interrupted", _INTERNAL_ERROR: "internal error", _USAGE_ERROR: "usage error"}


class _Group:
    """Counts of one directory, one kind or the whole run."""

    __slots__ = ("collected", "seconds", "totals")

    def __init__(self) -> None:
        self.collected = 0
        self.seconds = 0.0
        self.totals = dict.fromkeys(map(str, Status), 0)

    def add(self, status: Status, seconds: float, number: int = 1) -> None:
        self.collected += number
        self.seconds += seconds
        self.totals[status] += number

    def as_dict(self) -> dict[str, Any]:
        return {"collected": self.collected, "duration": round(self.seconds, 6), "totals": self.totals}


def _verdict(document: RunDocument, totals: Mapping[str, int]) -> str:
    exit_status = None if document.end is None else document.end.exit_status
    if document.crashed:
        return "incomplete" if document.run.missing and not document.run.unended else "crashed"
    if exit_status in _SPECIAL_EXITS:
        return _SPECIAL_EXITS[exit_status]
    if any(totals[status] for status in Status if status.is_bad) or document.collection_errors:
        return "failed"
    if not (document.collected or document.agents) or exit_status == _NOTHING_COLLECTED:
        return "nothing collected"
    return "failed" if exit_status else "passed"


def slowest(rows: Iterable[ResultRow], number: int = SLOWEST) -> list[ResultRow]:
    """Return the rows that took longest, the longest first."""
    ran = (row for row in rows if row.duration and row.status not in (Status.NOT_RUN, Status.SKIPPED))
    return heapq.nsmallest(number, ran, key=lambda row: (-row.duration, row.nodeid))


def _ids(rows: list[ResultRow]) -> list[str]:
    return sorted(row.nodeid for row in rows)[:LISTED]


def summarize(document: RunDocument) -> dict[str, Any]:
    """Return the summary of a run, ready for ``summary.json``.

    ``totals`` has all nine statuses and adds up to ``collected``; so do the ``totals`` under each entry of
    ``by_directory`` and ``by_kind`` to their own ``collected``, and those to the whole. Items without a row
    (``unrecorded``) count as ``not_run``, under the directory and kind ``(unrecorded)``. ``duration`` at the top
    is wall-clock seconds (None of a crashed run), elsewhere the sum over the items. ``verdict`` is ``passed``,
    ``failed``, ``crashed``, ``incomplete`` (shards are missing), ``interrupted``, ``internal error``,
    ``usage error`` or ``nothing collected``.
    ``failing``, ``flaky``, ``collection_errors`` and ``left_processes`` hold at most 100 ids each, and the whole count;
    ``skills`` has what :func:`~pytest_orchestrator.reports.skills.skills_summary` returns, ``agents`` what
    :func:`~pytest_orchestrator.reports.agents.agents_summary` does.
    """
    whole = _Group()
    by_directory: dict[str, _Group] = {}
    by_kind: dict[str, _Group] = {}
    failing: list[ResultRow] = []
    flaky: list[ResultRow] = []
    left: list[ResultRow] = []
    processes = 0
    for row in document.rows:
        for groups, key in ((by_directory, row.directory), (by_kind, row.kind)):
            group = groups.get(key)
            if group is None:
                group = groups[key] = _Group()
            group.add(row.status, row.duration)
        whole.add(row.status, row.duration)
        if row.status.is_bad:
            failing.append(row)
        if row.data:
            if row.is_flaky:
                flaky.append(row)
            if found := row.entries("left_processes"):
                left.append(row)
                processes += len(found)
    if document.unrecorded:
        for groups in (by_directory, by_kind):
            groups.setdefault(UNRECORDED, _Group()).add(Status.NOT_RUN, 0.0, document.unrecorded)
        whole.add(Status.NOT_RUN, 0.0, document.unrecorded)
    run, end = document.run, document.end
    return {
        "format": 1,
        "run_id": run.run_id,
        "started": run.started,
        "ended": None if end is None else end.ended,
        "duration": document.duration,
        "verdict": _verdict(document, whole.totals),
        "crashed": document.crashed,
        "exit_status": None if end is None else end.exit_status,
        "collected": document.collected,
        "totals": whole.totals,
        "unrecorded": document.unrecorded,
        "unreadable_lines": document.unreadable,
        "items_duration": round(whole.seconds, 6),
        "by_directory": {key: by_directory[key].as_dict() for key in sorted(by_directory)},
        "by_kind": {key: by_kind[key].as_dict() for key in sorted(by_kind)},
        "slowest": [
            {"nodeid": row.nodeid, "status": str(row.status), "duration": row.duration}
            for row in slowest(document.rows)
        ],
        "collection_errors": {
            "count": len(document.collection_errors),
            "nodeids": [nodeid for nodeid, _ in document.collection_errors[:LISTED]],
        },
        "failing": {"count": len(failing), "nodeids": _ids(failing)},
        "flaky": {"count": len(flaky), "nodeids": _ids(flaky)},
        "left_processes": {"count": processes, "items": len(left), "nodeids": _ids(left)},
        "skills": skills_summary(document.rows),
        "agents": agents_summary(document.agents),
        "run": {
            "rootdir_name": run.rootdir_name,
            "command": list(run.command),
            "version": run.version,
            "python": run.python,
            "pytest": run.pytest,
            "platform": run.platform,
            "jobs": run.jobs,
            "workers": run.workers,
            "order": run.order,
            "missing": list(run.missing),
        },
    }


def status_counts(totals: Mapping[str, int]) -> list[str]:
    """Return the counts that are not zero as words, the bad ones first: ``2 failed``, ``1 not run``."""
    order = sorted(Status, key=lambda status: not status.is_bad)
    return [f"{totals[status]} {status.replace('_', ' ')}" for status in order if totals.get(status)]


def uncollected_count(summary: Mapping[str, Any]) -> list[str]:
    """Return how many could not be collected, as words; nothing where all could."""
    number = summary["collection_errors"]["count"]
    return [f"{number} could not be collected"] if number else []
