"""A task while its workflow runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .binding import is_async, wanted
from .outcome import TaskOutcome, TaskState
from .task import Trigger

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from .task import Task


class Node:
    """What the scheduler knows of a task."""

    __slots__ = (
        "dependents", "driver", "failed", "has_place", "is_async", "is_decided", "on_end", "open", "outcome", "passed",
        "pool", "skipped", "task", "timer", "wants",
    )  # fmt: skip

    def __init__(self, task: Task, thread_pool: str | None) -> None:
        """``thread_pool`` is the pool of a task that needs a thread, unless it is in another."""
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
        self.has_place = False
        self.on_end: Callable[[Node], None] | None = None
        """Called when it has ended."""
        self.driver: asyncio.Task[None] | None = None
        """What carries out its present attempt."""
        self.timer: asyncio.TimerHandle | None = None
        """What ends its present attempt, or its delay before the next."""
        self.is_async = is_async(task.action)
        self.pool = task.pool if task.pool is not None or self.is_async else thread_pool
        self.wants = wanted(task.action, task.dependencies, task.args, task.kwargs)

    @property
    def is_waiting(self) -> bool:
        """Whether it has not begun, or waits for its next attempt."""
        return self.outcome.state in (TaskState.PENDING, TaskState.RETRYING)

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
