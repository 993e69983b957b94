"""Programs that run before pytest asks for them.

pytest goes through the items one by one; the engine may hold the next ones already. What may be started early is
what gives the same result early: a script for which no fixture is set up, which no foreign hook touches before it
runs, and which stands between no other tests. Everything else waits for its turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import OrchestratorError
from ..scripts.prepare import unmet_requirement
from .nodes import ScriptItem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest

    from ..config.settings import ScriptSettings
    from ..process.command import Outcome
    from ..scripts.runner import Started
    from .orchestration import Orchestration

AHEAD = 64
"""Programs queued beside those that run, so that a place that gets free is taken at once."""
UNREAD = 2048
"""Results that may wait for pytest: they are kept in memory."""

_HOOKS = ("pytest_runtest_protocol", "pytest_runtest_setup", "pytest_runtest_call", "pytest_runtest_teardown")
_HARMLESS = (
    "pytest_timeout",
    "pytest_rerunfailures",
    "_hypothesis_pytestplugin",
    "xdist.",
    "pytest_orchestrator.",
    "_pytest.",
)


class RunAhead:
    """Starts programs in the order of the items, as far ahead as is allowed."""

    def __init__(
        self, orchestration: Orchestration, config: pytest.Config, start: Callable[[ScriptItem], Started]
    ) -> None:
        self._orchestration = orchestration
        self._config = config
        self._start = start
        self._items: Sequence[pytest.Item] = ()
        self._index: dict[pytest.Item, int] = {}
        self._next = 0
        self._started: dict[ScriptItem, Started] = {}
        self._quiet: dict[pytest.Collector, bool] = {}
        self._jobs = orchestration.settings.jobs
        self._max_failures = self._failure_bound()
        self._enabled = self._is_enabled()

    def _failure_bound(self) -> int:
        """Return after how many failures pytest stops; 0 for never."""
        get = self._config.getoption
        if get("stepwise", False):
            return 2 if get("stepwise_skip", False) else 1
        return int(get("maxfail", 0) or 0)

    def _is_enabled(self) -> bool:
        get = self._config.getoption
        if self._orchestration.worker is not None:
            return False  # a worker knows its next item only, and that may be stolen
        if any(get(name, False) for name in ("setuponly", "setupplan", "usepdb", "trace", "setupshow")):
            return False
        return not (self._max_failures and self._orchestration.settings.strict)

    # -- what may run early -----------------------------------------------------------------------------------

    def _may_start(self, item: pytest.Item) -> bool:
        if not isinstance(item, ScriptItem):
            return False
        if any(mark.name in ("skip", "skipif", "usefixtures") for mark in item.iter_markers()):
            return False
        xfail = item.get_closest_marker("xfail")
        if xfail is not None and not xfail.kwargs.get("run", True):
            return False
        try:
            settings = item.effective_settings()
        except OrchestratorError:  # the item itself reports it, in its turn
            return False
        return unmet_requirement(settings.requires) is None and self._is_quiet(item)

    def _is_quiet(self, item: ScriptItem) -> bool:
        """Return whether nothing foreign happens around the items of this item's directory."""
        assert item.parent is not None
        known = self._quiet.get(item.parent)
        if known is None:
            known = self._quiet[item.parent] = not item.uses_fixtures() and not self._has_foreign_hooks(item)
        return known

    @staticmethod
    def _has_foreign_hooks(item: ScriptItem) -> bool:
        for name in _HOOKS:
            for implementation in getattr(item.ihook, name).get_hookimpls():
                if not implementation.function.__module__.startswith(_HARMLESS):
                    return True
        return False

    # -- starting ---------------------------------------------------------------------------------------------

    def begin(self, items: Sequence[pytest.Item]) -> None:
        """Take note of the order of the items."""
        self._items = items
        self._index = {item: index for index, item in enumerate(items)}

    def take(self, item: ScriptItem) -> Started:
        """Return the run of ``item``: the one that was started ahead, or a new one."""
        if self._jobs > 1:
            self._skip_to(item)
            self.pump()
        started = self._started.pop(item, None)
        if started is None:
            started = self._start(item)
        self._skip_past(item)
        if self._jobs > 1:
            self.pump()
        return started

    def after(self, item: ScriptItem, *, passed: bool) -> None:
        """Take note that ``item`` has its verdict; with one job, the next may start while pytest reports this one."""
        if self._jobs == 1 and self._enabled and (passed or not self._max_failures):
            index = self._index.get(item)
            if index is not None and index + 1 < len(self._items) and not self._started:
                self._next = index + 1
                self._start_next()

    def _skip_to(self, item: ScriptItem) -> None:
        if not self._started and item in self._index:
            self._next = self._index[item]

    def _skip_past(self, item: ScriptItem) -> None:
        self._next = max(self._next, self._index.get(item, -1) + 1)

    def pump_if_parallel(self) -> None:
        """Start what may be started now; with one job nothing may before the running one has its verdict."""
        if self._jobs > 1:
            self.pump()

    def pump(self) -> None:
        """Start what may be started now."""
        if not self._enabled:
            return
        engine = self._orchestration.engine
        queued = 0 if self._max_failures else AHEAD
        while engine.unfinished < self._jobs + queued and len(self._started) < UNREAD and not self._stop_is_known():
            if not self._start_next():
                return

    def _start_next(self) -> bool:
        if self._next >= len(self._items):
            return False
        item = self._items[self._next]
        if not self._may_start(item):
            return False
        assert isinstance(item, ScriptItem)
        self._started[item] = self._start(item)
        self._next += 1
        return True

    def _stop_is_known(self) -> bool:
        """Return whether pytest will stop when it comes to results that it has not seen yet."""
        if not self._max_failures:
            return False
        failures = self._items[0].session.testsfailed
        for item, started in self._started.items():
            outcome = self._orchestration.engine.peek(started.ticket) if started.ticket is not None else None
            if started.ticket is None or (outcome is not None and not _is_clean(outcome, item.effective_settings())):
                failures += 1
        return failures >= self._max_failures

    # -- the end ----------------------------------------------------------------------------------------------

    def unwanted(self) -> dict[ScriptItem, Started]:
        """Return, and forget, what was started and never asked for."""
        rest, self._started = self._started, {}
        return rest


def _is_clean(outcome: Outcome, settings: ScriptSettings) -> bool:
    """Return whether a program ended in a way that may be a pass."""
    return outcome.limit is None and outcome.error is None and outcome.exit_code in settings.allowed_exit_codes
