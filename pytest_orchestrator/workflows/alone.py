"""Running a workflow in an event loop of its own."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, TypeVar

from .attempts import STOP_SECONDS
from .errors import WorkflowError

if TYPE_CHECKING:
    from collections.abc import Coroutine

logger = logging.getLogger("pytest_orchestrator.workflows")

T = TypeVar("T")


def run_alone(name: str, work: Coroutine[None, None, T]) -> T:
    """Return what ``work`` returns, which runs the workflow ``name``. Raise WorkflowError where a loop runs already.

    A coroutine that does not let itself be cancelled is waited for one second, not for ever as ``asyncio.run`` does.
    """
    if _runs_loop():
        work.close()
        raise WorkflowError(name, ["an event loop runs here already: use 'await workflow.run()', or a thread"])
    return asyncio.run(_without_the_stubborn(name, work))


def _runs_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def _without_the_stubborn(name: str, work: Coroutine[None, None, T]) -> T:
    try:
        return await work
    finally:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        stubborn = (await asyncio.wait(others, timeout=STOP_SECONDS))[1] if others else ()
        for task in stubborn:
            asyncio._unregister_task(task)  # noqa: SLF001 - documented, for who has an event loop of one's own
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # noqa: SLF001 - it is told here
            logger.warning("workflow %r: %s does not let itself be cancelled; it was left", name, _called(task))


def _called(task: asyncio.Task[object]) -> str:
    """Return the name of the coroutine that ``task`` waits for: its own is the engine's."""
    own = task.get_coro()
    return str(getattr(getattr(own, "cr_await", None), "__qualname__", None) or own)
