"""One engine for many threads: what starts, what it is told, what stands still, and what ends with it."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import engine_runs
import pytest
from engine_runs import Gate, engine_in, supervisor_pid
from process_watch import children, marked, new_mark, until

from pytest_orchestrator.errors import SupervisorError
from pytest_orchestrator.process.command import Command
from pytest_orchestrator.process.dispatcher import Dispatcher
from pytest_orchestrator.process.runs import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

ENVIRONMENT = {b"PATH": os.environb.get(b"PATH", b"/usr/bin:/bin")}


@pytest.fixture
def dispatcher() -> Iterator[Dispatcher]:
    dispatcher = Dispatcher()
    yield dispatcher
    dispatcher.close()


def shell(script: str, cwd: Path, **more: object) -> Command:
    return Command(
        argv=(b"/bin/bash", b"-c", script.encode()),
        cwd=os.fsencode(cwd),
        base_env=ENVIRONMENT,
        **more,  # type: ignore[arg-type]
    )


def text_of(path: bytes | None) -> bytes:
    assert path is not None
    with open(path, "rb") as file:
        return file.read()


def wait_for_file(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} never came"
        time.sleep(0.01)


def test_programs_of_many_threads_run_at_the_same_time_and_each_hears_of_its_own(
    dispatcher: Dispatcher, tmp_path: Path
) -> None:
    count = 12
    # Each waits until all have come: with one after another none would ever end.
    script = 'touch "$0"; while [ "$(ls | wc -l)" -lt 12 ]; do sleep 0.01; done; echo "I am $0"'
    outcomes: dict[int, bytes] = {}

    def one(number: int) -> None:
        command = Command(
            argv=(b"/bin/bash", b"-c", script.encode(), b"%d" % number),
            cwd=os.fsencode(tmp_path),
            base_env=ENVIRONMENT,
            timeout=30,
        )
        outcome = dispatcher.start(command).wait()
        assert outcome is not None
        outcomes[number] = outcome.stdout.head

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == {number: b"I am %d\n" % number for number in range(count)}


def test_output_can_be_read_while_the_program_runs_and_all_of_it_after_that(
    dispatcher: Dispatcher, tmp_path: Path
) -> None:
    run = dispatcher.start(
        shell("echo first; touch out; read < go; echo second", tmp_path, whole_output=True, timeout=30)
    )
    os.mkfifo(tmp_path / "go")
    wait_for_file(tmp_path / "out")
    while run.files is None:
        time.sleep(0.01)
    with open(run.files[0], "rb") as output:
        assert output.read() == b"first\n"
        (tmp_path / "go").write_text("now\n")
        outcome = run.wait()
        assert outcome is not None
        assert output.read() == b"second\n"
    assert text_of(outcome.stdout.path) == b"first\nsecond\n"
    assert outcome.stderr.path is None


def test_a_file_that_was_opened_is_never_used_for_another_program(dispatcher: Dispatcher, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "go")
    silent = dispatcher.start(shell("touch out; read < go", tmp_path, whole_output=True, timeout=30))
    wait_for_file(tmp_path / "out")
    while silent.files is None:
        time.sleep(0.01)
    with open(silent.files[0], "rb") as output:
        (tmp_path / "go").write_text("now\n")
        silent.wait()
        for _ in range(3):
            dispatcher.start(shell("echo mine", tmp_path)).wait()
        assert output.read() == b""


def test_standard_input_can_be_a_terminal_that_never_lets_a_reader_wait(dispatcher: Dispatcher, tmp_path: Path) -> None:
    script = 'test -t 0 && echo terminal; read -r line; echo "read: $?"; cat; echo "to the terminal" >&0; echo done'
    outcome = dispatcher.start(shell(script, tmp_path, terminal=True, timeout=20)).wait()
    assert outcome is not None
    assert (outcome.exit_code, outcome.limit) == (0, None)
    assert outcome.stdout.head == b"terminal\nread: 1\ndone\n"


def test_a_program_may_fill_its_terminal_without_being_held_up(dispatcher: Dispatcher, tmp_path: Path) -> None:
    script = "head -c 1000000 /dev/zero >&0; echo done"
    outcome = dispatcher.start(shell(script, tmp_path, terminal=True, timeout=20)).wait()
    assert outcome is not None
    assert outcome.stdout.head == b"done\n"


PATIENT = """
import os, sys, termios, tty
tty.setraw(0)
print("waiting", flush=True)
open("ready", "w").close()
key = os.read(0, 1)
print("got", key, flush=True)
sys.exit(0)
"""


def test_at_its_time_limit_a_program_that_waits_for_a_key_is_told_before_it_is_signalled(
    dispatcher: Dispatcher, tmp_path: Path
) -> None:
    (tmp_path / "patient.py").write_text(PATIENT)
    command = Command(
        argv=(os.fsencode(sys.executable), b"patient.py"),
        cwd=os.fsencode(tmp_path),
        base_env=ENVIRONMENT,
        terminal=True,
        timeout=1.0,
        grace=20.0,
    )
    outcome = dispatcher.start(command).wait()
    assert outcome is not None
    assert (outcome.limit, outcome.exit_code) == ("timeout", 0)
    assert b"got b'\\x04'" in outcome.stdout.head


TELLS = """
import os, signal, sys, time
def tell(*_):
    print("spent 3", flush=True)
    sys.exit(0)
signal.signal(signal.SIGINT, tell)
if os.fork() == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda *_: (print("asked", flush=True), os._exit(0)))
    open("ready", "w").close()
    time.sleep(60)
os.wait()
"""


def test_a_program_that_tells_what_it_spent_when_interrupted_is_interrupted_before_its_tree_is_asked_to_end(
    dispatcher: Dispatcher, tmp_path: Path
) -> None:
    (tmp_path / "tells.py").write_text(TELLS)
    command = Command(
        argv=(os.fsencode(sys.executable), b"tells.py"),
        cwd=os.fsencode(tmp_path),
        base_env=ENVIRONMENT,
        interrupt=True,
        timeout=1.0,
        grace=20.0,
    )
    outcome = dispatcher.start(command).wait()
    assert outcome is not None
    assert (outcome.limit, outcome.exit_code) == ("timeout", 0)
    assert outcome.stdout.head == b"spent 3\nasked\n"


def test_a_suspended_tree_stands_still_and_so_does_its_clock(dispatcher: Dispatcher, tmp_path: Path) -> None:
    script = "(while :; do echo tick >> ticks; sleep 0.02; done) & while [ ! -e go ]; do sleep 0.02; done; kill $!"
    run = dispatcher.start(shell(script, tmp_path, timeout=3.0, left_processes="kill"))
    wait_for_file(tmp_path / "ticks")
    run.suspend()
    # One that was being written when it was stopped may still come.
    before = -1
    while before != (before := (tmp_path / "ticks").stat().st_size):
        time.sleep(0.1)
    assert run.wait(3.5) is None  # longer than its limit
    assert (tmp_path / "ticks").stat().st_size == before
    run.resume()
    while (tmp_path / "ticks").stat().st_size == before:
        time.sleep(0.01)
    (tmp_path / "go").touch()
    outcome = run.wait()
    assert outcome is not None
    assert (outcome.exit_code, outcome.limit) == (0, None)
    assert outcome.duration < 3.0


def test_a_suspended_program_can_be_cancelled(dispatcher: Dispatcher, tmp_path: Path) -> None:
    run = dispatcher.start(shell("trap 'echo asked; exit 3' TERM; touch out; while :; do sleep 0.01; done", tmp_path))
    wait_for_file(tmp_path / "out")
    run.suspend()
    run.cancel()
    outcome = run.wait(20)
    assert outcome is not None
    assert outcome.cancelled
    assert outcome.stdout.head == b"asked\n"


def test_what_is_suspended_as_soon_as_it_was_asked_for_stands_still_from_its_start_on(
    dispatcher: Dispatcher, tmp_path: Path
) -> None:
    dispatcher.start(shell("true", tmp_path)).wait()  # so that both orders reach the supervisor in the same breath
    mark = new_mark()
    script = f"while [ ! -e go ]; do sleep 0.01; done; : {mark}"
    runs = [dispatcher.prepare(shell(script, tmp_path, timeout=30)) for _ in range(5)]
    for run in runs:
        dispatcher.begin(run)
        run.suspend()
    # One may have been stopped together with a copy of itself that was to become a sleep.
    until(lambda: len(states(mark)) >= 5 and set(states(mark)) == {"T"}, "all of them standing still")
    for run in runs:
        run.resume()
    (tmp_path / "go").touch()
    outcomes = [run.wait(20) for run in runs]
    assert [outcome and outcome.exit_code for outcome in outcomes] == [0] * 5


def states(mark: str) -> list[str]:
    """Return the states of the processes with a mark, as the kernel names them: S asleep, T stopped."""
    found = []
    for pid in marked(mark):
        with contextlib.suppress(OSError):  # it has just gone
            found.append(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0])
    return found


def test_closing_stops_what_runs_and_refuses_what_comes_later(tmp_path: Path) -> None:
    dispatcher = Dispatcher()
    run = dispatcher.start(shell("touch out; sleep 60", tmp_path))
    wait_for_file(tmp_path / "out")
    dispatcher.close()
    outcome = run.wait(0)
    assert outcome is not None
    assert outcome.cancelled
    with pytest.raises(SupervisorError, match="cannot be started any more"):
        dispatcher.start(shell("true", tmp_path))


def test_closing_does_not_wait_for_a_supervisor_that_a_program_has_stopped(tmp_path: Path) -> None:
    dispatcher = Dispatcher()
    run = dispatcher.start(shell("kill -STOP $PPID; touch out; sleep 60", tmp_path, grace=0.5))
    wait_for_file(tmp_path / "out")
    begun = time.monotonic()
    dispatcher.close()
    assert time.monotonic() < begun + 10
    outcome = run.wait(0)
    assert outcome is not None
    assert outcome.cancelled


def test_one_that_was_never_used_costs_nothing_to_close() -> None:
    before = threading.active_count()
    dispatcher = Dispatcher()
    dispatcher.close()
    assert threading.active_count() == before


EXITS = """
import os, sys
from pytest_orchestrator.process.command import Command
from pytest_orchestrator.process.dispatcher import shared_dispatcher
run = shared_dispatcher().start(Command(
    argv=(b"/bin/sh", b"-c", b"echo $$ > pid; sleep 60"), cwd=os.fsencode(os.getcwd()), base_env={}))
while not (os.path.exists("pid") and open("pid").read()):
    pass
"""


def test_a_process_that_just_ends_leaves_no_program_behind(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", EXITS], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_process_that_is_killed_leaves_no_program_behind(tmp_path: Path) -> None:
    script = EXITS + "\nos.kill(os.getpid(), 9)\n"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == -signal.SIGKILL
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 20
    while os.path.exists(f"/proc/{pid}"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_run_that_was_told_of_has_the_type_that_callers_expect(dispatcher: Dispatcher, tmp_path: Path) -> None:
    run = dispatcher.start(shell("exit 7", tmp_path))
    assert isinstance(run, Run)
    outcome = run.wait()
    assert outcome is not None
    assert outcome.exit_code == 7


def test_where_no_directory_can_be_made_that_is_told_and_later_programs_run(
    dispatcher: Dispatcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as context:
        context.setattr("tempfile.tempdir", str(tmp_path / "gone"))
        refused = dispatcher.start(shell("echo hi", tmp_path)).wait(20)
    assert refused is not None
    assert (refused.was_started, refused.lost, refused.cancelled) == (False, True, False)
    assert str(refused.error).startswith("programs cannot be run: [Errno 2] No such file or directory")
    outcome = dispatcher.start(shell("echo hi", tmp_path)).wait(20)
    assert outcome is not None
    assert outcome.stdout.head == b"hi\n"


def test_a_fault_in_the_thread_is_told_as_what_it_is_and_later_programs_run(
    dispatcher: Dispatcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults: queue.SimpleQueue[threading.ExceptHookArgs] = queue.SimpleQueue()
    monkeypatch.setattr(threading, "excepthook", faults.put)
    cannot_be_sent: Any = {b"A": object()}
    outcome = dispatcher.start(Command(argv=(b"/bin/true",), cwd=b"/", base_env=cannot_be_sent)).wait(20)
    assert outcome is not None
    assert (outcome.was_started, outcome.lost, outcome.cancelled) == (False, True, False)
    assert str(outcome.error).startswith("programs cannot be run: ValueError(")
    assert faults.get(timeout=20).exc_type is ValueError
    outcome = dispatcher.start(shell("exit 7", tmp_path)).wait(20)
    assert outcome is not None
    assert outcome.exit_code == 7


def test_a_run_that_was_never_begun_can_be_cancelled_and_begun(dispatcher: Dispatcher, tmp_path: Path) -> None:
    run = dispatcher.prepare(shell("echo hi", tmp_path))
    run.cancel()
    assert run.wait(0) is None
    dispatcher.begin(run)
    assert run.wait(20) is not None


def test_what_ignores_sigterm_can_be_ended_without_its_grace_period(dispatcher: Dispatcher, tmp_path: Path) -> None:
    run = dispatcher.start(shell("trap '' TERM; touch out; while :; do sleep 60; done", tmp_path, grace=60.0))
    wait_for_file(tmp_path / "out")
    begun = time.monotonic()
    run.end_now()
    outcome = run.wait(20)
    assert outcome is not None
    assert (outcome.exit_code, outcome.cancelled) == (-signal.SIGKILL, True)
    assert time.monotonic() < begun + 1.5


def test_what_has_ended_by_itself_when_the_order_to_end_it_is_read_is_told_as_that(tmp_path: Path) -> None:
    gate = Gate(tmp_path / "gate")
    with engine_in(tmp_path) as engine:
        supervisor = supervisor_pid(engine)
        ticket = engine.submit(engine_runs.shell(f"{gate.wait}; exit 3"))
        until(lambda: children(supervisor), "its start")
        (pid,) = children(supervisor)
        with open(f"/proc/{supervisor}/stat", "rb") as file:
            guard = int(file.read().rpartition(b")")[2].split()[1])
        os.kill(guard, signal.SIGSTOP)  # it would let the supervisor go on
        os.kill(supervisor, signal.SIGSTOP)
        gate()
        until(lambda: children(supervisor) == {pid: "Z"}, "its end")
        engine.cancel(ticket)
        os.kill(supervisor, signal.SIGCONT)
        os.kill(guard, signal.SIGCONT)
        outcome = engine.wait(ticket)
    assert (outcome.exit_code, outcome.cancelled) == (3, False)


STOPS_ITS_SUPERVISOR = (
    EXITS.replace("echo $$ > pid;", "echo $$ > part; mv part pid; kill -STOP $PPID; touch stopped;")
    + """
while not os.path.exists("stopped"):
    pass
os.kill(os.getpid(), 9)
"""
)


def test_a_program_that_stops_its_supervisor_does_not_outlive_who_wanted_it(tmp_path: Path) -> None:
    assert "kill -STOP" in STOPS_ITS_SUPERVISOR
    done = subprocess.run(
        [sys.executable, "-c", STOPS_ITS_SUPERVISOR], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == -signal.SIGKILL
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 20
    while os.path.exists(f"/proc/{pid}"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
