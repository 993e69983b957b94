"""Calling what users wrote: with what it asks for, in a thread where it is no coroutine."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import inspect
from typing import TYPE_CHECKING, Any

from .binding import RESULTS, has_default, is_async, wanted
from .outcome import TaskState
from .threads import DaemonThreads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Executor, Future

    from .node import Node


class Caller:
    """Calls actions and conditions."""

    def __init__(self, nodes: Mapping[str, Node], executor: Executor | None) -> None:
        """``nodes`` are those of the workflow, of which it takes results; ``executor`` is None for threads."""
        self._nodes = nodes
        self._executor = executor
        self._threads: DaemonThreads | None = None

    def condition(self, node: Node) -> Any:
        """Return an awaitable of what the condition of ``node`` says."""
        function = node.task.condition
        assert function is not None
        needed = wanted(function, node.task.dependencies, (), {})
        given = self._results(node, function, needed)
        # A condition is a question to this process: it may look at what no other one has.
        return function(**given) if is_async(function) else self._in_thread(None, function, (), given)

    def action(self, node: Node) -> Any:
        """Return an awaitable of what the action of ``node`` returns."""
        task = node.task
        given: Mapping[str, Any] = task.kwargs
        if node.wants:
            given = {**self._results(node, task.action, node.wants), **given}
        if node.is_async:
            return task.action(*task.args, **given)
        return self._in_thread(self._executor, task.action, task.args, given)

    def upstream(self, node: Node) -> dict[str, Any]:
        """Return the results of those dependencies that have passed."""
        return {
            name: self._nodes[name].outcome.result
            for name in node.task.dependencies
            if self._nodes[name].outcome.state is TaskState.PASSED
        }

    def result_of(self, name: str) -> Any:
        """Return the result of a task, None where it has not passed."""
        outcome = self._nodes[name].outcome
        return outcome.result if outcome.state is TaskState.PASSED else None

    def _results(self, node: Node, function: Callable[..., Any], names: Iterable[str]) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for name in names:
            if name == RESULTS and name not in node.task.dependencies:
                given[name] = self.upstream(node)
            elif self._nodes[name].outcome.state is TaskState.PASSED:
                given[name] = self._nodes[name].outcome.result
            elif not has_default(function, name):
                given[name] = None
        return given

    async def _in_thread(
        self,
        executor: Executor | None,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> Any:
        if executor is None:
            if self._threads is None:
                self._threads = DaemonThreads()
            context = contextvars.copy_context()
            call = self._threads.submit(functools.partial(context.run, function, *args, **kwargs))
        else:
            call = executor.submit(function, *args, **kwargs)
        value = await _arrival(call)
        return await value if inspect.isawaitable(value) else value


async def _arrival(call: Future[Any]) -> Any:
    """Return what a call in a thread or elsewhere returned, or raise what it raised.

    ``asyncio.wrap_future`` would wait for ever for a call that raised StopIteration.
    """
    loop = asyncio.get_running_loop()
    has_come = loop.create_future()

    def note() -> None:
        if not has_come.done():
            has_come.set_result(None)

    def wake(_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(note)

    call.add_done_callback(wake)
    try:
        await has_come
    except asyncio.CancelledError:
        call.cancel()
        raise
    return call.result(0)
