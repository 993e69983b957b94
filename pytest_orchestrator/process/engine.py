"""The engine: starts programs through a supervisor process, keeps up to N of them running, and hands out outcomes."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import select
import subprocess
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..core.result import LeftProcess
from ..errors import SupervisorError
from .command import Capture, Command, Outcome
from .launch import SupervisorProcess, launch_supervisor
from .limits import limited
from .sweep import sweep
from .wire import READ_SIZE, Unpacker, pack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

logger = logging.getLogger("pytest_orchestrator.process")

CLOSE_SECONDS = 15.0
"""How long :meth:`Engine.close` waits for the supervisor; a program may use its grace period before that."""
MAX_DEATHS = 3
"""Supervisors that may die one after another without one finished program before the engine gives up."""


@dataclass(slots=True)
class _Running:
    pid: int
    started: float
    stdout: bytes
    stderr: bytes


class Engine:
    """Runs :class:`Command` objects, at most ``jobs`` at a time, and returns their :class:`Outcome`.

    Not for several threads at once. Use it as a context manager, or call :meth:`close`; a process that just ends
    leaves no program behind either.
    """

    def __init__(self, work_dir: Path, lock_dir: Path, jobs: int = 1, watch: tuple[int, ...] = ()) -> None:
        """Prepare; nothing is started before the first command.

        ``work_dir`` is a directory of this engine's own for output and temporary files, removed by :meth:`close` as
        far as it is empty; ``lock_dir`` is shared by all who respect the same named locks; ``watch`` are pids (this
        process is always one) whose end also ends every program.
        """
        self.jobs = jobs
        self._work_dir = work_dir
        self._lock_dir = lock_dir
        self._watch = (os.getpid(), *watch)
        self._owner = os.getpid()
        self._token = b""
        self._supervisor: SupervisorProcess | None = None
        self._generation = 0
        self._unpacker = Unpacker()
        self._sent_env: Mapping[bytes, bytes] | None = None
        self._next = 0
        self._commands: dict[int, Command] = {}
        self._running: dict[int, _Running] = {}
        self._outcomes: dict[int, Outcome] = {}
        self._deaths = 0
        self._said_bye = False
        self._fatal: str | None = None

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # -- what callers do --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the supervisor now, so that it is there when the first command comes.

        Raise SupervisorError if it cannot be started.
        """
        if self._supervisor is None:
            self._start_supervisor()

    @property
    def unfinished(self) -> int:
        """The number of tickets whose outcome has not arrived."""
        return len(self._commands)

    def submit(self, command: Command) -> int:
        """Queue ``command`` and return its ticket. It starts as soon as fewer than ``jobs`` programs run.

        Raise SupervisorError if no supervisor can be started.
        """
        self._next += 1
        ticket = self._next
        self._commands[ticket] = command
        self._request(ticket, command)
        return ticket

    def wait(self, ticket: int, tick: Callable[[], None] | None = None, every: float | None = None) -> Outcome:
        """Return the outcome of ``ticket``, waiting for it. A ticket gives its outcome once.

        ``tick``, if given, is called whenever something has arrived meanwhile, and at least every ``every`` seconds.
        """
        while ticket not in self._outcomes:
            if ticket not in self._commands:
                problem = f"ticket {ticket} is not one of this engine's, or its outcome was taken already"
                raise KeyError(problem)
            self._receive(every)
            if tick:
                tick()
        return self._outcomes.pop(ticket)

    def pause(self, seconds: float) -> None:
        """Wait for ``seconds`` while results keep coming in."""
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            if self._supervisor is None:
                time.sleep(rest)
            else:
                self._receive(rest)

    def ready(self, ticket: int) -> bool:
        """Return whether :meth:`wait` would return at once, after taking in what has arrived."""
        if ticket not in self._outcomes and self._supervisor is not None:
            self._receive(0.0)
        return ticket in self._outcomes

    def peek(self, ticket: int) -> Outcome | None:
        """Return the outcome of ``ticket`` if it has arrived, without taking it."""
        return self._outcomes.get(ticket)

    def poll(self) -> None:
        """Take in what has arrived, without waiting."""
        if self._supervisor is not None:
            self._receive(0.0)

    def knows(self, ticket: int) -> bool:
        """Return whether :meth:`wait` can still be called for ``ticket``."""
        return ticket in self._commands or ticket in self._outcomes

    def cancel(self, ticket: int) -> None:
        """Ask for the end of ``ticket``: its outcome will say ``cancelled`` unless it has ended already."""
        if ticket in self._commands and self._supervisor is not None:
            self._write(pack(("cancel", ticket)))

    def output_files(self, ticket: int) -> tuple[bytes, bytes] | None:
        """Return the files that a running program's stdout and stderr go to; None if it is not running."""
        running = self._running.get(ticket)
        return None if running is None else (running.stdout, running.stderr)

    def close(self) -> None:
        """Stop every program, wait until none is left, and end the supervisor. Tickets still open are cancelled."""
        supervisor = self._supervisor
        if supervisor is None:
            return
        if os.getpid() != self._owner:
            # A forked copy of us shares the socket; only the original may say that all is over.
            supervisor.socket.close()
            self._supervisor = None
            return
        deadline = time.monotonic() + CLOSE_SECONDS
        self._write(pack(("stop",)))
        while self._supervisor is not None and not self._said_bye and (rest := deadline - time.monotonic()) > 0:
            self._receive(rest)
        if self._supervisor is not None:
            self._end_supervisor(supervisor)
        for ticket in list(self._commands):
            self._finish(ticket, _never_started(cancelled=True))
        with contextlib.suppress(OSError):  # a kept temporary directory is still in it
            self._work_dir.rmdir()

    # -- the supervisor ---------------------------------------------------------------------------------------

    @property
    def _generation_dir(self) -> Path:
        return self._work_dir / f"{self._owner}-{self._generation}"

    def _start_supervisor(self) -> SupervisorProcess:
        self._generation += 1
        self._token = secrets.token_hex(8).encode()
        self._generation_dir.mkdir(parents=True)
        self._supervisor = supervisor = launch_supervisor()
        self._unpacker = Unpacker()
        self._sent_env = None
        self._said_bye = False
        settings = {
            "jobs": self.jobs,
            "token": self._token,
            "work_dir": os.fsencode(self._generation_dir),
            "lock_dir": os.fsencode(self._lock_dir),
            "watch": list(self._watch),
        }
        supervisor.socket.sendall(pack(("settings", settings)))
        logger.debug("supervisor started", extra={"pid": supervisor.process.pid})
        return supervisor

    def _request(self, ticket: int, command: Command) -> None:
        if self._supervisor is None:
            self._start_supervisor()
        data = b""
        if self._sent_env is not command.base_env:
            data = pack(("env", dict(command.base_env)))
            self._sent_env = command.base_env
        output_mb = command.limits.output_mb
        data += pack(
            (
                "run",
                ticket,
                {
                    "argv": list(limited(command.argv, command.limits)),
                    "cwd": command.cwd,
                    "env": {**command.env, b"ORCHESTRATOR_ITEM": os.fsencode(command.item)},
                    "unset": list(command.unset),
                    "stdin": command.stdin,
                    "timeout": command.timeout,
                    "idle_timeout": command.idle_timeout,
                    "grace": command.grace,
                    "output_limit": None if output_mb is None else int(output_mb * (1 << 20)),
                    "resources": list(command.resources),
                    "left_processes": command.left_processes,
                    "keep_stdout": command.keep_stdout,
                    "keep_stderr": command.keep_stderr,
                },
            )
        )
        self._write(data)

    def _write(self, data: bytes) -> None:
        assert self._supervisor is not None
        try:
            self._supervisor.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            self._supervisor_died()

    def _receive(self, patience: float | None) -> None:
        """Take in messages, waiting for the first at most ``patience`` seconds (None: as long as it takes)."""
        supervisor = self._supervisor
        if supervisor is None:
            problem = "no supervisor runs, so nothing can arrive"
            raise SupervisorError(problem)
        if patience is not None and not select.select([supervisor.socket], [], [], patience)[0]:
            return
        try:
            data = supervisor.socket.recv(READ_SIZE)
        except ConnectionResetError:
            data = b""
        if not data:
            self._supervisor_died()
            return
        for message in self._unpacker.feed(data):
            self._take(message)

    def _take(self, message: tuple[Any, ...]) -> None:
        kind = message[0]
        if kind in ("started", "done") and message[1] not in self._commands:
            return  # it was given up when another supervisor died
        if kind == "started":
            _, ticket, pid, started, stdout, stderr = message
            self._running[ticket] = _Running(pid, started, stdout, stderr)
            if logger.isEnabledFor(logging.INFO):
                logger.info("started %s", self._commands[ticket].item, extra={"event": "start", "pid": pid})
        elif kind == "done":
            self._deaths = 0
            self._finish(message[1], _outcome(message[2]))
        elif kind == "bye":
            self._said_bye = True
        else:
            self._fatal = message[1]

    def _finish(self, ticket: int, outcome: Outcome) -> None:
        command = self._commands.pop(ticket)
        self._running.pop(ticket, None)
        self._outcomes[ticket] = outcome
        if logger.isEnabledFor(logging.INFO):
            logger.info(
                "ended %s",
                command.item,
                extra={
                    "event": "end",
                    "pid": outcome.pid,
                    "exit_code": outcome.exit_code,
                    "duration": outcome.duration,
                },
            )
            if outcome.limit or outcome.cancelled or outcome.left:
                logger.info(
                    "killed the tree of %s",
                    command.item,
                    extra={"event": "kill", "pid": outcome.pid, "limit": outcome.limit, "left": len(outcome.left)},
                )

    def _end_supervisor(self, supervisor: SupervisorProcess) -> None:
        """Close the socket, which ends a supervisor that still lives, and wait for it."""
        supervisor.socket.close()
        self._supervisor = None
        try:
            supervisor.process.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            supervisor.process.kill()
            supervisor.process.wait()
            self._sweep()

    def _sweep(self) -> None:
        survivors = sweep(self._token, [running.pid for running in self._running.values()])
        if survivors:
            logger.warning("could not kill %s", sorted(survivors), extra={"event": "kill"})

    def _supervisor_died(self) -> None:
        """Kill what a dead supervisor left, report what ran as lost, and give what waited to a new one."""
        supervisor = self._supervisor
        assert supervisor is not None
        self._end_supervisor(supervisor)
        self._sweep()
        status = supervisor.process.returncode
        why = f"the supervisor process (pid {supervisor.process.pid}) ended unexpectedly with status {status}"
        if self._fatal:
            why += f"\n{self._fatal}"
        logger.warning("%s", why, extra={"event": "lost"})
        for ticket, running in list(self._running.items()):
            self._finish(ticket, _lost(running, self._commands[ticket], why))
        _remove_slots(self._generation_dir)
        self._deaths += 1
        waiting = list(self._commands.items())
        if self._deaths >= MAX_DEATHS:
            for ticket, _ in waiting:
                self._finish(ticket, replace(_never_started(error=why), lost=True))
            return
        for ticket, command in waiting:
            self._request(ticket, command)


def _outcome(fields: dict[str, Any]) -> Outcome:
    """Return the outcome that a ``done`` message describes."""
    if "pid" not in fields:
        return _never_started(error=fields.get("error"), cancelled=fields.get("cancelled", False))
    return Outcome(
        started=fields["started"],
        ended=fields["ended"],
        duration=fields["duration"],
        exit_code=fields["exit_code"],
        stdout=Capture(*fields["stdout"]),
        stderr=Capture(*fields["stderr"]),
        limit=fields["limit"],
        left=tuple(LeftProcess(pid, text.decode("utf-8", "backslashreplace")) for pid, text in fields["left"]),
        unkillable=tuple(
            LeftProcess(pid, text.decode("utf-8", "backslashreplace")) for pid, text in fields["unkillable"]
        ),
        cancelled=fields["cancelled"],
        cpu_time=fields["cpu_time"],
        max_rss_kb=fields["max_rss_kb"],
        tmp=fields["tmp"],
        pid=fields["pid"],
    )


def _never_started(*, error: str | None = None, cancelled: bool = False) -> Outcome:
    now = time.time()
    return Outcome(started=now, ended=now, duration=0.0, error=error, cancelled=cancelled)


def _lost(running: _Running, command: Command, why: str) -> Outcome:
    """Return the outcome of a program whose supervisor died, with the output that is still in its files."""
    now = time.time()
    return Outcome(
        started=running.started,
        ended=now,
        duration=now - running.started,
        stdout=_rescue(running.stdout, command.keep_stdout),
        stderr=_rescue(running.stderr, command.keep_stderr),
        lost=True,
        error=why,
        pid=running.pid,
    )


def _remove_slots(directory: Path) -> None:
    """Remove a dead supervisor's output files and what is empty; a temporary directory in use belongs to a result."""
    for slot in directory.iterdir():
        for entry in slot.iterdir():
            if entry.is_dir():
                with contextlib.suppress(OSError):
                    entry.rmdir()
            else:
                entry.unlink()
        with contextlib.suppress(OSError):
            slot.rmdir()
    with contextlib.suppress(OSError):
        directory.rmdir()


def _rescue(path: bytes, keep: bytes | None) -> Capture:
    from .supervisor.slots import OutputFile

    try:
        file = OutputFile.open_existing(path)
    except OSError:
        return Capture()
    head, tail, size = file.read()
    if keep is not None and tail:
        file.keep_as(keep)
        return Capture(head, tail, size, keep)
    with contextlib.suppress(OSError):
        file.discard()
    return Capture(head, tail, size)
