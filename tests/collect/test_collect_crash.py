"""A worker of pytest-xdist that dies, and a reader of the output that goes away."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from process_watch import new_mark, until, with_environment

if TYPE_CHECKING:
    from orchestrated import Project


@pytest.mark.parametrize("dist", ["load", "each"])
def test_what_a_crashed_worker_was_running_is_named_with_the_worker_in_the_report_and_on_the_terminal(
    project: Project, dist: str
) -> None:
    project.file(
        "conftest.py", "import os\ndef pytest_sessionstart(session):\n    os.environ['WORKER_PID'] = str(os.getpid())\n"
    )
    project.file(
        "scripts/x.sh",
        'test "$PYTEST_XDIST_WORKER" = gw0 && test ! -e killed && touch killed && kill -9 $WORKER_PID && sleep 30\n'
        if dist == "each"
        else "kill -9 $WORKER_PID; sleep 30\n",
    )
    run = project.run_process("-n2", f"--dist={dist}", "scripts")
    assert run.code == 1
    crashed = [row for row in run.results if row["status"] == "error"]
    assert len(crashed) == 1, run.results
    (row,) = crashed
    worker = row["worker"]
    assert worker in ("gw0", "gw1")
    assert row["nodeid"] == "scripts/x.sh::run"
    assert row["data"]["error"] == f"worker '{worker}' crashed while running 'scripts/x.sh::run'"
    assert row["data"]["reason"] == "infrastructure"
    assert f"worker '{worker}' crashed while running 'scripts/x.sh::run'" in run.result.outlines
    report = (run.report_dir / "report.md").read_text()
    assert "crashed while running" in report


@pytest.mark.parametrize("more", [("-v",), ("-s", "--orchestrate-jobs=4"), ("-n2",)], ids=["plain", "live", "n2"])
def test_a_reader_that_goes_away_costs_no_traceback_of_ours_and_leaves_no_program(
    project: Project, more: tuple[str, ...]
) -> None:
    mark = new_mark()
    for number in range(12):
        project.file(f"scripts/s{number:02}.sh", f"echo {number}; sleep 0.05\n")
    read, write = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "--orchestrate", *more],
        cwd=project.path,
        env={**os.environ, "READER": mark},
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(write)
    os.read(read, 10)
    os.close(read)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "pytest_orchestrator" not in errors
    until(lambda: not with_environment(f"READER={mark}"), "the end of every program")
