"""The nodes that pytest collects: directories of scripts, a script named by its id, and the items themselves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..config.settings import DiscoverySettings, ScriptSettings
from ..core.names import escape_name
from ..errors import ConfigurationError, OrchestratorError
from ..scripts.filter import ScriptFilter
from .orchestration import KEY, Orchestration, Place, shown_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..core.result import RunResult

ITEM_NAME = "run"
PYTESTS_OWN = ("conftest.py",)


def is_pytests_own(name: str, config: pytest.Config) -> bool:
    """Return whether a file of this name is a test module or a conftest, which stay pytest's."""
    if name in PYTESTS_OWN:
        return True
    if not name.endswith(".py"):
        return False
    patterns: list[str] = config.getini("python_files")
    return any(Path(name).match(pattern) for pattern in patterns)


class ScriptItem(pytest.Item):
    """One run of one script (or one case of it)."""

    def __init__(self, *, settings: ScriptSettings, case: str | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.settings = settings
        self.case = case
        self.result: RunResult | None = None
        self.funcargs: dict[str, object] = {}
        self.fixturenames: list[str] = []
        self._effective: ScriptSettings | None = None
        self.add_marker(pytest.mark.script)
        if settings.skip is not None:
            self.add_marker(pytest.mark.skip(reason=settings.skip))
        if settings.xfail is not None:
            keywords: dict[str, Any] = {} if settings.xfail_strict is None else {"strict": settings.xfail_strict}
            self.add_marker(pytest.mark.xfail(reason=settings.xfail, **keywords))

    def effective_settings(self) -> ScriptSettings:
        """Return the settings with what markers and pytest-timeout add. Right once collection is over."""
        if self._effective is None:
            from .markers import effective_settings

            self._effective = effective_settings(self)
        return self._effective

    def uses_fixtures(self) -> bool:
        """Return whether any fixture is set up for this item. Right once collection is over."""
        from .requests import fixture_info

        return bool(fixture_info(self).names_closure)

    def _initrequest(self) -> None:
        """Forget the fixtures of an earlier run of this item (pytest-rerunfailures calls this)."""
        from .requests import fixture_info, new_request

        self.funcargs = {}
        self._fixtureinfo = fixture_info(self)
        self.fixturenames = self._fixtureinfo.names_closure
        self._request = new_request(self)

    def setup(self) -> None:
        """Set up the fixtures that the script's directory asks for."""
        from .execution import check_before_run
        from .requests import fill_fixtures

        self.result = None
        check_before_run(self)
        self._initrequest()
        fill_fixtures(self._request)

    def runtest(self) -> None:
        """Run the script, or take the result of a run that was started ahead."""
        from .execution import run_item

        run_item(self)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what the script did, not where this plugin raised."""
        from .failure import ScriptFailedError, failure_text

        if isinstance(excinfo.value, ScriptFailedError):
            return failure_text(self, excinfo.value.result)
        if isinstance(excinfo.value, OrchestratorError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the item is: its file, its first line, its id."""
        return self.path, 0, self.nodeid


class ScriptFile(pytest.File):
    """A script that was named by its id, or whose configuration is broken."""

    def __init__(self, *, error: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._error = error

    def collect(self) -> Iterable[pytest.Item]:
        """Return the script's items."""
        if self._error is not None:
            raise self.CollectError(self._error)
        return list(script_items(self, str(self.path), self.config.stash[KEY], in_file=True))


class ConfigFile(pytest.File):
    """A configuration file with mistakes: one collection error that lists them all."""

    def __init__(self, *, error: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._error = error

    def collect(self) -> Iterable[pytest.Item]:
        """Report the mistakes."""
        raise self.CollectError(self._error)


def script_items(
    parent: pytest.Collector, path: str, orchestration: Orchestration, *, in_file: bool
) -> Iterator[ScriptItem]:
    """Yield the items of a script: one, or one per case."""
    shown = shown_path(path, orchestration.rootdir)
    wanted = orchestration.scope.wanted_parts(path)
    for case, settings in orchestration.variants(path):
        part = ITEM_NAME if case is None else f"{ITEM_NAME}[{case}]"
        if wanted is not None and not in_file and part not in wanted and ITEM_NAME not in wanted:
            continue
        yield ScriptItem.from_parent(
            parent,
            # A bare item has no file node above it that would show which script it is.
            name=part if in_file else f"{os.path.basename(shown)}::{part}",
            nodeid=f"{shown}::{part}",
            path=Path(path),
            settings=settings,
            case=case,
        )


def script_nodes(
    parent: pytest.Collector, path: str, orchestration: Orchestration
) -> Iterator[pytest.Item | pytest.Collector]:
    """Yield what pytest collects for a script: bare items, which are cheap, or a file node where pytest needs one."""
    shown = shown_path(path, orchestration.rootdir)
    try:
        orchestration.project(os.path.dirname(path))
    except ConfigurationError as error:
        if path in orchestration.scope.named:
            yield ScriptFile.from_parent(parent, path=Path(path), nodeid=shown, error=str(error))
        return
    if path in orchestration.scope.by_id:
        yield ScriptFile.from_parent(parent, path=Path(path), nodeid=shown)
    else:
        yield from script_items(parent, path, orchestration, in_file=False)


class ScriptDirectory(pytest.Directory):
    """A directory in which scripts are searched for. pytest's own files in it stay pytest's."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Yield items for scripts, and what pytest collects for everything else, sorted by name."""
        orchestration = self.config.stash[KEY]
        directory = str(self.path)
        place = orchestration.places.get(directory)
        try:
            orchestration.project(directory)
        except ConfigurationError as error:
            yield from self._broken_config(error, orchestration)
        with os.scandir(self.path) as iterator:
            entries = sorted(iterator, key=lambda entry: entry.name)
        for entry in entries:
            try:
                is_directory, is_file = entry.is_dir(), entry.is_file()
            except OSError:  # a link that leads in a circle
                continue
            if is_directory:
                yield from self._directory(Path(entry.path), orchestration, in_scope=place is not None)
            elif is_file:
                yield from self._file(entry, orchestration)

    def _broken_config(self, error: ConfigurationError, orchestration: Orchestration) -> Iterator[pytest.Collector]:
        shown = error.mistakes[0].path
        if shown not in orchestration.reported_configs:
            orchestration.reported_configs.add(shown)
            path = self.path / os.path.basename(shown)
            yield ConfigFile.from_parent(self, path=path, nodeid=shown, error=str(error))

    def _directory(self, path: Path, orchestration: Orchestration, *, in_scope: bool) -> Iterator[pytest.Collector]:
        if not in_scope and not self._leads_on(path, orchestration):
            return
        if not self.session.isinitpath(path, with_parents=True) and self.ihook.pytest_ignore_collect(
            collection_path=path, config=self.config
        ):
            return
        collector = self.ihook.pytest_collect_directory(path=path, parent=self)
        if collector is not None:
            yield collector

    def _leads_on(self, path: Path, orchestration: Orchestration) -> bool:
        text = str(path)
        return (
            text in orchestration.scope.roots
            or orchestration.scope.leads_on(text)
            or self.session.isinitpath(path, with_parents=True)
        )

    def _file(self, entry: os.DirEntry[str], orchestration: Orchestration) -> Iterator[pytest.Item | pytest.Collector]:
        path = Path(entry.path)
        is_named = self.session.isinitpath(path) or entry.path in orchestration.scope.named
        place = orchestration.places.get(str(self.path))
        if place is None and not is_named:
            return
        if not is_named and self.ihook.pytest_ignore_collect(collection_path=path, config=self.config):
            return
        if is_script(entry.path, entry.name, orchestration, self.config):
            yield from script_nodes(self, entry.path, orchestration)
        else:
            yield from self.ihook.pytest_collect_file(file_path=path, parent=self)


def is_script(path: str, name: str, orchestration: Orchestration, config: pytest.Config) -> bool:
    """Return whether the file at ``path`` is collected as a script."""
    if is_pytests_own(name, config):
        return False
    if path in orchestration.scope.named:
        return True
    place = orchestration.places.get(os.path.dirname(path))
    return place is not None and place.filter.accepts_file(path, name, place.depth)


def collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Return our directory node for ``path``; None when it is pytest's own (out of scope, or a Python package)."""
    orchestration = parent.config.stash[KEY]
    text = str(path)
    scope = orchestration.scope
    if text in scope.roots:
        try:
            orchestration.places[text] = orchestration.root_place(text)
        except ConfigurationError:
            # The directory node reports the mistakes; its scripts cannot be run, but pytest's tests in it can.
            orchestration.places[text] = Place(ScriptFilter(DiscoverySettings(), text), DiscoverySettings(), 0)
    else:
        above = orchestration.places.get(str(parent.path))
        if above is not None and above.filter.accepts_directory(text, path.name, above.depth + 1, path.is_symlink()):
            orchestration.places[text] = Place(above.filter, above.settings, above.depth + 1)
        elif not scope.leads_on(text):
            return None
    if (path / "__init__.py").is_file():
        return None
    return _directory_node(parent, path, orchestration)


def _directory_node(parent: pytest.Collector, path: Path, orchestration: Orchestration) -> pytest.Collector:
    name = escape_name(path.name)
    if name == path.name:
        return ScriptDirectory.from_parent(parent, path=path)
    return ScriptDirectory.from_parent(parent, path=path, name=name, nodeid=shown_path(path, orchestration.rootdir))
