"""The record of one run of a workflow as an item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.names import escape_name
from ..core.result import iso_time
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from ..core.status import Reason, Status
    from ..workflows.file_report import WorkflowReport


@dataclass(frozen=True, slots=True)
class WorkflowResult:
    """What came of one item. :meth:`as_dict` is the ``data`` of its row in the results."""

    path: str
    """Absolute."""
    case: str | None
    report: WorkflowReport | None
    """None when it never ran."""
    status: Status
    error: str | None = None
    """One short sentence: why the status is not ``passed``."""
    reason: Reason | None = None
    resume: str | None = None
    """The command that goes on with it."""
    started: float = 0.0
    """Seconds since the epoch."""
    ended: float = 0.0

    @property
    def execution_time(self) -> float:
        """Seconds that the workflow took."""
        return max(self.ended - self.started, 0.0)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        report = self.report
        return {
            "workflow": escape_name(self.path),
            "name": None if report is None else report.name,
            "case": self.case,
            "start_time": iso_time(self.started),
            "end_time": iso_time(self.ended),
            "status": str(self.status),
            "execution_time": round(self.execution_time, 6),
            "error": self.error,
            "reason": None if self.reason is None else str(self.reason),
            "summary": None if report is None else report.summary,
            "counts": {} if report is None else report.counts,
            "tasks": [] if report is None else [task.as_dict() for task in report.tasks],
            "resume": self.resume,
        }
