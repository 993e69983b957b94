"""Attempts at tasks: their conditions, their calls, their time limits, what is tried again."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import threading
import time
from typing import TYPE_CHECKING, Any

from .errors import TaskCancelledError, TaskStoppedError, TaskTimeoutError
from .events import TaskOutput, TaskRetrying, TaskStarted
from .node import Verdict
from .outcome import SkipReason, TaskState
from .output import TELLER
from .retry import RetryPolicy
from .task import Branch

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from ..core.retry import RetryPolicy as Delays
    from .node import Node
    from .scheduler import Scheduler

STOP_SECONDS = 1.0
"""How long the end of a workflow waits for coroutines that were cancelled. Programs say how long they need."""
_RUNNING = TaskState.RUNNING


class Attempts:
    """Carries out attempts, and tells the scheduler what came of them."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._caller = scheduler.caller
        self._places = scheduler.places
        self._listeners = scheduler.listeners
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._context = contextvars.copy_context()
        """That of the caller: what one action sets in its own is no other's business."""
        self._stragglers: set[asyncio.Task[None]] = set()
        self._stop_seconds = STOP_SECONDS

    def start(self, node: Node) -> None:
        """Begin an attempt; before the first, ask the condition."""
        outcome, task = node.outcome, node.task
        if node.asks:
            self._limit(node)
            self._carry(node, self._ask(node, node.turn))
            return
        outcome.state = _RUNNING
        outcome.attempts += 1
        if outcome.started is None:
            outcome.started = time.time()
            node.began = self._loop.time()
        books = self._scheduler.books
        if books is not None:
            outcome.was_interrupted = books.was_interrupted(node)
        if self._listeners.are_there:
            self._listeners.tell(TaskStarted, task.name, outcome.attempts)
            if outcome.state is not _RUNNING:  # a listener ended everything
                return
        if books is None:
            self.drive(node)
        else:
            books.begin(node)

    def drive(self, node: Node) -> None:
        """Have the action called."""
        if node.task.timeout is not None:
            self._limit(node)
        driver = self._loop.create_task(self._drive(node, node.turn), context=self._context.copy())
        if not driver.done():  # as it may be where an event loop is told to begin tasks at once
            node.driver = driver

    def _carry(self, node: Node, work: Coroutine[Any, Any, None]) -> None:
        driver = self._loop.create_task(work, context=self._context.copy())
        if not driver.done():  # as it may be where an event loop is told to begin tasks at once
            node.driver = driver

    def _limit(self, node: Node) -> None:
        # The tasks that a map is made into have the limit, each for itself.
        if node.task.timeout is not None and not node.task.is_map:
            node.timer = self._loop.call_later(node.task.timeout, self._expire, node)

    # -- what carries them out --------------------------------------------------------------------------------

    async def _ask(self, node: Node, turn: int) -> None:
        try:
            try:
                holds = bool(await self._caller.condition(node))
            except BaseException as error:  # noqa: BLE001 - it is the outcome
                self._broke(node, turn, error)
            else:
                self._answered(node, turn, holds=holds)
        except Exception as fault:  # noqa: BLE001 - a fault of ours must not leave anybody waiting for ever
            self._scheduler.break_off(fault)

    async def _drive(self, node: Node, turn: int) -> None:
        task = node.task
        value: Any
        if self._listeners.are_there:
            TELLER.set(functools.partial(self._tell_output, node, turn))
        try:
            try:
                if task.is_map:
                    value = await self._scheduler.growth.map(node)
                elif node.is_async and not node.wants:
                    value = await task.action(*task.args, **task.kwargs)
                else:
                    value = await self._caller.action(node)
            except BaseException as error:  # noqa: BLE001 - it is the outcome
                self._broke(node, turn, error)
            else:
                if node.turn == turn:
                    self._returned(node, value)
        except Exception as fault:  # noqa: BLE001 - as above
            self._scheduler.break_off(fault)

    # -- what comes of them -----------------------------------------------------------------------------------

    def _answered(self, node: Node, turn: int, *, holds: bool) -> None:
        """Take what the condition said."""
        if node.turn != turn:
            return
        node.asks = False
        if node.verdict is not None or not holds:
            self._leave(node)
            self._conclude(node, Verdict(TaskState.SKIPPED) if node.verdict is None else node.verdict)
            return
        if node.timer is not None:
            node.timer.cancel()
            node.timer = None
        node.driver = None
        self.start(node)

    def _returned(self, node: Node, value: Any) -> None:
        """Take what the action returned."""
        if node.timer is not None or node.has_place:
            self._leave(node)
        if node.verdict is not None:
            self._conclude(node, node.verdict)
            return
        if type(value) is Branch:  # isinstance asks the value, which may be a proxy of nothing
            unknown = value.names - {dependent.task.name for dependent in node.dependents}
            if unknown:
                names = ", ".join(repr(dependent.task.name) for dependent in node.dependents) or "no task"
                strange = ", ".join(sorted(map(repr, unknown)))
                problem = f"{value!r}: {strange} does not need {node.task.name!r}; {names} does"
                self._failed(node, ValueError(problem), TaskState.FAILED)
                return
        node.outcome.result = value
        self._scheduler.end(node, TaskState.PASSED)
        self._scheduler.settle()

    def _broke(self, node: Node, turn: int, error: BaseException) -> None:
        """Take what the action or the condition raised."""
        if node.turn != turn or not self._loop.is_running():  # else the coroutine is being thrown away
            return
        self._leave(node)
        if node.verdict is not None:
            self._conclude(node, node.verdict)
        elif isinstance(error, asyncio.CancelledError):
            # Nobody of us did that.
            problem = TaskCancelledError("it was cancelled from within: its action raised CancelledError")
            problem.__cause__ = error
            self._failed(node, problem, TaskState.FAILED)
        elif isinstance(error, TaskStoppedError):
            node.outcome.error = error
            self._conclude(node, Verdict(TaskState.CANCELLED, because=str(error)))
        elif isinstance(error, Exception):
            self._failed(node, error, TaskState.TIMEOUT if isinstance(error, TaskTimeoutError) else TaskState.FAILED)
        else:
            node.outcome.error = error
            self._scheduler.end(node, TaskState.FAILED)
            self._scheduler.break_off(error)

    def _tell_output(self, node: Node, turn: int, stream: str, text: str) -> None:
        """Tell what an attempt writes or says, from whichever thread; what is nobody's business any more is dropped."""
        if threading.get_ident() != self._thread:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
                self._loop.call_soon_threadsafe(self._tell_output, node, turn, stream, text)
        elif node.turn == turn and not node.outcome.state.is_final:
            self._listeners.tell(TaskOutput, node.task.name, stream, text)

    def _conclude(self, node: Node, verdict: Verdict) -> None:
        """End an attempt as was said when it was stopped."""
        node.verdict = None
        if verdict.state is TaskState.SKIPPED:
            self._scheduler.skip(node, SkipReason.CONDITION, None)
            self._scheduler.settle()
        elif verdict.error is not None:
            self._failed(node, verdict.error, verdict.state)
        else:
            node.outcome.because = verdict.because
            self._scheduler.end(node, verdict.state)
            self._scheduler.settle()

    def _failed(self, node: Node, error: Exception, state: TaskState) -> None:
        outcome, policy = node.outcome, node.task.retry_policy
        outcome.error = error
        if policy is not None and outcome.attempts and not node.task.is_map and self._scheduler.why_not(node) is None:
            try:
                delay = policy.delay_before(outcome.attempts + 1)
                again = _follows(policy, outcome.attempts, error, self._loop.time() - node.began, delay)
            except Exception as fault:  # noqa: BLE001 - what retry_if raises is the task's failure
                fault.__context__ = error
                outcome.error, again = fault, False
            if again:
                outcome.state = TaskState.RETRYING
                node.driver = None
                node.timer = self._loop.call_later(delay, self._try_again, node)
                self._listeners.tell(TaskRetrying, node.task.name, outcome.attempts, error, delay)
                self._scheduler.settle()  # its place is free
                return
        self._scheduler.end(node, state)
        self._scheduler.settle()

    def hasten(self, node: Node) -> None:
        """Have the next attempt begin now that waits for its delay, if one does."""
        if node.outcome.state is TaskState.RETRYING and node.timer is not None:
            node.timer.cancel()
            node.timer = self._loop.call_soon(self._try_again, node)

    def _try_again(self, node: Node) -> None:
        node.timer = None
        node.outcome.error = None
        if node.pool is None and not self._places.are_bounded:
            self.start(node)
        else:
            self._places.add(node)
            self._scheduler.settle()

    # -- what ends them ---------------------------------------------------------------------------------------

    def _expire(self, node: Node) -> None:
        """End an attempt at the time limit of its task."""
        node.timer = None
        what = "its condition timed out" if node.asks else "timed out"
        self.stop(node, Verdict(TaskState.TIMEOUT, TaskTimeoutError(f"{what} after {node.task.timeout:g} s")))

    def stop(self, node: Node, verdict: Verdict) -> None:
        """End an attempt: at once, or where its action ends a program, when that is gone.

        So what comes next, be it the next attempt or a task that cleans up, does not meet it.
        """
        patience = getattr(node.task.action, "stop_seconds", 0.0)
        if not patience or node.asks or node.driver is None:
            self.give_up(node)
            self._conclude(node, verdict)
            return
        node.verdict = verdict
        if node.timer is not None:
            node.timer.cancel()
        node.timer = self._loop.call_later(patience, self._lose_patience, node)
        node.driver.cancel()

    def _lose_patience(self, node: Node) -> None:
        verdict = node.verdict
        assert verdict is not None
        self.give_up(node)
        self._conclude(node, verdict)

    def give_up(self, node: Node) -> None:
        """Stop an attempt without waiting for what it makes of that."""
        driver, node.driver = node.driver, None
        node.turn += 1
        node.verdict = None
        self._leave(node)
        if driver is not None and not driver.done():
            self._stop_seconds = max(self._stop_seconds, getattr(node.task.action, "stop_seconds", 0.0))
            self._stragglers.add(driver)
            driver.add_done_callback(self._stragglers.discard)
            driver.cancel()

    def _leave(self, node: Node) -> None:
        """Give back what an attempt has: its timer, its place."""
        if node.timer is not None:
            node.timer.cancel()
            node.timer = None
        if node.has_place:
            self._places.give_back(node)

    async def wait_for_stragglers(self) -> None:
        """Wait for attempts that were given up, but not for ever."""
        if self._stragglers:
            await asyncio.wait(list(self._stragglers), timeout=self._stop_seconds)


def _follows(policy: Delays, attempt: int, error: BaseException, elapsed: float, delay: float) -> bool:
    if isinstance(policy, RetryPolicy):
        return policy.follows(attempt, error, elapsed, delay)
    return attempt < policy.max_attempts
