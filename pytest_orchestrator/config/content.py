"""What a configuration file says, as plain, valid data: all that is needed of it where there is none."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .path_table import PathPattern


@dataclass(frozen=True, slots=True)
class PathEntry:
    """What a file says about the scripts, or skills, that one path or glob stands for."""

    section: str
    pattern: PathPattern
    at: int
    """Offset of the path in the file."""
    values: dict[str, Any]
    """Settings, as plain data."""


@dataclass(frozen=True, slots=True)
class SkillSection:
    """What the section says, as plain, valid data; None where it says nothing."""

    profile: str | None = None
    rules: Mapping[str, str] = field(default_factory=dict)
    """Severities by the code of the rule."""
    exceptions: tuple[PathEntry, ...] = ()
    """Codes under ``rules``, and perhaps a ``reason``, of the files that each path or glob stands for."""
    baseline: str | None = None
    """A path, relative to the directory of the file."""
    baseline_at: int = 0
    """Offset of that path in the file."""
    run_scripts: bool | None = None

    def as_plain(self) -> dict[str, Any]:
        """Return what is said, in the form of the file."""
        plain: dict[str, Any] = {"profile": self.profile, "rules": dict(self.rules)}
        plain["exceptions"] = {entry.pattern.text: entry.values for entry in self.exceptions}
        plain |= {"baseline": self.baseline, "run_scripts": self.run_scripts}
        return {key: value for key, value in plain.items() if value is not None and value != {}}


@dataclass(frozen=True, slots=True)
class Content:
    """A whole configuration as plain, valid data."""

    default: dict[str, Any] = field(default_factory=dict)
    skip: tuple[PathEntry, ...] = ()
    timeout_override: tuple[PathEntry, ...] = ()
    scripts: tuple[PathEntry, ...] = ()
    discovery: dict[str, Any] = field(default_factory=dict)
    skills: SkillSection = SkillSection()
