"""A program that somebody else runs for us: asked for in one thread, run by another."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from .command import Command, Outcome

    Request = Literal["cancel", "end_now", "suspend", "resume"]

_GLANCE = 1.0
"""Seconds between two looks at whether it has ended, for those whom Ctrl-C in another thread kept from being woken."""


class Run:
    """One program that a dispatcher was asked for. Its methods may be called from any thread."""

    def __init__(self, command: Command, ask: Callable[[Run, Request], None]) -> None:
        """``ask`` has something done by whoever runs the program."""
        self.command = command
        self.is_begun = False
        """Whether somebody is going to tell its outcome."""
        self._ask = ask
        self._outcome: Outcome | None = None
        # Not an Event: when Ctrl-C comes while one is waited for, it may raise a RuntimeError in its place.
        self._in_progress = threading.Lock()
        self._in_progress.acquire()
        self._guard = threading.Lock()
        self._calls: list[Callable[[], None]] = []
        self._files: tuple[bytes, bytes] | None = None
        """Where its output goes while it runs, or went."""

    def wait(self, seconds: float | None = None) -> Outcome | None:
        """Return its outcome, waiting at most ``seconds`` (None: as long as it takes); None if it is not there yet."""
        end = None if seconds is None else time.monotonic() + seconds
        while self._outcome is None:
            rest = _GLANCE if end is None else min(_GLANCE, end - time.monotonic())
            if rest <= 0:
                break
            if self._in_progress.acquire(timeout=rest):
                self._in_progress.release()  # for others who wait
        return self._outcome

    def cancel(self) -> None:
        """Ask for its end: SIGTERM, the grace period, SIGKILL, each to the whole tree. The outcome will say so."""
        self._ask(self, "cancel")

    def end_now(self) -> None:
        """Have the whole tree killed at once, without a grace period. The outcome will say ``cancelled``."""
        self._ask(self, "end_now")

    def suspend(self) -> None:
        """Stop the whole tree where it is; its time limits stand still too."""
        self._ask(self, "suspend")

    def resume(self) -> None:
        """Let it go on after :meth:`suspend`."""
        self._ask(self, "resume")

    @property
    def files(self) -> tuple[bytes, bytes] | None:
        """The files of stdout and stderr while it runs; None before that.

        Those of a command with ``whole_output`` are its own: who has opened one reads nothing else from it, ever.
        """
        return self._files

    def note_files(self, files: tuple[bytes, bytes]) -> None:
        """Take note where its output goes."""
        self._files = files

    def when_ended(self, call: Callable[[], None]) -> None:
        """Have ``call`` called when there is an outcome, in another thread; at once if there is one already."""
        with self._guard:
            if self._outcome is None:
                self._calls.append(call)
                return
        call()

    def finish(self, outcome: Outcome) -> None:
        """Take its outcome, and wake who waits for it."""
        with self._guard:
            if self._outcome is not None:
                return
            self._outcome = outcome
        self._in_progress.release()
        for call in self._calls:
            call()
