"""Directories of scripts: one collector each, with bare items in it."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..config.settings import DiscoverySettings
from ..errors import ConfigurationError
from ..scripts.filter import ScriptFilter
from .nodes import config_nodes, file_nodes, is_ours
from .orchestration import KEY, Orchestration, shown_path
from .place import Place, is_left_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pluggy

PACKAGE = "__init__.py"


class ScriptDirectory(pytest.Directory):
    """A directory in which scripts are searched for. pytest's own files in it stay pytest's."""

    _children: list[pytest.Item | pytest.Collector] | None = None

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Return items for scripts, and what pytest collects for everything else, sorted by name.

        pytest collects a directory anew for every file in it that is named on the command line; that would be
        quadratic, so it is given the same nodes again, unless it is to run what is named twice.
        """
        if self._children is None or self.config.getoption("keepduplicates"):
            self._children = list(self._collect())
        return self._children

    def _collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        orchestration = self.config.stash[KEY]
        directory = str(self.path)
        place = orchestration.places.get(directory)
        in_scope = place is not None
        only_skills = place is not None and place.in_agents
        if in_scope:
            yield from config_nodes(self, directory, orchestration)
        try:
            with os.scandir(self.path) as iterator:
                entries = sorted(iterator, key=lambda entry: entry.name)
        except OSError as error:
            message = f"{self.nodeid} cannot be searched for scripts: {error.strerror}"
            raise self.CollectError(message) from error
        hooks = self.ihook
        may_ignore = in_scope and _may_ignore_files(self.config, hooks)
        for entry in entries:
            try:
                is_directory, is_file = entry.is_dir(), entry.is_file()
            except OSError:  # a link that leads in a circle
                is_directory = is_file = False
            path = Path(entry.path)
            if is_directory:
                if not self._wants_directory(path, orchestration, hooks, place):
                    continue
                collector = hooks.pytest_collect_directory(path=path, parent=self)
                if collector is not None:
                    yield collector
            elif is_file or _leads_nowhere(entry):
                is_named = entry.path in orchestration.scope.named or self.session.isinitpath(path)
                if not is_named:
                    if not in_scope:
                        continue
                    if may_ignore and hooks.pytest_ignore_collect(collection_path=path, config=self.config):
                        continue
                if is_ours(entry.path, entry.name, orchestration, is_file=True):
                    yield from file_nodes(self, path, orchestration)
                elif is_file and (is_named or not only_skills):
                    yield from hooks.pytest_collect_file(file_path=path, parent=self)

    def _wants_directory(
        self, path: Path, orchestration: Orchestration, hooks: pluggy.HookRelay, place: Place | None
    ) -> bool:
        if orchestration.scope.wants_directory(str(path)) or self.session.isinitpath(path, with_parents=True):
            return True
        if place is None:
            return False
        if place.in_agents and not (place.accepts(path) or _holds_configured(str(path), orchestration)):
            return False  # or pytest would look for tests in it
        if not hooks.pytest_ignore_collect(collection_path=path, config=self.config):
            return True
        return place.enters_in_spite(path) and not is_left_out(path, self.config)


class _Repeated(pytest.Directory):
    """A link to a directory that is searched in another place: nothing is collected in it."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Return nothing."""
        return ()


class _Closed(pytest.Collector):
    """A directory that may not be entered. No ``pytest.Directory``: in one pytest looks for a conftest.py first."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Raise what keeps it from being searched."""
        reason = os.strerror(errno.EACCES)
        raise self.CollectError(f"{self.nodeid} cannot be searched for scripts: {reason}")


def _closed(path: Path, parent: pytest.Collector, orchestration: Orchestration) -> pytest.Collector:
    shown = shown_path(path, orchestration.rootdir)
    return _Closed.from_parent(parent, path=path, name=os.path.basename(shown), nodeid=shown)


def _leads_nowhere(entry: os.DirEntry[str]) -> bool:
    """Return whether ``entry`` is a link whose end is not there: as a script it is one that cannot be started."""
    return entry.is_symlink() and not os.path.exists(entry.path)


def _may_ignore_files(config: pytest.Config, hooks: pluggy.HookRelay) -> bool:
    """Return whether anyone has a say in which single files are ignored.

    pytest's own hook looks at every file several times over, to no effect unless one of these is used.
    """
    if config.getoption("ignore") or config.getoption("ignore_glob"):
        return True
    implementations = getattr(hooks.pytest_ignore_collect, "get_hookimpls", None)
    if implementations is None:  # before pytest 9.1 a function stands in for the hook
        return True
    if not all(implementation.function.__module__.startswith("_pytest.") for implementation in implementations()):
        return True
    return any(
        hasattr(plugin, "collect_ignore") or hasattr(plugin, "collect_ignore_glob")
        for plugin in config.pluginmanager.get_plugins()
    )


def collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Return our directory node for ``path``; None when it is pytest's own (out of scope, or a package with tests)."""
    orchestration = parent.config.stash[KEY]
    text = str(path)
    if text in orchestration.scope.roots:
        if not os.access(path, os.X_OK):
            return _closed(path, parent, orchestration)
        try:
            orchestration.places[text] = orchestration.root_place(text)
        except ConfigurationError:
            # The file's own node reports the mistakes; its scripts cannot be run, but pytest's tests in it can.
            orchestration.places[text] = Place(ScriptFilter(DiscoverySettings(), text), DiscoverySettings(), 0)
    else:
        above = orchestration.places.get(str(parent.path))
        if above is not None and above.accepts(path):
            if not os.access(path, os.X_OK):
                return _closed(path, parent, orchestration)
            orchestration.places[text] = orchestration.place_below(above, text, path.name)
        elif above is not None and _holds_configured(text, orchestration):
            orchestration.places[text] = orchestration.place_below(above, text, path.name)
        elif not orchestration.scope.leads_on(text):
            return _Repeated.from_parent(parent, path=path) if _is_repeated(path, parent, orchestration) else None
    place = orchestration.places.get(text)
    if (place is None or not place.in_agents) and _is_package_with_tests(text, orchestration):
        return None
    shown = shown_path(path, orchestration.rootdir)
    return ScriptDirectory.from_parent(parent, path=path, name=os.path.basename(shown), nodeid=shown)


def _holds_configured(directory: str, orchestration: Orchestration) -> bool:
    """Return whether ``directory`` holds a script of a skill that the configuration names under ``scripts:``."""
    below = os.path.join(directory, "")
    return any(path.startswith(below) for path in orchestration.configured_scripts(os.path.dirname(directory)))


def _is_repeated(path: Path, parent: pytest.Collector, orchestration: Orchestration) -> bool:
    """Return whether ``path`` is a link to what is searched in another place below the same root.

    pytest follows every link, and two that lead to a directory above them double its work with every level.
    """
    if not path.is_symlink() or parent.session.isinitpath(path, with_parents=True):
        return False
    above = (orchestration.places.get(str(directory)) for directory in path.parents)
    place = next((place for place in above if place is not None), None)
    return place is not None and place.filter.repeats(str(path))


def _is_package_with_tests(directory: str, orchestration: Orchestration) -> bool:
    """Return whether ``directory`` is a Python package that holds test modules.

    Such a one is left to pytest, with package fixtures and ``setup_module``. pytest imports ``__init__.py`` before the
    first item of a package, and no script needs that.
    """
    if not os.path.isfile(os.path.join(directory, PACKAGE)):
        return False
    return any(os.path.join(directory, name) in orchestration.pytests_own for name in os.listdir(directory))
