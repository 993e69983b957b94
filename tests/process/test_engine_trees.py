"""Nothing of a program is left, whatever it did to hide its processes and however it came to its end."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import textwrap
from typing import TYPE_CHECKING

import pytest
from engine_runs import (
    DAEMON,
    EVERY_WAY,
    HIDING,
    IN_EVERY_WAY,
    LOCKED_DAEMON,
    PLAIN,
    WIPED_DAEMON,
    engine_in,
    gate,
    hiding,
    owner_process,
    python,
    run,
    said,
    shell,
    started,
    supervisor_pid,
)
from process_watch import children, marked, new_mark, sleepers, until

from pytest_orchestrator.config.settings import Limits

if TYPE_CHECKING:
    from pathlib import Path

ONE_MB = Limits(output_mb=1)


@pytest.mark.parametrize("way", HIDING)
def test_a_limit_ends_whatever_a_program_hid(way: str, tmp_path: Path) -> None:
    text, count = HIDING[way]
    mark = new_mark()
    open_gate = gate(tmp_path)
    with engine_in(tmp_path) as engine:
        wanted = shell(hiding(text, mark, f"{open_gate.wait}; head -c 2000000 /dev/zero; sleep 600"), limits=ONE_MB)
        ticket = started(engine, wanted, mark, count)
        open_gate()
        assert engine.wait(ticket).limit == "output_mb"
        assert not marked(mark)


def test_a_time_limit_ends_everything_at_once(tmp_path: Path) -> None:
    mark = new_mark()
    with engine_in(tmp_path) as engine:
        outcome = run(engine, shell(hiding(EVERY_WAY, mark), timeout=0.5))
        assert (outcome.limit, outcome.unkillable) == ("timeout", ())
        assert not marked(mark)


def test_a_time_limit_ends_what_ignores_sigterm_after_its_grace(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        outcome = run(engine, shell("trap 'echo asked' TERM; while :; do sleep 0.01; done", timeout=0.1, grace=0.1))
        assert outcome.limit == "timeout"
        assert outcome.exit_code == -signal.SIGKILL
        assert outcome.stdout.head == b"asked\n"
        assert outcome.duration >= 0.2


def test_a_program_may_clean_up_within_its_grace(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        outcome = run(engine, shell("trap 'echo bye; exit 3' TERM; echo hi; while :; do sleep 0.01; done", timeout=0.2))
        assert (outcome.limit, outcome.exit_code, outcome.stdout.head) == ("timeout", 3, b"hi\nbye\n")


def test_cancel_ends_everything(tmp_path: Path) -> None:
    mark = new_mark()
    with engine_in(tmp_path) as engine:
        ticket = started(engine, shell(hiding(EVERY_WAY, mark)), mark, IN_EVERY_WAY)
        engine.cancel(ticket)
        outcome = engine.wait(ticket)
        assert outcome.cancelled
        assert outcome.was_started
        assert not marked(mark)


def test_cancel_of_what_waits_never_starts_it(tmp_path: Path) -> None:
    mark = new_mark()
    with engine_in(tmp_path, jobs=1) as engine:
        first = started(engine, shell(f"exec sleep {mark}"), mark, 1)
        second = engine.submit(shell(f"touch {tmp_path}/second"))
        engine.cancel(second)
        outcome = engine.wait(second)
        assert outcome.cancelled
        assert not outcome.was_started
        engine.cancel(first)
        assert engine.wait(first).cancelled
    assert not (tmp_path / "second").exists()


def test_a_stubborn_program_that_nobody_wants_gets_a_short_grace(tmp_path: Path) -> None:
    mark = new_mark()
    with engine_in(tmp_path) as engine:
        ticket = started(engine, shell(f"trap '' TERM; sleep {mark}", grace=3600.0), mark, 1)
        engine.cancel(ticket)
        assert engine.wait(ticket).exit_code == -signal.SIGKILL


def test_close_ends_everything(tmp_path: Path) -> None:
    mark = new_mark()
    with engine_in(tmp_path, jobs=2) as engine:
        running = started(engine, shell(hiding(EVERY_WAY, mark)), mark, IN_EVERY_WAY)
        waiting = [engine.submit(shell(f"sleep {mark}")) for _ in range(3)]
        engine.close()
        assert not marked(mark)
        assert engine.wait(running).cancelled
        assert all(engine.wait(ticket).cancelled for ticket in waiting)


def test_what_a_program_that_succeeded_left_is_killed_and_named(tmp_path: Path) -> None:
    mark = new_mark()
    with engine_in(tmp_path) as engine:
        outcome = run(engine, shell(hiding(EVERY_WAY, mark, "exit 0")))
        assert outcome.exit_code == 0
        assert not marked(mark)
        assert sum(mark in left.command for left in outcome.left) >= IN_EVERY_WAY - 1  # setsid may not have begun
        assert not outcome.unkillable


def test_the_output_of_what_is_left_does_not_keep_a_program_waiting(tmp_path: Path) -> None:
    mark = new_mark()
    with engine_in(tmp_path) as engine:
        outcome = run(engine, shell(f"echo done; sleep {mark} & exit 0", timeout=30.0))
        assert (outcome.exit_code, outcome.limit) == (0, None)
        assert [left.command for left in outcome.left] == [f"sleep {mark}"]
        assert outcome.duration < 10.0


def test_allowed_processes_live_until_the_engine_is_closed(tmp_path: Path) -> None:
    mark = new_mark()
    with engine_in(tmp_path) as engine:
        outcome = run(
            engine, shell(hiding(f"{PLAIN}\n{DAEMON}\n{WIPED_DAEMON}", mark, "exit 0"), left_processes="allow")
        )
        assert outcome.exit_code == 0
        assert outcome.left
        until(lambda: len(sleepers(mark)) == 5, "all of them")
        assert run(engine, shell("exit 0")).left == ()
        limited = run(engine, shell("sleep 600", timeout=0.1))
        assert (limited.limit, limited.left) == ("timeout", ())
        assert len(sleepers(mark)) == 5
    assert not marked(mark)


def test_what_an_allowed_process_starts_later_is_allowed_as_well(tmp_path: Path) -> None:
    mark = new_mark()
    open_gate = gate(tmp_path)
    later = f"( env -i setsid sh -c '{open_gate.wait}; setsid sleep {mark} & exec sleep {mark}' >/dev/null 2>&1 & )"
    with engine_in(tmp_path) as engine:
        assert run(engine, shell(f"{later}\nexit 0", left_processes="allow")).exit_code == 0
        open_gate()
        until(lambda: len(sleepers(mark)) == 2, "both sleeps")
        assert run(engine, shell("exit 0")).left == ()
        assert len(sleepers(mark)) == 2
    assert not marked(mark)


def test_allowed_processes_may_clean_up_at_the_end(tmp_path: Path) -> None:
    mark = new_mark()
    ready, answer = tmp_path / "ready", tmp_path / "answer"
    server = f"trap 'echo cleaned > {answer}; exit' TERM; : > {ready}; while :; do sleep 0.01; done; : {mark}"
    with engine_in(tmp_path) as engine:
        run(engine, shell(f'setsid sh -c "{server}" & exit 0', left_processes="allow"))
        until(ready.exists, "the server")
    assert answer.read_text() == "cleaned\n"
    assert not marked(mark)


@pytest.mark.parametrize("left_processes", ["kill", "fail"])
def test_a_draining_reader_is_not_left_behind(left_processes: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    text = f"exec > >(cat > {log}; echo drained >> {log}); seq 1 20000; exit 0"
    with engine_in(tmp_path) as engine:
        bash = shell(f"exec bash -c '{text}'", left_processes=left_processes)
        outcome = run(engine, bash)
        assert outcome.exit_code == 0
        assert outcome.left == ()
    lines = log.read_text().splitlines()
    assert (len(lines), lines[-1]) == (20001, "drained")


def test_orphans_belong_to_the_program_that_made_them(tmp_path: Path) -> None:
    guilty, innocent = new_mark(), new_mark()
    guilty_may_end, innocent_may_end = gate(tmp_path), gate(tmp_path)
    with engine_in(tmp_path, jobs=4) as engine:
        # The daemon names no program by its environment, session, or parent, while two programs run.
        makes = engine.submit(
            shell(hiding(f"{WIPED_DAEMON}\n{LOCKED_DAEMON}", guilty, f"{guilty_may_end.wait}; exit 0"))
        )
        other = engine.submit(shell(f"setsid sleep {innocent} & {innocent_may_end.wait}; exit 0"))
        until(lambda: len(sleepers(guilty)) == 3, "the daemons")
        until(lambda: len(sleepers(innocent)) == 1, "the other's child")
        innocent_may_end()
        outcome = engine.wait(other)
        assert [left.command for left in outcome.left] == [f"sleep {innocent}"]
        assert len(sleepers(guilty)) == 3
        guilty_may_end()
        left = [left.command for left in engine.wait(makes).left]
        assert left.count(f"sleep {guilty}") == 3
        assert not marked(guilty)


def test_a_limit_of_one_program_spares_the_others(tmp_path: Path) -> None:
    spared, mark = new_mark(), new_mark()
    with engine_in(tmp_path, jobs=2) as engine:
        other = started(engine, shell(hiding(EVERY_WAY, spared)), spared, IN_EVERY_WAY)
        ticket = started(engine, shell(hiding(EVERY_WAY, mark), timeout=0.5), mark, IN_EVERY_WAY)
        assert engine.wait(ticket).limit == "timeout"
        assert not marked(mark)
        assert len(sleepers(spared)) == IN_EVERY_WAY
        engine.cancel(other)
        assert engine.wait(other).cancelled
        assert not marked(spared)


_FORKS_AND_STAYS = """
while True:
    if os.fork() == 0:
        os.execv("/bin/sleep", ["sleep", mark])
    time.sleep(0.002)
"""
_FORKS_AND_EXITS = """
while time.monotonic() < end:  # is never the same process for long
    {before}
    if os.fork():
        os._exit(0)
"""
_WITH_A_LEADER = f"""
if os.fork():
    {textwrap.indent(_FORKS_AND_STAYS, "    ")}
"""


def storm(text: str, lock: Path, mark: str = "") -> str:
    """Return the text of a program all of whose processes share a lock on a file."""
    # Should it not be ended, it ends: it would take a whole processor for ever.
    head = "import fcntl, os, sys, time\nend = time.monotonic() + 30\n"
    return f"{head}fcntl.flock(os.open({str(lock)!r}, os.O_CREAT), fcntl.LOCK_SH)\nmark = {mark!r}\n{text}"


def is_alive(lock: Path) -> bool:
    """Return whether any process of a storm is alive. No list of processes can tell that: it lags behind."""
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


@pytest.fixture(params=["", "os.setsid()"], ids=["one-session", "sessions"])
def chain(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A program that ends at once, and goes on as a chain of processes that each fork the next one and exit."""
    forks = _FORKS_AND_EXITS.format(before=request.param)
    return storm(f"if os.fork():\n    os._exit(0)\n{forks}", tmp_path / "lock")


def test_a_storm_of_forks_ends_with_its_program(tmp_path: Path) -> None:
    mark = new_mark()
    text = storm(_WITH_A_LEADER + _FORKS_AND_EXITS.format(before=""), tmp_path / "lock", mark)
    with engine_in(tmp_path) as engine:
        ticket = started(engine, python(text, timeout=0.5), mark, 20)
        outcome = engine.wait(ticket)
        assert outcome.limit == "timeout"
        assert outcome.unkillable == ()
        assert not marked(mark)
        assert not is_alive(tmp_path / "lock")
        until(lambda: children(supervisor_pid(engine)) == {}, "the last zombie to be reaped")


def test_a_chain_of_forks_ends_with_its_program(tmp_path: Path, chain: str) -> None:
    with engine_in(tmp_path) as engine:
        outcome = run(engine, python(chain))
        assert outcome.exit_code == 0
        assert outcome.left != ()
        assert outcome.unkillable == ()
        assert not is_alive(tmp_path / "lock")


def test_a_chain_of_forks_that_may_stay_ends_with_the_engine(tmp_path: Path, chain: str) -> None:
    with engine_in(tmp_path) as engine:
        assert run(engine, python(chain, left_processes="allow")).unkillable == ()
        assert is_alive(tmp_path / "lock")
    assert not is_alive(tmp_path / "lock")


def test_a_chain_of_forks_ends_with_the_supervisor(tmp_path: Path, chain: str) -> None:
    with engine_in(tmp_path) as engine:
        run(engine, python(chain, left_processes="allow"))
        assert is_alive(tmp_path / "lock")
        os.kill(supervisor_pid(engine), signal.SIGKILL)
        run(engine, shell("true"))
        assert not is_alive(tmp_path / "lock")


def test_a_program_that_is_killed_from_outside_takes_its_tree_along(tmp_path: Path) -> None:
    mark = new_mark()
    with engine_in(tmp_path) as engine:
        ticket = started(engine, shell(f"echo $$ > {tmp_path}/pid; {hiding(DAEMON, mark)}"), mark, 2)
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
        outcome = engine.wait(ticket)
        assert outcome.exit_code == -signal.SIGKILL
        assert not marked(mark)


def test_a_supervisor_that_is_killed_takes_nothing_with_it_but_loses_nothing_either(tmp_path: Path) -> None:
    mark = new_mark()
    with engine_in(tmp_path, jobs=2) as engine:
        text = "echo before; " + hiding(EVERY_WAY, mark)
        running = [started(engine, shell(text), mark, IN_EVERY_WAY), engine.submit(shell(f"sleep {mark}"))]
        waiting = engine.submit(shell("echo after"))
        until(lambda: len(sleepers(mark)) > IN_EVERY_WAY, "the second program")
        first = supervisor_pid(engine)
        os.kill(first, signal.SIGKILL)
        outcomes = [engine.wait(ticket) for ticket in running]
        assert [outcome.lost for outcome in outcomes] == [True, True]
        assert "status -9" in (outcomes[0].error or "")
        assert outcomes[0].stdout.head == b"before\n"
        assert not marked(mark)
        after = engine.wait(waiting)
        assert (after.exit_code, after.stdout.head) == (0, b"after\n")
        assert supervisor_pid(engine) != first
    assert not (tmp_path / "work").exists()


def test_a_supervisor_that_is_asked_to_end_gives_back_what_it_has(tmp_path: Path) -> None:
    mark = new_mark()
    with engine_in(tmp_path, jobs=1) as engine:
        text = "echo before; " + hiding(EVERY_WAY, mark)
        running = started(engine, shell(text), mark, IN_EVERY_WAY)
        waiting = engine.submit(shell("echo after"))
        engine.poll()
        first = supervisor_pid(engine)
        os.kill(first, signal.SIGTERM)
        outcome = engine.wait(running)
        assert outcome.lost
        assert "SIGTERM" in (outcome.error or "")
        assert outcome.stdout.head == b"before\n"
        assert not marked(mark)
        assert engine.wait(waiting).stdout.head == b"after\n"


def test_an_engine_gives_up_when_every_supervisor_dies(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        tickets = [engine.submit(shell("kill -9 $PPID; sleep 600")) for _ in range(5)]
        outcomes = [engine.wait(ticket) for ticket in tickets]
        assert all(outcome.lost and "supervisor" in (outcome.error or "") for outcome in outcomes)
        assert sum(outcome.was_started for outcome in outcomes) == 3


@pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can make a program that its caller may not kill"
)
def test_what_cannot_be_killed_is_named_and_holds_nobody_up_for_long(tmp_path: Path) -> None:
    mark = new_mark()
    # Root may kill everybody's, unless it gave that right away.
    prefix = ["setpriv", "--inh-caps=-kill", "--bounding-set=-kill"]
    text = f"""
        text = "setpriv --reuid 65534 --clear-groups setsid sleep {mark} & sleep 0.3; exit 0"
        outcome = run(engine, shell(text))
        print("unkillable", *(left.command for left in outcome.unkillable), flush=True)
        engine.close()
    """
    with owner_process(tmp_path, textwrap.dedent(text), prefix=prefix) as owner:
        try:
            said(owner, f"unkillable sleep {mark}")
        finally:
            for pid in sleepers(mark):
                os.kill(pid, signal.SIGKILL)
        assert owner.wait(20) == 0
