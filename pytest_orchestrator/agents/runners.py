"""The processes of a session that run now: let in, held up, told to end, waited for."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .process import CliProcess

LOOK = 0.2
"""Seconds between two looks of a process that waits for the end of a pause: nobody tells when it is terminated."""


class Runners:
    """Who runs, and in which thread. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._guard = threading.Condition()
        self._running: dict[CliProcess, threading.Thread] = {}
        self._is_paused = False
        self._is_open = True

    def __len__(self) -> int:
        with self._guard:
            return len(self._running)

    @property
    def is_open(self) -> bool:
        """Whether anything may start."""
        return self._is_open

    def enter(self, process: CliProcess) -> bool:
        """Wait for the end of a pause; return whether ``process`` may run now, and then count it among them."""
        with self._guard:
            while self._is_paused and self._is_open and not process.is_unwanted:
                self._guard.wait(LOOK)
            if self._is_open:
                self._running[process] = threading.current_thread()
            return self._is_open

    def has(self, process: CliProcess) -> bool:
        """Return whether ``process`` was let in and has not left."""
        with self._guard:
            return process in self._running

    def leave(self, process: CliProcess) -> None:
        """Count it no more."""
        with self._guard:
            self._running.pop(process, None)
            self._guard.notify_all()

    def pause(self) -> int | None:
        """Let all stand still and nothing start; return how many run, or None when nothing changes by that."""
        with self._guard:
            if not self._is_open or self._is_paused:
                return None
            self._is_paused = True
            for process in self._running:
                process.suspend()
            return len(self._running)

    def resume(self) -> int | None:
        """Let all go on; return how many there are, or None when they were not paused."""
        with self._guard:
            if not self._is_paused or not self._is_open:
                return None
            self._is_paused = False
            for process in self._running:
                process.resume()
            self._guard.notify_all()
            return len(self._running)

    def end(self) -> int | None:
        """Tell all to end, and let nothing start any more; return how many run, or None when that was so already."""
        with self._guard:
            was_open, self._is_open = self._is_open, False
            self._is_paused = False
            for process in self._running:  # again, if it was so: an exception may have kept some from hearing it
                process.terminate()
            self._guard.notify_all()
            return len(self._running) if was_open else None

    def wait(self, seconds: float, at_most: float = math.inf) -> bool:
        """Wait until none runs, those of this thread aside, ``seconds`` longer than the longest grace period.

        Never wait longer than ``at_most`` seconds. Return whether none is left at all.
        """
        with self._guard:
            seconds += max((process.extras.grace for process in self._running), default=0.0)
            deadline = time.monotonic() + min(seconds, at_most)
            while self._others() and (rest := deadline - time.monotonic()) > 0:
                self._guard.wait(min(rest, 1.0))  # a thread that dies does not say so
            return not self._running

    def _others(self) -> bool:
        # This thread cannot wait for itself; one that is gone was interrupted before it could leave.
        me = threading.current_thread()
        return any(thread is not me and thread.is_alive() for thread in self._running.values())
