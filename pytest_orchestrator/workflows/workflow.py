"""A workflow: tasks that need one another, run by :meth:`Workflow.run` (seed 004)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from .alone import run_alone
from .arguments import task_of, workflow_problems
from .attempts import STOP_SECONDS
from .errors import WorkflowError, WorkflowFailedError
from .fingerprint import definition_of
from .graph import in_order, problems_of
from .outcome import TaskState
from .plan import Plan
from .scheduler import Scheduler
from .task import Task, Trigger

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Executor

    from ..core.retry import RetryPolicy as Delays
    from .events import WorkflowEvent
    from .journal import Journal
    from .outcome import TaskOutcome


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

        ``timeout`` is in seconds, for everything; ``fail_fast`` lets the first failure end everything but
        tasks with the triggers ``one_failed`` and ``all_done``, which are there for failures;
        ``max_concurrency`` is how many tasks run at a time; ``pools`` are names with a number of places each, for tasks
        that name one; ``executor`` is where actions run that are no coroutines (default: threads). ``journal`` is the
        path of a file in which finished tasks are kept, so that a run that was killed can be resumed by another with
        the same file; ``journal_sync="full"`` survives a loss of power. ``on_event`` is called with each event.

        Raise ArgumentError with all mistakes.
        """
        problems = workflow_problems(name, timeout, max_concurrency, pools or {}, executor, journal_sync)
        if problems:
            raise ArgumentError("\n".join(f"Workflow: {problem}" for problem in problems))
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
        self._latest: Scheduler | None = None
        self._running: Scheduler | None = None

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
        task = task_of(
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
        if isinstance(over, Iterator):  # it can be gone through once, and a workflow runs as often as one likes
            over = tuple(over)
        needed = list(dependencies or ())
        if isinstance(over, str) and over not in needed:
            needed.insert(0, over)
        task = task_of(name=name, action=action, dependencies=needed, pools=self._pools, **more)
        return self._put(replace(task, over=over, is_map=True))

    def _put(self, task: Task) -> Workflow:
        scheduler = self._running
        if scheduler is not None:
            # Of this run only: another will add its own.
            scheduler.growth.add(task)
        elif task.name in self._tasks:
            self._duplicates.append(task.name)
        else:
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
        order = in_order(self._tasks)
        if len(order) == len(self._tasks) and not self._duplicates:
            return order
        problems = problems_of({name: task.dependencies for name, task in self._tasks.items()}, self._duplicates)
        raise WorkflowError(self.name, problems)

    # -- running ----------------------------------------------------------------------------------------------

    @property
    def outcomes(self) -> dict[str, TaskOutcome]:
        """What came of each task in the latest run, or where it is now; empty before the first."""
        return {} if self._latest is None else self._latest.outcomes

    async def run(self, *, raise_on_failure: bool = True) -> dict[str, Any]:
        """Run all tasks, each as soon as what it needs allows it, and return the results of those that passed.

        Raise WorkflowError before anything is run when the workflow is not valid, and WorkflowFailedError, an exception
        group of all that failed, when everything has ended; not with ``raise_on_failure=False``. When it is cancelled,
        everything is stopped first.
        """
        if self._running is not None:
            raise WorkflowError(self.name, ["it is running already: one object runs once at a time"])
        order = self._in_order()
        journal = self._open_journal()
        try:
            plan = Plan(
                self.name, self._timeout, self._fail_fast, self._max_concurrency, self._pools, self._executor, journal
            )
            self._latest = self._running = Scheduler(plan, order, self._listeners)
            await self._running.run()
        finally:
            self._running = None
            if journal is not None and journal is not self._journal_at:
                journal.close()
        outcomes = self._latest.outcomes
        bad = [outcome for outcome in outcomes.values() if outcome.state.is_bad]
        if bad and raise_on_failure:
            raise self._failure(bad, len(outcomes))
        return {name: outcome.result for name, outcome in outcomes.items() if outcome.state is TaskState.PASSED}

    def hasten(self, chosen: Callable[[str], bool]) -> None:
        """While it runs, have attempts begin now that wait for their delay: of the tasks whose names are ``chosen``."""
        if self._running is not None:
            self._running.hasten(chosen)

    async def __call__(self) -> dict[str, Any]:
        """Do what :meth:`run` does: so a workflow can be the action of a task of another."""
        return await self.run()

    @property
    def definition(self) -> str:
        """What the workflow is, for the journal of another of which it is a task."""
        return repr([(self.name, *(definition_of(task) for task in self._tasks.values()))])

    @property
    def stop_seconds(self) -> float:
        """How long its end may take, in seconds: as long as that of the slowest task, and a little more."""
        slowest = max((getattr(task.action, "stop_seconds", 0.0) for task in self._tasks.values()), default=0.0)
        return max(slowest, STOP_SECONDS) + STOP_SECONDS

    def run_sync(self, *, raise_on_failure: bool = True) -> dict[str, Any]:
        """Do what :meth:`run` does, where no event loop runs."""
        return run_alone(self.name, self.run(raise_on_failure=raise_on_failure))

    def _open_journal(self) -> Journal | None:
        if self._journal_at is None:
            return None
        from .journal import Journal

        if isinstance(self._journal_at, Journal):
            self._journal_at.load()
            return self._journal_at
        return Journal(self._journal_at, self.name, sync=self._journal_sync)

    def _failure(self, bad: list[TaskOutcome], count: int) -> WorkflowFailedError:
        errors = []
        for outcome in bad:
            error = outcome.error
            assert isinstance(error, Exception)
            tried = f" after {outcome.attempts} attempts" if outcome.attempts > 1 else ""
            note = f"in task {outcome.name!r} of workflow {self.name!r}{tried}"
            if note not in getattr(error, "__notes__", ()):  # the same exception may come again
                error.add_note(note)
            errors.append(error)
        names = ", ".join(outcome.name for outcome in bad[:5]) + (" …" if len(bad) > 5 else "")
        return WorkflowFailedError(f"workflow {self.name!r}: {len(bad)} of {count} tasks failed: {names}", errors)
