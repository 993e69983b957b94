"""What a check has to say about a skill: one finding, with its place and what to do."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from ..quick_dataclasses import dataclass


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """The item fails."""
    WARNING = "warning"
    """Reported; fails with ``--orchestrate-strict``."""
    NOTE = "note"
    """Reported where details are asked for; never fails."""

    @property
    def rank(self) -> int:
        """0 of what matters most, more of what matters less."""
        return _RANKS[self]


_RANKS = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


class Part(StrEnum):
    """The item of a skill that a finding belongs to: what stands behind ``::`` in its id."""

    FRONTMATTER = "frontmatter"
    STRUCTURE = "structure"
    DIRECTIVE = "directive"
    LINKS = "links"
    CODE = "code"
    FILES = "files"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be."""

    path: str
    """The file that it is in, as shown: that of the skill, or one that belongs to it."""
    line: int
    """Counted from 1."""
    column: int
    """Counted from 1."""
    code: str
    """``SK`` and three digits."""
    part: Part
    severity: Severity
    message: str
    """What is wrong, the value, what is allowed."""
    remedy: str
    """What to do."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.code} {self.severity}: {self.message}; {self.remedy}"

    @property
    def place(self) -> tuple[str, int, int, str]:
        """What findings are sorted by."""
        return self.path, self.line, self.column, self.code

    def as_dict(self) -> dict[str, Any]:
        """Return what ``check --format json`` prints: code, severity, line, column, message, remedy and the part.

        ``path`` is there too: a finding may be in a file of the skill.
        """
        return {
            "code": self.code,
            "severity": str(self.severity),
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "remedy": self.remedy,
            "part": str(self.part),
            "path": self.path,
        }
