"""A supervisor that dies takes no script with it that had started, and none is started twice."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from typing import TYPE_CHECKING

from engine_runs import (
    EVERY_WAY,
    IN_EVERY_WAY,
    engine_in,
    guard_pid,
    hiding,
    owner_process,
    shell,
    started,
    supervisor_pid,
)
from process_watch import children, is_waiting, marked, new_mark, until, until_dead

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
    """Kill the engine's supervisor and its guard, without letting the engine see what they said."""
    guard = guard_pid(engine)
    both = (guard, *children(guard))  # it may not be there yet
    for pid in both:
        os.kill(pid, signal.SIGKILL)
    for pid in both:
        until_dead(pid)


def test_what_a_dead_supervisor_had_told_is_heard_before_anything_is_started_again(tmp_path: Path) -> None:
    """Two scripts ended and nobody had asked yet; the death is noticed when a third one is sent."""
    path = tmp_path / "ran"
    path.touch()
    with Engine(tmp_path / "work", tmp_path / "locks") as engine:
        first, second = engine.submit(append(path, "a")), engine.submit(append(path, "b"))
        while path.read_text().split() != ["a", "b"]:
            assert engine._supervisor is not None
        third = engine.submit(append(path, "c"))
        while path.read_text().split() != ["a", "b", "c"]:
            assert engine._supervisor is not None
        # The place of a script that ended is given away before its outcome is told.
        until(lambda: is_waiting(supervisor_pid(engine)), "the telling of two outcomes")
        kill_supervisor(engine)
        fourth = engine.submit(append(path, "d"))
        assert engine.wait(fourth).exit_code == 0
        assert engine.wait(first).exit_code == 0
        assert engine.wait(second).exit_code == 0
        outcome = engine.wait(third)
        assert outcome.lost or outcome.exit_code == 0
    assert path.read_text().split() == ["a", "b", "c", "d"]


def test_no_script_is_run_twice_when_a_supervisor_dies_to_which_nobody_listens(tmp_path: Path) -> None:
    """So many results that the socket takes no more: of what was started last the engine finds a note only."""
    path = tmp_path / "ran"
    path.touch()
    words = [str(number) for number in range(800)]
    with engine_in(tmp_path, jobs=4) as engine:
        tickets = [engine.submit(append(path, word)) for word in words]
        supervisor = supervisor_pid(engine)
        until(lambda: path.read_text() and not children(supervisor) and is_waiting(supervisor), "a socket that is full")
        assert len(path.read_text().split()) < len(words)
        kill_supervisor(engine)
        outcomes = [engine.wait(ticket) for ticket in tickets]
    assert sorted(path.read_text().split(), key=int) == words
    assert all(outcome.lost or outcome.exit_code == 0 for outcome in outcomes)


def test_what_was_submitted_together_runs_also_when_an_exception_comes_in_between(tmp_path: Path) -> None:
    path = tmp_path / "ran"
    words = [str(number) for number in range(20)]
    tickets = []
    with engine_in(tmp_path) as engine:
        with contextlib.suppress(ZeroDivisionError), engine.together():
            tickets = [engine.submit(append(path, word)) for word in words]
            raise ZeroDivisionError
        assert [engine.wait(ticket).exit_code for ticket in tickets] == [0] * len(words)
    assert path.read_text().split() == words


def test_what_is_submitted_together_to_a_dead_supervisor_goes_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "ran"
    words = [str(number) for number in range(20)]
    with engine_in(tmp_path) as engine:
        engine.start()
        with engine.together():
            tickets = [engine.submit(append(path, word)) for word in words]
            kill_supervisor(engine)
        ended = [engine.wait(ticket) for ticket in tickets]
    assert path.read_text().split() == words
    assert all(outcome.lost or outcome.exit_code == 0 for outcome in ended)


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


def test_programs_of_a_killed_supervisor_end_although_nobody_looks_at_the_engine(tmp_path: Path) -> None:
    mark = new_mark()
    with engine_in(tmp_path, jobs=2) as engine:
        ticket = started(engine, shell(hiding(EVERY_WAY, mark)), mark, IN_EVERY_WAY)
        os.kill(supervisor_pid(engine), signal.SIGKILL)
        until_dead(guard_pid(engine))
        assert not marked(mark)
        assert engine.wait(ticket).lost


def test_programs_end_when_their_owner_and_their_supervisor_are_killed_at_the_same_moment(tmp_path: Path) -> None:
    mark = new_mark()
    text = f"""
engine.submit(shell({hiding(EVERY_WAY, mark)!r}))
until(lambda: engine.poll() or len(sleepers({mark!r})) >= {IN_EVERY_WAY}, "all sleepers")
print(supervisor_pid(engine), flush=True)
engine.pause(600)
"""
    with owner_process(tmp_path, text) as owner:
        assert owner.stdout is not None
        supervisor = int(owner.stdout.readline())
        os.kill(supervisor, signal.SIGSTOP)  # so that it cannot do anything between the two
        os.kill(owner.pid, signal.SIGKILL)
        os.kill(supervisor, signal.SIGKILL)
        until(lambda: not marked(mark), f"the end of {marked(mark)}")


def test_a_supervisor_whose_guard_is_killed_gives_back_what_it_has(tmp_path: Path) -> None:
    mark = new_mark()
    with engine_in(tmp_path) as engine:
        running = started(engine, shell("echo before; " + hiding(EVERY_WAY, mark)), mark, IN_EVERY_WAY)
        waiting = engine.submit(shell("echo after"))
        os.kill(guard_pid(engine), signal.SIGKILL)
        outcome = engine.wait(running)
        assert (outcome.lost, outcome.stdout.head) == (True, b"before\n")
        assert not marked(mark)
        assert engine.wait(waiting).stdout.head == b"after\n"


def test_a_death_that_an_exception_kept_from_being_seen_to_is_seen_to_later(tmp_path: Path) -> None:
    mark = new_mark()
    with engine_in(tmp_path) as engine:
        running = started(engine, shell(f"echo before; exec sleep {mark}"), mark, 1)
        waiting = engine.submit(shell("echo after"))
        kill_supervisor(engine)
        assert engine._supervisor is not None
        assert "status -9" in engine._supervisor.bury(engine._take)  # and here Ctrl-C came
        outcome = engine.wait(running)
        assert (outcome.lost, outcome.stdout.head) == (True, b"before\n")
        assert not marked(mark)
        assert engine.wait(waiting).stdout.head == b"after\n"
    assert not (tmp_path / "work").exists()


def test_long_output_of_a_program_that_was_lost_leaves_no_directory(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        ticket = engine.submit(shell("yes | head -c 200000; kill -9 $PPID; sleep 600"))
        outcome = engine.wait(ticket)
        assert outcome.stdout.size == 200000
        assert outcome.stdout.path is not None
        os.unlink(outcome.stdout.path)
    assert not (tmp_path / "work").exists()


def test_output_is_there_whenever_the_supervisor_dies_after_its_program(tmp_path: Path) -> None:
    """However close to the end of a program: its output is in the outcome, or still in its file."""
    for delay in range(12):
        with engine_in(tmp_path / str(delay)) as engine:
            engine.start()
            guard, supervisor = guard_pid(engine), supervisor_pid(engine)
            ran = tmp_path / f"{delay}.ran"
            ticket = engine.submit(shell(f"echo said; touch '{ran}'; kill -TERM $PPID; exec sleep 5", grace=5.0))
            until(ran.exists, "the start of the program")
            until(lambda: not children(supervisor), "the end of the program")  # noqa: B023 - called at once
            select.select([], [], [], delay / 10_000)
            for pid in (guard, supervisor):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            outcome = engine.wait(ticket)
            assert (outcome.lost, outcome.stdout.head) == (True, b"said\n")
