"""Directories of processes that were killed: cleared away by the next one, but not while a supervisor works there."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from engine_runs import engine_in, run, shell
from process_watch import until_dead

from pytest_orchestrator.process.workplace import Workplace

HOLDER = """
import os, sys
from pytest_orchestrator.process.supervisor.locks import share_lock
from pytest_orchestrator.process.workplace import Workplace
place = Workplace()
asked, answer = os.pipe()
supervisor = os.fork()
if supervisor == 0:
    share_lock(os.fsencode(place.lease))
    os.write(answer, b"x")
    place.close()
    sys.stdin.read()
    os._exit(0)
os.read(asked, 1)
print(place.path, supervisor, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@pytest.mark.usefixtures("temporary")
def test_the_directory_of_a_killed_process_stays_as_long_as_its_supervisor() -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        path, supervisor = process.stdout.readline().split()
        process.wait()
        with closing(Workplace()):
            assert Path(path).is_dir()
    until_dead(int(supervisor))
    with closing(Workplace()):
        assert not Path(path).exists()


def test_a_supervisor_shares_the_lock_of_the_directory_it_works_in(tmp_path: Path) -> None:
    lease = tmp_path / "lease"
    lease.touch()
    with open(lease, "rb") as file:
        with engine_in(tmp_path, lease=lease) as engine:
            assert run(engine, shell("exit 0")).exit_code == 0
            with pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_program_does_not_get_the_lock(tmp_path: Path) -> None:
    lease = tmp_path / "lease"
    lease.touch()
    with engine_in(tmp_path, lease=lease) as engine:
        outcome = run(engine, shell("ls -l /proc/self/fd"))
    assert os.fsencode(lease) not in outcome.stdout.head
