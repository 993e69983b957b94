"""A workflow: tasks that need one another, run by :meth:`Workflow.run` (seed 004)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..core.retry import RetryPolicy as Delays
from ..errors import ArgumentError
from .binding import is_async
from .errors import WorkflowError, WorkflowFailedError
from .events import WorkflowFinished, WorkflowStarted
from .graph import problems_of
from .outcome import TaskState
from .places import THREADS
from .plan import Plan
from .scheduler import Scheduler
from .task import Task, Trigger

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from concurrent.futures import Executor

    from .events import WorkflowEvent
    from .journal import Journal
    from .outcome import TaskOutcome

MOST_THREADS = 32
"""Actions that are no coroutines run in so many threads at most, unless they are in a pool."""


class Workflow:
    """Tasks and what they need of one another.

    Example::

        workflow = Workflow("deploy").add_task("build", build).add_task("test", test, ["build"])
        results = await workflow.run()          # or workflow.run_sync()
        results["test"]

    After a run, ``outcomes`` says what came of every task.
    """

    def __init__(
        self,
        name: str,
        timeout: float | None = None,
        fail_fast: bool = False,
        max_concurrency: int | None = None,
        *,
        pools: Mapping[str, int] | None = None,
        executor: Executor | None = None,
        journal: Journal | str | os.PathLike[str] | None = None,
        journal_sync: str = "normal",
        on_event: Callable[[WorkflowEvent], None] | None = None,
    ) -> None:
        """Make a workflow without tasks.

        ``timeout`` is in seconds, for everything; ``fail_fast`` lets the first failure end everything;
        ``max_concurrency`` is how many tasks run at a time; ``pools`` are names with a number of places each, for tasks
        that name one; ``executor`` is where actions run that are no coroutines (default: threads). ``journal`` is the
        path of a file in which finished tasks are kept, so that a run that was killed can be resumed by another with
        the same file; ``journal_sync="full"`` survives a loss of power. ``on_event`` is called with each event.

        Raise ArgumentError with all mistakes.
        """
        self.name = name
        self._timeout = timeout
        self._fail_fast = fail_fast
        self._max_concurrency = max_concurrency
        self._pools = dict(pools or {})
        self._executor = executor
        self._journal_at = journal
        self._journal_sync = journal_sync
        self._listeners: list[Callable[[WorkflowEvent], None]] = [] if on_event is None else [on_event]
        self._tasks: dict[str, Task] = {}
        self._duplicates: list[str] = []
        self._scheduler: Scheduler | None = None
        self._is_running = False
        problems = []
        if not isinstance(name, str) or not name:
            problems.append(f"name: {name!r} is not a text with something in it")
        if not _is_positive(timeout):
            problems.append(f"timeout: {timeout!r} is not a number of seconds above 0; give None for no limit")
        if max_concurrency is not None and not _is_count(max_concurrency):
            problems.append(f"max_concurrency: {max_concurrency!r} is not a whole number from 1, or None")
        problems += [
            f"pools[{pool!r}]: {size!r} is not a whole number from 1"
            for pool, size in self._pools.items()
            if not _is_count(size)
        ]
        if journal_sync not in ("normal", "full"):
            problems.append(f"journal_sync: {journal_sync!r} is not one of 'normal', 'full'")
        if problems:
            raise ArgumentError("\n".join(f"Workflow: {problem}" for problem in problems))

    def __repr__(self) -> str:
        return f"<Workflow {self.name!r}, {len(self._tasks)} tasks>"

    # -- building ---------------------------------------------------------------------------------------------

    def add_task(
        self,
        name: str,
        action: Callable[..., Any],
        dependencies: Iterable[str] | None = None,
        *,
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        retry_policy: Delays | None = None,
        condition: Callable[..., Any] | None = None,
        trigger: Trigger | str = Trigger.ALL_SUCCESS,
        priority: int = 0,
        pool: str | None = None,
        tags: Iterable[str] = (),
    ) -> Workflow:
        """Add a task and return the workflow. Order does not matter: what it needs may be added later.

        ``action`` is a function or a coroutine function; see :class:`Task` for what it is called with and for the
        other arguments. While the workflow runs, a task may be added that needs tasks which are there.

        Raise ArgumentError with all mistakes among the arguments; what only the whole shows is told by
        :meth:`validate`, and WorkflowError at once while it runs.
        """
        task = _checked(
            name=name, action=action, dependencies=dependencies, args=args, kwargs=kwargs, timeout=timeout,
            retry_policy=retry_policy, condition=condition, trigger=trigger, priority=priority, pool=pool, tags=tags,
            pools=self._pools,
        )  # fmt: skip
        return self._put(task)

    def map(
        self, name: str, action: Callable[..., Any], over: Any, dependencies: Iterable[str] | None = None, **more: Any
    ) -> Workflow:
        """Add a task for each item of ``over``, and one that gathers their results in a list, named ``name``.

        ``over`` is a list, or the name of a task that returns one. ``action`` gets the item as its first argument;
        ``more`` are the other arguments of :meth:`add_task`, for each of them.
        """
        needed = list(dependencies or ())
        if isinstance(over, str) and over not in needed:
            needed.insert(0, over)
        if more.get("args"):
            more["args"] = tuple(more["args"])
        from dataclasses import replace

        task = _checked(name=name, action=action, dependencies=needed, pools=self._pools, **more)
        return self._put(replace(task, over=over, is_map=True))

    def _put(self, task: Task) -> Workflow:
        if task.name in self._tasks:
            self._duplicates.append(task.name)
            if not self._is_running:
                return self
        if self._is_running:
            assert self._scheduler is not None
            known: dict[str, tuple[str, ...]] = dict.fromkeys(self._scheduler.names, ())
            problems = problems_of({**known, task.name: task.dependencies}, [task.name] if task.name in known else [])
            if problems:
                raise WorkflowError(self.name, problems)
            self._scheduler.add(task)
        self._tasks[task.name] = task
        return self

    @property
    def tasks(self) -> Mapping[str, Task]:
        """All tasks by their names, in the order in which they were added."""
        return dict(self._tasks)

    def subscribe(self, listener: Callable[[WorkflowEvent], None]) -> Workflow:
        """Have ``listener`` called with each event, in the thread of the event loop; return the workflow.

        What it raises stops the workflow and is raised by :meth:`run`.
        """
        self._listeners.append(listener)
        return self

    def validate(self) -> None:
        """Raise WorkflowError with everything that is wrong: unknown names, names taken twice, cycles as paths."""
        self._in_order()

    def _in_order(self) -> list[Task]:
        """Return all tasks, each behind what it needs. Raise WorkflowError where there is no such order."""
        order = _sorted(self._tasks)
        if len(order) == len(self._tasks) and not self._duplicates:
            return order
        problems = problems_of({name: task.dependencies for name, task in self._tasks.items()}, self._duplicates)
        raise WorkflowError(self.name, problems)

    # -- running ----------------------------------------------------------------------------------------------

    @property
    def outcomes(self) -> dict[str, TaskOutcome]:
        """What came of each task in the latest run, or where it is now; empty before the first."""
        return {} if self._scheduler is None else self._scheduler.outcomes

    async def run(self, *, raise_on_failure: bool = True) -> dict[str, Any]:
        """Run all tasks, each as soon as what it needs allows it, and return the results of those that passed.

        Raise WorkflowError before anything is run when the workflow is not valid, and WorkflowFailedError, an exception
        group of all that failed, when everything has ended; not with ``raise_on_failure=False``. When it is cancelled,
        everything is stopped first.
        """
        if self._is_running:
            message = f"workflow {self.name!r} is running already: one object runs once at a time"
            raise WorkflowError(self.name, [message.partition(": ")[2] + ", and it is running already"])
        order = self._in_order()
        journal = self._open_journal()
        try:
            plan = self._plan(journal)
            scheduler = self._scheduler = Scheduler(plan, order, self._listeners)
            self._is_running = True
            self._announce(WorkflowStarted, len(order))
            await scheduler.run()
        finally:
            self._is_running = False
            if journal is not None and journal is not self._journal_at:
                journal.close()
        outcomes = scheduler.outcomes
        bad = [outcome for outcome in outcomes.values() if outcome.state.is_bad]
        self._announce(WorkflowFinished, not bad)
        if bad and raise_on_failure:
            raise self._failure(bad, len(outcomes))
        return {name: outcome.result for name, outcome in outcomes.items() if outcome.state is TaskState.PASSED}

    def run_sync(self, *, raise_on_failure: bool = True) -> dict[str, Any]:
        """Do what :meth:`run` does, where no event loop runs."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(self.run(raise_on_failure=raise_on_failure))
        message = "an event loop runs here already: use 'await workflow.run()'"
        raise WorkflowError(self.name, [message])

    def _plan(self, journal: Journal | None) -> Plan:
        pools = dict(self._pools)
        needs_threads = self._executor is None and any(not is_async(task.action) for task in self._tasks.values())
        if needs_threads:
            pools[THREADS] = MOST_THREADS
        return Plan(
            self.name,
            self._timeout,
            self._fail_fast,
            self._max_concurrency,
            pools,
            has_places=bool(pools) or self._max_concurrency is not None,
            executor=self._executor,
            journal=journal,
        )

    def _open_journal(self) -> Journal | None:
        if self._journal_at is None:
            return None
        from .journal import Journal

        if isinstance(self._journal_at, Journal):
            return self._journal_at
        return Journal(self._journal_at, self.name, sync=self._journal_sync)

    def _announce(self, kind: Any, *fields: Any) -> None:
        import time

        for listener in self._listeners:
            listener(kind(self.name, time.time(), *fields))

    def _failure(self, bad: list[TaskOutcome], count: int) -> WorkflowFailedError:
        errors = []
        for outcome in bad:
            error = outcome.error
            assert isinstance(error, Exception)
            tried = f" after {outcome.attempts} attempts" if outcome.attempts > 1 else ""
            error.add_note(f"in task {outcome.name!r} of workflow {self.name!r}{tried}")
            errors.append(error)
        names = ", ".join(outcome.name for outcome in bad[:5]) + (" …" if len(bad) > 5 else "")
        return WorkflowFailedError(f"workflow {self.name!r}: {len(bad)} of {count} tasks failed: {names}", errors)


def _sorted(tasks: Mapping[str, Task]) -> list[Task]:
    """Return the tasks so that each stands behind what it needs, else in their order; those that can be placed."""
    placed: set[str] = set()
    order: list[Task] = []
    late: dict[str, list[Task]] = {}
    for task in tasks.values():
        if placed.issuperset(task.dependencies) and task.name not in late:
            placed.add(task.name)
            order.append(task)
            continue
        ready = [task]
        while ready:
            each = ready.pop()
            missing = next((name for name in each.dependencies if name not in placed), None)
            if missing is not None:
                late.setdefault(missing, []).append(each)
                continue
            placed.add(each.name)
            order.append(each)
            ready.extend(late.pop(each.name, ()))
    return order


def _checked(
    *,
    name: Any,
    action: Any,
    dependencies: Any = None,
    args: Any = (),
    kwargs: Any = None,
    timeout: Any = None,
    retry_policy: Any = None,
    condition: Any = None,
    trigger: Any = Trigger.ALL_SUCCESS,
    priority: Any = 0,
    pool: Any = None,
    tags: Any = (),
    pools: Mapping[str, int],
) -> Task:
    """Return the task of these arguments. Raise ArgumentError with all that is wrong."""
    problems = []
    if not isinstance(name, str) or not name:
        problems.append(f"name: {name!r} is not a text with something in it")
    if not callable(action):
        problems.append(f"action: {action!r} cannot be called")
    if isinstance(dependencies, str):
        problems.append(f"dependencies: {dependencies!r} is one text; give a list, [{dependencies!r}]")
        dependencies = ()
    needed = tuple(dict.fromkeys(dependencies or ()))
    problems += [f"dependencies: {each!r} is not the name of a task" for each in needed if not isinstance(each, str)]
    if not _is_positive(timeout):
        problems.append(f"timeout: {timeout!r} is not a number of seconds above 0; give None for no limit")
    if retry_policy is not None and not isinstance(retry_policy, Delays):
        problems.append(f"retry_policy: {retry_policy!r} is not a RetryPolicy(…)")
    if condition is not None and not callable(condition):
        problems.append(f"condition: {condition!r} cannot be called")
    if type(trigger) is not Trigger and trigger not in list(Trigger):
        problems.append(f"trigger: {trigger!r} is not one of {', '.join(repr(str(each)) for each in Trigger)}")
        trigger = Trigger.ALL_SUCCESS
    if isinstance(priority, bool) or not isinstance(priority, int):
        problems.append(f"priority: {priority!r} is not a whole number")
    if pool is not None and pool not in pools:
        known = ", ".join(map(repr, pools)) or "none: name them in Workflow(pools=…)"
        problems.append(f"pool: there is no pool {pool!r}; there is {known}")
    if kwargs is not None and not isinstance(kwargs, Mapping):
        problems.append(f"kwargs: {kwargs!r} is not a mapping")
        kwargs = None
    if problems:
        raise ArgumentError("\n".join(f"task {name!r}: {problem}" for problem in problems))
    return Task(
        name,
        action,
        needed,
        tuple(args),
        dict(kwargs or {}),
        timeout,
        retry_policy,
        condition,
        Trigger(trigger),
        priority,
        pool,
        frozenset(tags),
    )


def _is_positive(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and value > 0)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
