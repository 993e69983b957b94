"""Telling a program from its forked copies, which have what it has and must not use it."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING

from ..errors import AgentError

if TYPE_CHECKING:
    from collections.abc import Callable

_all: weakref.WeakSet[Original] = weakref.WeakSet()


class Original:
    """Knows in which process something was made."""

    def __init__(self, forget: Callable[[], None]) -> None:
        """``forget`` is called in every forked copy, to let go of what it must not hold."""
        self._pid = os.getpid()
        self._forget = forget
        _all.add(self)

    @property
    def is_here(self) -> bool:
        """Whether this process is that one, and no copy."""
        return os.getpid() == self._pid

    def check(self, name: str) -> None:
        """Raise AgentError in a copy."""
        if not self.is_here:
            problem = f"{name} belongs to process {self._pid}: a forked one begins its own"
            raise AgentError(problem)

    def forget(self) -> None:
        """Let go of what a copy must not hold."""
        self._forget()


def _after_fork() -> None:
    for original in list(_all):
        original.forget()


os.register_at_fork(after_in_child=_after_fork)
