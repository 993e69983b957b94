"""The short way through an item: one report in place of three, where nobody could tell the difference.

pytest's own protocol sets an item up, calls it and tears it down, with a report and some thirty hook calls for each.
An item of ours without fixtures has nothing to set up. So where only pytest and plugins that are known to do nothing
for such an item listen, its call is all that is done. Everything else, item by item, goes pytest's way.
"""

from __future__ import annotations

import pytest

from ..reports.recorder import FINAL_ATTRIBUTE
from .base import OrchestratedItem
from .quiet import Surroundings
from .reporting import complete_report

_HOOKS = (
    "pytest_runtest_protocol", "pytest_runtest_setup", "pytest_runtest_call", "pytest_runtest_teardown",
    "pytest_runtest_makereport", "pytest_runtest_logreport", "pytest_fixture_setup", "pytest_fixture_post_finalizer",
    "pytest_orchestrator_command", "pytest_orchestrator_environment", "pytest_orchestrator_verdict",
)  # fmt: skip
"""Hooks that somebody may implement to see or change what this protocol leaves out, or to print meanwhile."""

# A worker of xdist runs its module under that name.
_SILENT = frozenset(
    {"_pytest", "pytest_orchestrator", "xdist", "__channelexec__", "pytest_timeout", "pytest_rerunfailures", "anyio"}
)
"""Packages whose hooks do nothing for an item without fixtures: reruns are looked at on their own."""

_SHOWN_STEPS = ("setuponly", "setupplan", "setupshow", "usepdb", "trace", "xmlpath", "log_level", "log_cli_level",
                "log_file", "reruns")  # fmt: skip
"""Options about single steps of an item, or that need what pytest does at each of them."""
_SHOWN_STEPS_INI = ("log_cli", "log_level", "log_file", "log_cli_level")

_MARKS = frozenset({"skip", "skipif", "xfail", "usefixtures", "flaky", "filterwarnings"})
"""Markers that pytest, or pytest-rerunfailures, acts on around the call."""


class FastProtocol:
    """Runs items whose setup and teardown would do nothing."""

    def __init__(self, config: pytest.Config) -> None:
        self._surroundings = Surroundings(_HOOKS, _SILENT)
        self._plain_parents: dict[pytest.Collector, bool] = {}
        self._enabled = _is_possible(config)
        # It looks for what it noted at the setup, even when nothing is to be rerun.
        reruns = config.pluginmanager.get_plugin("rerunfailures")
        self._make_report = config.pluginmanager.subset_hook_caller(
            "pytest_runtest_makereport", [] if reruns is None else [reruns]
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run ``item`` if it may go the short way; None leaves it to pytest."""
        if not self._enabled or not isinstance(item, OrchestratedItem) or not self._is_plain(item, nextitem):
            return None
        hook = item.ihook
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        item.result = None
        call = pytest.CallInfo.from_call(item.runtest, "call", reraise=(pytest.exit.Exception, KeyboardInterrupt))
        report = self._passed(item, call) if call.excinfo is None else self._make_report(item=item, call=call)
        setattr(report, FINAL_ATTRIBUTE, True)
        hook.pytest_runtest_logreport(report=report)
        if call.excinfo is not None and not isinstance(call.excinfo.value, pytest.skip.Exception):
            hook.pytest_exception_interact(node=item, call=call, report=report)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def _passed(self, item: OrchestratedItem, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Return what ``pytest_runtest_makereport`` would, to which nobody else has anything to add."""
        report = pytest.TestReport(
            item.nodeid,
            item.location,
            dict.fromkeys(item.keywords, 1),
            "passed",
            None,
            "call",
            [(f"Captured {name} {when}", text) for when, name, text in item._report_sections],  # noqa: SLF001 - its own
            call.duration,
            call.start,
            call.stop,
            item.user_properties,
        )
        complete_report(report, item)
        return report

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
        if not plain or any(mark.name in _MARKS for mark in item.iter_markers()):
            return False
        return item.is_ready()


def _is_possible(config: pytest.Config) -> bool:
    """Return whether nothing that holds for the whole session keeps every item from going the short way."""
    if any(config.getoption(name, None) for name in _SHOWN_STEPS):
        return False
    return not any(_ini(config, name) for name in (*_SHOWN_STEPS_INI, "reruns"))


def _ini(config: pytest.Config, name: str) -> object:
    try:
        return config.getini(name)
    except (KeyError, ValueError):  # its plugin is not loaded
        return None
