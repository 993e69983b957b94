"""One engine for callers in any number of threads: one supervisor, one thread, as many programs as are wanted.

The pool lends each caller an engine of its own, which is right for calls that are short. What runs for minutes and
fifty times at once must not cost a supervisor each.
"""

from __future__ import annotations

import contextlib
import os
import select
import tempfile
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.options import by_name
from ..errors import SupervisorError
from .engine import NUDGE_SECONDS, Engine
from .outcomes import never_started
from .per_process import PerProcess
from .runs import Run
from .workplace import Workplace

if TYPE_CHECKING:
    from collections.abc import Callable

    from .command import Command, Outcome
    from .runs import Request

MAX_PROGRAMS = 10_000
"""Programs that one dispatcher runs at a time: how many make sense is for its callers to know."""
CLOSE_SECONDS = 30.0
"""How long :meth:`Dispatcher.close` waits for the thread, which gives programs their grace period before that."""


class Dispatcher:
    """Starts programs for many threads and tells each of its own.

    Its thread is the only one that touches the engine. In a process that was forked it must not be used:
    :func:`shared_dispatcher` gives that one its own.
    """

    def __init__(self, redact: tuple[str, ...] = ()) -> None:
        """Prepare; nothing is started before the first program. ``redact`` is the engine's."""
        self._redact = redact
        self._guard = threading.Lock()
        self._requests: deque[Callable[[Engine], None]] = deque()
        self._runs: set[Run] = set()
        """Those whose outcome nobody has been told yet."""
        self._tickets: dict[int, Run] = {}
        """Of the thread alone, like all engine state."""
        self._numbers: dict[Run, int] = {}
        self._nudged = 0.0
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._thread: threading.Thread | None = None
        self._is_closing = False
        self._owner = os.getpid()
        self._held: tuple[Engine | Workplace, ...] = ()

    def start(self, command: Command) -> Run:
        """Start ``command`` at once and return its run; as :meth:`prepare` and :meth:`begin`."""
        run = self.prepare(command)
        self.begin(run)
        return run

    def prepare(self, command: Command) -> Run:
        """Return the run that :meth:`begin` starts: who holds it can end it, whatever interrupts the start."""
        return Run(command, self._ask)

    def begin(self, run: Run) -> None:
        """Start ``run`` at once. What keeps it from starting is told by its outcome.

        Raise SupervisorError when the dispatcher is closed.
        """
        with self._guard:
            if self._is_closing:
                problem = "programs cannot be started any more: this process is ending"
                raise SupervisorError(problem)
            self._runs.add(run)
            self._requests.append(lambda engine: self._submit(engine, run))
            run.is_begun = True
            self._start_thread()
            os.eventfd_write(self._wake, 1)

    def get_ready(self) -> None:
        """Let the supervisor be started while the caller does something else, if a program is about to come."""
        with self._guard:
            if self._thread is None and not self._is_closing:
                self._requests.append(_start_supervisor)
                self._start_thread()
                os.eventfd_write(self._wake, 1)

    def _start_thread(self) -> None:
        # It says itself that it is there: Ctrl-C may come before or after its start. Of two, one goes.
        if self._thread is None:
            threading.Thread(target=self._serve, name="orchestrator-dispatcher", daemon=True).start()

    def close(self) -> None:
        """Stop every program, wait until none is left, and end the thread."""
        with self._guard:
            self._is_closing = True
            thread = self._thread
        if os.getpid() == self._owner and thread is not None:
            os.eventfd_write(self._wake, 1)
            thread.join(CLOSE_SECONDS)
        if thread is None or not thread.is_alive():
            with self._guard, contextlib.suppress(OSError):
                os.close(self._wake)

    def forget(self) -> None:
        """Let go of what belongs to the process that this one was forked from."""
        os.close(self._wake)
        for each in self._held:
            each.close()  # in a copy they end and remove nothing, and only let go

    # -- the thread -------------------------------------------------------------------------------------------

    def _ask(self, run: Run, what: Request) -> None:
        def ask(engine: Engine) -> None:
            if run in self._numbers:
                getattr(engine, what)(self._numbers[run])

        with self._guard:
            if self._is_closing:
                return
            self._requests.append(ask)
            if self._runs:  # Ctrl-C may have kept it from being started
                self._start_thread()
            os.eventfd_write(self._wake, 1)

    def _submit(self, engine: Engine, run: Run) -> None:
        try:
            ticket = engine.submit(run.command)
        except SupervisorError as error:
            self._end(run, never_started(error=str(error), lost=True))
            return
        self._tickets[ticket] = run
        self._numbers[run] = ticket

    def _serve(self) -> None:
        with self._guard:
            if self._thread is not None:
                return
            self._thread = threading.current_thread()
        problem = None
        try:
            if not self._is_closing:
                self._run_engine()
        except OSError as error:  # there is no place for output: the next program may find one
            problem = f"programs cannot be run: {error}"
        except BaseException as error:  # a fault of ours: nobody is to take it for the end of this process
            problem = f"programs cannot be run: {error!r}"
            raise
        finally:
            with self._guard:
                self._is_closing = self._is_closing or problem is None
                self._thread = None
                self._requests.clear()
                unheard, self._runs = self._runs, set()
                self._tickets.clear()
                self._numbers.clear()
            is_ending = problem is None
            for run in unheard:
                run.finish(
                    never_started(error=problem or "this process is ending", cancelled=is_ending, lost=not is_ending)
                )

    def _run_engine(self) -> None:
        workplace = Workplace()
        self._held = (workplace,)
        try:
            directory = tempfile.mkdtemp(prefix="engine-", dir=workplace.path)
            locks = workplace.path / "locks"
            engine = Engine(Path(directory), locks, MAX_PROGRAMS, redact=self._redact, lease=workplace.lease)
            self._held = (engine, workplace)
            try:
                while not self._is_closing:
                    self._wait(engine)
                    while self._requests:
                        self._requests.popleft()(engine)
                    engine.poll()
                    self._tell(engine)
            finally:
                engine.close()
                self._tell(engine)
        finally:
            workplace.close()

    def _wait(self, engine: Engine) -> None:
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        channel = engine.fileno()
        if channel is not None:
            poll.register(channel, select.POLLIN)
        poll.poll(NUDGE_SECONDS * 1000 if self._tickets else None)
        if (now := time.monotonic()) >= self._nudged + NUDGE_SECONDS:
            self._nudged = now
            engine.nudge()
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._wake)

    def _tell(self, engine: Engine) -> None:
        for ticket, run in list(self._tickets.items()):
            if run.files is None and (running := engine.running_program(ticket)) is not None:
                run.note_files((running.stdout, running.stderr))
            if engine.peek(ticket) is not None:
                del self._tickets[ticket], self._numbers[run]
                self._end(run, engine.wait(ticket))

    def _end(self, run: Run, outcome: Outcome) -> None:
        with self._guard:
            self._runs.discard(run)
        run.finish(outcome)


def _start_supervisor(engine: Engine) -> None:
    # What keeps it from starting is told to the first program.
    with contextlib.suppress(SupervisorError):
        engine.start()


_of_process = PerProcess(lambda: Dispatcher(tuple(by_name("redact").default)))


def shared_dispatcher() -> Dispatcher:
    """Return the dispatcher of this process. It is closed when the process ends; a forked process has its own."""
    return _of_process.get()
