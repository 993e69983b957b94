"""What a program finds when it starts: its environment, directory, files, signals, limits; and nothing of ours."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from engine_runs import ENVIRONMENT, command, engine_in, python, run, shell, supervisor_pid
from process_watch import files_below

from pytest_orchestrator.config.settings import Limits
from pytest_orchestrator.process.limits import REFUSED, refused_limit
from pytest_orchestrator.process.temporary import remove_tree

if TYPE_CHECKING:
    from pytest_orchestrator.process.engine import Engine


def answer(engine: Engine, text: str, **fields: Any) -> Any:
    """Return what a Python program prints as JSON."""
    outcome = run(engine, python(f"import json, os, sys\n{text}", **fields))
    assert outcome.exit_code == 0, outcome
    return json.loads(outcome.stdout.head)


def test_a_program_has_three_descriptors_and_none_of_ours(tmp_path: Path) -> None:
    with engine_in(tmp_path, jobs=2) as engine:
        run(engine, shell("exit 0", resources=("db",)))
        listed = run(engine, command("/bin/ls", "/proc/self/fd", resources=("db",), stdin=b"x"))
        assert listed.stdout.head.split() == [b"0", b"1", b"2", b"3"]  # the last is the listing itself


def test_a_program_has_no_signal_ignored_or_blocked(tmp_path: Path) -> None:
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        with engine_in(tmp_path) as engine:
            supervisor_pid(engine)
            status = run(engine, command("/bin/cat", "/proc/self/status")).stdout.head.decode()
    finally:
        signal.signal(signal.SIGUSR1, signal.SIG_DFL)
    masks = {
        name: int(value, 16)
        for name, _, value in (line.partition(":") for line in status.splitlines())
        if name in ("SigIgn", "SigBlk", "SigCgt")
    }
    masks["SigIgn"] &= ~(0b11 << 31)  # two of the C library's own, which every program gets that it spawns
    assert masks == {"SigIgn": 0, "SigBlk": 0, "SigCgt": 0}


def test_a_program_leads_its_own_session_without_terminal(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        pid, session, group = answer(engine, "print(json.dumps([os.getpid(), os.getsid(0), os.getpgid(0)]))")
        assert pid == session == group
        assert session != os.getsid(0)


def test_standard_input_is_empty_or_the_given_text(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        assert answer(engine, "print(json.dumps(sys.stdin.read()))") == ""
        assert answer(engine, "print(json.dumps(sys.stdin.read()))", stdin=b"one\ntwo") == "one\ntwo"
        assert answer(engine, "print(len(sys.stdin.buffer.read()))", stdin=b"x" * 5_000_000) == 5_000_000
        assert answer(engine, "print(json.dumps(os.isatty(0)))") is False


def test_the_environment_is_the_given_one_and_ours(tmp_path: Path) -> None:
    text = "print(json.dumps(dict(os.environ)))"
    base = {b"PATH": b"/usr/bin:/bin", b"GONE": b"1", b"CHANGED": b"old", b"ORCHESTRATOR_RUN": b"outer.7"}
    with engine_in(tmp_path) as engine:
        seen = answer(
            engine, text, base_env=base, env={b"CHANGED": b"new", b"ADDED": b""}, unset=(b"GONE",), item="a::run"
        )
        tmp, token = seen.pop("ORCHESTRATOR_TMP"), seen.pop("ORCHESTRATOR_RUN")
        seen.pop("LC_CTYPE", None)
        assert seen == {"PATH": "/usr/bin:/bin", "CHANGED": "new", "ADDED": "", "ORCHESTRATOR_ITEM": "a::run"}
        assert token.startswith("outer.7/")
        assert str(tmp_path) in tmp


def test_each_program_has_the_environment_of_when_it_was_submitted(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        tickets = [engine.submit(shell("echo $WHICH", base_env={b"WHICH": b"%d" % number})) for number in range(5)]
        assert [engine.wait(ticket).stdout.head for ticket in tickets] == [b"0\n", b"1\n", b"2\n", b"3\n", b"4\n"]


def test_names_and_values_may_be_any_bytes(tmp_path: Path) -> None:
    directory = tmp_path / os.fsdecode(b"odd \xff\n name")
    directory.mkdir()
    with engine_in(tmp_path) as engine:
        outcome = run(
            engine,
            command(
                "/bin/sh", "-c", 'pwd; echo "$1$X"', "sh", b"\xfe", cwd=os.fsencode(directory), env={b"X": b"\xfd"}
            ),
        )
        assert outcome.stdout.head == os.fsencode(directory) + b"\n\xfe\xfd\n"


def test_the_working_directory_may_be_the_temporary_one(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        here, there = answer(engine, "print(json.dumps([os.getcwd(), os.environ['ORCHESTRATOR_TMP']]))", cwd=None)
        assert here == os.path.realpath(there)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"cwd": b"/nowhere/at/all"}, errno.ENOENT),
        ({"cwd": b"/etc/passwd"}, errno.ENOTDIR),
        ({"argv": (b"/nowhere/program",)}, errno.ENOENT),
        ({"argv": (b"/etc/passwd",)}, errno.EACCES),
        ({"argv": (b"/nowhere/program",), "limits": Limits(open_files=50)}, errno.ENOENT),
        ({"argv": (b"/etc/passwd",), "limits": Limits(open_files=50)}, errno.EACCES),
        ({"argv": (b"/bin/true", b"x" * (200 << 10))}, errno.E2BIG),
    ],
)
def test_what_cannot_be_started_says_why(fields: dict[str, Any], error: int, tmp_path: Path) -> None:
    from dataclasses import replace

    with engine_in(tmp_path) as engine:
        outcome = run(engine, replace(command("/bin/true"), **fields))
        assert not outcome.was_started
        assert outcome.error == os.strerror(error)
        assert run(engine, command("/bin/true")).exit_code == 0


def test_a_program_without_a_shebang_is_not_startable(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("echo hi\n")
    program.chmod(0o755)
    with engine_in(tmp_path) as engine:
        assert run(engine, command(str(program))).error == os.strerror(errno.ENOEXEC)


def test_a_nul_in_a_word_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        outcome = run(engine, command("/bin/echo", b"a\0b"))
        assert "null" in (outcome.error or "")
        assert run(engine, command("/bin/true")).exit_code == 0


# -- temporary directories ------------------------------------------------------------------------------------


def test_every_program_has_an_empty_temporary_directory(tmp_path: Path) -> None:
    text = 'ls -A "$ORCHESTRATOR_TMP"; stat -c %a "$ORCHESTRATOR_TMP"; '
    with engine_in(tmp_path, jobs=1) as engine:
        for litter in (
            "",
            'touch "$ORCHESTRATOR_TMP/x"',
            'rmdir "$ORCHESTRATOR_TMP"',
            'chmod 0 "$ORCHESTRATOR_TMP"',
            'rmdir "$ORCHESTRATOR_TMP"; ln -s /proc "$ORCHESTRATOR_TMP"',
            'mkdir "$ORCHESTRATOR_TMP/.d"',
            "",
        ):
            outcome = run(engine, shell(text + litter))
            assert outcome.stdout.head == b"700\n", litter
            assert (outcome.tmp is None) == (litter == "")
            if outcome.tmp is not None:
                assert remove_tree(os.fsdecode(outcome.tmp))
    assert files_below(tmp_path) == []


def test_a_temporary_directory_is_removed_whatever_is_in_it(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o500)
    (outside / "file").write_text("stays")
    doomed = tmp_path / "doomed"
    (doomed / "a" / "b").mkdir(parents=True)
    (doomed / "a" / "b" / "file").write_text("x")
    (doomed / "link").symlink_to(outside)
    (doomed / "a" / "loop").symlink_to(doomed)
    os.mkfifo(doomed / "pipe")
    for directory in (doomed / "a" / "b", doomed / "a", doomed):
        directory.chmod(0)
    assert remove_tree(str(doomed))
    assert not doomed.exists()
    assert (outside / "file").read_text() == "stays"
    assert oct(outside.stat().st_mode & 0o777) == "0o500"


def test_a_link_in_place_of_a_temporary_directory_is_removed_as_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o500)
    (tmp_path / "link").symlink_to(outside)
    assert remove_tree(str(tmp_path / "link"))
    assert remove_tree(str(tmp_path / "link"))
    assert oct(outside.stat().st_mode & 0o777) == "0o500"


def test_locked_directories_are_removed_by_their_owner_without_roots_rights(tmp_path: Path) -> None:
    doomed = tmp_path / "doomed"
    (doomed / "a" / "b").mkdir(parents=True)
    (doomed / "a").chmod(0)
    if os.geteuid() == 0:
        # Root may enter everything; without these two rights it is as others are.
        prefix = [
            "setpriv",
            "--inh-caps=-dac_override,-dac_read_search",
            "--bounding-set=-dac_override,-dac_read_search",
        ]
    else:
        prefix = []
    root = Path(__file__).resolve().parents[2]
    text = (
        f"import sys; sys.path.insert(0, {str(root)!r}); "
        f"from pytest_orchestrator.process.temporary import remove_tree; print(remove_tree({str(doomed)!r}))"
    )
    done = subprocess.run([*prefix, sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("True\n", "")
    assert not doomed.exists()


# -- limits ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "line", "soft"),
    [
        (Limits(memory_mb=500), "Max address space", 500 << 20),
        (Limits(cpu_seconds=3), "Max cpu time", 3),
        (Limits(cpu_seconds=0.2), "Max cpu time", 1),
        (Limits(open_files=33), "Max open files", 33),
        (Limits(file_size_mb=1.5), "Max file size", 3 << 19),
    ],
)
def test_limits_are_set(limits: Limits, line: str, soft: int, tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        shown = run(engine, command("/bin/cat", "/proc/self/limits", limits=limits)).stdout.head.decode()
        values = next(row[len(line) :].split() for row in shown.splitlines() if row.startswith(line))
        assert int(values[0]) == soft


@pytest.mark.parametrize("shell_path", ["/usr/bin/dash", "/usr/bin/bash"])
def test_limits_mean_the_same_in_every_shell_called_sh(shell_path: str, tmp_path: Path) -> None:
    from pytest_orchestrator.process.limits import limited

    if not os.path.exists(shell_path):
        pytest.skip(f"no {shell_path} here")
    (tmp_path / "sh").symlink_to(shell_path)
    limits = Limits(memory_mb=1000, cpu_seconds=7, open_files=40, file_size_mb=3)
    argv = limited((b"/bin/cat", b"/proc/self/limits"), limits)
    shown = subprocess.run([os.fsencode(tmp_path / "sh"), *argv[1:]], capture_output=True, text=True, check=True).stdout
    wanted = {
        "Max address space": "1048576000 1048576000",
        "Max cpu time": "7 8",
        "Max open files": "40 40",
        "Max file size": "3145728 3145728",
    }
    for line, values in wanted.items():
        found = next(row for row in shown.splitlines() if row.startswith(line))
        assert " ".join(found[len(line) :].split()[:2]) == values


def test_a_program_that_needs_more_memory_than_it_may_have_fails(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        outcome = run(engine, python("x = bytearray(300 << 20)", limits=Limits(memory_mb=200)))
        assert outcome.exit_code == 1
        assert b"MemoryError" in outcome.stderr.head


def test_a_program_that_computes_too_long_gets_sigxcpu(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        outcome = run(engine, python("while True: pass", limits=Limits(cpu_seconds=1)))
        assert outcome.exit_code == -signal.SIGXCPU
        assert outcome.cpu_time > 0.4  # the kernel counts ticks for the limit, and something finer for this


def test_a_program_that_writes_too_large_a_file_gets_sigxfsz(tmp_path: Path) -> None:
    text = f"head -c 3000000 /dev/zero > {tmp_path}/large"
    with engine_in(tmp_path) as engine:
        outcome = run(engine, shell(f"exec {text}", limits=Limits(file_size_mb=1)))
        assert outcome.exit_code == -signal.SIGXFSZ
    assert (tmp_path / "large").stat().st_size == 1 << 20


def test_a_limit_that_the_session_refuses_is_named(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        outcome = run(engine, command("/bin/echo", "ran", limits=Limits(memory_mb=500, open_files=10**9)))
        assert outcome.exit_code == REFUSED
        assert outcome.stdout.head == b""
        assert refused_limit(outcome.stderr.head) == "open_files 1000000000"
        assert refused_limit(b"something else") is None


def test_words_are_never_read_by_the_shell_that_sets_limits(tmp_path: Path) -> None:
    with engine_in(tmp_path) as engine:
        words = ["$(touch x)", "`id`", "a b", "'", '"', "-n", ";", "&&", "\\"]
        outcome = run(engine, command("/usr/bin/printf", "%s|", *words, limits=Limits(open_files=50)))
        assert outcome.stdout.head.decode() == "".join(f"{word}|" for word in words)
        seen = run(engine, command("/usr/bin/env", limits=Limits(open_files=50), env={b"A": b"1"})).stdout.head
        assert b"\nA=1\n" in b"\n" + seen


def test_ours_is_not_among_the_variables_that_a_program_must_expect(tmp_path: Path) -> None:
    assert not [name for name in ENVIRONMENT if name.startswith(b"ORCHESTRATOR")]
    with engine_in(tmp_path) as engine:
        seen = run(engine, command("/usr/bin/env")).stdout.head.splitlines()
        ours = sorted(line.partition(b"=")[0].decode() for line in seen if line.startswith(b"ORCHESTRATOR"))
        assert ours == ["ORCHESTRATOR_ITEM", "ORCHESTRATOR_RUN", "ORCHESTRATOR_TMP"]
