"""One thing for each process: made when it is first asked for, closed when the process ends, left alone in a fork."""

from __future__ import annotations

import atexit
import os
import threading
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable


class Closing(Protocol):
    """What can be the one thing of a process."""

    def close(self) -> None:
        """End what it holds, in the process that made it."""

    def forget(self) -> None:
        """Let go of what it holds without ending it, in a process that was forked from that one."""


Kept = TypeVar("Kept", bound=Closing)


class PerProcess(Generic[Kept]):
    """The place of that thing. Made once, at the top of a module: what forks knows of it as long as the process lasts.

    It may be asked from any thread.
    """

    def __init__(self, make: Callable[[], Kept]) -> None:
        """``make`` is called for the first who asks, and again for the first in each forked copy."""
        self._make = make
        self._kept: Kept | None = None
        self._creation = threading.Lock()
        os.register_at_fork(after_in_child=self._begin_anew)

    def get(self) -> Kept:
        """Return the one of this process."""
        with self._creation:
            if self._kept is None:
                self._kept = self._make()
                atexit.register(self._close, self._kept)
            return self._kept

    def _close(self, kept: Kept) -> None:
        if kept is self._kept:  # else it is that of the process that this one was forked from
            kept.close()

    def _begin_anew(self) -> None:
        self._creation = threading.Lock()  # a thread that is not here any more may have held the other
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.forget()
