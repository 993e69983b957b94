"""Many programs: none is lost, none too many runs, nothing grows, and no moment is a bad one for an exception."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import shutil
import signal
import textwrap
import threading
from typing import TYPE_CHECKING

import pytest
from engine_runs import (
    EVERY_WAY,
    IN_EVERY_WAY,
    command,
    engine_in,
    gate,
    has_outcome,
    hiding,
    owner_process,
    run,
    said,
    shell,
    started,
    supervisor_pid,
)
from process_watch import (
    Holdings,
    children,
    descriptors,
    files_below,
    marked,
    new_mark,
    resident_kb,
    sleepers,
    until,
    until_dead,
)

from pytest_orchestrator.errors import SupervisorError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_orchestrator.process.engine import Engine


def test_300_programs_with_much_output_pass_through_without_a_dead_lock(tmp_path: Path) -> None:
    with engine_in(tmp_path, jobs=2) as engine:
        text = "head -c 60000 /dev/zero; head -c 60000 /dev/zero >&2"
        # Nothing is read while 300 requests are written: both directions of the socket are full at some time.
        tickets = [engine.submit(shell(text, env={b"PADDING": b"x" * 10_000})) for _ in range(300)]
        until(lambda: not children_of_programs(engine), "the supervisor to have nothing to do")
        assert all(engine.wait(ticket).stdout.size == 60_000 for ticket in reversed(tickets))


def test_an_end_that_may_wait_for_others_is_told_of_also_when_none_comes(tmp_path: Path) -> None:
    """The supervisor tells of several ends at once while many programs wait; here nothing else ends by itself."""
    with engine_in(tmp_path, jobs=2) as engine:
        mark = new_mark()
        first = engine.submit(shell("echo first"))
        rest = [engine.submit(shell(f"exec sleep {mark}")) for _ in range(30)]
        assert engine.wait(first).stdout.head == b"first\n"
        until(lambda: len(sleepers(mark)) == 2, "the other places to be taken")
        for ticket in rest:
            engine.cancel(ticket)
        assert all(engine.wait(ticket).cancelled for ticket in rest)


def test_one_slow_program_among_many_does_not_keep_the_others_waiting(tmp_path: Path) -> None:
    with engine_in(tmp_path, jobs=2) as engine:
        mark = new_mark()
        slow = engine.submit(shell(f"exec sleep {mark}"))
        quick = [engine.submit(shell(f"echo {number}")) for number in range(60)]
        assert [engine.wait(ticket).stdout.head for ticket in quick] == [b"%d\n" % number for number in range(60)]
        assert sleepers(mark) != {}
        engine.cancel(slow)
        assert engine.wait(slow).cancelled


def children_of_programs(engine: Engine) -> bool:
    """Return whether the supervisor runs something, without reading anything that it says."""
    return bool(children(supervisor_pid(engine)))


def test_an_engine_that_is_closed_while_nobody_reads_tells_what_ran(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with engine_in(tmp_path, jobs=2) as engine:
        text = f"echo x >> {log}; head -c 60000 /dev/zero"
        tickets = [engine.submit(shell(text)) for _ in range(40)]
        until(lambda: log.exists() and not children_of_programs(engine), "a full socket")
        engine.close()
        outcomes = [engine.wait(ticket) for ticket in tickets]
    assert all(outcome.exit_code == 0 or outcome.cancelled for outcome in outcomes)
    ran = sum(outcome.was_started for outcome in outcomes)
    assert 0 < ran < 40
    assert len(log.read_text().split()) == ran


def test_no_more_programs_run_than_are_allowed(tmp_path: Path) -> None:
    mark = new_mark()
    with engine_in(tmp_path, jobs=3) as engine:
        tickets = [engine.submit(shell(f"exec sleep {mark}")) for _ in range(6)]
        until(lambda: len(sleepers(mark)) == 3, "three programs")
        first = set(sleepers(mark))
        engine.cancel(tickets[0])
        assert engine.wait(tickets[0]).cancelled
        assert engine.unfinished == 5
        until(lambda: len(sleepers(mark)) == 3, "three programs again")
        assert len(first & set(sleepers(mark))) == 2
    assert not marked(mark)


def test_what_waits_when_it_is_withdrawn_never_starts_and_what_runs_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    go_on = tmp_path / "go-on"
    text = f"echo x >> {log}; until test -e {go_on}; do sleep 0.02; done; exit 3"
    with engine_in(tmp_path, jobs=2) as engine:
        tickets = [engine.submit(shell(text)) for _ in range(20)]
        until(lambda: log.exists() and len(log.read_text().split()) == 2, "a program in each place")
        engine.withdraw()
        waiting = [engine.wait(ticket) for ticket in tickets[2:]]
        assert all(outcome.cancelled and not outcome.was_started for outcome in waiting)
        go_on.touch()
        assert [engine.wait(ticket).exit_code for ticket in tickets[:2]] == [3, 3]
        assert engine.wait(engine.submit(shell("exit 4"))).exit_code == 4
    assert len(log.read_text().split()) == 2


def test_programs_start_in_the_order_in_which_they_were_submitted(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with engine_in(tmp_path, jobs=1) as engine:
        tickets = [engine.submit(shell(f"echo {number} >> {log}")) for number in range(20)]
        for ticket in tickets:
            engine.wait(ticket)
    assert log.read_text().split() == [str(number) for number in range(20)]


def test_nothing_grows_over_200_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        monkeypatch.delenv(name, raising=False)  # a measured supervisor is not small
    before = Holdings.now()
    with engine_in(tmp_path, jobs=4) as engine:

        def some(count: int) -> None:
            texts = [
                "exit 0",
                "echo x; exit 1",
                "sleep 600 & exit 0",
                "head -c 100000 /dev/zero",
                "setsid true & exit 0",
            ]
            for ticket in [engine.submit(shell(texts[number % 5])) for number in range(count)]:
                outcome = engine.wait(ticket)
                if outcome.stdout.path is not None:
                    os.unlink(outcome.stdout.path)

        some(20)
        supervisor = supervisor_pid(engine)
        open_before, memory_before = len(descriptors(supervisor)), resident_kb(supervisor)
        some(180)
        until(lambda: children(supervisor) == {}, "the last zombie to be reaped")
        # Each of the four places may come to have a second pair of files.
        assert len(descriptors(supervisor)) <= open_before + 8
        assert resident_kb(supervisor) - memory_before < 1024
        assert resident_kb(supervisor) < 25_000
    assert Holdings.now() == before
    assert files_below(tmp_path) == []


def test_a_ticket_gives_its_outcome_once(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        ticket = engine.submit(command("/bin/true"))
        assert engine.knows(ticket)
        assert engine.wait(ticket).exit_code == 0
        assert not engine.knows(ticket)
        with pytest.raises(KeyError, match="was taken already"):
            engine.wait(ticket)
        with pytest.raises(KeyError, match="not one of this engine's"):
            engine.wait(ticket + 1)


def test_an_engine_can_be_used_again_after_it_was_closed(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        assert run(engine, command("/bin/true")).exit_code == 0
        engine.close()
        engine.close()
        assert run(engine, command("/bin/false")).exit_code == 1


def test_ready_peek_and_pause_do_not_take_the_outcome(tmp_path: Path) -> None:
    open_gate = gate(tmp_path)
    with engine_in(tmp_path) as engine:
        ticket = engine.submit(shell(open_gate.wait))
        assert not has_outcome(engine, ticket)
        assert engine.peek(ticket) is None
        open_gate()
        until(lambda: has_outcome(engine, ticket), "its end")
        engine.pause(0.0)
        assert engine.peek(ticket) is engine.wait(ticket)


def test_wait_ticks_while_it_waits(tmp_path: Path) -> None:
    open_gate = gate(tmp_path)
    ticks: list[None] = []

    def tick() -> None:
        ticks.append(None)
        if len(ticks) == 3:
            open_gate()

    with engine_in(tmp_path) as engine:
        assert engine.wait(engine.submit(shell(open_gate.wait)), tick, 0.01).exit_code == 0
    assert len(ticks) >= 3


def test_a_descriptor_above_1023_is_no_obstacle(tmp_path: Path) -> None:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2048)), hard))
    fillers = [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
    try:
        with engine_in(tmp_path) as engine:
            assert run(engine, command("/bin/true")).exit_code == 0
    finally:
        for filler in fillers:
            os.close(filler)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_work_directory_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "work").write_text("a file")
    with engine_in(tmp_path) as engine:
        with pytest.raises(
            SupervisorError, match=r"cannot make the directory '.*/work/.*' for output: Not a directory"
        ):
            engine.submit(command("/bin/true"))
        assert engine.unfinished == 0


def test_a_supervisor_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no such codec >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr("sys.executable", str(broken))
    with engine_in(tmp_path) as engine:
        outcome = run(engine, command("/bin/true"))
        assert outcome.lost
        assert not outcome.was_started
        assert "ended unexpectedly with status 1\nno such codec" in (outcome.error or "")
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    with engine_in(tmp_path) as engine, pytest.raises(SupervisorError, match="cannot start the supervisor process"):
        engine.submit(command("/bin/true"))
    monkeypatch.setattr("sys.executable", "")
    with engine_in(tmp_path) as engine, pytest.raises(SupervisorError, match=r"sys\.executable does not name"):
        engine.submit(command("/bin/true"))


def test_a_fault_of_the_supervisor_ends_everything_and_is_told(tmp_path: Path) -> None:
    mark = new_mark()
    with engine_in(tmp_path) as engine:
        ticket = started(engine, shell(hiding(EVERY_WAY, mark)), mark, IN_EVERY_WAY)
        supervisor = supervisor_pid(engine)
        engine._send(("nonsense",))
        until_dead(supervisor)
        assert not marked(mark)  # it was the supervisor that saw to it: the engine has not looked yet
        outcome = engine.wait(ticket)
        assert outcome.lost
        assert "AssertionError: nonsense" in (outcome.error or "")
        assert run(engine, command("/bin/true")).exit_code == 0


def test_files_that_cannot_be_made_fail_one_program_and_not_the_supervisor(tmp_path: Path) -> None:
    with engine_in(tmp_path, jobs=2) as engine:
        assert run(engine, command("/bin/true")).exit_code == 0
        (slots,) = (tmp_path / "work").iterdir()
        open_gate = gate(tmp_path)
        first = engine.submit(shell(open_gate.wait))
        (slots / "2").write_text("in the way")
        second = run(engine, command("/bin/true"))
        assert not second.was_started
        assert "cannot make its files in" in (second.error or "")
        (slots / "2").unlink()
        open_gate()
        assert engine.wait(first).exit_code == 0
        assert run(engine, command("/bin/true")).exit_code == 0


# -- exceptions at any moment ---------------------------------------------------------------------------------


class Alarm(Exception):  # noqa: N818 - not an error: it stands for Ctrl-C
    """Raised by a signal's handler."""


@contextlib.contextmanager
def alarms() -> Iterator[None]:
    """Have the timer raise Alarm."""

    def ring(*_: object) -> None:
        raise Alarm

    before = signal.signal(signal.SIGALRM, ring)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def arm() -> None:
    """Have the next alarm come soon."""
    signal.setitimer(signal.ITIMER_REAL, random.uniform(0.00002, 0.003))


def test_an_exception_at_any_moment_garbles_nothing(tmp_path: Path) -> None:
    rang = 0
    with engine_in(tmp_path, jobs=2) as engine, alarms():
        engine.start()
        tickets: list[tuple[int, int]] = []
        number = 0
        while number < 150 or rang < 60:
            number += 1
            padding = b"x" * random.choice((0, 100, 300_000))
            wanted = command("/bin/echo", "-n", str(number), stdin=padding)
            try:
                arm()
                tickets.append((number, engine.submit(wanted)))
                if len(tickets) > 6:
                    engine.wait(tickets[0][1])
                    tickets.pop(0)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except Alarm:
                rang += 1
                # An outcome may be on its way out of wait() when the exception comes; all others are still there.
                tickets = [(each, ticket) for each, ticket in tickets if engine.knows(ticket)]
        for each, ticket in tickets:
            outcome = engine.wait(ticket)
            assert (outcome.exit_code, outcome.stdout.head, outcome.lost) == (0, str(each).encode(), False)
        assert engine.unfinished == 0
    assert rang >= 60


def test_engines_in_several_threads_do_not_mind_one_another(tmp_path: Path) -> None:
    failures: list[object] = []

    def work(name: str) -> None:
        with engine_in(tmp_path / name) as engine:
            for number in range(10):
                outcome = run(
                    engine, shell(f"echo {name}{number}; sleep 600 & exit 0" if number == 5 else f"echo {name}{number}")
                )
                if outcome.stdout.head.decode() != f"{name}{number}\n":
                    failures.append(outcome)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_starts_ends_and_kills_are_logged_with_their_facts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "pytest_orchestrator")
    with engine_in(tmp_path) as engine:
        run(engine, shell("sleep 600", timeout=0.1, item="a.sh::run"))
    events = [
        (record.getMessage(), getattr(record, "event", None)) for record in caplog.records if hasattr(record, "event")
    ]
    assert events == [
        ("started a.sh::run", "start"),
        ("ended a.sh::run", "end"),
        ("killed the tree of a.sh::run", "kill"),
    ]
    assert caplog.records[-1].__dict__["limit"] == "timeout"


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="only root can make a small file system")
def test_a_full_disk_fails_programs_and_not_the_supervisor(tmp_path: Path) -> None:
    small = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        'mount -t tmpfs -o size=300k,nr_inodes=9 none "$0"; exec "$@"',
        str(tmp_path),
    ]
    program = """
        import os, shutil
        full = run(engine, shell("exec head -c 1000000 /dev/zero"))
        print("full", full.exit_code, full.stdout.size < 310_000, full.lost, flush=True)
        os.unlink(full.stdout.path)
        fill = 'while true > "$ORCHESTRATOR_TMP/$((i+=1))"; do true; done 2>&-; exit 3'
        kept = run(engine, shell(fill))
        print("kept", kept.exit_code, kept.tmp is not None, flush=True)
        refused = run(engine, shell("exit 0"))
        print("refused", refused.was_started, "No space left on device" in refused.error, flush=True)
        shutil.rmtree(kept.tmp)
        print("again", run(engine, shell("exit 0")).exit_code, flush=True)
        engine.close()
    """
    with owner_process(tmp_path, textwrap.dedent(program), prefix=small, jobs=1) as owner:
        said(owner, "full 1 True False")
        said(owner, "kept 3 True")
        said(owner, "refused False True")
        said(owner, "again 0")
        assert owner.wait(20) == 0
