"""One interpreter that waits before its script, seen from the supervisor: its start, and scripts started from it.

What happens in it is in ``warm/sitecustomize.py``. It is a child of the supervisor and of no program; scripts that are
started from it become the supervisor's children at once, so everything else holds for them as for any program.
"""

from __future__ import annotations

import _socket
import fcntl
import marshal
import os
import select
import sys
import time

from .signals import ignored_signals, signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

START_SECONDS = 30.0
"""How long an interpreter may take until it waits for scripts, its imports included."""
ANSWER_SECONDS = 10.0
"""How long it may take to fork."""
TRIES = 5
"""Processes that may be killed by somebody with a request in their hands before the script is started plainly."""
LONGEST_REQUEST = 100_000
"""Bytes of arguments and environment; the socket takes about twice as much at once."""
MARSHAL_VERSION = 2
"""Which every Python can read."""

_DIRECTORY = os.fsencode(os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "warm"))
_VARIABLE = b"ORCHESTRATOR_ZYGOTE"
_CONTROL = 3
_LONGEST_PATH = 4096
_FREE_DESCRIPTOR = 10
_MESSAGE = 1 << 16


class Refusal(Exception):  # noqa: N818 - it is an answer
    """A script cannot be started from here. The message says why."""


class Zygote:
    """An interpreter that scripts are started from."""

    def __init__(
        self, executable: bytes, imports: Sequence[str], environment: dict[bytes, bytes], work_dir: bytes, null: int
    ) -> None:
        """Start it. Raise OSError when that cannot be done.

        ``environment`` is that of the first script; ``null`` a descriptor of ``/dev/null``. Output goes to a file as
        that of scripts does: an interpreter looks at its streams when it starts.
        """
        self.executable = executable
        self.due = time.monotonic() + START_SECONDS
        self.is_ready = False
        self.problem = ""
        """Why no script can be started from it; empty as long as one can."""
        ours, theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
        self._socket = ours
        self._socket.settimeout(ANSWER_SECONDS)
        path = b"%s/zygote-%d" % (work_dir, ours.fileno())
        opened = []
        try:
            # A number that is none of those below it, so that it is handed on and not only kept.
            opened.append(fcntl.fcntl(theirs.fileno(), fcntl.F_DUPFD_CLOEXEC, _FREE_DESCRIPTOR))
            opened.append(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600))
            os.unlink(path)
            os.chdir("/")
            self.pid = os.posix_spawn(
                executable,
                [executable, _placeholder()],
                _environment(environment, imports),
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, null, 0),
                    (os.POSIX_SPAWN_DUP2, opened[1], 1),
                    (os.POSIX_SPAWN_DUP2, opened[1], 2),
                    (os.POSIX_SPAWN_DUP2, opened[0], _CONTROL),
                ],
                setsid=True,
                setsigmask=(),
                setsigdef=ignored_signals(),
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
            for fd in opened:
                os.close(fd)

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when it has something to say."""
        return self._socket.fileno()

    def hear(self) -> None:
        """Take in what it says without having been asked."""
        try:
            kind, what = self._answer()
        except Refusal as refusal:
            self.give_up(str(refusal))
            return
        if kind == "ready":
            self.is_ready = True
        elif kind == "unsuitable":
            self.give_up(what)

    def give_up(self, problem: str) -> None:
        """Use it no more, and end it."""
        self.is_ready = False
        self.problem = self.problem or problem
        if self.pid:
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return

    def reaped(self, status: int) -> None:
        """Take note of its end."""
        self.pid = 0
        self.is_ready = False
        code = os.waitstatus_to_exitcode(status)
        how = f"was ended by signal {-code}" if code < 0 else f"ended with status {code}"
        self.problem = self.problem or f"it {how}"

    def close(self) -> None:
        """Let go of it, which ends it."""
        self._socket.close()

    def fork(
        self,
        words: list[bytes],
        environment: dict[bytes, bytes],
        name: bytes,
        fds: tuple[int, int, int],
        mark: Callable[[int], None],
    ) -> int:
        """Start a script in the current directory and return its pid. Raise Refusal if it cannot be done.

        ``words`` is the command line: interpreter, script, arguments; ``name`` what the process is called if not like
        the interpreter; ``fds`` are the standard streams. ``mark`` is called with the pid before the script's first
        step.
        """
        request = marshal.dumps((words, environment, name), MARSHAL_VERSION)
        if len(request) > LONGEST_REQUEST:
            raise Refusal("its arguments and environment are too long")
        directory = os.open(".", os.O_PATH | os.O_CLOEXEC)
        try:
            for _ in range(TRIES):
                pid = self._started(request, (*fds, directory), mark)
                if pid is not None:
                    return pid
        finally:
            os.close(directory)
        raise Refusal("what it has ready is killed again and again")

    def _started(self, request: bytes, fds: tuple[int, ...], mark: Callable[[int], None]) -> int | None:
        """Hand ``request`` to a process that is ready and return its pid; None when that was killed before it could."""
        theirs, ours = os.pipe2(os.O_CLOEXEC)
        try:
            handed = b"".join(fd.to_bytes(4, sys.byteorder) for fd in (*fds, theirs))
            try:
                self._socket.sendmsg([request], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, handed)])
            except OSError as error:
                self.give_up(f"it does not listen: {error.strerror or error}")
                raise Refusal(self.problem) from error
            finally:
                os.close(theirs)
            # Nobody but the one that has the request can read from the pipe now, or is to: its end is the pipe's.
            answers = select.poll()
            answers.register(self._socket, select.POLLIN)
            answers.register(ours, 0)
            found = dict(answers.poll(ANSWER_SECONDS * 1000))
            if found and self.fileno() not in found:
                return None
            kind, what = self._answer()
            if kind != "started":
                raise Refusal(what)
            mark(pid := int(what))
            os.write(ours, b"\0")
        finally:
            os.close(ours)
        return pid

    def _answer(self) -> tuple[str, Any]:
        try:
            data = self._socket.recv(_MESSAGE)
        except OSError as error:
            self.give_up("it does not answer" if isinstance(error, TimeoutError) else f"it is gone: {error.strerror}")
            raise Refusal(self.problem) from error
        if not data:
            self.give_up("it ended unexpectedly")
            raise Refusal(self.problem)
        kind, what = marshal.loads(data)
        return kind, what


def _placeholder() -> bytes:
    """Return a path that leads nowhere and is as long as any can be."""
    return b"/orchestrator-%s/" % os.urandom(8).hex().encode() + b"x" * _LONGEST_PATH


def _environment(script: dict[bytes, bytes], imports: Sequence[str]) -> dict[bytes, bytes]:
    path = script.get(b"PYTHONPATH")
    environment = {**script, _VARIABLE: ",".join(imports).encode()}
    environment[b"PYTHONPATH"] = _DIRECTORY + b":" + path if path else _DIRECTORY
    return environment
