"""Small workflows for tests: actions, and running them with states in view."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from simulated_time import simulated

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from pytest_orchestrator.workflows.workflow import Workflow


def give(value: Any = None, seconds: float = 0.0) -> Callable[[], Coroutine[Any, Any, Any]]:
    """Return an action that gives ``value`` after some seconds."""

    async def act() -> Any:
        if seconds:
            await asyncio.sleep(seconds)
        return value

    return act


def fail(error: BaseException | None = None, seconds: float = 0.0) -> Callable[[], Coroutine[Any, Any, Any]]:
    """Return an action that raises after some seconds."""

    async def act() -> Any:
        if seconds:
            await asyncio.sleep(seconds)
        raise OSError("it broke") if error is None else error

    return act


def ask(answer: Any) -> Callable[[], Coroutine[Any, Any, Any]]:
    """Return a condition."""

    async def condition() -> Any:
        return answer

    return condition


def played(workflow: Workflow) -> tuple[dict[str, str], float]:
    """Run ``workflow`` in simulated time; return the state of each task and how many seconds it took."""
    _, seconds = simulated(workflow.run(raise_on_failure=False))
    return states(workflow), seconds


def states(workflow: Workflow) -> dict[str, str]:
    """Return the state of each task; for skipped ones with the reason."""
    return {
        name: str(outcome.state) + (f" ({outcome.skip_reason})" if outcome.skip_reason else "")
        for name, outcome in workflow.outcomes.items()
    }
