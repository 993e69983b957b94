"""Sessions of other programs, for tests that watch, stop and resume them from here."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import agent_shell
from process_watch import DEADLINE, until

from pytest_orchestrator.agents.session import OrchestratorSession
from pytest_orchestrator.agents.store import SESSIONS, SessionStore
from pytest_orchestrator.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

SUPPORT = Path(__file__).resolve().parent
ROOT = SUPPORT.parents[1]
HEAD = """
import os, signal, sys, threading, time
from pathlib import Path
import agent_shell
from pytest_orchestrator.agents.session import OrchestratorSession
from pytest_orchestrator.agents.strategies import run_batched, run_parallel, run_sequential, run_with_fallback

def say(word):
    os.write(1, f"{word}\\n".encode())  # at once: a forked copy may speak, too

def session(name="test", **given):
    made = OrchestratorSession(name, cli="shell", **given)
    say(made.session_id)
    return made

def quiet(session, prompt, process_id=None, **given):
    return session.create_process(prompt, process_id, stream_output=False, **given)
"""
"""What every program starts with; it prints the id of each session that it begins."""


class Program:
    """A program with a session, in a process of its own."""

    def __init__(self, directory: Path, text: str, **env: str) -> None:
        self.directory = directory
        path = os.pathsep.join([str(SUPPORT), str(ROOT), str(ROOT / "tests" / "agents")])
        self._process = subprocess.Popen(
            # Ctrl-C is ignored where a shell has started us in the background, and so it would be there.
            ["env", "--default-signal", sys.executable, "-c", HEAD + text],
            cwd=directory,
            env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def says(self) -> str:
        """Return the next line that it prints."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self._process.communicate()[1]
        return line.rstrip("\n")

    def store(self) -> SessionStore:
        """Return the session whose id is the next line."""
        return SessionStore(self.directory / SESSIONS / self.says())

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def end(self) -> tuple[str, str, int]:
        """Return what else it prints, its errors and its exit code, once it has ended by itself."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        # communicate() would miss what was read ahead with the last line.
        out, err = self._process.stdout.read(), self._process.stderr.read()
        return out, err, self._process.wait(DEADLINE)

    def kill(self) -> None:
        """End it as the system does when memory runs out."""
        self.signal(signal.SIGKILL)
        self._process.wait(DEADLINE)

    def clear(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)  # copies that it has forked hold the pipes, too
        self._process.communicate()


class Programs:
    """Programs of one test."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._programs: list[Program] = []

    def start(self, text: str, **env: str) -> Program:
        program = Program(self.directory, text, **env)
        self._programs.append(program)
        return program

    def clear(self) -> None:
        for program in self._programs:
            program.clear()


@contextlib.contextmanager
def programs_in(directory: Path) -> Iterator[Programs]:
    programs = Programs(directory)
    try:
        yield programs
    finally:
        programs.clear()


def sessions(directory: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Carry out ``pytest-orchestrator sessions`` in this process; return its exit code and what it prints."""
    capsys.readouterr()
    code = main(["sessions", *words, "--dir", str(directory / SESSIONS)])
    return code, *capsys.readouterr()


def states(store: SessionStore) -> dict[str, str]:
    """Return the state of each process of a session, as it is on disk."""
    return {record["process_id"]: record["state"] for record in store.processes()}


def until_file(path: Path) -> None:
    until(path.exists, f"the file {path.name}")


def shell_session(directory: Path, **given: object) -> OrchestratorSession:
    """Begin a session of shell agents in this process."""
    return OrchestratorSession("test", directory, cli=agent_shell.SHELL.name, **given)  # type: ignore[arg-type]
