"""What came of the check of one skill."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass
from .finding import Part, Severity

if TYPE_CHECKING:
    from .finding import Finding
    from .rule import Profile


@dataclass(frozen=True, slots=True)
class SkillReport:
    """The findings about one skill."""

    path: str
    """As shown."""
    name: str
    """What the skill calls itself."""
    profile: Profile
    why: str
    """Why it is held to that profile."""
    findings: tuple[Finding, ...] = ()
    """Sorted by file and place."""
    ignored: tuple[Finding, ...] = ()
    """What a comment or an exception silenced."""
    baselined: tuple[Finding, ...] = ()
    """What the baseline knows."""
    unread: str = ""
    """Why the Markdown could not be looked at; empty where it could."""

    def of(self, part: Part) -> SkillReport:
        """Return what belongs to one item."""
        return replace(
            self,
            findings=tuple(finding for finding in self.findings if finding.part is part),
            ignored=tuple(finding for finding in self.ignored if finding.part is part),
            baselined=tuple(finding for finding in self.baselined if finding.part is part),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types: path, name, profile and why, findings, counts of what was ignored or is known."""
        return {
            "path": self.path,
            "name": self.name,
            "profile": str(self.profile),
            "why": self.why,
            "findings": [finding.as_dict() for finding in self.findings],
            "ignored": len(self.ignored),
            "baselined": len(self.baselined),
        }


def counted(findings: tuple[Finding, ...]) -> str:
    """Return how many findings there are of each severity: ``2 errors, 1 warning``; nothing for none."""
    parts = []
    for severity in Severity:
        number = sum(finding.severity is severity for finding in findings)
        if number:
            parts.append(f"{number} {severity}{'' if number == 1 else 's'}")
    return ", ".join(parts)
