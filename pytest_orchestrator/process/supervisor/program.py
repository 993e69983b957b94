"""One program: what was asked for, its start, and what is known of it until nothing of it is left."""

from __future__ import annotations

import errno
import os
import time

from .tree import command_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from .request import Request
    from .slots import Slot, Stream
    from .terminals import Terminals
    from .zygotes import Zygotes

RUNNING = "running"
CLOSING = "closing"
"""It was told that the end is near, by the end of its input or SIGINT, and has a moment to put things in order."""
LINGERING = "lingering"
"""The program has ended; what it left gets a moment to end by itself (a ``tee`` that drains its input does)."""
STOPPING = "stopping"
"""SIGTERM was sent to the whole tree; the grace period runs."""
KILLING = "killing"
"""SIGKILL was sent; the tree is awaited."""

LINGER = 0.1
"""Seconds of LINGERING."""
LINGER_BUSY = 1.0
"""Seconds of LINGERING for what is not waiting but computing or writing: on a loaded machine a ``tee`` takes long."""
CLOSE_SECONDS = 1.5
"""Most seconds of CLOSING; a quarter of the grace period, which it is a part of, at the most."""
RECHECK = 0.02
"""Seconds between two looks at a tree that is being killed: a process may fork while it is."""
OUTPUT_CHECK = 0.1
"""Seconds between two looks at the size of the output, where it is limited."""
IDLE_STEP = 0.25
"""Longest time between two looks for new output, where its lack is limited."""
NEVER = float("inf")


class Program:
    """A started program."""

    __slots__ = (
        "_idle_since", "_seen_output", "_suspended", "asked", "cancelled", "cpu_time", "due", "duration", "ended",
        "exit_code", "grace", "is_lost", "is_warm", "left", "limit", "max_rss_kb", "number", "phase", "phase_began",
        "pid", "request", "session", "slot", "started", "started_clock", "terminal", "unkillable",
    )  # fmt: skip

    def __init__(self, request: Request, slot: Slot, pid: int, started: float, started_clock: float) -> None:
        self.request = request
        self.number = request.number
        self.slot = slot
        self.pid = pid
        self.session = pid
        """It leads its own session, so this is also the session's and the first group's number."""
        self.started = started
        self.started_clock = started_clock
        self.phase = RUNNING
        self.phase_began = started_clock
        self.grace = request.grace
        self.exit_code: int | None = None
        self.ended = 0.0
        self.duration = 0.0
        self.cpu_time = 0.0
        self.max_rss_kb = 0
        self.limit: str | None = None
        self.cancelled = False
        self.asked: set[int] = set()
        """Processes that were sent SIGTERM."""
        self.is_lost = False
        """The supervisor was told to end while it ran."""
        self.is_warm = False
        """It was not started but forked from an interpreter that was there already."""
        self.left: list[tuple[int, bytes]] = []
        self.unkillable: list[tuple[int, bytes]] = []
        self.terminal: int | None = None
        """Our end of the terminal that it reads from."""
        self._suspended: float | None = None
        """Since when (by the monotonic clock) it stands still, and its clock with it."""
        self._idle_since = started_clock
        self._seen_output = (0, 0, 0, 0)
        self.due = NEVER
        """When (by the monotonic clock) to look at it even if nothing happens."""
        self._set_due(started_clock)

    @property
    def has_exited(self) -> bool:
        """Whether the program itself has been reaped."""
        return self.exit_code is not None

    def enter(self, phase: str) -> None:
        """Move on to ``phase``."""
        self.phase = phase
        self.phase_began = now = time.monotonic()
        if phase == LINGERING:
            self.due = now + LINGER
        elif phase == CLOSING:
            seconds = min(CLOSE_SECONDS, self.grace / 4)
            self.grace -= seconds
            self.due = now + seconds
        elif phase == STOPPING:
            self.due = now + self.grace
        else:
            self.due = now + RECHECK

    @property
    def is_suspended(self) -> bool:
        """Whether it stands still because somebody asked for it."""
        return self._suspended is not None

    def stop_clock(self) -> None:
        """Let its clock stand still: no limit of time is reached meanwhile."""
        self._suspended = time.monotonic()
        self.due = NEVER

    def start_clock(self) -> None:
        """Let its clock go on, from where it stood."""
        if self._suspended is not None:
            now = time.monotonic()
            pause = now - self._suspended
            self.started_clock += pause
            self._idle_since += pause
            self._suspended = None
            if self.phase == RUNNING:
                self._set_due(now)

    def record_exit(self, status: int, usage: Any) -> None:
        """Note how the program itself ended."""
        self.start_clock()
        self.exit_code = os.waitstatus_to_exitcode(status)
        self.ended = time.time()
        self.duration = time.monotonic() - self.started_clock
        self.cpu_time = usage.ru_utime + usage.ru_stime
        self.max_rss_kb = usage.ru_maxrss

    def record_left(self, pids: Iterable[int]) -> None:
        """Note which processes it left behind."""
        self.left = [(pid, command_line(pid)) for pid in sorted(pids)]

    def limit_reached(self, now: float) -> str | None:
        """Return the name of the limit that is reached now, if one is; else set when to look again."""
        request = self.request
        if request.timeout is not None and now >= self.started_clock + request.timeout:
            return "timeout"
        if request.output_limit is not None and self.slot.size() > request.output_limit:
            return "output_mb"
        if request.idle_timeout is not None:
            # Compared with itself, not with the clock on the wall, which somebody may set.
            output = self.slot.fingerprint()
            if output != self._seen_output:
                self._seen_output, self._idle_since = output, now
            elif now >= self._idle_since + request.idle_timeout:
                return "idle_timeout"
        self._set_due(now)
        return None

    def outcome(self, out: Stream, err: Stream, tmp: bytes | None) -> tuple[Any, ...]:
        """Return what the engine is told of it, as plain values in the order in which ``outcomes.told`` takes them."""
        return (
            self.pid,
            self.started,
            self.ended or time.time(),
            self.duration or time.monotonic() - self.started_clock,
            self.exit_code,
            out,
            err,
            self.limit,
            self.cancelled,
            self.is_lost,
            self.left,
            self.unkillable,
            self.cpu_time,
            self.max_rss_kb,
            tmp,
            self.request.notes,
            self.is_warm,
        )

    def _set_due(self, now: float) -> None:
        request = self.request
        due = NEVER if request.timeout is None else self.started_clock + request.timeout
        if request.output_limit is not None:
            due = min(due, now + OUTPUT_CHECK)
        if request.idle_timeout is not None:
            step = min(IDLE_STEP, request.idle_timeout / 8)
            due = min(due, now + step)
        self.due = due


def start(
    request: Request,
    slot: Slot,
    environment: dict[bytes, bytes],
    null: int,
    ignored: Sequence[int],
    terminals: Terminals,
    zygotes: Zygotes | None = None,
) -> Program:
    """Start the program of ``request`` as the leader of a session of its own, which ignores none of ``ignored``.

    ``chdir`` here and not in the child is safe because one thread only starts programs; ``posix_spawn`` never
    copies the parent's memory. Raise OSError when it cannot be started.
    """
    os.chdir(slot.directory(request.below_tmp) if request.cwd is None else request.cwd)
    if request.argv[0] != request.program and not os.access(request.program, os.X_OK):
        # A shell sets its limits first, and its words for this would look like the program's own failure.
        number = errno.EACCES if os.path.exists(request.program) else errno.ENOENT
        raise OSError(number, os.strerror(number), request.program)
    terminal = None
    if request.terminal:
        terminal, stdin = terminals.open()
    else:
        stdin = null if request.stdin is None else _text_file(request.stdin)
    try:
        # Taken before the start, which returns only when the kernel has loaded the program: that is part of its time.
        started, started_clock = time.time(), time.monotonic()
        pid = zygotes.fork(request, environment, (stdin, slot.stdout.fd, slot.stderr.fd)) if zygotes else None
        is_warm = pid is not None
        if pid is None:
            pid = _spawn(request, environment, (stdin, slot.stdout.fd, slot.stderr.fd), ignored)
    except BaseException:
        terminals.close(terminal)
        raise
    finally:
        if stdin != null:
            os.close(stdin)
    program = Program(request, slot, pid, started, started_clock)
    program.terminal = terminal
    program.is_warm = is_warm
    return program


def _spawn(
    request: Request, environment: dict[bytes, bytes], streams: tuple[int, int, int], ignored: Sequence[int]
) -> int:
    return os.posix_spawn(
        request.argv[0],
        request.argv,
        environment,
        file_actions=[(os.POSIX_SPAWN_DUP2, fd, number) for number, fd in enumerate(streams)],
        setsid=True,
        setsigmask=(),
        setsigdef=ignored,
    )


def _text_file(text: bytes) -> int:
    """Return a descriptor from which ``text`` can be read; it never was a file on disk."""
    fd = os.memfd_create("stdin", os.MFD_CLOEXEC)
    rest = memoryview(text)
    while rest:
        rest = rest[os.write(fd, rest) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
