"""A session: processes that belong together, one directory with all their logs, and everything stopped at its end."""

from __future__ import annotations

import atexit
import itertools
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.names import escape_name
from ..core.status import Status
from ..errors import AgentError, ArgumentError
from .arguments import ProcessArguments
from .budget import budget_problems
from .claude import ClaudeProcess
from .codex import CodexProcess
from .control import PATIENCE, Control
from .forks import Original
from .opening import Asked, open_session
from .process import CliProcess
from .result import CANCELLED, ProcessResult
from .runners import Runners
from .settings import SECRET_NAMES
from .store import LOG, SESSIONS
from .summary import SessionSummary, summary_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .budget import Budget
    from .process import AgentProcess

CLOSE_SECONDS = 30.0
"""How much longer than the grace period :meth:`OrchestratorSession.close` waits for what it has told to end."""
_CLASSES: Mapping[str, type[CliProcess]] = {"claude": ClaudeProcess, "codex": CodexProcess}


class OrchestratorSession:
    """Makes processes, keeps their logs in one directory, and stops what still runs when it is closed (seed 002).

    Use it as a context manager, or call :meth:`close`; it is closed when the program ends, too. Its state is on disk
    as it goes, so that ``pytest-orchestrator sessions`` can show, pause, resume and kill it from another terminal.
    Its methods may be called from any thread. In a forked copy of the program it can only be looked at.
    """

    secret_names: Sequence[str] = SECRET_NAMES
    """Globs for the names of environment variables whose values are kept out of logs and books."""

    def __init__(
        self,
        pattern_name: str,
        working_dir: Path | str | None = None,
        base_log_dir: Path | str | None = None,
        model: str | None = None,
        *,
        cli: str = "claude",
        budget_usd: float | None = None,
        budget_tokens: int | None = None,
        resume: str | None = None,
    ) -> None:
        """Begin a session, or go on with one.

        ``pattern_name`` begins its id. ``working_dir`` is where processes run (default: the current directory).
        ``base_log_dir`` is where sessions are kept (default: ``.orchestrator/sessions`` below the working directory).
        ``model`` and ``cli`` are those of processes that do not say otherwise. ``budget_usd`` and ``budget_tokens``
        bound what all processes of the session cost together.

        ``resume`` is the id of a session that ended, or whose program died: its directory is used again, and a process
        with the same id and prompt as one that had finished is not run again but has the same result.

        Raise ArgumentError with all mistakes, AgentError when the session to resume is not there, open or not
        readable, or when the directory cannot be made.
        """
        arguments = ProcessArguments()
        self.pattern_name = arguments.some_text("pattern_name", pattern_name)
        self.working_dir = arguments.directory("working_dir", working_dir or Path.cwd()).absolute()
        base = arguments.directory("base_log_dir", base_log_dir or self.working_dir / SESSIONS).absolute()
        arguments.text("model", model)
        arguments.some_text("cli", cli)
        arguments.text("resume", resume)
        arguments.problems += budget_problems(budget_usd=budget_usd, budget_tokens=budget_tokens)
        arguments.check()
        self.model = model
        self.cli = cli
        self._guard = threading.RLock()
        self._orders = threading.RLock()
        self._runners = Runners()
        self._processes: dict[str, CliProcess] = {}
        self._is_closing = False
        names = self.secret_names
        asked = Asked(self.pattern_name, self.working_dir, base, model, cli, budget_usd, budget_tokens, resume, names)
        opened = open_session(asked)
        self._store, self._lock, self._books = opened.store, opened.lock, opened.books
        self.budget: Budget | None = opened.budget
        """What all processes share; None without a bound."""
        self._control = self._listen()
        self._original = Original(self._forget)
        atexit.register(self.close)
        self.log(f"session {self.session_id} {'resumed' if resume is not None else 'started'}, process {os.getpid()}")

    def _listen(self) -> Control | None:
        try:
            return Control(self._store.path, self._obey)
        except OSError as error:  # a file system without sockets: everything else works
            self.log(f"it cannot be paused, resumed and killed from other terminals: {error.strerror}", "WARNING")
            return None

    def __enter__(self) -> OrchestratorSession:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<OrchestratorSession {self.session_id!r}>"

    @property
    def session_id(self) -> str:
        """The name of the session, and of its directory."""
        return self._store.session_id

    @property
    def log_dir(self) -> Path:
        """The directory of the session."""
        return self._store.path

    def create_process(
        self,
        prompt: str,
        process_id: str | None = None,
        model: str | None = None,
        stream_output: bool = True,
        timeout: float | None = None,
        *,
        cli: str | None = None,
        **extras: Any,
    ) -> CliProcess:
        """Return a process of this session that has not been run.

        ``process_id`` is ``process_001``, ``process_002`` … unless given; no two of a session may have the same.
        ``model`` and ``cli`` (the name of an agent's command line) are the session's unless given, ``timeout`` is in
        seconds, and ``extras`` are the keyword arguments of :class:`~pytest_orchestrator.ClaudeProcess`;
        ``working_dir`` may be among them.

        Raise ArgumentError with all mistakes, AgentError when the session is closed.
        """
        self._original.check(f"session {self.session_id!r}")
        with self._guard:
            if self._is_closing or self._lock < 0:  # in one that was killed it gets a result, as those do that wait
                problem = f"session {self.session_id!r} is closed: begin another, or resume it by its id"
                raise AgentError(problem)
            process_id = self._free_id() if process_id is None else process_id
            if isinstance(process_id, str) and process_id in self._processes:
                problem = f"process_id: {process_id!r} is the id of another process of session {self.session_id!r}"
                raise ArgumentError(problem)
            name = cli or self.cli
            kind = _CLASSES.get(name, CliProcess)
            given = extras if kind is not CliProcess else {**extras, "cli": name}
            place = given.pop("working_dir", self.working_dir)
            if self.budget is not None:
                given.setdefault("budget", self.budget)
            model = model or self.model
            process = kind(prompt, process_id, place, self.log_dir, model, stream_output, timeout, **given)
            process.working_dir = process.working_dir.absolute()
            process.observer = self
            self._processes[process_id] = process
            self._books.created(process)
        return process

    def log(self, message: str, level: str = "INFO") -> None:
        """Write ``message`` to ``session.log``, each of its lines with the time (UTC) and ``level``.

        Secrets are replaced. A message that cannot be written is lost; :meth:`summarize` tells of that.
        """
        self._books.log(str(message), level)

    def get_session_log_path(self) -> Path:
        """Return the path of ``session.log``."""
        return self._store.path / LOG

    def get_process_log_path(self, process_id: str) -> Path:
        """Return the path of the log of a process: of its latest run, or where that of its first will be."""
        return self._books.log_path(process_id)

    def summarize(self) -> SessionSummary:
        """Return what became of all processes so far; ``str()`` of it is for people."""
        budget, books = None if self.budget is None else self.budget.as_dict(), self._books
        return summary_of(self.session_id, books.metadata, books.records, budget, problem=books.problem)

    def pause(self) -> None:
        """Let everything that runs stand still, with its time limits, and start nothing before :meth:`resume`."""
        with self._orders:
            count = self._runners.pause()
            if count is not None:
                self._books.set_state("paused")
                self.log(f"paused, {count} processes run")

    def resume(self) -> None:
        """Let everything go on after :meth:`pause`."""
        with self._orders:
            count = self._runners.resume()
            if count is not None:
                self._books.set_state("running")
                self.log(f"resumed, {count} processes run")

    def kill(self) -> None:
        """End everything that runs; what has not started never will, in this session. Returns at once."""
        with self._orders:
            count = self._runners.end()
            if count is not None:
                self._books.set_state("killed")
                self.log(f"killed, {count} processes were running", "WARNING")

    def close(self) -> None:
        """End everything that runs, wait for that, and end the session. Closing twice is harmless.

        Called by a process of its own, as from ``on_event``, it does not wait for that one.
        """
        if not self._original.is_here:
            return
        self._is_closing = True
        count = self._runners.end()
        if count:
            self.log(f"closed while {count} processes were running", "WARNING")
        if self._runners.wait(CLOSE_SECONDS):
            self._release()

    def _release(self) -> None:
        """Let go of the directory, once."""
        with self._guard:  # all the while: who comes second may be the last thread that is waited for
            if self._lock < 0:
                return
            if self._control is not None:
                self._control.close()
            self._books.end()
            self.log("closed")
            os.close(self._lock)
            self._lock = -1
            atexit.unregister(self.close)

    def _obey(self, order: str) -> Mapping[str, Any]:
        """Do what somebody in another terminal asks for, and return the answer."""
        if order not in ("pause", "resume", "kill"):
            return {"error": f"no such order: {order!r}"}
        count = len(self._runners)
        getattr(self, order)()
        if order == "kill":
            self._runners.wait(CLOSE_SECONDS, at_most=PATIENCE * 0.75)  # who asks waits no longer
        return {"state": self._books.metadata["state"], "running": count, "left": len(self._runners)}

    # -- what processes tell ----------------------------------------------------------------------------------

    def before(self, process: CliProcess) -> ProcessResult | None:
        """Take note that ``process`` is about to run, once the session is not paused; or return its result."""
        self._original.check(f"session {self.session_id!r}")
        known = self._books.recall(process) if self._runners.is_open else None
        if known is not None:
            self.log(f"process {escape_name(process.process_id)} had finished: {known.status}")
            return known
        if not self._runners.enter(process):
            if self._lock >= 0:
                self._books.refused(process)
            over = "has been killed" if self._books.metadata["state"] == "killed" else "is closed"
            error = f"not started: session {self.session_id!r} {over}"
            return ProcessResult(CANCELLED, "", "", 0.0, process.process_id, Status.CANCELLED, error=error)
        self._books.started(process)
        self.log(f"process {escape_name(process.process_id)} started")
        return None

    def after(self, process: CliProcess, result: ProcessResult | None) -> None:
        """Take note that ``process`` has run, or was kept from it by an exception."""
        if not self._runners.has(process):
            return
        try:
            self._books.ended(process, result)
            told = "interrupted" if result is None else f"{result.status}, exit {result.exit_code}"
            level = "INFO" if result and result.ok else "WARNING"
            self.log(f"process {escape_name(process.process_id)} ended: {told}", level)
        finally:
            self._runners.leave(process)
        if self._is_closing and not len(self._runners):
            self._release()

    def note_call(self, strategy: str, processes: Sequence[AgentProcess], options: Mapping[str, Any]) -> None:
        """Take note that a strategy was given processes of this session: to do that again if this program dies."""
        self._books.called(strategy, [each for each in processes if isinstance(each, CliProcess)], options)

    def _free_id(self) -> str:
        names = map("process_{:03}".format, itertools.count(len(self._processes) + 1))
        return next(name for name in names if name not in self._processes)

    def _forget(self) -> None:
        """In a forked copy: let go of what keeps the session open when the original dies."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
        if self._control is not None:
            self._control.forget()
