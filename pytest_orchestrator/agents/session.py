"""A session: processes that belong together, one directory with all their logs, and everything stopped at its end."""

from __future__ import annotations

import atexit
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import AgentError, ArgumentError
from .arguments import ProcessArguments
from .books import Books
from .budget import Budget
from .claude import ClaudeProcess
from .codex import CodexProcess
from .control import Control
from .log import utc_time
from .process import CliProcess
from .store import LOG, SESSIONS, SessionStore
from .summary import SessionSummary, summary_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .result import ProcessResult

CLOSE_SECONDS = 60.0
"""How long :meth:`OrchestratorSession.close` waits for what it has told to end, which gets its grace period."""
_CLASSES: Mapping[str, type[CliProcess]] = {"claude": ClaudeProcess, "codex": CodexProcess}


class OrchestratorSession:
    """Makes processes, keeps their logs in one directory, and stops what still runs when it is closed (seed 002).

    Use it as a context manager, or call :meth:`close`; it is closed when the program ends, too. Its state is on disk
    as it goes, so that ``pytest-orchestrator sessions`` can show, pause, resume and kill it from another terminal.

    Its methods may be called from any thread.
    """

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

        Raise ArgumentError with all mistakes, AgentError when the session to resume is not there or open, OSError when
        its directory cannot be made.
        """
        arguments = ProcessArguments()
        self.pattern_name = arguments.some_text("pattern_name", pattern_name)
        self.working_dir = arguments.directory("working_dir", working_dir or Path.cwd()).absolute()
        base = arguments.directory("base_log_dir", base_log_dir or self.working_dir / SESSIONS).absolute()
        arguments.text("model", model)
        arguments.some_text("cli", cli)
        arguments.check()
        self.model = model
        self.cli = cli
        self._guard = threading.Condition()
        self._is_open = False
        self._owner = os.getpid()
        self._store = SessionStore.create(base, pattern_name) if resume is None else SessionStore.find(base, resume)
        self._lock = self._store.take()
        self._books = Books(self._store, resumed=resume is not None)
        if resume is not None:
            before = self._books.metadata
            if before["pattern_name"] != pattern_name:
                os.close(self._lock)
                problem = (
                    f"session {self.session_id!r} has pattern_name {before['pattern_name']!r}, not {pattern_name!r}"
                )
                raise AgentError(problem)
            budget_usd = before["budget"]["usd"] if budget_usd is None and before["budget"] else budget_usd
            budget_tokens = before["budget"]["tokens"] if budget_tokens is None and before["budget"] else budget_tokens
        self.budget: Budget | None = None
        """What all processes share; None without a bound."""
        if budget_usd is not None or budget_tokens is not None:
            self.budget = Budget(budget_usd, budget_tokens, self._store.path / "budget.json")
        self._processes: dict[str, CliProcess] = {}
        self._running: list[CliProcess] = []
        self._is_open = True
        self._is_paused = False
        self._books.begin(pattern_name, self.working_dir, model, cli, self.budget)
        self._control = Control(self._store.path, self._obey)
        atexit.register(self.close)
        self.log(f"session {self.session_id} {'resumed' if resume is not None else 'started'}, process {os.getpid()}")

    def __enter__(self) -> OrchestratorSession:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<OrchestratorSession {self.session_id!r}>"

    # -- seed 002 ---------------------------------------------------------------------------------------------

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
        with self._guard:
            if not self._is_open:
                problem = f"session {self.session_id!r} is closed: begin another, or resume it by its id"
                raise AgentError(problem)
            process_id = self._free_id() if process_id is None else process_id
            if process_id in self._processes:
                problem = f"process_id: {process_id!r} is the id of another process of session {self.session_id!r}"
                raise ArgumentError(problem)
            name = cli or self.cli
            kind = _CLASSES.get(name, CliProcess)
            given = extras if kind is not CliProcess else {**extras, "cli": name}
            working_dir = given.pop("working_dir", self.working_dir)
            if self.budget is not None:
                given.setdefault("budget", self.budget)
            process = kind(
                prompt,
                process_id,
                working_dir,
                self._store.path,
                model or self.model,
                stream_output,
                timeout,
                **given,
            )
            process.observer = self
            self._processes[process_id] = process
            self._books.created(process)
        return process

    def log(self, message: str, level: str = "INFO") -> None:
        """Write ``message`` to ``session.log``, each of its lines with the time (UTC) and ``level``."""
        moment = utc_time(time.time())
        lines = "".join(f"{moment} {level} {line}\n" for line in str(message).splitlines() or [""])
        with open(self.get_session_log_path(), "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(lines)

    def get_session_log_path(self) -> Path:
        """Return the path of ``session.log``."""
        return self._store.path / LOG

    def get_process_log_path(self, process_id: str) -> Path:
        """Return the path of the log of a process: of its latest run, or where that of its first will be."""
        return self._books.log_path(process_id)

    def summarize(self) -> SessionSummary:
        """Return what became of all processes so far; ``str()`` of it is for people."""
        return summary_of(self.session_id, self._state, self._books.metadata, self._books.records)

    # -- pausing and ending -----------------------------------------------------------------------------------

    def pause(self) -> None:
        """Let everything that runs stand still, with its time limits, and start nothing before :meth:`resume`."""
        with self._guard:
            if not self._is_open or self._is_paused:
                return
            self._is_paused = True
            running = list(self._running)
            self._books.set_state("paused")
        for process in running:
            process.suspend()
        self.log(f"paused {len(running)} running processes")

    def resume(self) -> None:
        """Let everything go on after :meth:`pause`."""
        with self._guard:
            if not self._is_paused:
                return
            self._is_paused = False
            running = list(self._running)
            self._books.set_state("running")
            self._guard.notify_all()
        for process in running:
            process.resume()
        self.log(f"resumed {len(running)} processes")

    def kill(self) -> None:
        """End everything that runs; what has not started never will, in this session."""
        self._end("killed")

    def close(self) -> None:
        """End everything that runs, and the session. Closing twice is harmless."""
        if os.getpid() != self._owner:
            return  # a forked copy: the session is not its own
        self._end("closed")
        with self._guard:
            deadline = time.monotonic() + CLOSE_SECONDS
            while self._running and (rest := deadline - time.monotonic()) > 0:
                self._guard.wait(rest)
            lock, self._lock = self._lock, -1
        if lock >= 0:
            self._control.close()
            os.close(lock)
            atexit.unregister(self.close)

    def _end(self, state: str) -> None:
        with self._guard:
            if not self._is_open:
                return
            self._is_open = False
            self._is_paused = False
            running = list(self._running)
            self._books.set_state(state)
            self._guard.notify_all()
        for process in running:
            process.terminate()
        self.log(f"{state}" + (f", {len(running)} processes were running" if running else ""))

    @property
    def _state(self) -> str:
        return str(self._books.metadata["state"])

    def _obey(self, order: str) -> Mapping[str, Any]:
        """Do what somebody in another terminal asks for, and return the answer."""
        orders = {"pause": self.pause, "resume": self.resume, "kill": self.kill}
        if order not in orders:
            return {"error": f"no such order: {order!r}"}
        with self._guard:
            count = len(self._running)
        orders[order]()
        return {"state": self._state, "running": count}

    # -- what processes tell ----------------------------------------------------------------------------------

    def before(self, process: CliProcess) -> ProcessResult | None:
        """Take note that ``process`` is about to run, once the session is not paused; or return its result."""
        known = self._books.recall(process)
        if known is not None:
            self.log(f"process {process.process_id} had finished: {known.status}")
            return known
        with self._guard:
            while self._is_paused and not process.is_unwanted:
                self._guard.wait(1.0)  # it may have been terminated, which nobody tells us
            if not self._is_open:
                process.terminate()
            self._running.append(process)
            self._books.started(process)
        self.log(f"process {process.process_id} started")
        return None

    def after(self, process: CliProcess, result: ProcessResult | None) -> None:
        """Take note that ``process`` has run."""
        self._books.ended(process, result)
        with self._guard:
            self._running.remove(process)
            self._guard.notify_all()
        told = "interrupted" if result is None else f"{result.status}, exit {result.exit_code}"
        self.log(f"process {process.process_id} ended: {told}", "INFO" if result and result.ok else "WARNING")

    def note_call(self, strategy: str, process_ids: Sequence[str], options: Mapping[str, Any]) -> None:
        """Take note that a strategy was given processes of this session: to do that again if this program dies."""
        self._books.called(strategy, process_ids, options)

    def _free_id(self) -> str:
        number = len(self._processes) + 1
        while f"process_{number:03}" in self._processes:
            number += 1
        return f"process_{number:03}"
