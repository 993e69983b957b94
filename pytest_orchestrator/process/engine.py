"""The engine: starts programs through a supervisor process, keeps up to N of them running, and hands out outcomes."""

from __future__ import annotations

import logging
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import SupervisorError
from .events import note_death
from .launch import SupervisorProcess
from .outcomes import lost, never_started, remove_slots
from .owners import owners
from .request import run_message
from .temporary import WorkDirectory
from .tickets import Tickets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from .command import Command, Outcome
    from .outcomes import RunningProgram

logger = logging.getLogger("pytest_orchestrator.process")

CLOSE_SECONDS = 15.0
"""How long :meth:`Engine.close` waits for the supervisor, which gives programs their grace period before that."""
NUDGE_SECONDS = 2.0
"""Seconds between two signals to the supervisor that it is to go on: a program may have stopped it."""
MAX_DEATHS = 3
"""Supervisors that may die one after another without one finished program before the engine gives up."""


class Engine:
    """Runs :class:`~.command.Command` objects, at most ``jobs`` at a time, and returns their outcomes.

    Not for several threads at once. Use it as a context manager, or call :meth:`close`; a process that just ends
    leaves no program behind either. An exception that a signal raises in the middle of any method (Ctrl-C) leaves
    the engine in order.
    """

    def __init__(
        self,
        work_dir: Path,
        lock_dir: Path,
        jobs: int = 1,
        watch: tuple[int, ...] = (),
        redact: Sequence[str] = (),
        lease: Path | None = None,
    ) -> None:
        """Prepare; nothing is started before the first command.

        ``work_dir`` is a directory of this engine's own for output and temporary files, removed by :meth:`close` as
        far as it is empty; ``lock_dir`` is shared by all who respect the same named locks; ``watch`` are pids whose
        end also ends every program, beside this process and its :func:`~.owners.owners`; ``redact`` are globs for the
        names of environment variables whose values are kept out of the files that are left when this process is
        killed; ``lease`` is a file whose lock the supervisor shares, so that nobody clears ``work_dir`` away before
        it has seen to what was left there.
        """
        self.jobs = jobs
        self._work_dir = WorkDirectory(work_dir)
        self._lock_dir = lock_dir
        self._watch = (os.getpid(), *watch)
        self._redact = list(redact)
        self._lease = lease
        self._owner = os.getpid()
        self._token = b""
        self._supervisor: SupervisorProcess | None = None
        self._sent_env: Mapping[bytes, bytes] | None = None
        self._tickets = Tickets()
        self._deaths = 0
        self._generation = 0
        """How many supervisors of this engine have died."""
        self._said_bye = False
        self._gathers = False
        """Whether requests are to be sent together."""
        self._loss: str | None = None
        """How a supervisor died whose programs have not been seen to."""

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
        return len(self._tickets.open)

    @property
    def running(self) -> int:
        """The number of programs that were started and whose outcome has not arrived."""
        return len(self._tickets.running)

    def submit(self, command: Command) -> int:
        """Queue ``command`` and return its ticket. It starts as soon as fewer than ``jobs`` programs run.

        Raise SupervisorError if no supervisor can be started.
        """
        ticket = self._tickets.new(command)
        try:
            self._request(ticket, command)
        except BaseException:
            self._tickets.drop(ticket)  # the caller will never hear of this ticket
            raise
        return ticket

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send what is submitted inside of this in one message at the end, as far as the supervisor can wait for it.

        Each message wakes it, in the middle of the programs that it looks after.
        """
        self._gathers = True
        try:
            yield
        finally:
            self._gathers = False
            self._send()

    def wait(self, ticket: int, tick: Callable[[], None] | None = None, every: float | None = None) -> Outcome:
        """Return the outcome of ``ticket``, waiting for it. A ticket gives its outcome once.

        ``tick``, if given, is called whenever something has arrived meanwhile, and at least every ``every`` seconds.
        """
        while ticket not in self._tickets.outcomes:
            if ticket not in self._tickets.open:
                problem = f"ticket {ticket} is not one of this engine's, or its outcome was taken already"
                raise KeyError(problem)
            self._receive(every)
            if tick:
                tick()
        return self._tickets.outcomes.pop(ticket)

    def pause(self, seconds: float) -> None:
        """Wait for ``seconds`` while results keep coming in."""
        end = time.monotonic() + seconds
        while (rest := end - time.monotonic()) > 0:
            if self._supervisor is None:
                time.sleep(rest)
            else:
                self._receive(rest)

    def peek(self, ticket: int) -> Outcome | None:
        """Return the outcome of ``ticket`` if it has arrived, without taking it."""
        return self._tickets.outcomes.get(ticket)

    def poll(self) -> None:
        """Take in all that has arrived, without waiting."""
        while self._supervisor is not None and self._supervisor.channel.has_more():
            self._receive(0.0)

    def knows(self, ticket: int) -> bool:
        """Return whether :meth:`wait` can still be called for ``ticket``."""
        return self._tickets.knows(ticket)

    def cancel(self, ticket: int) -> None:
        """Ask for the end of ``ticket``: its outcome will say ``cancelled`` unless it has ended already."""
        if ticket in self._tickets.open:
            self._send(("cancel", ticket))

    def end_now(self, ticket: int) -> None:
        """Have ``ticket`` end without a grace period; else like :meth:`cancel`."""
        if ticket in self._tickets.open:
            self._send(("end_now", ticket))

    def suspend(self, ticket: int) -> None:
        """Stop the program of ``ticket``, if it runs, with all that it started; its time limits stand still too."""
        if ticket in self._tickets.open:
            self._send(("suspend", ticket))

    def resume(self, ticket: int) -> None:
        """Let the program of ``ticket`` go on after :meth:`suspend`."""
        if ticket in self._tickets.open:
            self._send(("resume", ticket))

    def fileno(self) -> int | None:
        """Return the descriptor that becomes readable when :meth:`poll` has something to do; None: nothing runs."""
        return None if self._supervisor is None else self._supervisor.channel.fileno()

    def nudge(self) -> None:
        """Let the supervisor go on, if a program has stopped it."""
        if self._supervisor is not None:
            self._supervisor.nudge()

    def running_program(self, ticket: int) -> RunningProgram | None:
        """Return what is known of the program of ``ticket`` while it runs; None before and after."""
        return self._tickets.running.get(ticket)

    def withdraw(self) -> None:
        """Start nothing more of what has been submitted: what waits is cancelled, what runs goes on."""
        self._send(("withdraw",))

    def kill(self) -> None:
        """End every program at once, without a grace period; nothing more can be submitted, only waited for."""
        self._send(("kill",))

    def new_output(self, ticket: int, offsets: tuple[int, int], size: int) -> tuple[bytes, bytes]:
        """Return what a running program has written to stdout and stderr from ``offsets`` on, at most ``size`` each.

        Nothing when it is not running (any more).
        """
        running = self._tickets.running.get(ticket)
        if running is None:
            return b"", b""
        out, err = running.read(offsets, size)
        # When the program has ended, another one may write to these files; that it has was told before.
        self.poll()
        return (out, err) if self._tickets.running.get(ticket) == running else (b"", b"")

    def close(self, tick: Callable[[], None] | None = None, every: float | None = None) -> None:
        """Stop every program, wait until none is left, and end the supervisor. Tickets still open are cancelled.

        ``tick``, if given, is called as by :meth:`wait`.
        """
        if os.getpid() != self._owner:
            # A forked copy of us shares the socket; only the original may say that all is over.
            supervisor, self._supervisor = self._supervisor, None
            if supervisor is not None:
                supervisor.leave()
            return
        deadline = time.monotonic() + CLOSE_SECONDS
        self._said_bye = False
        self._send(("stop",))
        while self._supervisor is not None and not self._said_bye and (rest := deadline - time.monotonic()) > 0:
            self.nudge()
            self._receive(min(rest, NUDGE_SECONDS if every is None else every))
            if tick:
                tick()
        supervisor = self._supervisor
        if supervisor is not None:
            supervisor.end(CLOSE_SECONDS)
            self._supervisor = None
            supervisor.forget()
        for ticket in list(self._tickets.open):
            self._tickets.finish(ticket, never_started(cancelled=True))
        self._work_dir.remove_empty()

    # -- the supervisor ---------------------------------------------------------------------------------------

    def _start_supervisor(self) -> None:
        self._token = os.urandom(8).hex().encode()
        work_dir = self._work_dir.new()
        settings = {
            "jobs": self.jobs,
            "token": self._token,
            "work_dir": os.fsencode(work_dir),
            "lock_dir": os.fsencode(self._lock_dir),
            "watch": [*{*self._watch, *owners()}],
            "redact": self._redact,
            "lease": None if self._lease is None else os.fsencode(self._lease),
        }
        self._sent_env = None
        try:
            self._supervisor = SupervisorProcess(settings)
        except BaseException:
            self._work_dir.remove_empty()
            raise
        logger.debug("supervisor started", extra={"pid": self._supervisor.pid})

    def _request(self, ticket: int, command: Command) -> None:
        if self._supervisor is None:
            self._start_supervisor()
        run = run_message(ticket, command)
        if self._sent_env is command.base_env:
            if self._gathers and self.unfinished > 2 * self.jobs and self._supervisor is not None:
                self._supervisor.channel.put(run)
            else:
                self._send(run)
        else:
            # Remembered after it was sent: sent twice it does no harm, not at all it does.
            generation = self._generation
            self._send(("env", dict(command.base_env)), run)
            if self._generation == generation:
                self._sent_env = command.base_env

    def _send(self, *messages: tuple[Any, ...]) -> None:
        if self._supervisor is not None:
            try:
                self._supervisor.channel.send(*messages)
            except (BrokenPipeError, ConnectionResetError):
                self._supervisor_died()

    def _receive(self, patience: float | None) -> None:
        """Take in messages, waiting for the first at most ``patience`` seconds (None: as long as it takes)."""
        if self._loss is not None:
            self._settle()  # an exception kept it from being done
        elif self._supervisor is None:
            problem = "no supervisor runs, so nothing can arrive"
            raise SupervisorError(problem)
        elif not self._supervisor.channel.receive(self._take, patience):
            self._supervisor_died()

    def _take(self, message: tuple[Any, ...]) -> None:
        """Handle one message. It may come a second time, if an exception interrupted us."""
        if message[0] == "bye":
            self._said_bye = True
        elif self._tickets.take(message):
            self._deaths = 0

    def _supervisor_died(self) -> None:
        """Kill what a dead supervisor left, report what ran as lost, and give what waited to a new one."""
        supervisor = self._supervisor
        assert supervisor is not None
        self._generation += 1
        self._loss = supervisor.bury(self._take)
        self._supervisor = None
        supervisor.forget()
        note_death(self._loss)
        self._deaths += 1
        self._settle()

    def _settle(self) -> None:
        """See to the programs of a supervisor that died."""
        why, generation = self._loss, self._generation
        assert why is not None
        for ticket, running in list(self._tickets.running.items()):
            self._tickets.finish(ticket, lost(running, why, os.fsencode(self._work_dir.current / str(ticket))))
        remove_slots(self._work_dir.current)
        self._loss = None
        if self._deaths < MAX_DEATHS:
            try:
                for ticket, command in list(self._tickets.open.items()):
                    self._request(ticket, command)
                    if self._generation != generation:
                        return  # the new one died as well, and all this has been done for its successor
            except SupervisorError as error:
                why = f"{why}\n{error}"
            else:
                return
        for ticket in list(self._tickets.open):
            self._tickets.finish(ticket, never_started(error=why, lost=True))
