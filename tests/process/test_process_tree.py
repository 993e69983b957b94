"""What the kernel says of processes is read right, also where it says less than usual."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
from engine_runs import (
    EVERY_WAY,
    IN_EVERY_WAY,
    ROOT,
    WIPED_DAEMON,
    engine_in,
    gate,
    hiding,
    owner_process,
    run,
    said,
    shell,
    started,
    supervisor_pid,
)
from process_watch import descriptors, marked, new_mark, sleepers, until, until_dead

from pytest_orchestrator.process.supervisor.marks import Marks, environment_value
from pytest_orchestrator.process.supervisor.tree import (
    OwnChildren,
    Process,
    command_line,
    descendants,
    process_table,
    read_process,
    send_signal,
)
from pytest_orchestrator.process.sweep import find_marked, sweep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IS_ROOT = os.geteuid() == 0


@contextlib.contextmanager
def sleeper(*argv: str, **more: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for the length of a block."""
    with subprocess.Popen(argv or ["sleep", "600"], **more) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def test_a_name_with_parentheses_and_spaces_is_read_past(tmp_path: Path) -> None:
    odd = tmp_path / ") R 1 (x"
    odd.symlink_to("/bin/sleep")
    with sleeper(str(odd), "600", start_new_session=True) as process:
        until(lambda: command_line(process.pid).startswith(os.fsencode(odd)), "exec")
        read = read_process(process.pid)
        assert read is not None
        assert (read.parent, read.group, read.session) == (os.getpid(), process.pid, process.pid)
        assert process_table()[process.pid].parent == os.getpid()


def test_a_zombie_is_not_alive() -> None:
    with subprocess.Popen(["true"]) as process:
        until(lambda: (read := read_process(process.pid)) is not None and read.is_dead, "its end")
        assert process.pid not in process_table()
        assert process.pid in OwnChildren().pids()
        assert (read := OwnChildren().read(process.pid)) is not None
        assert read.is_dead
        assert process.pid not in OwnChildren().table()
        assert process.pid in OwnChildren().with_descendants()
    assert read_process(process.pid) is None


def test_children_are_found_without_the_kernels_list_of_them() -> None:
    with sleeper() as process:
        assert process.pid in OwnChildren().pids()
        assert process.pid in OwnChildren("/nowhere/children").pids()


def test_a_thousand_children_are_read_whole() -> None:
    text = f"""
        import os, sys
        sys.path.insert(0, {str(ROOT)!r})
        from pytest_orchestrator.process.supervisor.tree import OwnChildren
        started = {{os.posix_spawn("/bin/true", ["true"], {{}}) for _ in range(1000)}}
        print(OwnChildren().pids() == started)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(text)], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def test_descendants_are_roots_sessions_and_all_below() -> None:
    rows = [(1, 0, 1), (10, 1, 10), (11, 10, 10), (12, 11, 12), (20, 1, 20), (30, 1, 10), (31, 30, 31)]
    table = {pid: Process(pid, b"S", parent, pid, session, b"1") for pid, parent, session in rows}
    assert set(descendants([10], (), table)) == {10, 11, 12}
    assert set(descendants([], [10], table)) == {10, 11, 12, 30, 31}
    assert set(descendants([99], [98], table)) == set()


def test_a_long_command_is_shortened_and_a_missing_one_named() -> None:
    with sleeper("sleep", "600", *["0"] * 300) as process:
        until(lambda: b" 600 0 0" in command_line(process.pid), "exec")
        assert (len(command_line(process.pid)), command_line(process.pid)[-1:]) == (200, b"~")
    assert command_line(process.pid) == b"(ended)"
    assert command_line(2).startswith(b"[") or command_line(2) == b"(ended)" or not IS_ROOT


def test_a_pid_that_became_another_processs_is_not_signalled() -> None:
    with sleeper(start_new_session=True) as process:
        real = read_process(process.pid)
        assert real is not None
        earlier = Process(process.pid, b"S", real.parent, real.group, real.session, b"12345")
        send_signal({process.pid: earlier}, signal.SIGKILL)
        send_signal({1 << 22: Process(1 << 22, b"S", 1, 1, 1, b"1")}, signal.SIGKILL)
        assert process.poll() is None
        send_signal({process.pid: real}, signal.SIGKILL)
        assert process.wait(20) == -signal.SIGKILL


def test_a_whole_group_is_killed_with_one_of_its_members() -> None:
    with subprocess.Popen(
        ["sh", "-c", "sleep 600 & echo $!; wait"], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        leader = read_process(process.pid)
        assert leader is not None
        send_signal({process.pid: leader}, signal.SIGKILL)
        until_dead(child)


# -- marks ----------------------------------------------------------------------------------------------------


def spawn_marked(marks: Marks, number: int, argv: list[str], env: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a process that carries a mark, from a process that may not carry one itself."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_RTTIME)
    try:
        marks.put_on_next(number)
        return subprocess.Popen(argv, env=env, start_new_session=True)
    finally:
        resource.setrlimit(resource.RLIMIT_RTTIME, before)


def test_a_mark_survives_what_a_program_does_to_lose_it() -> None:
    marks, other = Marks(b"0123456789abcdef"), Marks(b"fedcba9876543210")
    marks.allow_limits()
    with spawn_marked(
        marks, 4711, ["env", "-i", "setsid", "-f", "sleep", mark := new_mark()], {"PATH": "/bin:/usr/bin"}
    ) as process:
        assert process.wait(20) == 0
        until(lambda: sleepers(mark), "the daemon")
        (daemon,) = sleepers(mark)
        assert environment_value(daemon, b"PATH") is None
        assert marks.number_of(daemon) == 4711
        assert other.number_of(daemon) is None
        assert set(find_marked(b"0123456789abcdef")) == {daemon}
        assert sweep(b"0123456789abcdef") == set()
        assert not sleepers(mark)


def test_a_mark_in_the_environment_is_found_where_limits_cannot_be_set() -> None:
    token = secrets.token_hex(8).encode()
    marks, nested = Marks(token), Marks(secrets.token_hex(8).encode())
    outer = marks.variable(7, None)
    value = nested.variable(3, outer)
    with sleeper("sleep", "600", env={"ORCHESTRATOR_RUN": value.decode(), "X": "1"}) as process:
        until(lambda: environment_value(process.pid, b"X") == b"1", "exec")
        assert (marks.number_of(process.pid), nested.number_of(process.pid)) == (7, 3)
        assert Marks(b"0000000000000000").number_of(process.pid) is None
    assert marks.number_of(process.pid) is None
    assert environment_value(process.pid, b"X") is None


def test_a_real_time_limit_of_the_user_is_left_alone() -> None:
    text = f"""
        import resource, sys
        sys.path.insert(0, {str(ROOT)!r})
        from pytest_orchestrator.process.supervisor.marks import Marks
        resource.setrlimit(resource.RLIMIT_RTTIME, (200000, resource.RLIM_INFINITY))
        marks = Marks(b"0123456789abcdef")
        marks.allow_limits()
        marks.put_on_next(1)
        print(resource.getrlimit(resource.RLIMIT_RTTIME)[0])
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(text)], capture_output=True, text=True, check=True)
    assert done.stdout == "200000\n"


# -- kernels and containers that show less --------------------------------------------------------------------


@pytest.mark.skipif(not IS_ROOT or not shutil.which("unshare"), reason="only root can mount another /proc")
def test_where_proc_hides_the_processes_of_others(tmp_path: Path) -> None:
    mark = new_mark()
    # A program of another user's, in /proc that shows a process only to who may trace it.
    drop = "setpriv --reuid 65534 --clear-groups"
    mount = ["unshare", "--mount", "sh", "-c", 'mount -t proc -o hidepid=2,gid=4 none /proc; exec "$@"', "sh"]
    limited = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"]
    text = f"{drop} setsid sleep {mark} & sleep 0.3; exit 0"
    program = f"""
        outcome = run(engine, shell({text!r}))
        print("left", *[left.command for left in outcome.left], flush=True)
        engine.close()
    """
    with owner_process(tmp_path, textwrap.dedent(program), prefix=[*mount, *limited]) as owner:
        said(owner, "left (hidden)")
        assert owner.wait(20) == 0
        assert not sleepers(mark)


@pytest.mark.skipif(not IS_ROOT or not shutil.which("unshare"), reason="only root can take /proc away")
def test_without_proc_a_time_limit_still_ends_a_program_and_its_group(tmp_path: Path) -> None:
    mark = new_mark()
    without = ["unshare", "--mount", "sh", "-c", 'umount -l /proc && exec "$@"', "sh"]
    text = f"trap '' TERM; sleep {mark} & sleep {mark}"
    program = f"""
        outcome = run(engine, shell({text!r}, timeout=0.5))
        print(outcome.limit, outcome.exit_code, flush=True)
        engine.close()
    """
    with owner_process(tmp_path, textwrap.dedent(program), prefix=without) as owner:
        said(owner, "timeout -9")
        assert owner.wait(20) == 0
        assert not marked(mark)


_WITHOUT_LIST = """
import os
def without_list(path, *args, real=os.open, **more):
    if str(path).endswith("/children"):
        raise FileNotFoundError(path)
    return real(path, *args, **more)
os.open = without_list
exec(os.environ["PROGRAM"])
"""


def test_without_the_kernels_list_of_children_everything_ends_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = new_mark()
    (tmp_path / "without_list.py").write_text(_WITHOUT_LIST)
    python = tmp_path / "python"
    python.write_text(
        f"#!/bin/sh\nfor PROGRAM; do :; done; export PROGRAM; exec {sys.executable} -S {tmp_path}/without_list.py\n"
    )
    python.chmod(0o755)
    with engine_in(tmp_path) as engine:
        assert run(engine, shell("exit 0")).exit_code == 0
        assert any(path.endswith("/children") for path in descriptors(supervisor_pid(engine)).values())
    monkeypatch.setattr("sys.executable", str(python))
    with engine_in(tmp_path) as engine:
        assert run(engine, shell("exit 0")).exit_code == 0
        assert not any(path.endswith("/children") for path in descriptors(supervisor_pid(engine)).values())
        outcome = run(engine, shell(hiding(EVERY_WAY, mark, "exit 0")))
        assert outcome.exit_code == 0
        assert len(outcome.left) >= IN_EVERY_WAY - 1
        assert not marked(mark)


@pytest.fixture
def no_marks_on_limits() -> Iterator[None]:
    """A user's own real-time limit, which is not touched: what wiped its environment then carries no mark."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_RTTIME)
    resource.setrlimit(resource.RLIMIT_RTTIME, (10**9, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_RTTIME, before)


@pytest.mark.usefixtures("no_marks_on_limits")
def test_a_daemon_without_any_mark_belongs_to_the_only_program(tmp_path: Path) -> None:
    mark = new_mark()
    with engine_in(tmp_path) as engine:
        open_gate = gate(tmp_path)
        ticket = started(engine, shell(hiding(WIPED_DAEMON, mark, open_gate.wait)), mark, 2)
        open_gate()
        assert [left.command for left in engine.wait(ticket).left] == [f"sleep {mark}"] * 2
        assert not marked(mark)


@pytest.mark.usefixtures("no_marks_on_limits")
def test_a_daemon_without_any_mark_goes_with_the_last_that_may_have_made_it(tmp_path: Path) -> None:
    mark = new_mark()
    maker_may_end, other_may_end = gate(tmp_path), gate(tmp_path)
    with engine_in(tmp_path, jobs=2) as engine:
        other = engine.submit(shell(other_may_end.wait))
        maker = engine.submit(shell(hiding(WIPED_DAEMON, mark, maker_may_end.wait)))
        until(lambda: len(sleepers(mark)) == 2, "the daemon")
        maker_may_end()
        assert engine.wait(maker).left == ()
        assert len(sleepers(mark)) == 2
        other_may_end()
        assert engine.wait(other).exit_code == 0
        assert not marked(mark)
