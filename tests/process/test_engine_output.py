"""Every byte of output is accounted for, whatever bytes they are and however many."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from engine_runs import engine_in, gate, python, run, shell, supervisor_pid
from process_watch import descriptors, files_below, resident_kb, until

from pytest_orchestrator.config.settings import Limits
from pytest_orchestrator.process.supervisor.slots import HEAD, TAIL

if TYPE_CHECKING:
    from pytest_orchestrator.process.command import Capture, Outcome


def whole(capture: Capture) -> bytes:
    """Return all of a stream, and take its file."""
    if capture.path is None:
        return capture.head + capture.tail
    path = Path(os.fsdecode(capture.path))
    data = path.read_bytes()
    path.unlink()
    return data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no newline",
        b"a\0b\0\0c\n",
        b"10%\r20%\r100%\r\n",
        b"\x1b[31mred\x1b[0m\n",
        b"\xff\xfe not UTF-8 \xc3\n",
        "ünï → 🎉\n".encode(),
        bytes(range(256)),
    ],
)
def test_output_is_what_was_written(data: bytes, tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        text = f"import os; os.write(1, {data!r}); os.write(2, {data[::-1]!r})"
        outcome = run(engine, python(text))
        assert (outcome.stdout.head, outcome.stdout.tail, outcome.stdout.size) == (data, b"", len(data))
        assert outcome.stderr.head == data[::-1]


@pytest.mark.parametrize("size", [HEAD + TAIL - 1, HEAD + TAIL, HEAD + TAIL + 1])
def test_output_is_cut_only_when_it_is_too_long(size: int, tmp_path: Path) -> None:
    data = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    with engine_in(tmp_path) as engine:
        outcome = run(engine, python(f"import os; data = (b'0123456789abcdef' * {size})[:{size}]; os.write(1, data)"))
        capture = outcome.stdout
        assert capture.was_cut == (size > HEAD + TAIL)
        assert capture.size == size
        assert whole(capture) == data


def test_a_line_of_50_mb_is_cut_and_kept(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        supervisor = supervisor_pid(engine)
        outcome = run(engine, shell("head -c 52428800 /dev/zero | tr '\\0' x; printf end"))
        capture = outcome.stdout
        assert capture.size == 52428803
        assert (len(capture.head), len(capture.tail)) == (HEAD, TAIL)
        assert capture.tail.endswith(b"xend")
        assert capture.path is not None
        assert os.stat(capture.path).st_size == 52428803
        assert oct(os.stat(capture.path).st_mode & 0o777) == "0o600"
        os.unlink(capture.path)
        assert resident_kb(supervisor) < 30_000


def test_both_streams_keep_their_own(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        outcome = run(engine, shell("yes out | head -c 300000; yes err | head -c 200000 >&2"))
        assert whole(outcome.stdout) == (b"out\n" * 100000)[:300000]
        assert whole(outcome.stderr) == (b"err\n" * 50000)[:200000]


def test_writers_that_share_a_file_do_not_overwrite_one_another(tmp_path: Path) -> None:
    text = "for i in 1 2 3 4; do (for n in $(seq 200); do echo line; done) & done; wait; echo x > /dev/stdout"
    with engine_in(tmp_path) as engine:
        outcome = run(engine, shell(text.replace("> /dev/stdout", ">> /dev/stdout")))
        assert outcome.stdout.head.splitlines() == [b"line"] * 800 + [b"x"]


def test_the_next_program_never_sees_output_of_the_one_before(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        for size in (10, 200_000, 0, 5000):
            outcome = run(engine, shell(f"head -c {size} /dev/zero; wc -c < /dev/stdin >&2", stdin=b"x" * size))
            assert outcome.stdout.size == size
            assert int(outcome.stderr.head) == size
            whole(outcome.stdout)


def test_output_of_a_running_program_can_be_watched(tmp_path: Path) -> None:
    open_gate = gate(tmp_path)
    with engine_in(tmp_path) as engine:
        ticket = engine.submit(shell(f"echo first; printf err >&2; {open_gate.wait}; echo second"))

        def shown() -> tuple[bytes, bytes]:
            engine.poll()
            return engine.new_output(ticket, (2, 0), 3)

        until(lambda: shown() == (b"rst", b"err"), "the first line")
        open_gate()
        assert engine.wait(ticket).stdout.head == b"first\nsecond\n"
        assert shown() == (b"", b"")


def test_a_running_program_is_never_shown_with_output_of_the_next(tmp_path: Path) -> None:
    with engine_in(tmp_path, jobs=1) as engine:
        tickets = [engine.submit(shell(f"echo {number}")) for number in range(200)]
        for number, ticket in enumerate(tickets):
            seen = set()
            while engine.peek(ticket) is None:
                seen.add(engine.new_output(ticket, (0, 0), 10)[0])
                engine.poll()
            assert seen <= {b"", f"{number}\n".encode()}


def test_all_output_so_far_is_kept_when_a_limit_stops_a_program(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        outcome = run(engine, shell("echo out; echo err >&2; sleep 600", timeout=0.3))
        assert (outcome.limit, outcome.stdout.head) == ("timeout", b"out\n")
        assert outcome.stderr.head.startswith(b"err\n")  # some shells add that they terminated


def test_output_mb_stops_a_program_that_writes_too_much(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        outcome = run(engine, shell("yes >&2", limits=Limits(output_mb=2)))
        assert outcome.limit == "output_mb"
        assert outcome.stderr.size > 2 << 20
        whole(outcome.stderr)
        assert run(engine, shell("head -c 2000000 /dev/zero", limits=Limits(output_mb=2))).limit is None


def test_silence_stops_a_program_and_output_keeps_it_going(tmp_path: Path) -> None:
    talks = "for i in 1 2 3 4 5 6; do sleep 0.1; echo $i >&2; done; echo done"
    with engine_in(tmp_path, jobs=3) as engine:
        silent = engine.submit(shell("echo hi; sleep 600", idle_timeout=0.4))
        alive = engine.submit(shell(talks, idle_timeout=0.4))
        rewrites = engine.submit(
            shell("for i in 1 2 3 4 5 6; do sleep 0.1; echo $i > /dev/stdout; done", idle_timeout=0.4)
        )
        stopped = engine.wait(silent)
        assert (stopped.limit, stopped.stdout.head) == ("idle_timeout", b"hi\n")
        assert 0.4 <= stopped.duration < 10
        assert (engine.wait(alive).limit, engine.wait(rewrites).limit) == (None, None)


def test_output_that_cannot_be_kept_is_still_told_of(tmp_path: Path) -> None:
    unlinks = "rm $(readlink /proc/$$/fd/1); head -c 500000 /dev/zero | tr '\\0' x"
    with engine_in(tmp_path) as engine:
        outcome = run(engine, shell(unlinks))
        assert (outcome.stdout.size, outcome.stdout.path) == (500000, None)
        assert outcome.stdout.tail == b"x" * TAIL
        assert run(engine, shell("echo fine")).stdout.head == b"fine\n"


def test_what_is_not_long_leaves_no_file(tmp_path: Path) -> None:
    with engine_in(tmp_path, jobs=2) as engine:
        outcomes: list[Outcome] = [run(engine, shell("echo out; echo err >&2; exit 1")) for _ in range(5)]
        assert all(outcome.stdout.path is None for outcome in outcomes)
        files = descriptors(supervisor_pid(engine))
        assert sum("/work/" in path for path in files.values()) == 2
    assert files_below(tmp_path) == []
