"""What the terminal names even where there are no reports: flaky passes, and processes that were left behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..core.status import Status
from ..reports.recorder import RESULT_ATTRIBUTE

if TYPE_CHECKING:
    import pytest


@dataclass(slots=True)
class Standouts:
    """What stood out so far."""

    _flaky: dict[str, None] = field(default_factory=dict)
    _left: dict[str, int] = field(default_factory=dict)
    """Processes by the id of the item."""
    _again: set[str] = field(default_factory=set)
    """Items that pytest-rerunfailures runs again."""

    def add(self, report: pytest.TestReport) -> None:
        """Take in one phase of an item."""
        data: dict[str, Any] | None = getattr(report, RESULT_ATTRIBUTE, None)
        if data is None or report.when != "call":
            return
        if str(report.outcome) == "rerun":
            self._again.add(report.nodeid)
        elif data["status"] == str(Status.PASSED) and (
            len(data.get("attempts", ())) > 1 or report.nodeid in self._again
        ):
            self._flaky[report.nodeid] = None
        if data.get("left_processes"):
            self._left[report.nodeid] = len(data["left_processes"])

    def summary(self) -> dict[str, Any]:
        """Return the part of a summary (:func:`~pytest_orchestrator.reports.summary.summarize`) that is about this."""
        return {
            "flaky": {"count": len(self._flaky), "nodeids": sorted(self._flaky)},
            "left_processes": {
                "count": sum(self._left.values()),
                "items": len(self._left),
                "nodeids": sorted(self._left),
            },
        }
