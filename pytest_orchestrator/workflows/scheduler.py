"""Running the tasks of a workflow, each the moment that its own dependencies allow it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections import deque
from typing import TYPE_CHECKING

from .attempts import Attempts
from .bookkeeping import Bookkeeper
from .caller import Caller
from .errors import TaskTimeoutError
from .events import TaskFinished, WorkflowFinished, WorkflowStarted
from .growth import Growth
from .listeners import Listeners
from .node import Node, Verdict
from .outcome import SkipReason, TaskState
from .places import Places
from .task import Branch, Trigger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .events import WorkflowEvent
    from .outcome import TaskOutcome
    from .plan import Plan
    from .task import Task

_PASSED, _ALL_SUCCESS = TaskState.PASSED, Trigger.ALL_SUCCESS


class Scheduler:
    """One run of a workflow. Everything happens in the thread of its event loop, in which it is made."""

    def __init__(self, plan: Plan, tasks: Iterable[Task], listeners: Iterable[Callable[[WorkflowEvent], None]]) -> None:
        self._plan = plan
        self._nodes: dict[str, Node] = {}
        self._ended: deque[Node] = deque()
        """Those whose dependents do not know yet."""
        self._is_settling = False
        self._open = 0
        """Tasks that have no final state."""
        self._stopping: str | None = None
        """Why nothing more is begun."""
        self._failing_fast: str | None = None
        """Why only tasks that are there for failures are begun."""
        self._fault: BaseException | None = None
        self._loop = asyncio.get_running_loop()
        self._done = self._loop.create_future()
        self.listeners = Listeners(plan.name, listeners, self.break_off)
        self.places = Places(plan.max_concurrency, plan.pools)
        self.caller = Caller(self._nodes, plan.executor)
        self.books: Bookkeeper | None = None
        self.growth = Growth(self, plan.name, self._nodes)
        self._attempts = Attempts(self)
        if plan.journal is not None:
            self.books = Bookkeeper(plan.journal, self._nodes, self._attempts.drive, self.break_off)
        with _nothing_collected():
            for task in tasks:
                self.add_node(task)

    # -- from outside -----------------------------------------------------------------------------------------

    @property
    def outcomes(self) -> dict[str, TaskOutcome]:
        """Where each task is, by its name."""
        return {name: node.outcome for name, node in self._nodes.items()}

    async def run(self) -> None:
        """Run everything to its final state. Raise what a listener raised; cancelled, stop everything first."""
        deadline = None
        self.listeners.tell(WorkflowStarted, len(self._nodes))
        if self._plan.timeout is not None:
            deadline = self._loop.call_later(self._plan.timeout, self._expire)
        try:
            for node in list(self._nodes.values()):
                if not node.task.dependencies and not node.is_decided:
                    node.is_decided = True
                    self._ready(node)
            self.settle()
            await self._done
        except BaseException:
            self.stop("the workflow was cancelled")
            raise
        finally:
            if deadline is not None:
                deadline.cancel()
            try:
                await self._attempts.wait_for_stragglers()
            finally:
                states = {node.outcome.state for node in self._nodes.values()}
                has_failed = self._stopping is not None or any(state.is_bad for state in states)
                self.listeners.tell(WorkflowFinished, not has_failed)
        if self._fault is not None:
            raise self._fault

    def hasten(self, chosen: Callable[[str], bool]) -> None:
        """Have attempts begin now that wait for their delay, those of tasks whose names are ``chosen``."""
        for name, node in list(self._nodes.items()):
            if chosen(name):
                self._attempts.hasten(node)

    def why_not(self, node: Node) -> str | None:
        """Return why the result of ``node`` is of no interest any more, None where it is."""
        return self._stopping or (None if node.is_lasting else self._failing_fast)

    def stop(self, because: str, error: Exception | None = None) -> None:
        """End everything now: with ``cancelled``, or what is at work with ``timeout`` where ``error`` is given."""
        self._stopping = because
        for node in list(self._nodes.values()):
            outcome = node.outcome
            if not outcome.state.is_final:
                is_at_work = node.driver is not None or outcome.state is not TaskState.PENDING
                self._attempts.give_up(node)
                outcome.because = because
                if is_at_work and error is not None:
                    outcome.error = error
                self.end(node, TaskState.TIMEOUT if is_at_work and error is not None else TaskState.CANCELLED)
        self.settle()

    def break_off(self, error: BaseException) -> None:
        """End everything for an exception that is no task's; :meth:`run` raises it."""
        if self._fault is None:
            self._fault = error
            # Not now: who calls may be in the middle of something.
            self._loop.call_soon(self.stop, f"the workflow was broken off by {type(error).__name__}")

    @property
    def has_ended(self) -> bool:
        """Whether everything has its final state, and nothing can be added any more."""
        return self._done.done()

    # -- the graph --------------------------------------------------------------------------------------------

    def add_node(self, task: Task) -> Node:
        """Add a task to the graph and return its node."""
        node = Node(task, has_threads=self._plan.executor is None)
        self._nodes[task.name] = node
        self._open += 1
        for name in task.dependencies:
            needed = self._nodes[name]
            node.open += 1
            if needed.is_told:
                node.count(needed.outcome.state)
            else:
                needed.dependents.append(node)
        return node

    def settle(self) -> None:
        """Tell those that depend on what has ended, and begin what can begin. A chain of skips is no recursion."""
        if self._is_settling:
            return
        self._is_settling = True
        ended = self._ended
        try:
            while True:
                while ended:
                    self._release(ended.popleft())
                if self.places.waiting:
                    for node in self.places.take():
                        self._attempts.start(node)
                if not ended:
                    break
        except BaseException as error:  # noqa: BLE001 - a fault of ours must not leave anybody waiting for ever
            self.break_off(error)
        self._is_settling = False
        if not self._open and not self._done.done():
            self._done.set_result(None)

    def _release(self, node: Node) -> None:
        outcome = node.outcome
        state, chosen = outcome.state, None
        node.is_told = True
        if state is _PASSED and type(outcome.result) is Branch:
            chosen = outcome.result.names
            outcome.result = outcome.result.value
        if node.on_end is not None:
            node.on_end(node)
        if state is _PASSED and chosen is None:
            self._release_passed(node)
            return
        for dependent in node.dependents:
            dependent.count(state)
            if dependent.is_decided:
                continue
            if chosen is not None and dependent.task.name not in chosen:
                self.skip(dependent, SkipReason.BRANCH, node)
            else:
                self.decide(dependent, node)

    def _release_passed(self, node: Node) -> None:
        """Do the same for what happens nearly always, at less expense."""
        for dependent in node.dependents:
            dependent.open -= 1
            dependent.passed += 1
            if dependent.is_decided or (dependent.open and dependent.task.trigger is _ALL_SUCCESS):
                continue
            self.decide(dependent, node)

    def decide(self, node: Node, because: Node | None) -> None:
        """Begin a task, or skip it, where its dependencies tell; ``because`` is the one that ended last."""
        runs = node.decide()
        if runs is None:
            return
        if runs:
            node.is_decided = True
            self._ready(node)
        elif node.task.trigger is not Trigger.ALL_SUCCESS:
            self.skip(node, SkipReason.TRIGGER, because)
        else:
            self.skip(node, SkipReason.UPSTREAM_FAILED if node.failed else SkipReason.UPSTREAM_SKIPPED, because)

    def skip(self, node: Node, reason: SkipReason, because: Node | None) -> None:
        """End a task that is not run."""
        node.outcome.skip_reason = reason
        node.outcome.because = None if because is None else because.task.name
        self.end(node, TaskState.SKIPPED)

    def _ready(self, node: Node) -> None:
        if self.books is not None:
            found, value = self.books.recall(node)
            if found:
                node.outcome.from_journal = True
                node.outcome.result = value
                self.end(node, _PASSED)
                return
        if node.pool is None and not self.places.are_bounded:
            self._attempts.start(node)
        else:
            self.places.add(node)

    def end(self, node: Node, state: TaskState) -> None:
        """Give a task its final state."""
        outcome = node.outcome
        outcome.state = state
        if outcome.started is not None:
            outcome.ended = time.time()
        node.driver = None
        node.is_decided = True
        self._open -= 1
        self._ended.append(node)
        if self.books is not None and not outcome.from_journal:
            self.books.end(node)
        if self.listeners.are_there:
            self.listeners.tell(TaskFinished, outcome)
        if self._plan.fail_fast and state.is_bad and self._failing_fast is None and self._stopping is None:
            self._fail_fast(f"{node.task.name!r} failed, and the workflow fails fast")

    def _fail_fast(self, because: str) -> None:
        """End everything but what is there for failures."""
        self._failing_fast = because
        was_settling, self._is_settling = self._is_settling, True  # a place that gets free is for nobody now
        for node in list(self._nodes.values()):
            if node.outcome.state.is_final or node.is_lasting or node.verdict is not None:
                continue
            if node.driver is None or node.task.is_map:
                self._attempts.give_up(node)
                node.outcome.because = because
                self.end(node, TaskState.CANCELLED)
            else:
                self._attempts.stop(node, Verdict(TaskState.CANCELLED, None, because))
        self._is_settling = was_settling

    def _expire(self) -> None:
        message = f"the workflow timed out after {self._plan.timeout:g} s"
        self.stop(message, TaskTimeoutError(message))


@contextlib.contextmanager
def _nothing_collected() -> Iterator[None]:
    """Keep the garbage collector from going through all nodes again and again while they are made: none is garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
