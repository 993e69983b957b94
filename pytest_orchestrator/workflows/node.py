"""A task while its workflow runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .binding import is_async, wanted
from .outcome import TaskOutcome, TaskState
from .places import THREADS
from .task import Trigger

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from .task import Task

_LASTING = (Trigger.ALL_DONE, Trigger.ONE_FAILED)


class Verdict:
    """How an attempt ends that is being stopped, once its action has let go of everything."""

    __slots__ = ("because", "error", "state")

    def __init__(self, state: TaskState, error: Exception | None = None, because: str | None = None) -> None:
        self.state = state
        self.error = error
        self.because = because


class Node:
    """What the engine knows of a task."""

    __slots__ = (
        "asks", "began", "dependents", "digest", "driver", "failed", "fingerprint", "has_place", "is_async",
        "is_decided", "is_told", "on_end", "open", "outcome", "passed", "pool", "skipped", "task", "timer",
        "turn", "verdict", "wants",
    )  # fmt: skip

    def __init__(self, task: Task, *, has_threads: bool) -> None:
        """``has_threads`` says that actions which are no coroutines run in threads, of which there are so many."""
        self.task = task
        self.outcome = TaskOutcome(task.name)
        self.dependents: list[Node] = []
        self.open = 0
        """Dependencies that have not ended."""
        self.passed = 0
        self.failed = 0
        """Dependencies that failed, reached a limit or were cancelled."""
        self.skipped = 0
        self.is_decided = False
        """Whether it was said that it runs, or is skipped."""
        self.is_told = False
        """Whether those that depend on it know that it has ended."""
        self.has_place = False
        self.began = 0.0
        """When its first attempt began, by the clock of the event loop."""
        self.asks = task.condition is not None
        """Whether its condition is still to be asked."""
        self.on_end: Callable[[Node], None] | None = None
        """Called when it has ended."""
        self.turn = 0
        """Counts attempts that were given up: what they still say is of no interest."""
        self.driver: asyncio.Task[None] | None = None
        """What carries out its present attempt."""
        self.timer: asyncio.Handle | None = None
        """What ends its present attempt, or its delay before the next."""
        self.verdict: Verdict | None = None
        """How its present attempt ends, if it is being stopped."""
        self.fingerprint: str | None = None
        """What the journal knows it by."""
        self.digest: str | None = None
        """What the journal knows its result by."""
        self.is_async = is_async(task.action)
        pool = task.pool
        if pool is None and has_threads and not (self.is_async and (not self.asks or is_async(task.condition))):
            pool = THREADS
        self.pool = pool
        self.wants = wanted(task.action, task.dependencies, task.args, task.kwargs)

    @property
    def is_waiting(self) -> bool:
        """Whether it has not begun, or waits for its next attempt."""
        return self.driver is None and self.outcome.state in (TaskState.PENDING, TaskState.RETRYING)

    @property
    def is_lasting(self) -> bool:
        """Whether it is there for what comes after a failure, and so is not ended by one."""
        return self.task.trigger in _LASTING

    def count(self, state: TaskState) -> None:
        """Take note that a dependency has ended."""
        self.open -= 1
        if state is TaskState.PASSED:
            self.passed += 1
        elif state is TaskState.SKIPPED:
            self.skipped += 1
        else:
            self.failed += 1

    def decide(self) -> bool | None:
        """Return whether it runs, False when it is skipped, None as long as its dependencies do not tell."""
        trigger = self.task.trigger
        if trigger is Trigger.ALL_SUCCESS:
            if self.failed or self.skipped:
                return False
            return None if self.open else True
        if trigger is Trigger.ALL_DONE:
            return None if self.open else True
        if self.passed if trigger is Trigger.ONE_SUCCESS else self.failed:
            return True
        return None if self.open else False
