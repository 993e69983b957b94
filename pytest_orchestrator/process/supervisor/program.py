"""One program from its start to the moment when nothing of it is left."""

from __future__ import annotations

import os
import signal
import time

from .tree import command_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .slots import Slot

RUNNING = "running"
LINGERING = "lingering"
"""The program has ended; what it left gets a moment to end by itself (a ``tee`` that drains its input does)."""
STOPPING = "stopping"
"""SIGTERM was sent to the whole tree; the grace period runs."""
KILLING = "killing"
"""SIGKILL was sent; the tree is awaited."""

LINGER = 0.1
"""Seconds of LINGERING."""
RECHECK = 0.05
"""Seconds between two looks at a tree that is being killed: a process may fork while it is."""
GIVE_UP = 5.0
"""Seconds of KILLING after which what is left is reported as unkillable."""

_DEFAULT_SIGNALS = [signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]


class Request:
    """What the engine asked for. The fields are those of ``command.Command``, as plain values."""

    __slots__ = (
        "argv", "cwd", "env", "grace", "id", "idle_timeout", "keep_stderr", "keep_stdout", "left_processes",
        "output_limit", "resources", "stdin", "timeout", "unset",
    )  # fmt: skip

    def __init__(self, number: int, fields: dict[str, Any]) -> None:
        self.id = number
        self.argv: list[bytes] = fields["argv"]
        self.cwd: bytes | None = fields["cwd"]
        self.env: dict[bytes, bytes] = fields["env"]
        self.unset: list[bytes] = fields["unset"]
        self.stdin: bytes | None = fields["stdin"]
        self.timeout: float | None = fields["timeout"]
        self.idle_timeout: float | None = fields["idle_timeout"]
        self.grace: float = fields["grace"]
        self.output_limit: int | None = fields["output_limit"]
        self.resources: list[str] = fields["resources"]
        self.left_processes: str = fields["left_processes"]
        self.keep_stdout: bytes | None = fields["keep_stdout"]
        self.keep_stderr: bytes | None = fields["keep_stderr"]


class Program:
    """A started program."""

    __slots__ = (
        "cancelled", "cpu_time", "duration", "ended", "exit_code", "left", "limit", "max_rss_kb", "phase",
        "phase_began", "pid", "request", "session", "slot", "started", "started_clock", "unkillable",
    )  # fmt: skip

    def __init__(self, request: Request, slot: Slot, pid: int, started: float, started_clock: float) -> None:
        self.request = request
        self.slot = slot
        self.pid = pid
        self.session = pid
        """It leads its own session, so this is also the session's and the first group's number."""
        self.started = started
        self.started_clock = started_clock
        self.phase = RUNNING
        self.phase_began = self.started_clock
        self.exit_code: int | None = None
        self.ended = 0.0
        self.duration = 0.0
        self.cpu_time = 0.0
        self.max_rss_kb = 0
        self.limit: str | None = None
        self.cancelled = False
        self.left: list[tuple[int, bytes]] = []
        self.unkillable: list[tuple[int, bytes]] = []

    @property
    def has_exited(self) -> bool:
        """Whether the program itself has been reaped."""
        return self.exit_code is not None

    def enter(self, phase: str) -> None:
        """Move on to ``phase``."""
        self.phase = phase
        self.phase_began = time.monotonic()

    def record_exit(self, status: int, usage: Any) -> None:
        """Note how the program itself ended."""
        self.exit_code = os.waitstatus_to_exitcode(status)
        self.ended = time.time()
        self.duration = time.monotonic() - self.started_clock
        self.cpu_time = usage.ru_utime + usage.ru_stime
        self.max_rss_kb = usage.ru_maxrss

    def record_left(self, pids: Iterable[int]) -> None:
        """Note which processes it left behind."""
        self.left = [(pid, command_line(pid)) for pid in sorted(pids)]

    def next_look(self) -> float | None:
        """Return when (by the monotonic clock) something is due even if nothing happens; None if never."""
        request = self.request
        if self.phase == LINGERING:
            return self.phase_began + LINGER
        if self.phase == STOPPING:
            return self.phase_began + request.grace
        if self.phase == KILLING:
            return time.monotonic() + RECHECK
        due = []
        if request.timeout is not None:
            due.append(self.started_clock + request.timeout)
        if request.idle_timeout is not None:
            due.append(self._last_output() + request.idle_timeout)
        if request.output_limit is not None:
            due.append(time.monotonic() + 0.1)
        return min(due) if due else None

    def _last_output(self) -> float:
        """Return when it last wrote something, by the monotonic clock."""
        written = max(self.slot.stdout.last_write(), self.slot.stderr.last_write(), self.started)
        return time.monotonic() - max(0.0, time.time() - written)

    def limit_reached(self) -> str | None:
        """Return the name of the limit that is reached now, if one is."""
        request = self.request
        now = time.monotonic()
        if request.timeout is not None and now >= self.started_clock + request.timeout:
            return "timeout"
        if request.idle_timeout is not None and now >= self._last_output() + request.idle_timeout:
            return "idle_timeout"
        if (
            request.output_limit is not None
            and self.slot.stdout.size() + self.slot.stderr.size() > request.output_limit
        ):
            return "output_mb"
        return None


def start(request: Request, slot: Slot, environment: dict[bytes, bytes], null: int) -> Program:
    """Start the program of ``request`` as the leader of a session of its own.

    ``chdir`` here and not in the child is safe because one thread only starts programs; ``posix_spawn`` never
    copies the parent's memory. Raise OSError when it cannot be started.
    """
    os.chdir(slot.tmp if request.cwd is None else request.cwd)
    stdin = null
    if request.stdin is not None:
        stdin = os.memfd_create("stdin", os.MFD_CLOEXEC)
        os.write(stdin, request.stdin)
        os.lseek(stdin, 0, os.SEEK_SET)
    # Taken before the spawn, which returns only when the kernel has loaded the program: that is part of its time.
    started, started_clock = time.time(), time.monotonic()
    try:
        pid = os.posix_spawn(
            request.argv[0],
            request.argv,
            environment,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, stdin, 0),
                (os.POSIX_SPAWN_DUP2, slot.stdout.fd, 1),
                (os.POSIX_SPAWN_DUP2, slot.stderr.fd, 2),
            ],
            setsid=True,
            setsigmask=(),
            setsigdef=_DEFAULT_SIGNALS,
        )
    finally:
        if stdin != null:
            os.close(stdin)
    return Program(request, slot, pid, started, started_clock)
