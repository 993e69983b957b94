"""Two programs that share a named lock never overlap, whoever runs them."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING

from engine_runs import engine_in, gate, has_outcome, owner_process, run, said, shell
from process_watch import files_below, marked, new_mark

from pytest_orchestrator.process.supervisor.locks import file_name

if TYPE_CHECKING:
    from pathlib import Path

# mkdir succeeds for one only: whoever finds the directory there has overlapped with another.
_ALONE = "mkdir {there} || exit 9; for i in 1 2 3 4 5; do test -d {there} || exit 8; done; rmdir {there}"


def test_programs_of_one_engine_never_overlap(tmp_path: Path) -> None:
    text = _ALONE.format(there=tmp_path / "there")
    with engine_in(tmp_path, jobs=4) as engine:
        tickets = [engine.submit(shell(text, resources=("db",))) for _ in range(30)]
        assert [engine.wait(ticket).exit_code for ticket in tickets] == [0] * 30


def test_programs_of_two_processes_never_overlap(tmp_path: Path) -> None:
    text = _ALONE.format(there=tmp_path / "there")
    other = f"""
        tickets = [engine.submit(shell({text!r}, resources=("db", "net"))) for _ in range(25)]
        print("all", {{engine.wait(ticket).exit_code for ticket in tickets}}, flush=True)
        engine.close()
    """
    with engine_in(tmp_path, jobs=3) as engine, owner_process(tmp_path, textwrap.dedent(other), jobs=3) as owner:
        tickets = [engine.submit(shell(text, resources=("db",) if n % 2 else ("db", "net"))) for n in range(25)]
        assert [engine.wait(ticket).exit_code for ticket in tickets] == [0] * 25
        said(owner, "all {0}")
        assert owner.wait(20) == 0


def test_what_waits_for_a_lock_keeps_no_other_from_running(tmp_path: Path) -> None:
    open_gate = gate(tmp_path)
    with engine_in(tmp_path, jobs=2) as engine:
        holder = engine.submit(shell(open_gate.wait, resources=("db",)))
        waiter = engine.submit(shell("exit 0", resources=("db",)))
        assert run(engine, shell("exit 0")).exit_code == 0
        assert run(engine, shell("exit 0", resources=("net",))).exit_code == 0
        assert not has_outcome(engine, waiter)
        open_gate()
        assert engine.wait(holder).exit_code == engine.wait(waiter).exit_code == 0


def test_a_lock_that_nobody_wants_any_more_is_not_kept(tmp_path: Path) -> None:
    mark = new_mark()
    holder = f"""
        ticket = engine.submit(shell("exec sleep {mark}", resources=("db",)))
        until(lambda: sleepers("{mark}"), "the holder")
        print("held", flush=True)
        sys.stdin.readline()
        engine.cancel(ticket)
        engine.wait(ticket)
        print("exit", run(engine, shell("exit 0", resources=("db",))).exit_code, flush=True)
        engine.close()
    """
    with owner_process(tmp_path, textwrap.dedent(holder)) as owner:
        said(owner, "held")
        with engine_in(tmp_path) as engine:
            ticket = engine.submit(shell("exit 0", resources=("db",)))
            assert run(engine, shell("exit 0")).exit_code == 0
            engine.cancel(ticket)
            assert engine.wait(ticket).cancelled
            assert owner.stdin is not None
            owner.stdin.write(b"go on\n")
            owner.stdin.flush()
            # The thread of ours that still waits gets the lock some time, and must let go of it.
            said(owner, "exit 0")
    assert not marked(mark)


def test_a_lock_is_free_again_when_its_program_is_killed(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        for _ in range(3):
            assert run(engine, shell("sleep 600", timeout=0.05, resources=("db",))).limit == "timeout"


def test_a_program_that_cannot_start_gives_its_locks_back(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        assert run(engine, shell("exit 0", cwd=b"/nowhere", resources=("a", "b"))).error
        assert run(engine, shell("exit 0", resources=("a", "b"))).exit_code == 0


def test_locks_may_have_any_name(tmp_path: Path) -> None:
    names = ("../up", "a/b", "", ".", "x" * 1000, "x" * 999 + "y", "ü", "a b\n", "%2e")
    assert len({file_name(name) for name in names}) == len(names)
    assert all(len(file_name(name)) <= 200 and b"/" not in file_name(name) for name in names)
    with engine_in(tmp_path) as engine:
        assert run(engine, shell("exit 0", resources=tuple(sorted(names)))).exit_code == 0
    assert len(files_below(tmp_path)) == len(names) + 1


def test_a_lock_directory_that_cannot_be_made_fails_the_program(tmp_path: Path) -> None:
    (tmp_path / "locks").write_text("a file")
    with engine_in(tmp_path) as engine:
        outcome = run(engine, shell("exit 0", resources=("db",)))
        assert (outcome.was_started, outcome.error) == (False, f"cannot take its locks: {os.strerror(17)}")
        assert run(engine, shell("exit 0")).exit_code == 0


def test_waiting_for_two_locks_makes_no_dead_lock(tmp_path: Path) -> None:
    pairs = [("a", "b"), ("b", "c"), ("a", "c"), ("a", "b", "c")]
    other = f"""
        tickets = [engine.submit(shell("exit 0", resources=names)) for names in {pairs!r} * 8]
        print("all", {{engine.wait(ticket).exit_code for ticket in tickets}}, flush=True)
        engine.close()
    """
    with engine_in(tmp_path, jobs=4) as engine, owner_process(tmp_path, textwrap.dedent(other)) as owner:
        tickets = [engine.submit(shell("exit 0", resources=names)) for names in pairs * 8]
        assert {engine.wait(ticket).exit_code for ticket in tickets} == {0}
        said(owner, "all {0}")
