"""The skills of a session: read and checked once per process, together, when the first item asks."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ..config.options import by_name, flag
from ..config.regular_file import read_regular
from ..config.skill_settings import SkillSettings, skill_settings
from ..errors import ConfigurationError, OrchestratorError
from ..skills.finding import Part

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..config.project import ProjectConfig
    from ..skills.baseline import Baseline
    from ..skills.body import Fence
    from ..skills.document import SkillDocument
    from ..skills.report import SkillReport
    from .orchestration import Orchestration


class SkillChecks:
    """What is known of the skills that were collected."""

    def __init__(self, orchestration: Orchestration) -> None:
        self._orchestration = orchestration
        self._paths: dict[str, None] = {}
        self._documents: dict[str, SkillDocument] = {}
        self._settings: dict[int, tuple[ProjectConfig, SkillSettings]] = {}
        self._baselines: dict[Path, Baseline | ConfigurationError] = {}
        self._reports: dict[str, SkillReport] | OrchestratorError | None = None

    def add(self, path: str) -> None:
        """Take note of a skill that was collected."""
        self._paths[path] = None

    @property
    def paths(self) -> Sequence[str]:
        """The skills that were collected, whether or not any of their items is run."""
        return tuple(self._paths)

    @property
    def reports(self) -> dict[str, SkillReport]:
        """What was found, by path; empty if nothing was checked."""
        return self._reports if isinstance(self._reports, dict) else {}

    def document(self, path: str) -> SkillDocument:
        """Return the skill at an absolute path."""
        known = self._documents.get(path)
        if known is None:
            from ..skills.document import read_skill

            known = self._documents[path] = read_skill(path, self._orchestration.shown(path))
        return known

    def settings(self, path: str) -> SkillSettings:
        """Return how a skill is checked. Raise ConfigurationError when its configuration is broken."""
        orchestration = self._orchestration
        project = orchestration.project(os.path.dirname(path))
        known = self._settings.get(id(project))
        if known is None:
            settings = skill_settings(
                project, orchestration.ini, orchestration.flags, rootdir=orchestration.rootdir, here=orchestration.here
            )
            # With the project, so that no other one ever gets its identity.
            known = self._settings[id(project)] = project, settings
        return known[1]

    def baseline(self, path: str) -> Baseline | ConfigurationError | None:
        """Return the baseline of a skill, or what is wrong with it; None if it has none, or none yet."""
        file = self.settings(path).baseline
        if file is None or (self._orchestration.settings.update_baseline and not os.path.lexists(file)):
            return None
        known = self._baselines.get(file)
        if known is None:
            known = self._baselines[file] = self._read_baseline(file)
        return known

    def _read_baseline(self, file: Path) -> Baseline | ConfigurationError:
        from ..skills.baseline import read_baseline

        shown = self._orchestration.shown(str(file))
        run = self._orchestration.settings
        try:
            found = read_baseline(file, shown)
        except ConfigurationError as error:
            return error
        doubts = found.doubts(shown) if run.strict and not run.update_baseline else ()
        if doubts:
            return ConfigurationError(
                [replace(doubt, message=f"{doubt.message} (--orchestrate-strict)") for doubt in doubts]
            )
        return found

    def refuse_update(self) -> None:
        """Raise ``pytest.UsageError`` if a skill has no baseline, or there is no skill: when they are to be written."""
        option = flag(by_name("update_baseline"))
        if not self._paths:
            raise pytest.UsageError(f"{option}: there is no skill in what was asked for, so no baseline can be written")
        without = [path for path in self._paths if self.settings(path).baseline is None]
        if without:
            more = f" and {len(without) - 1} more" if len(without) > 1 else ""
            message = (
                f"{option}: no baseline is named for {self._orchestration.shown(without[0])}{more}; name a file with "
                f"{flag(by_name('skill_baseline'))}=FILE, or with baseline: under skills: in orchestrator.yaml"
            )
            raise pytest.UsageError(message)

    def written(self) -> list[str]:
        """Return a line for each baseline that was written, where they were to be."""
        if isinstance(self._reports, OrchestratorError):
            return [f"no baseline was written: {self._reports}"]
        if not self.reports:
            return ["no baseline was written: no skill was checked"]
        from .orchestration import shown_path

        lines = []
        for file in dict.fromkeys(self.settings(path).baseline for path in self._paths):
            number = sum(
                len(self.reports[path].baselined) for path in self._paths if self.settings(path).baseline == file
            )
            name = shown_path(str(file), self._orchestration.here)
            lines.append(f"baseline {name}: {number} known finding{'' if number == 1 else 's'}")
        return lines

    def run_fences(self, path: str) -> list[Fence]:
        """Return the fenced blocks of a skill that are to be run.

        One that never ends is not: behind its code stands the rest of the text, which is no program.
        """
        from ..skills.code import RUN_WORD
        from ..skills.document import LARGEST

        try:
            # To read a file is cheap, to take it apart is not. Of one that is larger nothing is taken apart at all.
            if RUN_WORD.encode() not in read_regular(path, LARGEST):
                return []
        except OSError:  # which the check reports
            return []
        return [fence for fence in self.document(path).body.fences if fence.is_closed and RUN_WORD in fence.words]

    def report(self, path: str) -> SkillReport:
        """Return what was found in a skill. Raise OrchestratorError when a baseline cannot be read or written."""
        if self._reports is None:
            from ..skills.checker import check_skills

            skills = [self.document(path) for path in self._paths]
            settings = {path: self.settings(path) for path in self._paths}
            try:
                self._reports = check_skills(
                    skills, settings, update_baseline=self._orchestration.settings.update_baseline
                )
            except OrchestratorError as error:
                self._reports = error
        if isinstance(self._reports, OrchestratorError):
            raise self._reports
        return self._reports[path]

    def notes(self, path: str, part: Part) -> tuple[str, ...]:
        """Return what is worth knowing about one part of a skill."""
        orchestration = self._orchestration
        directory = os.path.dirname(path)
        if part is not Part.CODE or orchestration.discovery(directory).skill_scripts:
            return ()
        extensions = orchestration.discovery(directory).allowed_extensions
        number = sum(file.extension in extensions for file in self.document(path).bundle.files)
        if not number:
            return ()
        scripts = "its script was" if number == 1 else f"its {number} scripts were"
        return (f"{scripts} checked and not run; `run_scripts: true` under `skills` runs them",)
