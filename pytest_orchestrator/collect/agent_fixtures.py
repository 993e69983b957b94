"""The factories that the agent fixtures return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from ..agents.process import CliProcess
from ..agents.session import OrchestratorSession
from ..errors import ArgumentError
from .agent_test import TIMEOUT

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from ..agents.result import ProcessResult
    from ..agents.workspace import AgentWorkspace
    from .agent_test import AgentTest

Process = TypeVar("Process", bound=CliProcess)
_UNSAID: Any = object()
"""Stands for an argument that was not given, where None means something."""


class WorkspaceFactory:
    """Makes the workspaces of a test."""

    def __init__(self, test: AgentTest) -> None:
        self._test = test

    def __repr__(self) -> str:
        return "<agent_workspace>"

    def __getattr__(self, name: str) -> NoReturn:
        message = f"agent_workspace has no {name!r}: it is a function, as in workspace = agent_workspace(files={{…}})"
        raise AttributeError(message)

    def __call__(
        self, files: Mapping[str, str | bytes] | None = None, source: str | os.PathLike[str] | None = None
    ) -> AgentWorkspace:
        """Return a new workspace; see :meth:`AgentWorkspace.create` for the arguments.

        A relative ``source`` is looked for beside the test's file, then in the rootdir.
        """
        return self._test.make_workspace(files, source)


class ProcessFactory(Generic[Process]):
    """Makes processes of one command line for a test."""

    def __init__(self, test: AgentTest, kind: type[Process]) -> None:
        self._test = test
        self._kind = kind

    def __repr__(self) -> str:
        return f"<{self._kind.CLI}_process>"

    def __call__(
        self,
        prompt: str,
        process_id: str | None = None,
        *,
        working_dir: Path | str | None = None,
        log_dir: Path | str | None = None,
        model: str | None = None,
        stream_output: bool | None = None,
        timeout: float | None = TIMEOUT,
        **extras: Any,
    ) -> Process:
        """Return a process that has not been run.

        ``process_id`` is ``claude-1``, ``claude-2`` … unless given. It works in ``working_dir`` (default: the test's
        last workspace, else its ``tmp_path``), and for ``timeout`` seconds (default 300) at most. ``extras`` are the
        keyword arguments of :class:`~pytest_orchestrator.ClaudeProcess`; ``isolation`` is ``fresh`` unless given.

        Skip the test where the command line is not installed, or has no login; fail it then under ``CI=true`` and with
        ``--orchestrate-strict``. Raise ArgumentError with all mistakes among the arguments.
        """
        test, name = self._test, str(self._kind.CLI)
        where = test.working_dir if working_dir is None else working_dir
        given = test.arguments(where, extras)
        process = self._kind(
            prompt,
            test.next_id(name) if process_id is None else process_id,
            where,
            test.log_dir if log_dir is None else log_dir,
            model,
            test.stream_output if stream_output is None else stream_output,
            timeout,
            **given,
        )
        test.require(name, given)
        process.observer = test
        return process


class SessionFactory:
    """Makes the sessions of a test."""

    def __init__(self, test: AgentTest) -> None:
        self._test = test
        self._made: list[WatchedSession] = []

    def __repr__(self) -> str:
        return "<orchestrator_session>"

    def __call__(
        self,
        pattern_name: str = "test",
        working_dir: Path | str | None = None,
        base_log_dir: Path | str | None = None,
        model: str | None = None,
        *,
        defaults: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> OrchestratorSession:
        """Return a new session, which is closed when the test is over.

        It works in ``working_dir`` (default: the test's last workspace, else its ``tmp_path``) and keeps its logs below
        the report directory, or pytest's temporary one. ``defaults`` are keyword arguments for all of its processes,
        ``{"endpoint": endpoint}`` for one; ``options`` are those of :class:`~pytest_orchestrator.OrchestratorSession`.
        Raise ArgumentError when ``defaults`` has what each process has for itself.
        """
        shared = {} if defaults is None else _checked(defaults)
        where = self._test.working_dir if working_dir is None else working_dir
        logs = self._test.log_dir if base_log_dir is None else base_log_dir
        session = WatchedSession(self._test, shared, pattern_name, where, logs, model, **options)
        self._made.append(session)
        return session

    def close(self) -> None:
        """Close all sessions: what they have started ends."""
        for session in self._made:
            session.close()


def _checked(defaults: object) -> Mapping[str, Any]:
    if not isinstance(defaults, Mapping):
        problem = f"defaults: {defaults!r} is no mapping; give keyword arguments, as in {{'timeout': 60}}"
        raise ArgumentError(problem)
    own = [name for name in ("prompt", "process_id") if name in defaults]
    if own:
        problem = f"defaults: {own[0]!r} is each process's own; give it to create_process"
        raise ArgumentError(problem)
    return defaults


class WatchedSession(OrchestratorSession):
    """A session whose processes are made as the other fixtures of a test make theirs."""

    def __init__(
        self,
        test: AgentTest,
        defaults: Mapping[str, Any],
        pattern_name: str,
        working_dir: Path | str,
        base_log_dir: Path | str,
        model: str | None,
        **options: Any,
    ) -> None:
        self._test = test
        self._defaults = defaults
        self.secret_names = test.secret_names
        super().__init__(pattern_name, working_dir, base_log_dir, model, **options)

    def create_process(
        self,
        prompt: str,
        process_id: str | None = None,
        model: str | None = None,
        stream_output: bool | None = None,
        timeout: float | None = _UNSAID,
        *,
        cli: str | None = None,
        **extras: Any,
    ) -> CliProcess:
        """Return a process of this session, as the fixtures of its test make them."""
        said = {"model": model, "stream_output": stream_output, "cli": cli}
        asked = {"stream_output": self._test.stream_output, "timeout": TIMEOUT, **self._defaults, **extras}
        asked |= {name: value for name, value in said.items() if value is not None}
        asked |= {} if timeout is _UNSAID else {"timeout": timeout}
        given = self._test.arguments(asked.get("working_dir", self.working_dir), asked)
        process = super().create_process(prompt, process_id, **given)
        self._test.require(process.cli.name, given)
        return process

    def before(self, process: CliProcess) -> ProcessResult | None:
        """Take note of it in the session, then in the test."""
        known = super().before(process)
        if known is None:
            self._test.before(process)
        return known

    def after(self, process: CliProcess, result: ProcessResult | None) -> None:
        """Take note of it in the session, then in the test."""
        super().after(process, result)
        self._test.after(process, result)
