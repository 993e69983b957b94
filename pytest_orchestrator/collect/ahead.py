"""Programs that run before pytest asks for them.

pytest goes through the items one by one; the engine may hold the next ones already. What may be started early is
what gives the same result early: a script for which no fixture is set up, which no foreign hook touches before it
runs, and which stands between no other tests. Everything else waits for its turn.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from ..errors import OrchestratorError
from ..scripts.prepare import unmet_requirement
from .base import OrchestratedItem
from .items import ScriptItem
from .order import LONGEST_FIRST, RECORDED, brought_forward
from .quiet import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest

    from ..config.settings import ScriptSettings
    from ..process.command import Outcome
    from ..scripts.runner import Started
    from .orchestration import Orchestration
    from .recording import Recording

AHEAD = 64
"""Programs queued beside those that run, so that a place that gets free is taken at once."""
UNREAD = 2048
"""Results that may wait for pytest: they are kept in memory."""

_FIXTURES = frozenset({"usefixtures"})
_SKIPPING = frozenset({"skip", "skipif", "xfail"})
"""Marks that fixtures are asked for with, and for which pytest may not run an item."""

_ALONE = ("setuponly", "setupplan", "setupshow", "usepdb", "trace")
"""Options of pytest that are about one item at a time."""


class _Turn(Enum):
    """What to do about an item whose turn has not come."""

    START = "start it now"
    PASS = "look at the items behind it"
    WAIT = "wait for its turn"


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
        self._queue: Sequence[pytest.Item] = ()
        """The items in the order in which they are started."""
        self._next = 0
        """Where in the queue the next one stands."""
        self._reached = -1
        """The index of the item that pytest is at; it has left those before behind."""
        self._started: dict[ScriptItem, Started] = {}
        self._refused: dict[ScriptItem, Exception] = {}
        self._awaited: tuple[ScriptItem, Started] | None = None
        self._surroundings = Surroundings()
        self.behind: pytest.Item | None = None
        """The item that a worker certainly runs next: xdist takes it back no more."""
        self._is_open = True
        """Whether the item that pytest is at lets others run meanwhile: no fixture or hook of its own is in effect."""
        self._jobs = orchestration.settings.jobs
        self._max_failures = self._failure_bound()
        self._may_start_alone = not any(config.getoption(name, False) for name in _ALONE)
        self._enabled = self._is_enabled()

    def _failure_bound(self) -> int:
        """Return after how many failures pytest stops; 0 for never."""
        get = self._config.getoption
        if get("stepwise", False):
            return 2 if get("stepwise_skip", False) else 1
        return int(get("maxfail", 0) or 0)

    def _is_enabled(self) -> bool:
        if self._orchestration.worker is not None:
            return False  # a worker knows its next item only
        return self._may_start_alone and not (self._max_failures and self._orchestration.settings.strict)

    def why_alone(self) -> list[str]:
        """Return, for people, what keeps scripts from running at the same time though several jobs were asked for."""
        if self._jobs == 1 or self._orchestration.worker is not None:
            return []
        if not self._enabled:
            given = next((name for name in _ALONE if self._config.getoption(name, False)), None)
            return [f"--{given}" if given else "--orchestrate-strict with a bound on failures"]
        scripts = [item for item in self._items if isinstance(item, ScriptItem)]
        cleaned = any(self._orchestration.codex_files.cleaned(item.path) for item in scripts)
        return [*self._surroundings.reasons(scripts), *["cleanup_after_run"] * cleaned]

    # -- starting ---------------------------------------------------------------------------------------------

    def begin(self, items: Sequence[pytest.Item], recording: Recording) -> None:
        """Take note of the order of the items, and of how long earlier runs of them took."""
        self._items = self._queue = items
        self._index = {item: index for index, item in enumerate(items)}
        wanted = self._orchestration.settings.order in (RECORDED, LONGEST_FIRST)
        # Where pytest may stop, what has run in vain is kept small: in pytest's own order.
        if wanted and self._jobs > 1 and self._enabled and not self._max_failures and recording.known:
            self._queue = self._in_good_order(items, recording)

    def _in_good_order(self, items: Sequence[pytest.Item], recording: Recording) -> list[pytest.Item]:
        """Return ``items`` with what takes long brought forward, but never past one that others must wait for."""
        queue: list[pytest.Item] = []
        stretch: list[ScriptItem] = []

        def close() -> None:
            def has_changed(index: int) -> bool:
                return recording.has_changed(stretch[index].nodeid, str(stretch[index].path))

            names = [item.nodeid for item in stretch]
            first = [stretch[index] for index in brought_forward(names, recording.known, has_changed, self._jobs)]
            early = set(first)
            queue.extend(first)
            queue.extend(item for item in stretch if item not in early)
            stretch.clear()

        for item in items:
            if isinstance(item, ScriptItem) and self._may_overlap(item):
                stretch.append(item)
            elif self._is_inert(item):
                queue.append(item)
            else:
                close()
                queue.append(item)
        close()
        return queue

    def take(self, item: ScriptItem) -> Started:
        """Return the run of ``item``: the one that was started ahead, or a new one.

        Raise what a hook of the user raised when it was to be started.
        """
        self._is_open = self._may_overlap(item)
        if item in self._refused:
            raise self._refused.pop(item)
        started = self._started.pop(item, None)
        if started is None:
            # Those that come before it in the order of starting get the free places before it does.
            self.pump_if_parallel()
            started = self._started.pop(item, None) or self._start(item)
        self._awaited = item, started
        self._reached = max(self._reached, self._index.get(item, -1))
        self.pump_if_parallel()
        return started

    def _may_overlap(self, item: OrchestratedItem) -> bool:
        """Return whether nothing foreign happens around ``item``, and nobody looks at what it leaves."""
        if self._orchestration.codex_files.cleaned(item.path) is not None:
            return False
        return self._surroundings.are_quiet(item) and not item.is_marked(_FIXTURES)

    def after(self, item: ScriptItem, *, is_final: bool) -> None:
        """Take note that ``item`` has its verdict; with one job, the next may start while pytest reports this one.

        ``is_final`` says that pytest will go on whatever the verdict is, and not come back to this item.
        """
        if self._orchestration.worker is not None:
            behind, self.behind = self.behind, None
            if is_final and behind is not None and self._is_open:
                self._start_behind(behind)
            return
        if self._jobs == 1 and self._enabled and self._is_open and is_final:
            index = self._index.get(item)
            if index is not None and not self._started:
                self._reached = index
                self._start_next()

    @property
    def is_bounded(self) -> bool:
        """Whether pytest may stop because of failures."""
        return bool(self._max_failures)

    def pump_if_parallel(self) -> None:
        """Start what may be started now; with one job nothing may before the running one has its verdict."""
        if self._jobs > 1:
            self.pump()

    def pump(self) -> None:
        """Start what may be started now."""
        if not self._enabled or not self._is_open:
            return
        engine = self._orchestration.engine
        # Where pytest may stop, what has run in vain is kept small.
        queued, unread = (0, 8 * self._jobs) if self._max_failures else (AHEAD, UNREAD)
        if queued and engine.unfinished > self._jobs + queued // 2:
            return  # there are enough, and many at a time disturb the supervisor less
        with engine.together():
            while engine.unfinished < self._jobs + queued and len(self._started) < unread and not self._stop_is_known():
                if not self._start_next():
                    return

    def _start_behind(self, item: pytest.Item) -> None:
        if self._may_start_alone and item not in self._started and self._turn_of(item) is _Turn.START:
            assert isinstance(item, ScriptItem)
            self._start_item(item)

    def _start_item(self, item: ScriptItem) -> bool:
        try:
            self._started[item] = self._start(item)
        except Exception as error:  # noqa: BLE001 - raised again when it is the item's turn
            self._refused[item] = error
            return False
        return True

    def _start_next(self) -> bool:
        """Start the next item that may be; return whether there was one."""
        while self._next < len(self._queue):
            item = self._queue[self._next]
            turn = _Turn.PASS if self._index[item] <= self._reached else self._turn_of(item)
            if turn is _Turn.WAIT:
                return False
            self._next += 1
            if turn is _Turn.START:
                assert isinstance(item, ScriptItem)
                if self._start_item(item):
                    return True
        return False

    def _is_inert(self, item: pytest.Item) -> bool:
        """Return whether programs may run on both sides of ``item`` at once: one that only looks at files."""
        return isinstance(item, OrchestratedItem) and item.is_inert and self._may_overlap(item)

    def _turn_of(self, item: pytest.Item) -> _Turn:
        if self._is_inert(item):
            return _Turn.PASS
        if not isinstance(item, ScriptItem) or not self._may_overlap(item):
            return _Turn.WAIT
        if item.is_marked(_SKIPPING) and any(map(_may_skip, item.marks())):
            return _Turn.PASS
        try:
            settings = item.effective_settings()
        except OrchestratorError:  # the item itself reports it, in its turn
            return _Turn.PASS
        return _Turn.START if unmet_requirement(settings) is None else _Turn.PASS

    def _stop_is_known(self) -> bool:
        """Return whether pytest will stop when it comes to results that it has not seen yet."""
        if not self._max_failures:
            return False
        failures = self._items[0].session.testsfailed + len(self._refused)
        # The one that pytest is waiting for counts from the moment when its outcome is there.
        awaited = [self._awaited] if self._awaited is not None and self._awaited[1].ticket is not None else []
        for item, started in [*self._started.items(), *awaited]:
            outcome = self._orchestration.engine.peek(started.ticket) if started.ticket is not None else None
            if started.ticket is None or (outcome is not None and not _is_clean(outcome, item.effective_settings())):
                failures += 1
        return failures >= self._max_failures

    # -- the end ----------------------------------------------------------------------------------------------

    def unwanted(self) -> dict[ScriptItem, Started]:
        """Return, and forget, what was started and never asked for. Nothing is started any more."""
        rest, self._started = self._started, {}
        self._queue, self._index = (), {}
        return rest


def _may_skip(mark: pytest.Mark) -> bool:
    """Return whether pytest may not run an item because of ``mark``."""
    if mark.name == "skipif":
        conditions = (*mark.args, mark.kwargs.get("condition", False))
        return any(isinstance(condition, str) or condition for condition in conditions)
    return mark.name == "skip" or (mark.name == "xfail" and not mark.kwargs.get("run", True))


def _is_clean(outcome: Outcome, settings: ScriptSettings) -> bool:
    """Return whether a program ended in a way that may be a pass."""
    return outcome.limit is None and outcome.error is None and outcome.exit_code in settings.allowed_exit_codes
