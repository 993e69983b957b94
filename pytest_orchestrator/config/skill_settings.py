"""What skills are checked with, after every source was merged."""

from __future__ import annotations

import os
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass
from .path_table import PathTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .project import ProjectConfig
    from .resolve import Layer


@dataclass(frozen=True, slots=True)
class SkillExceptions:
    """Which rules do not hold for which files."""

    prefix: str = ""
    """The directory that the paths are relative to, with a slash at its end."""
    paths: PathTable = field(default_factory=lambda: PathTable(()))
    codes: tuple[frozenset[str], ...] = ()
    """Codes of the rules, for each path."""

    def cover(self, path: str, code: str) -> bool:
        """Return whether the rule ``code`` does not hold for the file at the absolute ``path``."""
        if not self.codes or not path.startswith(self.prefix):
            return False
        return any(code in self.codes[index] for index in self.paths.find(path[len(self.prefix) :]))


@dataclass(frozen=True, slots=True)
class SkillSettings:
    """How skills are checked."""

    profile: str = "auto"
    """``auto``, or one of the profiles."""
    profile_source: str = "default"
    """Who chose it, ready to show."""
    severities: Mapping[str, str] = field(default_factory=dict)
    """``off``, ``note``, ``warning`` or ``error``, by the code of the rule; only what was set."""
    exceptions: SkillExceptions = field(default_factory=SkillExceptions)
    baseline: Path | None = None
    """The file of findings that are known; absolute. It may not be there yet."""


def skill_settings(
    project: ProjectConfig, ini: Layer, flags: Layer, *, rootdir: Path | None = None, here: Path | None = None
) -> SkillSettings:
    """Return how the skills that ``project`` governs are checked: built-in < ``ini`` < ``skills:`` < ``flags``.

    A baseline given in an ini file is relative to ``rootdir``, one given by a flag to ``here``; both are the current
    directory by default.
    """
    section = project.content.skills
    given: dict[str, Any] = {}
    for layer, base in ((ini, rootdir), (None, project.directory), (flags, here)):
        if layer is None:
            values: Mapping[str, Any] = {"skill_profile": section.profile, "skill_baseline": section.baseline}
        else:
            values = layer.values
        if values.get("skill_profile") is not None:
            given["profile"] = values["skill_profile"]
            given["profile_source"] = project.shown_as if layer is None else layer.shown("skill_profile")
        if values.get("skill_baseline") is not None:
            given["baseline"] = Path(os.path.abspath((base or Path.cwd()) / values["skill_baseline"]))
    exceptions = SkillExceptions(
        os.path.join(project.directory, ""),
        PathTable([entry.pattern for entry in section.exceptions]),
        tuple(frozenset(entry.values["rules"]) for entry in section.exceptions),
    )
    return SkillSettings(severities=dict(section.rules), exceptions=exceptions, **given)
