"""Running the tasks of a workflow, each the moment that its own dependencies allow it."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from .binding import RESULTS, is_async, wanted
from .errors import TaskTimeoutError
from .events import TaskAdded, TaskFinished, TaskRetrying, TaskStarted
from .node import Node
from .outcome import SkipReason, TaskState
from .places import THREADS, Places
from .retry import RetryPolicy
from .task import Branch, Trigger
from .threads import DaemonThreads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Executor

    from ..core.retry import RetryPolicy as Delays
    from .events import WorkflowEvent
    from .journal import Journal
    from .outcome import TaskOutcome
    from .plan import Plan
    from .task import Task

STOP_SECONDS = 1.0
"""How long the end of a workflow waits for coroutines that were cancelled. Programs say how long they need."""
_RUNNING, _PASSED, _SKIPPED = TaskState.RUNNING, TaskState.PASSED, TaskState.SKIPPED


class Scheduler:
    """One run of a workflow. Everything happens in the thread of its event loop."""

    def __init__(self, plan: Plan, tasks: Iterable[Task], listeners: Iterable[Callable[[WorkflowEvent], None]]) -> None:
        self._plan = plan
        self._listeners = tuple(listeners)
        self._nodes: dict[str, Node] = {}
        self._ended: deque[Node] = deque()
        self._is_settling = False
        self._open = 0
        """Tasks that have no final state."""
        self._is_stopping = False
        self._places = Places(plan.max_concurrency, plan.pools) if plan.has_places else None
        self._executor: Executor | None = plan.executor
        self._drivers: set[asyncio.Task[None]] = set()
        """Those that were given up and may still be at work."""
        self._stop_seconds = STOP_SECONDS
        self._fault: BaseException | None = None
        self._thread = threading.get_ident()
        self._journal: Journal | None = plan.journal
        self._is_writing = False
        """Whether the journal is about to be written; until then nothing follows from what has ended."""
        self._to_drive: list[Node] = []
        """Tasks whose attempts begin when that is done."""
        for task in tasks:
            self._add(task)

    # -- from outside -----------------------------------------------------------------------------------------

    @property
    def outcomes(self) -> dict[str, TaskOutcome]:
        """Where each task is, by its name."""
        return {name: node.outcome for name, node in self._nodes.items()}

    async def run(self) -> None:
        """Run everything to its final state. Raise what a listener raised; cancelled, stop everything first."""
        self._loop = asyncio.get_running_loop()
        self._done = self._loop.create_future()
        if not self._nodes:
            return
        deadline = None
        if self._plan.timeout is not None:
            deadline = self._loop.call_later(self._plan.timeout, self._expire_all)
        try:
            for node in list(self._nodes.values()):
                if not node.task.dependencies:
                    node.is_decided = True
                    self._ready(node)
            self._settle()
            await self._done
        except BaseException:
            self.stop("the workflow was cancelled")
            raise
        finally:
            if deadline is not None:
                deadline.cancel()
            await self._wait_for_stragglers()
        if self._fault is not None:
            raise self._fault

    def stop(self, because: str, state: TaskState = TaskState.CANCELLED) -> None:
        """End what runs, with ``state``, and everything else with ``cancelled``."""
        self._is_stopping = True
        for node in list(self._nodes.values()):
            if not node.outcome.state.is_final:
                is_running = node.outcome.state is _RUNNING
                self._give_up(node)
                node.outcome.because = because
                self._end(node, state if is_running else TaskState.CANCELLED)

    def add(self, task: Task) -> None:
        """Add a task, from any thread, while the workflow runs."""
        if threading.get_ident() == self._thread:
            self._add_late(task)
        else:
            asyncio.run_coroutine_threadsafe(self._add_from_elsewhere(task), self._loop).result()

    async def _add_from_elsewhere(self, task: Task) -> None:
        self._add_late(task)

    @property
    def names(self) -> Iterable[str]:
        """The names of all tasks."""
        return self._nodes

    def _add_late(self, task: Task, on_end: Callable[[Node], None] | None = None) -> Node:
        node = self._add(task)
        node.on_end = on_end
        self._tell(TaskAdded, task.name)
        node.open = 0
        for name in task.dependencies:
            needed = self._nodes[name]
            node.open += 1
            if needed.outcome.state.is_final and needed not in self._ended:
                needed.dependents.remove(node)
                node.count(needed.outcome.state)
        if self._is_stopping:
            node.outcome.because = "the workflow was stopping"
            self._end(node, TaskState.CANCELLED)
        else:
            self._decide(node, None)
            self._settle()
        return node

    # -- the graph --------------------------------------------------------------------------------------------

    def _add(self, task: Task) -> Node:
        node = Node(task, THREADS if self._places is not None and self._plan.executor is None else None)
        self._nodes[task.name] = node
        self._open += 1
        node.open = len(task.dependencies)
        for name in task.dependencies:
            self._nodes[name].dependents.append(node)
        return node

    def _settle(self) -> None:
        """Tell those that depend on what has ended. A chain of a thousand skips is no recursion of a thousand."""
        if self._is_settling or self._is_writing:
            return
        self._is_settling = True
        while self._ended:
            node = self._ended.popleft()
            state, chosen = node.outcome.state, None
            if state is _PASSED and isinstance(node.outcome.result, Branch):
                chosen = node.outcome.result.names
                node.outcome.result = node.outcome.result.value
            if node.on_end is not None:
                node.on_end(node)
            for dependent in node.dependents:
                dependent.count(state)
                if dependent.is_decided or dependent.outcome.state.is_final:
                    continue
                if chosen is not None and dependent.task.name not in chosen:
                    dependent.is_decided = True
                    self._skip(dependent, SkipReason.BRANCH, node)
                else:
                    self._decide(dependent, node)
        self._is_settling = False
        if self._places is not None:
            for node in self._places.take():
                self._start(node)
        if not self._open and not self._done.done():
            self._done.set_result(None)

    def _decide(self, node: Node, because: Node | None) -> None:
        runs = node.decide()
        if runs is None:
            return
        node.is_decided = True
        if runs:
            self._ready(node)
        elif node.task.trigger is not Trigger.ALL_SUCCESS:
            self._skip(node, SkipReason.TRIGGER, because)
        else:
            self._skip(node, SkipReason.UPSTREAM_FAILED if node.failed else SkipReason.UPSTREAM_SKIPPED, because)

    def _skip(self, node: Node, reason: SkipReason, because: Node | None) -> None:
        node.outcome.skip_reason = reason
        node.outcome.because = None if because is None else because.task.name
        self._end(node, _SKIPPED)

    # -- attempts ---------------------------------------------------------------------------------------------

    def _ready(self, node: Node) -> None:
        if self._journal is not None and self._recall(node):
            return
        if self._places is None:
            self._start(node)
        else:
            self._places.add(node)

    def _start(self, node: Node) -> None:
        outcome, task = node.outcome, node.task
        outcome.state = _RUNNING
        outcome.attempts += 1
        if outcome.started is None:
            outcome.started = time.time()
        if task.timeout is not None:
            node.timer = self._loop.call_later(task.timeout, self._expire, node)
        if self._listeners:
            self._tell(TaskStarted, task.name, outcome.attempts)
        if self._journal is None:
            node.driver = self._loop.create_task(self._drive(node, outcome.attempts))
        else:
            outcome.was_interrupted = task.name in self._journal.interrupted
            self._journal.put(outcome)
            self._write(node)

    def _write(self, node: Node | None = None) -> None:
        """Have the journal written once for all that happens now; ``node`` begins its attempt after that."""
        if not self._is_writing:
            self._is_writing = True
            self._loop.call_soon(self._commit)
        if node is not None:
            self._to_drive.append(node)

    def _commit(self) -> None:
        assert self._journal is not None
        self._is_writing = False
        self._settle()
        nodes, self._to_drive = self._to_drive, []
        self._journal.commit()
        for node in nodes:
            if node.outcome.state is _RUNNING and node.driver is None:
                node.driver = self._loop.create_task(self._drive(node, node.outcome.attempts))

    async def _drive(self, node: Node, attempt: int) -> None:
        task, outcome = node.task, node.outcome
        try:
            if task.condition is not None and not await self._call(task.condition, node, (), {}, None):
                if outcome.attempts == attempt and outcome.state is _RUNNING:
                    self._leave(node)
                    self._skip(node, SkipReason.CONDITION, None)
                    self._settle()
                return
            if task.is_map:
                value = await self._map(node)
            elif node.is_async:
                value = await task.action(*task.args, **(self._bound(node) if node.wants or task.kwargs else {}))
            else:
                value = await self._call(task.action, node, task.args, task.kwargs, node.wants)
        except asyncio.CancelledError:
            if outcome.attempts == attempt and outcome.state is _RUNNING:
                # Nobody of us did that: the action cancelled itself.
                self._leave(node)
                outcome.because = "it was cancelled from within"
                self._end(node, TaskState.CANCELLED)
                self._settle()
        except Exception as error:  # noqa: BLE001 - it is the outcome
            if outcome.attempts == attempt and outcome.state is _RUNNING:
                self._leave(node)
                is_late = isinstance(error, TaskTimeoutError)
                self._failed(node, error, TaskState.TIMEOUT if is_late else TaskState.FAILED)
        else:
            if outcome.attempts == attempt and outcome.state is _RUNNING:
                if node.timer is not None or node.has_place:
                    self._leave(node)
                self._passed(node, value)

    def _passed(self, node: Node, value: Any) -> None:
        if isinstance(value, Branch):
            unknown = value.names - {dependent.task.name for dependent in node.dependents}
            if unknown:
                names = ", ".join(repr(dependent.task.name) for dependent in node.dependents) or "no task"
                problem = f"{value!r}: {', '.join(map(repr, sorted(unknown)))} does not need it; {names} does"
                self._failed(node, ValueError(problem), TaskState.FAILED)
                return
        node.outcome.result = value
        self._end(node, _PASSED)
        self._settle()

    def _failed(self, node: Node, error: BaseException, state: TaskState) -> None:
        outcome, policy = node.outcome, node.task.retry_policy
        outcome.error = error
        if policy is not None and not self._is_stopping:
            delay = policy.delay_before(outcome.attempts + 1)
            try:
                again = _follows(policy, outcome.attempts, error, time.time() - (outcome.started or 0.0), delay)
            except Exception as fault:  # noqa: BLE001 - what retry_if raises is the task's failure
                fault.__context__ = error
                outcome.error, again = fault, False
            if again:
                outcome.state = TaskState.RETRYING
                self._tell(TaskRetrying, node.task.name, outcome.attempts, error, delay)
                node.timer = self._loop.call_later(delay, self._try_again, node)
                self._settle()  # its place is free
                return
        self._end(node, state)
        self._settle()

    def _try_again(self, node: Node) -> None:
        node.timer = None
        if self._places is None:
            self._start(node)
        else:
            self._places.add(node)
            self._settle()

    def _expire(self, node: Node) -> None:
        """End an attempt at the time limit of its task, whatever it does about that."""
        self._give_up(node)
        seconds = node.task.timeout
        self._failed(node, TaskTimeoutError(f"timed out after {seconds:g} s"), TaskState.TIMEOUT)

    def _expire_all(self) -> None:
        seconds = self._plan.timeout
        for node in self._nodes.values():
            if node.outcome.state is _RUNNING:
                node.outcome.error = TaskTimeoutError(f"the workflow timed out after {seconds:g} s")
        self.stop(f"the workflow timed out after {seconds:g} s", TaskState.TIMEOUT)
        self._settle()

    def _give_up(self, node: Node) -> None:
        """Stop an attempt without waiting for what it makes of that."""
        driver, node.driver = node.driver, None
        self._leave(node)
        if driver is not None and not driver.done():
            self._stop_seconds = max(self._stop_seconds, getattr(node.task.action, "stop_seconds", 0.0))
            self._drivers.add(driver)
            driver.add_done_callback(self._drivers.discard)
            driver.cancel()

    def _leave(self, node: Node) -> None:
        """Give back what an attempt has: its timer, its place."""
        if node.timer is not None:
            node.timer.cancel()
            node.timer = None
        if self._places is not None:
            self._places.give_back(node)

    def _end(self, node: Node, state: TaskState) -> None:
        outcome = node.outcome
        outcome.state = state
        if outcome.started is not None:
            outcome.ended = time.time()
        node.driver = None
        self._open -= 1
        self._ended.append(node)
        if self._journal is not None and not outcome.from_journal:
            has_passed = state is _PASSED
            self._journal.put(outcome, node.task if has_passed else None, self._upstream(node) if has_passed else None)
            self._write()
        if self._listeners:
            self._tell(TaskFinished, outcome)
        if state.is_bad and self._plan.fail_fast and not self._is_stopping:
            self.stop(f"{node.task.name!r} failed, and the workflow fails fast")

    async def _wait_for_stragglers(self) -> None:
        if self._drivers:
            await asyncio.wait(list(self._drivers), timeout=self._stop_seconds)

    # -- calling ----------------------------------------------------------------------------------------------

    def _bound(self, node: Node) -> dict[str, Any]:
        """Return the keyword arguments of an action: its own, and results."""
        return {**self._results_for(node, node.wants), **node.task.kwargs}

    def _results_for(self, node: Node, names: Iterable[str]) -> dict[str, Any]:
        return {name: self._upstream(node) if name == RESULTS else self._result_of(name) for name in names}

    def _result_of(self, name: str) -> Any:
        outcome = self._nodes[name].outcome
        return outcome.result if outcome.state is _PASSED else None

    def _upstream(self, node: Node) -> dict[str, Any]:
        """Return the results of those dependencies that have passed."""
        return {
            name: self._nodes[name].outcome.result
            for name in node.task.dependencies
            if self._nodes[name].outcome.state is _PASSED
        }

    async def _call(
        self,
        function: Callable[..., Any],
        node: Node,
        args: tuple[Any, ...],
        kwargs: Any,
        wants: tuple[str, ...] | None,
    ) -> Any:
        names = wanted(function, node.task.dependencies, args, kwargs) if wants is None else wants
        given = {**self._results_for(node, names), **kwargs}
        if is_async(function):
            return await function(*args, **given)
        if self._executor is None:
            self._executor = DaemonThreads()
        if self._plan.executor is None:
            call = functools.partial(contextvars.copy_context().run, function, *args, **given)
        else:
            call = functools.partial(function, *args, **given)
        value = await asyncio.wrap_future(self._executor.submit(call), loop=self._loop)
        return await value if inspect.isawaitable(value) else value

    async def _map(self, node: Node) -> list[Any]:
        """Make a task of each item, and return their results when all have ended."""
        from .fan_out import children_of, gathered

        if self._places is not None:
            self._places.give_back(node)  # it only waits from here on
        source = node.task.over
        items = self._result_of(source) if isinstance(source, str) else source
        all_ended = self._loop.create_future()
        open_children: set[str] = set()

        def note_end(child: Node) -> None:
            open_children.discard(child.task.name)
            if not open_children and not all_ended.done():
                all_ended.set_result(None)

        children = []
        for task in children_of(node.task, items):
            open_children.add(task.name)
            children.append(self._add_late(task, note_end))
        if open_children:
            await all_ended
        return gathered(node.task.name, [child.outcome for child in children])

    # -- the journal and listeners ----------------------------------------------------------------------------

    def _recall(self, node: Node) -> bool:
        """End ``node`` as it ended in an earlier run, if it did, with the same inputs."""
        assert self._journal is not None
        found, value = self._journal.recall(node.task, self._upstream(node))
        if found:
            node.outcome.from_journal = True
            node.outcome.result = value
            self._end(node, _PASSED)
        return found

    def _tell(self, kind: Any, *fields: Any) -> None:
        if not self._listeners or self._fault is not None:
            return
        event = kind(self._plan.name, time.time(), *fields)
        try:
            for listener in self._listeners:
                listener(event)
        except BaseException as error:  # noqa: BLE001 - it is raised when everything has been stopped
            self._fault = error
            self._loop.call_soon(self.stop, "a listener raised an exception")
            self._loop.call_soon(self._settle)


def _follows(policy: Delays, attempt: int, error: BaseException, elapsed: float, delay: float) -> bool:
    if isinstance(policy, RetryPolicy):
        return policy.follows(attempt, error, elapsed, delay)
    return attempt < policy.max_attempts
