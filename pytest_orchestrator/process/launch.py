"""Starting a supervisor process, and what can be learned of one that died."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from ..errors import SupervisorError
from .channel import Channel
from .events import note_survivors
from .home import PACKAGE_PARENT
from .wire import noted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LAST_WORDS = 4096
_MEASURED = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")
"""By which coverage.py announces that it measures child processes."""
DEAD_SECONDS = 15.0
"""How long the guard of a dead supervisor may take to kill what that left."""


def interpreter_flags() -> list[str]:
    """Return the flags of the supervisor's interpreter.

    Isolated and without ``site``, because virtual-environment hooks cost more than the supervisor itself and a
    user's ``PYTHONPATH`` must not reach it. Only when coverage.py measures child processes (it announces that in
    the environment and starts through ``site``) is the interpreter an ordinary one.
    """
    return ["-P"] if any(map(os.environ.get, _MEASURED)) else ["-I", "-S"]


class SupervisorProcess:
    """A running supervisor and our end of its socket."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """Start one in a session of its own, so that a terminal's Ctrl-C reaches only us.

        ``settings`` is what it is told first. Raise SupervisorError when the operating system refuses.
        """
        if not sys.executable:
            message = "cannot start the supervisor process: sys.executable does not name the Python interpreter"
            raise SupervisorError(message)
        self._token: bytes = settings["token"]
        ours, theirs = socket.socketpair()
        # A file in memory takes what it has to say if it fails; a pipe would have to be read.
        self._words = os.memfd_create("supervisor-stderr", os.MFD_CLOEXEC)
        self._notes = os.memfd_create("supervisor-notes", os.MFD_CLOEXEC)
        program = (
            f"import sys; sys.path.append({PACKAGE_PARENT!r}); "
            f"from pytest_orchestrator.process.supervisor.main import main; main({theirs.fileno()}, {self._notes})"
        )
        try:
            self._process = subprocess.Popen(
                [sys.executable, *interpreter_flags(), "-c", program],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._words,
                pass_fds=(theirs.fileno(), self._notes),
                start_new_session=True,
            )
        except BaseException as error:
            ours.close()
            self.forget()
            if not isinstance(error, OSError):
                raise
            message = f"cannot start the supervisor process with {sys.executable!r}: {error.strerror}"
            raise SupervisorError(message) from error
        finally:
            theirs.close()
        self.channel = Channel(ours)
        with contextlib.suppress(BrokenPipeError):  # it died at once; the first read tells
            self.channel.send(("settings", dict(settings)))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def nudge(self) -> None:
        """Let it go on if it was stopped, and its guard."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGCONT)  # nobody else is in their group

    def leave(self) -> None:
        """Let go of it without ending it: for a forked copy of the process that started it."""
        self.channel.close()
        self.forget()
        # Not our child: nothing to wait for, and nothing to complain of.
        self._process.returncode = 0

    def end(self, seconds: float) -> None:
        """Close the socket, which ends it, and wait; after ``seconds`` kill it with all that it started."""
        self.channel.close()
        if not self._has_ended(seconds):
            self._process.kill()
            self._process.wait()
            self._sweep()

    def _has_ended(self, seconds: float) -> bool:
        """Return whether it ends within ``seconds``: by the kernel's word; ``Popen.wait`` sleeps and looks."""
        if self._process.poll() is None:
            descriptor = os.pidfd_open(self.pid)
            try:
                end = select.poll()
                end.register(descriptor, select.POLLIN)
                end.poll(seconds * 1000)
            finally:
                os.close(descriptor)
        return self._process.poll() is not None

    def bury(self, take: Callable[[tuple[Any, ...]], None]) -> str:
        """Kill what it left after it died, pass what it had said to ``take``, and return how it ended.

        May be called again if an exception interrupted it.
        """
        # What it said before it died counts: a script that had started must not be started again.
        self.channel.drain(take)
        self.end(DEAD_SECONDS)
        for message in noted(self._notes):
            take(message)
        self._sweep()
        return self._obituary()

    def _sweep(self) -> None:
        from .sweep import sweep  # hardly any supervisor dies

        survivors = sweep(self._token)
        if survivors:
            note_survivors(survivors)

    def _obituary(self) -> str:
        words = os.pread(self._words, _LAST_WORDS, max(0, os.fstat(self._words).st_size - _LAST_WORDS))
        text = words.decode("utf-8", "backslashreplace").strip()
        how = f"the supervisor process (pid {self.pid}) ended unexpectedly with status {self._process.returncode}"
        return f"{how}\n{text}" if text else how

    def forget(self) -> None:
        """Free what is held of an ended one."""
        os.close(self._words)
        os.close(self._notes)
