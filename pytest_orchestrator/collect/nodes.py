"""What stands between pytest's directories and the items: a file named by its id, and files of settings."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ..core.kinds import SKILL_FILES, is_workflow_file
from ..errors import ConfigurationError
from ..skills.discovery import skill_file
from .items import ITEM_NAME, ScriptItem, item_part
from .orchestration import KEY, Orchestration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ..errors import Mistake


class ScriptNode(pytest.Collector):
    """A script or skill that was named by its id, or whose configuration is broken.

    No ``pytest.File``: with ``--lf`` pytest skips files in which it knows no failure, by paths that it takes from
    the ids, and an id may show a path with escapes in it.
    """

    def __init__(self, *, error: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._error = error

    def collect(self) -> Iterable[pytest.Item]:
        """Return the items of the file."""
        if self._error is not None:
            raise self.CollectError(self._error)
        return list(file_items(self, self.path, self.config.stash[KEY], in_node=True))


class _SettingsNode(pytest.File):
    """A file of settings: no items, but one collection error that lists all its mistakes, if it has any."""

    def __init__(self, *, mistakes: ConfigurationError | None, doubts: Sequence[Mistake], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._mistakes = mistakes
        self._doubts = doubts

    def collect(self) -> Iterable[pytest.Item]:
        """Report the mistakes; what is no mistake without --orchestrate-strict is a warning."""
        if self._mistakes is not None:
            raise self.CollectError(str(self._mistakes))
        for doubt in self._doubts:
            warning = pytest.PytestCollectionWarning(doubt.message)
            try:
                warnings.warn_explicit(warning, None, doubt.path, doubt.line)
            except pytest.PytestCollectionWarning:
                # The user's filters turn warnings into errors.
                raise self.CollectError("\n".join(map(str, self._doubts))) from None
        return []


class ConfigNode(_SettingsNode):
    """A configuration file."""


class CodexNode(_SettingsNode):
    """The configuration of a script-first library."""


class BaselineNode(_SettingsNode):
    """A baseline of skills."""


def _settings_node(
    kind: type[_SettingsNode],
    parent: pytest.Collector,
    path: Path,
    shown: str,
    found: object,
    doubts: Sequence[Mistake],
) -> _SettingsNode:
    mistakes = found if isinstance(found, ConfigurationError) else None
    name = os.path.basename(shown)
    return kind.from_parent(parent, path=path, name=name, nodeid=shown, mistakes=mistakes, doubts=doubts)


def _codex_nodes(parent: pytest.Collector, directory: str, orchestration: Orchestration) -> Iterator[pytest.Collector]:
    codex = orchestration.codex_files.governing(directory)
    # What is wrong with it is reported as for every configuration file.
    if codex is None or isinstance(codex, ConfigurationError) or codex.shown_as in orchestration.config_nodes:
        return
    orchestration.config_nodes.add(codex.shown_as)
    doubts = orchestration.codex_files.doubts(codex)
    mistakes = None
    if doubts and orchestration.settings.strict:
        strict = [replace(doubt, message=f"{doubt.message} (--orchestrate-strict)") for doubt in doubts]
        mistakes = ConfigurationError(strict)
    yield _settings_node(CodexNode, parent, codex.path, codex.shown_as, mistakes, doubts)


def config_nodes(parent: pytest.Collector, directory: str, orchestration: Orchestration) -> Iterator[pytest.Collector]:
    """Yield nodes for the configuration files that govern ``directory``, the first time that each is met."""
    yield from _codex_nodes(parent, directory, orchestration)
    governing = orchestration.config_file(directory)
    if governing is not None:
        path, found = governing
        shown = orchestration.shown(str(path))
        if shown not in orchestration.config_nodes:
            orchestration.config_nodes.add(shown)
            doubts: Sequence[Mistake] = () if isinstance(found, ConfigurationError) else found.unmatched_paths()
            yield _settings_node(ConfigNode, parent, path, shown, found, doubts)


def baseline_nodes(parent: pytest.Collector, skill: str, orchestration: Orchestration) -> Iterator[pytest.Collector]:
    """Yield a node for the baseline of a skill, the first time that it is met."""
    file = orchestration.skills.settings(skill).baseline
    found = orchestration.skills.baseline(skill)
    if file is None or found is None:
        return
    shown = orchestration.shown(str(file))
    if shown not in orchestration.config_nodes:
        orchestration.config_nodes.add(shown)
        doubts: Sequence[Mistake] = ()
        if not isinstance(found, ConfigurationError) and not orchestration.settings.update_baseline:
            doubts = found.doubts(shown)
        yield _settings_node(BaselineNode, parent, file, shown, found, doubts)


def script_items(
    parent: pytest.Collector, path: Path, orchestration: Orchestration, *, in_node: bool
) -> Iterator[ScriptItem]:
    """Yield the items of a script that were asked for: one, or one per case."""
    text = str(path)
    shown = orchestration.shown(text)
    wanted = orchestration.scope.wanted_parts(text)
    # A bare item has no node above it that would show which script it is.
    prefix = "" if in_node else f"{shown[shown.rfind('/') + 1 :]}::"
    for case, settings in orchestration.variants(text):
        part = item_part(case)
        if wanted is None or part in wanted or ITEM_NAME in wanted:
            yield ScriptItem.from_parent(
                parent,
                name=prefix + part,
                nodeid=f"{shown}::{part}",
                path=path,
                shown=shown,
                settings=settings,
                case=case,
            )


def file_items(
    parent: pytest.Collector, path: Path, orchestration: Orchestration, *, in_node: bool
) -> Iterator[pytest.Item]:
    """Yield the items of a script, a skill or a workflow that were asked for."""
    if path.name in SKILL_FILES:
        from .skill_items import skill_items

        yield from skill_items(parent, path, orchestration, in_node=in_node)
    elif is_workflow_file(path.name):
        from .workflow_items import workflow_items

        yield from workflow_items(parent, path, orchestration, in_node=in_node)
    else:
        yield from script_items(parent, path, orchestration, in_node=in_node)


def file_nodes(
    parent: pytest.Collector, path: Path, orchestration: Orchestration
) -> Iterator[pytest.Item | pytest.Collector]:
    """Yield what pytest collects for a file of ours: bare items, which are cheap, or a node where pytest needs one."""
    text = str(path)
    directory = os.path.dirname(text)
    error = None
    try:
        orchestration.project(directory)
    except ConfigurationError as mistakes:
        yield from config_nodes(parent, directory, orchestration)
        error = str(mistakes)
    if error is None and path.name in SKILL_FILES:
        yield from baseline_nodes(parent, text, orchestration)
        broken = orchestration.skills.baseline(text)
        if isinstance(broken, ConfigurationError):
            error = str(broken)
    is_broken = False
    if error is None and is_workflow_file(path.name):
        try:
            orchestration.workflow(text)
        except ConfigurationError as mistakes:
            error, is_broken = str(mistakes), True
    if text in orchestration.scope.by_id or (error is not None and (is_broken or text in orchestration.scope.named)):
        shown = orchestration.shown(text)
        name = shown[shown.rfind("/") + 1 :]
        yield ScriptNode.from_parent(parent, path=path, name=name, nodeid=shown, error=error)
    elif error is None:
        yield from file_items(parent, path, orchestration, in_node=False)


def is_ours(path: str, name: str, orchestration: Orchestration, *, is_file: bool | None = None) -> bool:
    """Return whether the file at ``path`` is collected as a script, a skill or a workflow."""
    if name in SKILL_FILES:
        return is_skill(path, name, orchestration)
    if is_workflow_file(name):
        return is_workflow(path, orchestration)
    return is_script(path, name, orchestration, is_file=is_file)


def is_skill(path: str, name: str, orchestration: Orchestration) -> bool:
    """Return whether the file at ``path``, whose name is that of a skill, is collected as one."""
    if path in orchestration.scope.named:
        return True
    directory = os.path.dirname(path)
    place = orchestration.places.get(directory)
    if place is None or place.in_part or not place.filter.accepts_skill(path, place.depth):
        return False
    # Of two spellings in one directory the first counts.
    return name == SKILL_FILES[0] or skill_file(directory) == path


def is_workflow(path: str, orchestration: Orchestration) -> bool:
    """Return whether the file at ``path``, whose name is that of a workflow, is collected as one."""
    if path in orchestration.scope.named:
        return True
    place = orchestration.places.get(os.path.dirname(path))
    return place is not None and place.has_scripts and place.filter.accepts_skill(path, place.depth)


def is_script(path: str, name: str, orchestration: Orchestration, *, is_file: bool | None = None) -> bool:
    """Return whether the file at ``path`` is collected as a script; ``is_file`` if it is known to be a regular one."""
    if path in orchestration.pytests_own:
        return False
    if path in orchestration.scope.named:
        return True
    directory = os.path.dirname(path)
    place = orchestration.places.get(directory)
    if place is None or (not place.has_scripts and path not in orchestration.configured_scripts(directory)):
        return False
    return place.filter.accepts_file(path, name, place.depth, is_file=is_file)
