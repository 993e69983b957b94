"""The strategies for users of asyncio. Processes run in threads of their own, not in those of the loop's executor."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from .calls import ASYNC
from .faces import plan_of, presented
from .strategies import run_batched, run_parallel, run_sequential, run_with_fallback

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from .course import Course, Ended
    from .crew import Crew, Wave

P = ParamSpec("P")
T = TypeVar("T")
_DIFFERENCE = """
This one is awaited, and does not hold the event loop up. ``on_progress`` is called in the event loop. Cancelling the
task terminates the processes that run, starts no other, and waits until all have ended.
"""


def _awaited(strategy: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    plan = plan_of(strategy)
    name = f"{plan.__name__}{ASYNC}"

    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return await _follow(plan(*args, **kwargs)(name))

    return presented(call, plan, name, __name__, _DIFFERENCE)


run_parallel_async = _awaited(run_parallel)
run_sequential_async = _awaited(run_sequential)
run_with_fallback_async = _awaited(run_with_fallback)
run_batched_async = _awaited(run_batched)


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
