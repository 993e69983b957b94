"""Tasks that are added to a workflow while it runs: by actions, from threads, and one for each item of a list."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any

from .errors import WorkflowError
from .events import TaskAdded
from .fan_out import children_of, gathered
from .graph import problems_of_late
from .outcome import TaskState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .node import Node
    from .scheduler import Scheduler
    from .task import Task

_GLANCE = 1.0
"""Seconds between two looks at whether the event loop is still there."""


class Growth:
    """Adds tasks to a run."""

    def __init__(self, scheduler: Scheduler, name: str, nodes: Mapping[str, Node]) -> None:
        """``name`` is that of the workflow; this is made in the thread of its event loop."""
        self._scheduler = scheduler
        self._name = name
        self._nodes = nodes
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def add(self, task: Task) -> None:
        """Add a task, from any thread, while the workflow runs. Raise WorkflowError when it does not fit."""
        if threading.get_ident() == self._thread:
            self.add_late(task)
            return
        answer: Future[None] = Future()

        def add() -> None:
            try:
                self.add_late(task)
            except BaseException as error:  # noqa: BLE001 - it is raised in the thread that asked
                answer.set_exception(error)
            else:
                answer.set_result(None)

        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(add)
        while not wait([answer], _GLANCE).done:
            if self._loop.is_closed():  # a thread of somebody else's executor must not wait for ever
                raise WorkflowError(self._name, [f"task {task.name!r}: the workflow has ended"])
        answer.result()

    def add_late(self, task: Task, on_end: Callable[[Node], None] | None = None) -> Node:
        """Add a task while the workflow runs and return its node; ``on_end`` is called when it has ended."""
        problems = problems_of_late(task.name, task.dependencies, self._nodes)
        if self._scheduler.has_ended:
            problems.append(f"task {task.name!r}: the workflow has ended")
        if problems:
            raise WorkflowError(self._name, problems)
        node = self._scheduler.add_node(task)
        node.on_end = on_end
        self._scheduler.listeners.tell(TaskAdded, task.name)
        if not node.is_decided:  # as it may be when a listener did something about it
            because = self._scheduler.why_not(node)
            if because is None:
                self._scheduler.decide(node, None)
            else:
                node.outcome.because = because
                self._scheduler.end(node, TaskState.CANCELLED)
        self._scheduler.settle()
        return node

    async def map(self, node: Node) -> list[Any]:
        """Make a task of each item, and return their results when all have ended."""
        if node.has_place:
            self._scheduler.places.give_back(node)  # it only waits from here on
        over = node.task.over
        all_ended = self._loop.create_future()
        open_children = 0

        def note_end(_: Node) -> None:
            nonlocal open_children
            open_children -= 1
            if not open_children and not all_ended.done():
                all_ended.set_result(None)

        tasks = children_of(node.task, self._scheduler.caller.result_of(over) if isinstance(over, str) else over)
        problems = [
            f"task {task.name!r}: the name is taken by another task" for task in tasks if task.name in self._nodes
        ]
        if problems:
            raise WorkflowError(self._name, problems)
        open_children = len(tasks)
        children = [self.add_late(task, note_end) for task in tasks]
        if open_children:
            await all_ended
        return gathered(node.task.name, [child.outcome for child in children])
