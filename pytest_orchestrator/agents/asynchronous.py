"""The strategies for users of asyncio. Processes run in threads of their own, not in those of the loop's executor."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, TypeVar

from .plans import Watching, batched_course, fallback_course, parallel_course, sequential_course

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..core.retry import RetryPolicy
    from .course import Course, Ended, OnProgress
    from .crew import Crew, Wave
    from .handover import PassOutput
    from .process import AgentProcess
    from .result import ProcessResult

T = TypeVar("T")


async def run_parallel_async(
    processes: Iterable[AgentProcess],
    max_workers: int | None = None,
    *,
    fail_fast: bool = False,
    on_progress: OnProgress | None = None,
    retry: RetryPolicy | int | None = None,
    retry_on: Callable[[ProcessResult], bool] | None = None,
) -> list[ProcessResult]:
    """Do what :func:`~pytest_orchestrator.run_parallel` does, without holding the event loop up.

    Parameters, result and errors are the same. ``on_progress`` is called in the event loop. Cancelling the task
    terminates the processes that run, starts no other, and waits until all have ended.
    """
    watching = Watching(on_progress, retry, retry_on)
    return await _follow(parallel_course("run_parallel_async", processes, watching, max_workers, fail_fast=fail_fast))


async def run_sequential_async(
    processes: Iterable[AgentProcess],
    pass_output: PassOutput = False,
    stop_on_failure: bool = False,
    *,
    pass_failed: bool = False,
    on_progress: OnProgress | None = None,
    retry: RetryPolicy | int | None = None,
    retry_on: Callable[[ProcessResult], bool] | None = None,
) -> list[ProcessResult]:
    """Do what :func:`~pytest_orchestrator.run_sequential` does; see :func:`run_parallel_async`."""
    watching = Watching(on_progress, retry, retry_on)
    course = sequential_course(
        "run_sequential_async",
        processes,
        watching,
        pass_output,
        stop_on_failure=stop_on_failure,
        pass_failed=pass_failed,
    )
    return await _follow(course)


async def run_with_fallback_async(
    processes: Iterable[AgentProcess],
    timeout: float | None = None,
    *,
    on_progress: OnProgress | None = None,
    retry: RetryPolicy | int | None = None,
    retry_on: Callable[[ProcessResult], bool] | None = None,
) -> ProcessResult:
    """Do what :func:`~pytest_orchestrator.run_with_fallback` does; see :func:`run_parallel_async`."""
    watching = Watching(on_progress, retry, retry_on)
    return await _follow(fallback_course("run_with_fallback_async", processes, watching, timeout))


async def run_batched_async(
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
    """Do what :func:`~pytest_orchestrator.run_batched` does; see :func:`run_parallel_async`."""
    watching = Watching(on_progress, retry, retry_on)
    course = batched_course(
        "run_batched_async", processes, watching, batch_size, pass_output, fail_fast=fail_fast, pass_failed=pass_failed
    )
    return await _follow(course)


async def _follow(course: Course[T]) -> T:
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
            ended = await _run(course, wave)
    except BaseException as error:
        course.note(error)
        course.finish()
        raise


async def _run(course: Course[T], wave: Wave) -> Ended:
    loop, news = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(news.set)

    crew = course.crew_of(wave, wake)
    try:
        crew.start()
        while not crew.is_over:
            news.clear()
            course.tell(crew)
            if not crew.is_over:
                await news.wait()
        course.tell(crew)
    except GeneratorExit:
        raise  # the loop was closed under us: waiting is not possible
    except BaseException:
        crew.halt()
        await _end_of(crew, news)
        course.tell(crew)
        raise
    finally:
        crew.halt()
        if crew.is_over:
            crew.join()
    return course.ended(crew)


async def _end_of(crew: Crew, news: asyncio.Event) -> None:
    """Wait until nothing runs any more, however often the task is cancelled meanwhile."""
    while not crew.is_over:
        news.clear()
        if not crew.is_over:
            with contextlib.suppress(asyncio.CancelledError):
                await news.wait()
