"""A supervisor that dies takes no script with it that had started, and none is started twice."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from pytest_orchestrator.process.command import Command
from pytest_orchestrator.process.engine import Engine

if TYPE_CHECKING:
    from pathlib import Path


def append(path: Path, word: str) -> Command:
    """Return a command that appends ``word`` to a file."""
    return Command(
        argv=(b"/bin/sh", b"-c", f"echo {word} >> '{path}'".encode()), cwd=os.fsencode(path.parent), base_env={}
    )


def kill_supervisor(engine: Engine) -> None:
    """Kill the engine's supervisor and wait until it is gone, without letting the engine see what it said."""
    assert engine._supervisor is not None
    pid = engine._supervisor.pid
    gone = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PIDFD, gone, os.WEXITED | os.WNOWAIT)
    os.close(gone)


def test_what_a_dead_supervisor_had_told_is_heard_before_anything_is_started_again(tmp_path: Path) -> None:
    """Two scripts ended and nobody had asked yet; the death is noticed when a third one is sent."""
    path = tmp_path / "ran"
    path.touch()
    with Engine(tmp_path / "work", tmp_path / "locks") as engine:
        first, second = engine.submit(append(path, "a")), engine.submit(append(path, "b"))
        while path.read_text().split() != ["a", "b"]:
            assert engine._supervisor is not None
        # The second outcome is told after its script wrote its word; a third script that runs is told later still.
        third = engine.submit(append(path, "c"))
        while path.read_text().split() != ["a", "b", "c"]:
            assert engine._supervisor is not None
        kill_supervisor(engine)
        fourth = engine.submit(append(path, "d"))
        assert engine.wait(fourth).exit_code == 0
        assert engine.wait(first).exit_code == 0
        assert engine.wait(second).exit_code == 0
        outcome = engine.wait(third)
        assert outcome.lost or outcome.exit_code == 0
    assert path.read_text().split() == ["a", "b", "c", "d"]


def test_a_supervisor_that_dies_while_the_work_of_another_is_handed_to_it_changes_nothing(tmp_path: Path) -> None:
    """Each script that waits is started once, however many supervisors die before its turn."""
    path = tmp_path / "ran"
    path.touch()
    with Engine(tmp_path / "work", tmp_path / "locks") as engine:
        blocker = Command(argv=(b"/bin/sleep", b"0.3"), cwd=b"/", base_env={})
        tickets = []
        for number in range(2):
            engine.submit(blocker)
            tickets += [engine.submit(append(path, f"{number}-{index}")) for index in range(3)]
            kill_supervisor(engine)
        for ticket in tickets:
            assert engine.wait(ticket).exit_code == 0
    assert sorted(path.read_text().split()) == [f"{number}-{index}" for number in range(2) for index in range(3)]
