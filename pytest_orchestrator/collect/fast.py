"""The short way through an item: one report in place of three, where nobody could tell the difference.

pytest's own protocol sets an item up, calls it and tears it down, with a report and some thirty hook calls for each.
An item of ours without fixtures has nothing to set up. So where only pytest and plugins that are known to do nothing
for such an item listen, its call is all that is done. Everything else, item by item, goes pytest's way.
"""

from __future__ import annotations

from itertools import zip_longest
from sys import intern
from types import SimpleNamespace
from typing import TYPE_CHECKING, Literal

import pytest

from ..reports.recorder import FINAL_ATTRIBUTE
from .base import OrchestratedItem
from .internals import own_keywords, structured_id
from .items import ScriptItem
from .quiet import Surroundings
from .reporting import complete_report

if TYPE_CHECKING:
    from collections.abc import Callable

    from .ahead import RunAhead

_HOOKS = (
    "pytest_runtest_protocol", "pytest_runtest_setup", "pytest_runtest_call", "pytest_runtest_teardown",
    "pytest_runtest_makereport", "pytest_runtest_logreport", "pytest_fixture_setup", "pytest_fixture_post_finalizer",
    "pytest_orchestrator_command", "pytest_orchestrator_environment", "pytest_orchestrator_verdict",
)  # fmt: skip
"""Hooks that somebody may implement to see or change what this protocol leaves out, or to print meanwhile."""

# A worker of xdist runs its module under that name.
_SILENT = frozenset(
    {
        "_pytest", "pytest_orchestrator", "xdist", "__channelexec__", "pytest_timeout", "pytest_rerunfailures",
        # What other libraries bring along: they look at fixtures and at Python functions.
        "_hypothesis_pytestplugin", "anyio", "pytest_asyncio", "pytest_metadata", "pytest_mock",
    }
)  # fmt: skip
"""Packages whose hooks do nothing for an item without fixtures: reruns are looked at on their own."""

_SHOWN_STEPS = ("setuponly", "setupplan", "setupshow", "usepdb", "trace", "xmlpath", "log_level", "log_cli_level",
                "log_file", "reruns")  # fmt: skip
"""Options about single steps of an item, or that need what pytest does at each of them."""
_SHOWN_STEPS_INI = ("log_cli", "log_level", "log_file", "log_cli_level")

_MARKS = frozenset({"skip", "skipif", "xfail", "usefixtures", "flaky", "filterwarnings"})
"""Markers that pytest, or pytest-rerunfailures, acts on around the call."""


class FastProtocol:
    """Runs items whose setup and teardown would do nothing."""

    def __init__(self, config: pytest.Config, worker: str | None, ahead: RunAhead | None) -> None:
        """``worker`` is the name of the xdist worker that this is; ``ahead`` starts programs, if there are any."""
        self._config = config
        self._ahead = ahead
        self._surroundings = Surroundings(_HOOKS, _SILENT)
        self._plain_parents: dict[pytest.Collector, bool] = {}
        self._keywords_above: dict[pytest.Collector, dict[str, Literal[1]]] = {}
        self._enabled = _is_possible(config)
        self._may_loop = self._enabled and _is_pytests_own_loop(config)
        self._worker = worker
        self._hooks = _hooks_that_count(config, worker)
        # It looks for what it noted at the setup, even when nothing is to be rerun.
        reruns = config.pluginmanager.get_plugin("rerunfailures")
        self._make_report = config.pluginmanager.subset_hook_caller(
            "pytest_runtest_makereport", [] if reruns is None else [reruns]
        )

    def pytest_plugin_registered(self, plugin: object) -> None:
        """Called for each plugin, those that come while the items run among them: it may want to be told."""
        if any(hasattr(plugin, name) for name in _TOLD):
            self._hooks = _hooks_that_count(self._config, self._worker)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Go through the items as pytest does, without the wrappers of the protocol for those that go the short way.

        They are pytest's own: what watches for warnings, for instance, where no Python of the user's is run.
        """
        if not self._may_loop or (session.testsfailed and not session.config.option.continue_on_collection_errors):
            return None
        protocol = session.config.hook.pytest_runtest_protocol
        for item, nextitem in zip_longest(session.items, session.items[1:]):
            if not self.pytest_runtest_protocol(item, nextitem):
                protocol(item=item, nextitem=nextitem)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run ``item`` if it may go the short way; None leaves it to pytest."""
        # Of the very class it is seen at once; pytest's items are abstract classes, of which that takes its time.
        if not self._enabled or (type(item) is not ScriptItem and not isinstance(item, OrchestratedItem)):
            return None
        if not self._is_plain(item, nextitem):
            return None
        hook = self._hooks or item.ihook
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        item.result = None
        if self._ahead is not None:
            self._ahead.behind = nextitem
        try:
            item.runtest()
        except (pytest.exit.Exception, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 - as pytest does
            self._forget_behind()
            self._report_failure(item, error)
        else:
            self._forget_behind()
            hook.pytest_runtest_logreport(report=self._passed(item))
            # It is in the report and in the log; of 10 000 items, results are a tenth of the memory.
            item.result = None
            item._report_sections.clear()  # noqa: SLF001 - its own
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def _forget_behind(self) -> None:
        """What stands behind an item may start when that has its verdict, and not when some later one has."""
        if self._ahead is not None:
            self._ahead.behind = None

    def _report_failure(self, item: OrchestratedItem, error: BaseException) -> None:
        def raise_again() -> None:
            raise error

        call = pytest.CallInfo.from_call(raise_again, "call")
        report = self._make_report(item=item, call=call)
        setattr(report, FINAL_ATTRIBUTE, True)
        hook = item.ihook
        hook.pytest_runtest_logreport(report=report)
        if not isinstance(error, pytest.skip.Exception):
            hook.pytest_exception_interact(node=item, call=call, report=report)

    def _passed(self, item: OrchestratedItem) -> pytest.TestReport:
        """Return what ``pytest_runtest_makereport`` would, to which nobody else has anything to add.

        Its times are those of the program.
        """
        report = pytest.TestReport(
            structured_id(item),
            item.location,
            self._keywords(item),
            "passed",
            None,
            "call",
            [(intern(f"Captured {name} {when}"), text) for when, name, text in item._report_sections],  # noqa: SLF001 - its own
            user_properties=item.user_properties,
        )
        complete_report(report, item)
        setattr(report, FINAL_ATTRIBUTE, True)
        return report

    def _keywords(self, item: OrchestratedItem) -> dict[str, Literal[1]]:
        """Return the item's keywords and those of the nodes above it."""
        assert item.parent is not None
        above = self._keywords_above.get(item.parent)
        if above is None:
            above = self._keywords_above[item.parent] = dict.fromkeys(item.parent.keywords, 1)
        return {**dict.fromkeys(own_keywords(item), 1), **above}

    def _is_plain(self, item: OrchestratedItem, nextitem: pytest.Item | None) -> bool:
        parent = item.parent
        assert parent is not None
        # What pytest has set up for the collectors of an item stays until the next that does not share them; we set
        # none up and tear none down, so that only items of one directory may follow one another like this.
        if nextitem is not None and nextitem.parent is not parent:
            return False
        plain = self._plain_parents.get(parent)
        if plain is None:
            plain = not any(isinstance(node, pytest.Package) for node in parent.listchain())
            plain = self._plain_parents[parent] = plain and self._surroundings.are_quiet(item)
        if not plain or item.is_marked(_MARKS):
            return False
        return item.is_ready()


def _is_possible(config: pytest.Config) -> bool:
    """Return whether nothing that holds for the whole session keeps every item from going the short way."""
    if any(config.getoption(name, None) for name in _SHOWN_STEPS):
        return False
    return not any(_ini(config, name) for name in (*_SHOWN_STEPS_INI, "reruns"))


_WATCHERS = frozenset(
    {
        "_pytest.assertion", "_pytest.faulthandler", "_pytest.runner", "_pytest.unittest", "_pytest.warnings",
        "pytest_rerunfailures", "pytest_timeout",
    }
)  # fmt: skip
"""Modules whose part in the protocol is nothing for an item that goes the short way, unless an option says so."""


def _is_pytests_own_loop(config: pytest.Config) -> bool:
    """Return whether nobody but pytest goes through the items, and nobody is to watch each of them."""
    hook = config.hook
    loops = [it for it in hook.pytest_runtestloop.get_hookimpls() if not (it.wrapper or it.hookwrapper)]
    if any(it.plugin_name != "main" for it in loops):
        return False
    watchers = {it.function.__module__ for it in hook.pytest_runtest_protocol.get_hookimpls()}
    if any(module not in _WATCHERS and not module.startswith("pytest_orchestrator.") for module in watchers):
        return False
    return not config.getoption("session_timeout", None) and not any(
        _ini(config, name) for name in ("faulthandler_timeout", "session_timeout")
    )


_TOLD = ("pytest_runtest_logstart", "pytest_runtest_logreport", "pytest_runtest_logfinish")


def _hooks_that_count(config: pytest.Config, worker: str | None) -> SimpleNamespace | None:
    """Return what others are told of a passed item by, but for those to whom it makes no difference.

    That is what shows logging live, of which :func:`_is_possible` has made sure that nobody wants it, and the terminal
    of a worker, which nobody sees. None where a conftest listens too: it hears of its own directory only.
    """
    manager = config.pluginmanager
    terminal = manager.get_plugin("terminalreporter") if worker else None
    unconcerned = {"logging-plugin", "terminalreporter"} if worker else {"logging-plugin"}
    told: dict[str, Callable[..., object]] = {}
    for name in _TOLD:
        hook = getattr(manager.hook, name)
        listeners = {it.plugin_name for it in hook.get_hookimpls()}
        if any(it.endswith("conftest.py") for it in listeners):
            return None
        if listeners <= unconcerned:
            told[name] = _tell_nobody
        else:
            told[name] = hook if terminal is None else manager.subset_hook_caller(name, [terminal])
    return SimpleNamespace(**told)


def _tell_nobody(**_: object) -> None:
    """Stand for a hook that nobody implements who is concerned."""


def _ini(config: pytest.Config, name: str) -> object:
    try:
        return config.getini(name)
    except (KeyError, ValueError):  # its plugin is not loaded
        return None
