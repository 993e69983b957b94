"""The strategies of seed 002: several agent processes in parallel, one after another, as fallbacks, in batches.

They work on anything that has the face of an :class:`~pytest_orchestrator.agents.process.AgentProcess`. Every process
runs in a thread of its own, also where they run one after another: so Ctrl-C, which interrupts the caller's thread
wherever that is, finds all of them where they can be told to end.
"""

from __future__ import annotations

import contextlib
import queue
from typing import TYPE_CHECKING, TypeVar

from .plans import Watching, batched_course, fallback_course, parallel_course, sequential_course

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..core.retry import RetryPolicy
    from .course import Course, Ended, OnProgress
    from .crew import Wave
    from .handover import PassOutput
    from .process import AgentProcess
    from .result import ProcessResult

T = TypeVar("T")
LOOK = 0.5
"""Seconds after which a wait is begun anew: a Ctrl-C just before one begins does not end it."""


def run_parallel(
    processes: Iterable[AgentProcess],
    max_workers: int | None = None,
    *,
    fail_fast: bool = False,
    on_progress: OnProgress | None = None,
    retry: RetryPolicy | int | None = None,
    retry_on: Callable[[ProcessResult], bool] | None = None,
) -> list[ProcessResult]:
    """Run processes at the same time and return their results in the order of completion (seed 002).

    :param processes: agent processes that have not run yet, each once. Two may have the same process id.
    :param max_workers: how many run at once at most. Default: one per CPU and 4 more, at most 32.
    :param fail_fast: whether the first result that is no success ends the others: what runs is terminated (status
        ``cancelled``), what waits is not started and has no result.
    :param on_progress: called with a :class:`~pytest_orchestrator.ProgressEvent` for each step of each process, in
        the thread of the caller. What it raises ends the strategy as Ctrl-C does.
    :param retry: a :class:`~pytest_orchestrator.RetryPolicy`, or the number of attempts in all. Default: one attempt.
        A process that waits for its next attempt keeps its place among the workers. The attempts before the last are
        in the ``attempts`` of the result.
    :param retry_on: function of a failed result that says whether another attempt is worth while. Default:
        :func:`~pytest_orchestrator.is_worth_retrying`, which never repeats a timeout.

    Returns one :class:`~pytest_orchestrator.ProcessResult` for every process that was started; ``[]`` for none. A
    process that raises gives one with status ``error``, exit code 1, the exception in ``error`` and the traceback in
    ``stderr``.

    Ctrl-C (and any other exception in the caller's thread) terminates what runs, starts nothing more, waits until all
    has ended, and goes on; the results so far are then in the attribute ``results`` of the exception. A second Ctrl-C
    does not wait.

    Raises :class:`~pytest_orchestrator.ArgumentError` with everything that is wrong with the arguments.
    """
    watching = Watching(on_progress, retry, retry_on)
    return follow(parallel_course("run_parallel", processes, watching, max_workers, fail_fast=fail_fast))


def run_sequential(
    processes: Iterable[AgentProcess],
    pass_output: PassOutput = False,
    stop_on_failure: bool = False,
    *,
    pass_failed: bool = False,
    on_progress: OnProgress | None = None,
    retry: RetryPolicy | int | None = None,
    retry_on: Callable[[ProcessResult], bool] | None = None,
) -> list[ProcessResult]:
    """Run processes one after another and return their results in that order (seed 002).

    :param processes: agent processes that have not run yet, each once.
    :param pass_output: what each process gets of the one before it. True: its output. A regular expression (a text is
        one with ``re.MULTILINE``): every match, one below the other, its first group if there is one. A function of
        the :class:`~pytest_orchestrator.ProcessResult`: the text that it returns, nothing for None. It stands below a
        line ``--- Output of ID ---`` before the prompt, in a copy of the process that runs in its place: neither the
        process nor its prompt changes. Nothing is passed when there is no output to pass: not from one that failed.
    :param stop_on_failure: whether the first result that is no success is the last one.
    :param pass_failed: whether processes that failed pass their output on, too.

    The other parameters, what is returned and what is raised are those of :func:`run_parallel`.
    """
    watching = Watching(on_progress, retry, retry_on)
    course = sequential_course(
        "run_sequential", processes, watching, pass_output, stop_on_failure=stop_on_failure, pass_failed=pass_failed
    )
    return follow(course)


def run_with_fallback(
    processes: Iterable[AgentProcess],
    timeout: float | None = None,
    *,
    on_progress: OnProgress | None = None,
    retry: RetryPolicy | int | None = None,
    retry_on: Callable[[ProcessResult], bool] | None = None,
) -> ProcessResult:
    """Run processes one after another until one succeeds, and return its result, or the last failure (seed 002).

    :param processes: agent processes that have not run yet, each once; at least one.
    :param timeout: seconds for each of them; where its own limit is smaller, that applies. None and 0: its own only.
        Where this one is smaller, a copy with it runs in place of the process.

    The result is what the process returned, unaltered (but for ``attempts`` where ``retry`` made several). The other
    parameters and what is raised are those of :func:`run_parallel`; an empty list is an
    :class:`~pytest_orchestrator.ArgumentError`, which is a ValueError.
    """
    watching = Watching(on_progress, retry, retry_on)
    return follow(fallback_course("run_with_fallback", processes, watching, timeout))


def run_batched(
    processes: Iterable[AgentProcess],
    batch_size: int,
    pass_output: PassOutput = False,
    *,
    fail_fast: bool = False,
    pass_failed: bool = False,
    on_progress: OnProgress | None = None,
    retry: RetryPolicy | int | None = None,
    retry_on: Callable[[ProcessResult], bool] | None = None,
) -> list[ProcessResult]:
    """Run processes in batches, each batch in parallel and after the one before it has ended (seed 002).

    :param processes: agent processes that have not run yet, each once.
    :param batch_size: processes in one batch, at least 1.
    :param pass_output: what each process gets of the whole batch before, in the order of ``processes``; see
        :func:`run_sequential`.
    :param fail_fast: whether the first result that is no success ends its batch and is in the last one.
    :param pass_failed: whether processes that failed pass their output on, too.

    Returns the results batch by batch, those of one batch in the order of completion. The other parameters and what
    is raised are those of :func:`run_parallel`; a ``batch_size`` below 1 is an
    :class:`~pytest_orchestrator.ArgumentError`, which is a ValueError.
    """
    watching = Watching(on_progress, retry, retry_on)
    course = batched_course(
        "run_batched", processes, watching, batch_size, pass_output, fail_fast=fail_fast, pass_failed=pass_failed
    )
    return follow(course)


def follow(course: Course[T]) -> T:
    """Run a course to its end and return what its plan returns."""
    try:
        course.begin()
        ended: Ended | None = None
        while True:
            try:
                wave = course.plan.send(ended) if ended is not None else next(course.plan)
            except StopIteration as end:
                course.finish()
                value: T = end.value
                return value
            ended = _run(course, wave)
    except BaseException as error:
        course.note(error)
        course.finish()
        raise


def _run(course: Course[T], wave: Wave) -> Ended:
    tokens: queue.SimpleQueue[None] = queue.SimpleQueue()
    crew = course.crew_of(wave, lambda: tokens.put(None))

    def watch() -> None:
        # What was told is looked at before each wait: an exception after get() takes a token, but no news.
        while not crew.is_over:
            course.tell(crew)
            with contextlib.suppress(queue.Empty):
                tokens.get(timeout=LOOK)
        course.tell(crew)

    try:
        crew.start()
        watch()
    except BaseException:
        crew.halt()
        watch()
        raise
    finally:
        crew.halt()
        if crew.is_over:
            crew.join()
    return course.ended(crew)
