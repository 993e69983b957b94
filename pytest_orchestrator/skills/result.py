"""The record of one item of a skill: what was found in one part of it, and what that means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.names import escape_name
from ..core.result import iso_time
from ..core.status import Reason, Status
from ..quick_dataclasses import dataclass
from .finding import Severity
from .report import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .finding import Finding, Part
    from .report import SkillReport

_NAMED = 4
"""Rules that the reason of a failure names."""


@dataclass(frozen=True, slots=True)
class SkillResult:
    """What came of one item. :meth:`as_dict` is the ``data`` of its row in the results."""

    path: str
    """Absolute."""
    part: str
    report: SkillReport | None
    """The findings of this part; None when the skill was never checked."""
    status: Status
    error: str | None = None
    """One short sentence: why the status is not ``passed``."""
    reason: Reason | None = None
    notes: tuple[str, ...] = ()
    started: float = 0.0
    """Seconds since the epoch."""
    ended: float = 0.0

    @property
    def execution_time(self) -> float:
        """Seconds that this item took, without the check of all skills together, which the first one waits for."""
        return max(self.ended - self.started, 0.0)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        report = self.report
        return {
            "skill": escape_name(self.path),
            "name": None if report is None else report.name,
            "part": self.part,
            "profile": None if report is None else str(report.profile),
            "profile_reason": None if report is None else report.why,
            "start_time": iso_time(self.started),
            "end_time": iso_time(self.ended),
            "status": str(self.status),
            "execution_time": round(self.execution_time, 6),
            "error": self.error,
            "reason": None if self.reason is None else str(self.reason),
            "findings": [] if report is None else [finding.as_dict() for finding in report.findings],
            "ignored": 0 if report is None else len(report.ignored),
            "baselined": 0 if report is None else len(report.baselined),
            "notes": list(self.notes),
        }


def verdict(report: SkillReport, part: Part, *, strict: bool) -> tuple[SkillReport, Status, str | None]:
    """Return the findings of one part, whether they make it fail, and why.

    With ``strict`` warnings do. A part that was not looked at, and in which therefore nothing was found, is skipped.
    """
    own = report.of(part)
    errors = tuple(finding for finding in own.findings if finding.severity is Severity.ERROR)
    warnings = tuple(finding for finding in own.findings if finding.severity is Severity.WARNING)
    if errors:
        return own, Status.FAILED, f"{counted(errors + warnings)}: {_rules(errors)}"
    if warnings and strict:
        return own, Status.FAILED, f"{counted(warnings)}: {_rules(warnings)} (--orchestrate-strict)"
    if report.unread and not own.findings:
        return own, Status.SKIPPED, f"not looked at: {report.unread}"
    return own, Status.PASSED, None


def _rules(findings: Sequence[Finding]) -> str:
    """Return which rules have something to say: ``SK401 broken-link, SK402 missing-anchor``."""
    from .registry import rule  # with all rules, which a run without skills does not need

    codes = list(dict.fromkeys(finding.code for finding in findings))
    names = [f"{code} {found.name}" if (found := rule(code)) is not None else code for code in codes[:_NAMED]]
    return ", ".join([*names, *([f"{len(codes) - _NAMED} more"] if len(codes) > _NAMED else [])])
