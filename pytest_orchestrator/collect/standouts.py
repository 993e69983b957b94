"""What the terminal names even where there are no reports: flaky passes, left processes, findings about skills."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from ..core.document import ResultRow
from ..core.kinds import SKILL
from ..core.status import Status
from ..quick_dataclasses import dataclass
from ..reports.recorder import KIND_ATTRIBUTE, RESULT_ATTRIBUTE
from ..reports.skills import skills_summary

if TYPE_CHECKING:
    import pytest


@dataclass(slots=True)
class Standouts:
    """What stood out so far."""

    _flaky: dict[str, None] = field(default_factory=dict)
    _left: dict[str, int] = field(default_factory=dict)
    """Processes by the id of the item."""
    _skills: list[ResultRow] = field(default_factory=list)
    """Rows of items of skills, as far as they tell of findings."""
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
        if getattr(report, KIND_ATTRIBUTE, "") == SKILL:
            self._skills.append(ResultRow(report.nodeid, SKILL, Status(data["status"]), 0.0, "", data).digest())
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
            "skills": skills_summary(self._skills),
        }
