"""What one pytest session knows about its scripts: settings, scope, configuration files, the engine."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..config.project import ProjectConfig, find_config_file
from ..config.resolve import Layer, discovery_settings, script_variants, shared_settings
from ..core.names import escape_argument, escape_name, unescape_name
from ..errors import ConfigurationError
from ..process.engine import Engine
from ..process.redaction import Redactor
from ..process.workplace import lock_directory
from ..quick_dataclasses import dataclass
from ..scripts.environment import current_environment, raw_environment
from ..scripts.filter import ScriptFilter
from ..scripts.spec import RunContext
from ..skills.discovery import AGENT_DIRS, PARTS_OF_A_SKILL, skill_file
from .codex_files import CodexFiles
from .place import Place, in_spite

if TYPE_CHECKING:
    import pluggy

    from ..config.settings import DiscoverySettings, ScriptSettings
    from ..workflows.file import WorkflowFile
    from .fence_files import FenceFiles
    from .given import RunSettings
    from .ownership import PytestFiles
    from .remote import Remote
    from .scope import Scope
    from .skill_checks import SkillChecks

KEY = pytest.StashKey["Orchestration"]()


def shown_path(path: str | os.PathLike[str], rootdir: Path) -> str:
    r"""Return ``path`` as ids and messages show it: relative to the rootdir, with ``/``, escaped.

    A component's leading ``-`` or ``@`` is escaped too: whatever directory the path is shown relative to, it can be
    given back as an argument.
    """
    relative = os.path.relpath(path, rootdir)
    text = escape_name(relative)
    if text[0] not in "-@" and "/-" not in text and "/@" not in text:
        return text
    return "/".join(map(escape_argument, relative.split("/")))


@dataclass
class Orchestration:
    """The session's state. One per pytest process; under xdist each worker has its own."""

    rootdir: Path
    settings: RunSettings
    scope: Scope
    pytests_own: PytestFiles
    ini: Layer
    flags: Layer
    here: Path = field(default_factory=Path.cwd)
    """Where the user is: what paths given by flags are relative to."""
    worker: str | None = None
    """Name of the xdist worker that this process is; None in the process that the user started."""
    remote: Remote | None = None
    """What only a worker on another host knows; None elsewhere."""
    per_worker: bool = False
    """Whether every worker runs every item (``--dist each``)."""
    report_dir: Path | None = None
    """Where this session reports to, or a worker on another host keeps output; None when reports are off."""
    places: dict[str, Place] = field(default_factory=dict)
    config_nodes: set[str] = field(default_factory=set)
    """Configuration files that have a node in the tree already, as shown."""
    is_collected: bool = False
    """Whether the items that this process runs are known, and all their marks; False where it runs none."""
    hooks: dict[pytest.Collector, pluggy.HookRelay] = field(default_factory=dict)
    """The hooks of the items of each directory, until the next plugin comes, which may be a conftest."""
    fixtures: dict[pytest.Collector, bool] = field(default_factory=dict)
    """Whether the items of a directory use fixtures, those that a single item asks for aside."""
    marks: dict[pytest.Collector, list[pytest.Mark]] = field(default_factory=dict)
    """The marks of each directory and those above it, the nearest first."""
    limited: dict[int, ScriptSettings] = field(default_factory=dict)
    """Settings after pytest-timeout's limit, by the identity of those before (which items keep alive)."""
    collected: int = 0
    """Items that were collected, before any were deselected."""
    is_stop_requested: bool = False
    """Whether the xdist controller wants this worker to stop in the middle of what it runs."""
    _shown_directories: dict[str, str] = field(default_factory=dict)
    _projects: dict[str, ProjectConfig | ConfigurationError] = field(default_factory=dict)
    _by_directory: dict[str, ProjectConfig | ConfigurationError] = field(default_factory=dict)
    _configured: dict[int, tuple[ProjectConfig, frozenset[str]]] = field(default_factory=dict)
    _workflows: dict[str, WorkflowFile | ConfigurationError] = field(default_factory=dict)
    _context: RunContext | None = None
    _raw_environment: dict[bytes, bytes] = field(default_factory=dict)

    # -- collection -------------------------------------------------------------------------------------------

    def shown(self, path: str) -> str:
        """Return :func:`shown_path` of a file."""
        directory, _, name = path.rpartition("/")
        prefix = self._shown_directories.get(directory)
        if prefix is None:
            shown = shown_path(directory or "/", self.rootdir)
            prefix = self._shown_directories[directory] = "" if shown == "." else f"{shown}/"
        return prefix + escape_argument(name)

    def project(self, directory: str) -> ProjectConfig:
        """Return the configuration that governs the scripts in ``directory``.

        Raise ConfigurationError with all mistakes of the file when it is broken.
        """
        known = self._by_directory.get(directory)
        if known is None:
            known = self._by_directory[directory] = self._with_codex(self._find_project(directory), directory)
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
                known = self._strictly(ProjectConfig.load(path, shown_path(path, self.rootdir)))
            except ConfigurationError as error:
                known = error
            self._projects[str(path)] = known
        return known

    def _with_codex(
        self, project: ProjectConfig | ConfigurationError, directory: str
    ) -> ProjectConfig | ConfigurationError:
        """Return ``project`` with the configuration of a script-first library that holds for ``directory``."""
        codex = self.codex_files.governing(directory)
        if codex is None or isinstance(project, ConfigurationError):
            return project
        if isinstance(codex, ConfigurationError):
            return codex
        key = f"{project.path}\0{codex.path}"
        known = self._projects.get(key)
        if known is None:
            known = self._projects[key] = replace(project, codex=codex)
        return known

    @cached_property
    def codex_files(self) -> CodexFiles:
        """The configurations of script-first libraries."""
        return CodexFiles(self)

    def _strictly(self, project: ProjectConfig) -> ProjectConfig:
        """Return ``project``, unless --orchestrate-strict makes mistakes of its paths that name nothing."""
        unmatched = project.unmatched_paths() if self.settings.strict else []
        if unmatched:
            raise ConfigurationError(
                [replace(mistake, message=f"{mistake.message} (--orchestrate-strict)") for mistake in unmatched]
            )
        return project

    def config_file(self, directory: str) -> tuple[Path, ProjectConfig | ConfigurationError] | None:
        """Return the file that governs ``directory``, and what is in it or wrong with it; None if there is none."""
        try:
            project = self.project(directory)
        except ConfigurationError as error:
            # The mistakes name the file as it is shown.
            return self.rootdir / unescape_name(error.mistakes[0].path), error
        return None if project.path is None else (project.path, project)

    def root_place(self, directory: str) -> Place:
        """Return the place of a directory that was asked for."""
        settings = self.discovery(directory)
        script_filter = ScriptFilter(settings, directory, in_spite(settings))
        return Place(script_filter, settings, 0, skill_file(directory) is not None)

    def place_below(self, above: Place, path: str, name: str) -> Place:
        """Return the place of a directory in another."""
        by_name = above.filter.is_asked_for(path)
        in_skill = (above.in_skill and not by_name) or skill_file(path) is not None
        in_part = above.in_part or (name in PARTS_OF_A_SKILL and skill_file(os.path.dirname(path)) is not None)
        in_agents = not by_name and (above.in_agents or name in AGENT_DIRS)
        return Place(above.filter, above.settings, above.depth + 1, in_skill, in_part, in_agents)

    def configured_scripts(self, directory: str) -> frozenset[str]:
        """Return the absolute paths that ``scripts:`` names one by one, in the file that governs ``directory``.

        Those of a skill are run too. Nothing for a broken file.
        """
        try:
            project = self.project(directory)
        except ConfigurationError:
            return frozenset()
        known = self._configured.get(id(project))
        if known is None:
            paths = (entry.pattern for entry in project.content.scripts if entry.pattern.glob is None)
            known = project, frozenset(os.path.join(project.directory, pattern.path) for pattern in paths)
            self._configured[id(project)] = known
        return known[1]

    def variants(self, path: str) -> tuple[tuple[str | None, ScriptSettings], ...]:
        """Return the cases of a script and their settings. Raise ConfigurationError when its file is broken."""
        return script_variants(self.project(os.path.dirname(path)), path, self.ini, self.flags)

    def shared(self, path: str) -> ScriptSettings:
        """Return the settings of a script that its cases share. Raise ConfigurationError when its file is broken."""
        return shared_settings(self.project(os.path.dirname(path)), path, self.ini, self.flags)

    def discovery(self, directory: str) -> DiscoverySettings:
        """Return what counts as a script in a directory. Raise ConfigurationError when its file is broken."""
        return discovery_settings(self.project(directory), self.ini, self.flags)

    def workflow(self, path: str) -> WorkflowFile:
        """Return what a workflow file says. Raise ConfigurationError with all its mistakes."""
        known = self._workflows.get(path)
        if known is None:
            from ..workflows.loader import load_workflow_file

            try:
                known = load_workflow_file(path, self.shown(path))
            except ConfigurationError as error:
                known = error
            self._workflows[path] = known
        if isinstance(known, ConfigurationError):
            raise known
        return known

    @cached_property
    def skills(self) -> SkillChecks:
        """The skills of the session."""
        from .skill_checks import SkillChecks

        return SkillChecks(self)

    @cached_property
    def fence_files(self) -> FenceFiles:
        """The files of the blocks of code that are run."""
        from .fence_files import FenceFiles

        return FenceFiles(self)

    @property
    def has_fence_files(self) -> bool:
        """Whether they were used."""
        return "fence_files" in self.__dict__

    # -- execution --------------------------------------------------------------------------------------------

    def log_id(self, nodeid: str) -> str:
        """Return what the log and the kept output of an item are named after: under ``--dist each`` also the worker."""
        return f"{nodeid}@{self.worker}" if self.per_worker and self.worker is not None else nodeid

    @cached_property
    def engine(self) -> Engine:
        """The engine; nothing is started before it is used."""
        if self.report_dir is None:
            # Only a name: the engine makes it when a supervisor starts, and removes it when it is empty.
            work_dir = Path(tempfile.gettempdir()) / f"pytest-orchestrator-{os.urandom(8).hex()}"
        else:
            work_dir = self.report_dir / "work"
        jobs = 1 if self.worker is not None else self.settings.jobs
        return Engine(work_dir, self.lock_dir, jobs, redact=self.settings.redact)

    @property
    def has_engine(self) -> bool:
        """Whether the engine was used."""
        return "engine" in self.__dict__

    @property
    def lock_dir(self) -> Path:
        """Directory of the named locks: the same for every session in this rootdir, whatever its report directory."""
        return lock_directory(self.rootdir)

    def context(self) -> RunContext:
        """Return what scripts have in common now. The same object as long as the environment does not change."""
        raw = raw_environment()
        if self._context is not None and raw == self._raw_environment:
            return self._context
        self._raw_environment = dict(raw)
        environment = current_environment()
        if self._context is None or self._context.environment != environment:
            self._context = RunContext(
                rootdir=self.rootdir,
                python=sys.executable,
                redactor=Redactor(self.settings.redact, os.environ),
                report_dir=self.report_dir,
                environment=environment,
                search_path=os.environ.get("PATH", os.defpath),
                is_warm=self.settings.is_warm,
                warm_imports=self.settings.warm_imports,
            )
        return self._context

    def redactor(self) -> Redactor:
        """Return a redactor that knows the secrets of all scripts that were run or described in this process."""
        context = self.context()
        redactor = context.redactor
        for around in context.circumstances.values():
            redactor = redactor.extended(around.settings.env)
        return redactor
