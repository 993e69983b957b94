"""How skills are checked outside of pytest: what the nearest configuration file says, and what was asked for."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.library import project_root
from ..config.project import ProjectConfig, find_config_file
from ..config.resolve import FLAGS, INI, Layer
from ..config.skill_settings import SkillSettings, skill_settings
from ..core.names import escape_name
from .baseline import read_baseline

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from ..errors import Mistake
    from .document import SkillDocument

_NOTHING = {INI: Layer(INI, {}), FLAGS: Layer(FLAGS, {})}


def settings_of(
    skills: Sequence[SkillDocument],
    *,
    profile: str | None = None,
    baseline: str | None = None,
    config: str | None = None,
    on_doubt: Callable[[Mistake], None] | None = None,
) -> dict[str, SkillSettings]:
    """Return the settings of each skill, by its path.

    Each is governed by the nearest ``orchestrator.yaml`` in its directory or a parent, up to the root of its project;
    all by the file ``config`` if that is given. ``profile`` and ``baseline`` (a file, relative to the current
    directory) come before what a configuration file says. ``on_doubt`` is told of exceptions that name no file.

    Raises :class:`~pytest_orchestrator.errors.ConfigurationError` with all mistakes of a configuration file.
    """
    projects: dict[Path | None, SkillSettings] = {}
    files: dict[str, Path | None] = {}
    found = {}
    for skill in skills:
        directory = skill.directory
        if directory not in files:
            files[directory] = Path(config) if config is not None else _nearest(Path(directory))
        file = files[directory]
        if file not in projects:
            projects[file] = _settings(file, profile, baseline, on_doubt)
        found[skill.path] = projects[file]
    return found


def baseline_doubts(settings: Collection[SkillSettings]) -> list[Mistake]:
    """Return a mistake for each skill in the baselines of ``settings`` that is no more; raises as reading one does."""
    files = dict.fromkeys(each.baseline for each in settings if each.baseline is not None)
    shown = {file: escape_name(os.path.relpath(file)) for file in files}
    return [doubt for file in files for doubt in read_baseline(file, shown[file]).doubts(shown[file])]


def _nearest(directory: Path) -> Path | None:
    return find_config_file(directory, project_root(directory))


def _settings(
    file: Path | None, profile: str | None, baseline: str | None, on_doubt: Callable[[Mistake], None] | None
) -> SkillSettings:
    project = ProjectConfig.empty(Path.cwd()) if file is None else ProjectConfig.load(file, os.path.relpath(file))
    if on_doubt is not None:
        for doubt in project.unmatched_paths("skills.exceptions"):
            on_doubt(doubt)
    settings = skill_settings(project, _NOTHING[INI], _NOTHING[FLAGS])
    if profile is not None:
        settings = replace(settings, profile=profile, profile_source="--profile")
    if baseline is not None:
        settings = replace(settings, baseline=Path(os.path.abspath(baseline)))
    return settings
