"""An event loop in which waiting takes no time: its clock jumps to the next moment at which something is to happen."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


class DeadlockError(AssertionError):
    """Nothing will ever happen any more."""


class _Jumping(selectors.SelectSelector):
    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events and timeout is None:
            raise DeadlockError("everybody waits, and nothing is to happen")
        if not events and timeout:
            self.now += timeout
        return events


class SimulatedLoop(asyncio.SelectorEventLoop):
    """A loop with a clock of its own. Threads and programs are no part of its world: nobody waits for them."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def simulated(work: Coroutine[object, object, T]) -> tuple[T, float]:
    """Return what ``work`` returns, and how many seconds it took by the clock of its loop."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        result = runner.run(work)
        return result, runner.get_loop().time()
