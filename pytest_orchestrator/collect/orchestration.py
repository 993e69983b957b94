"""What one pytest session knows about its scripts: settings, scope, configuration files, the engine."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..config.project import ProjectConfig, find_config_file
from ..config.resolve import Layer, discovery_settings, script_variants
from ..core.names import escape_name
from ..errors import ConfigurationError
from ..process.engine import Engine
from ..process.redaction import Redactor
from ..scripts.environment import current_environment
from ..scripts.filter import ScriptFilter
from ..scripts.spec import RunContext

if TYPE_CHECKING:
    from ..config.settings import DiscoverySettings, ScriptSettings
    from .options import RunSettings
    from .scope import Scope

KEY = pytest.StashKey["Orchestration"]()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a directory lies in the search."""

    filter: ScriptFilter
    settings: DiscoverySettings
    depth: int
    """0 for the directory that was asked for."""


def shown_path(path: str | os.PathLike[str], rootdir: Path) -> str:
    """Return ``path`` as ids and messages show it: relative to the rootdir, with ``/``, escaped."""
    return escape_name(os.path.relpath(path, rootdir))


@dataclass
class Orchestration:
    """The session's state. One per pytest process; under xdist each worker has its own."""

    rootdir: Path
    settings: RunSettings
    scope: Scope
    ini: Layer
    flags: Layer
    worker: str | None = None
    """Name of the xdist worker that this process is; None in the process that the user started."""
    report_dir: Path | None = None
    """Where this session reports to; None when reports are off."""
    places: dict[str, Place] = field(default_factory=dict)
    reported_configs: set[str] = field(default_factory=set)
    """Broken configuration files that have a collection error already."""
    _projects: dict[str, ProjectConfig | ConfigurationError] = field(default_factory=dict)
    _by_directory: dict[str, ProjectConfig | ConfigurationError] = field(default_factory=dict)
    _context: RunContext | None = None

    # -- collection -------------------------------------------------------------------------------------------

    def project(self, directory: str) -> ProjectConfig:
        """Return the configuration that governs the scripts in ``directory``.

        Raise ConfigurationError with all mistakes of the file when it is broken.
        """
        known = self._by_directory.get(directory)
        if known is None:
            known = self._by_directory[directory] = self._find_project(directory)
        if isinstance(known, ConfigurationError):
            raise known
        return known

    def _find_project(self, directory: str) -> ProjectConfig | ConfigurationError:
        try:
            path = self.settings.config or find_config_file(Path(directory), self.rootdir)
        except ConfigurationError as error:
            return error
        if path is None:
            return ProjectConfig.empty(self.rootdir)
        known = self._projects.get(str(path))
        if known is None:
            try:
                known = ProjectConfig.load(path, shown_path(path, self.rootdir))
            except ConfigurationError as error:
                known = error
            self._projects[str(path)] = known
        return known

    def loaded_projects(self) -> list[ProjectConfig]:
        """Return every configuration file that was read and is in order."""
        return [project for project in self._projects.values() if isinstance(project, ProjectConfig)]

    def root_place(self, directory: str) -> Place:
        """Return the place of a directory that was asked for."""
        settings = discovery_settings(self.project(directory), self.ini, self.flags)
        return Place(ScriptFilter(settings, directory), settings, 0)

    def variants(self, path: str) -> tuple[tuple[str | None, ScriptSettings], ...]:
        """Return the cases of a script and their settings. Raise ConfigurationError when its file is broken."""
        return script_variants(self.project(os.path.dirname(path)), Path(path), self.ini, self.flags)

    # -- execution --------------------------------------------------------------------------------------------

    @cached_property
    def engine(self) -> Engine:
        """The engine; nothing is started before it is used."""
        if self.report_dir is None:
            work_dir = Path(tempfile.mkdtemp(prefix="pytest-orchestrator-"))
        else:
            work_dir = self.report_dir / "work"
        watch = (os.getppid(),) if self.worker is not None else ()
        return Engine(work_dir, self.lock_dir, 1 if self.worker is not None else self.settings.jobs, watch)

    @property
    def has_engine(self) -> bool:
        """Whether the engine was used."""
        return "engine" in self.__dict__

    @property
    def lock_dir(self) -> Path:
        """Directory of the named locks: the same for every session in this rootdir, whatever its report directory."""
        name = sha256(os.fsencode(self.rootdir)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"pytest-orchestrator-{os.getuid()}" / name

    def context(self) -> RunContext:
        """Return what scripts have in common now. The same object as long as the environment does not change."""
        environment = current_environment()
        if self._context is None or self._context.environment != environment:
            self._context = RunContext(
                rootdir=self.rootdir,
                python=sys.executable,
                redactor=Redactor(self.settings.redact, os.environ),
                report_dir=self.report_dir,
                environment=environment,
                search_path=os.environ.get("PATH", os.defpath),
            )
        return self._context
