"""Agent processes for tests of strategies: one that is a shell script, one that is a function of this process."""

from __future__ import annotations

import copy
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pytest_orchestrator.agents.process import KEEP
from pytest_orchestrator.agents.result import ProcessResult
from pytest_orchestrator.core.result import Limit
from pytest_orchestrator.core.status import Reason, Status
from pytest_orchestrator.errors import AgentError
from pytest_orchestrator.process.command import Command
from pytest_orchestrator.process.dispatcher import shared_dispatcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_orchestrator.process.command import Outcome
    from pytest_orchestrator.process.runs import Run

_ENVIRONMENT = {b"PATH": os.environb.get(b"PATH", b"/usr/bin:/bin")}


class _Agent:
    """What every agent process has."""

    def __init__(self, process_id: str, prompt: str, timeout: float | None) -> None:
        self.process_id = process_id
        self.prompt = prompt
        self.timeout = timeout
        self.unwanted = threading.Event()
        self._is_done = False

    @property
    def is_done(self) -> bool:
        return self._is_done

    def begin(self) -> None:
        if self._is_done:
            raise AgentError(f"process {self.process_id!r} has run already")
        self._is_done = True

    def replace(
        self, *, prompt: str = KEEP, process_id: str = KEEP, timeout: float | None = KEEP, model: str | None = KEEP
    ) -> Self:
        other = copy.copy(self)
        given = {"prompt": prompt, "process_id": process_id, "timeout": timeout}
        vars(other).update({name: value for name, value in given.items() if value is not KEEP})
        other.unwanted = threading.Event()
        other._is_done = False
        return other


class ShellAgent(_Agent):
    """A shell script that gets the prompt on standard input; started by the engine, as every program is."""

    def __init__(
        self,
        script: str,
        process_id: str = "agent",
        prompt: str = "",
        timeout: float | None = None,
        working_dir: Path = Path("/"),
    ) -> None:
        super().__init__(process_id, prompt, timeout)
        self.script = script
        self.working_dir = working_dir
        self._guard = threading.Lock()
        self._run: Run | None = None

    def run(self) -> ProcessResult:
        self.begin()
        command = Command(
            argv=(b"/bin/bash", b"-c", self.script.encode()),
            cwd=os.fsencode(self.working_dir),
            base_env=_ENVIRONMENT,
            stdin=self.prompt.encode(),
            timeout=self.timeout,
            grace=2.0,
        )
        with self._guard:
            if not self.unwanted.is_set():
                self._run = shared_dispatcher().start(command)
        if self._run is None:
            return ProcessResult(130, "", "", 0.0, self.process_id, Status.CANCELLED)
        outcome = self._run.wait()
        assert outcome is not None
        return self._judged(outcome)

    def terminate(self) -> None:
        with self._guard:
            self.unwanted.set()
        if self._run is not None:
            self._run.cancel()

    def replace(self, **given: Any) -> Self:
        other = super().replace(**given)
        other._guard = threading.Lock()
        other._run = None
        return other

    def _judged(self, outcome: Outcome) -> ProcessResult:
        code, status, limit = outcome.exit_code or 0, Status.PASSED, None
        if outcome.cancelled:
            code, status = 130, Status.CANCELLED
        elif outcome.limit:
            code, status, limit = -1, Status.TIMEOUT, Limit("timeout", self.timeout or 0.0)
        elif code:
            status = Status.FAILED
        output, stderr = outcome.stdout.head.decode(), outcome.stderr.head.decode()
        return ProcessResult(code, output, stderr, outcome.duration, self.process_id, status, limit=limit)


class CallAgent(_Agent):
    """A function of the agent process itself. It returns the output, or a result, or raises."""

    def __init__(
        self,
        work: Callable[[CallAgent], str | ProcessResult],
        process_id: str = "agent",
        prompt: str = "",
        timeout: float | None = None,
    ) -> None:
        super().__init__(process_id, prompt, timeout)
        self.work = work

    def run(self) -> ProcessResult:
        self.begin()
        started = time.monotonic()
        made = self.work(self)
        if isinstance(made, ProcessResult):
            return made
        status = Status.CANCELLED if self.unwanted.is_set() else Status.PASSED
        code = 130 if self.unwanted.is_set() else 0
        return ProcessResult(code, made, "", time.monotonic() - started, self.process_id, status)

    def terminate(self) -> None:
        self.unwanted.set()


def failed(process_id: str, output: str = "", error: str = "exit 1") -> ProcessResult:
    return ProcessResult(1, output, "", 0.0, process_id, Status.FAILED, error=error)


def passed(process_id: str, output: str = "") -> ProcessResult:
    return ProcessResult(0, output, "", 0.0, process_id)


def troubled(process_id: str) -> ProcessResult:
    return ProcessResult(1, "", "", 0.0, process_id, Status.ERROR, Reason.INFRASTRUCTURE, "rate limited")


def says(output: str, process_id: str = "agent") -> CallAgent:
    """Return an agent that says ``output``."""
    return CallAgent(lambda agent: output, process_id)


def fails(process_id: str = "agent", output: str = "") -> CallAgent:
    """Return an agent that fails."""
    return CallAgent(lambda agent: failed(agent.process_id, output), process_id)


def echoes(process_id: str, prompt: str) -> CallAgent:
    """Return an agent that says its prompt."""
    return CallAgent(lambda agent: agent.prompt, process_id, prompt)


def waits(process_id: str = "agent", started: Callable[[], object] = lambda: None) -> CallAgent:
    """Return an agent that works until it is terminated."""

    def work(agent: CallAgent) -> str:
        started()
        assert agent.unwanted.wait(30)
        return "stopped"

    return CallAgent(work, process_id)


def own_threads() -> list[str]:
    """Return the names of the threads that strategies have started and that still run."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("agent-strategy-")]
