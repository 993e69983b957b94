"""Ctrl-C, once and twice, with and without workers: rows, reports, and what is said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from process_watch import new_mark, until, with_environment

if TYPE_CHECKING:
    from orchestrated import Project

DEADLINE = 60


class _Session:
    """A run of pytest in a process group of its own."""

    def __init__(self, project: Project, *more: str) -> None:
        self.project = project
        self.mark = new_mark()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "--orchestrate", *more],
            cwd=project.path,
            env={**os.environ, "INTERRUPTED": self.mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def until_started(self, count: int) -> None:
        until(lambda: len(list(self.project.path.glob("*.started"))) >= count, f"the start of {count} scripts")

    def end(self) -> str:
        """Return what was written, after the end of everything."""
        out, _ = self.process.communicate(timeout=DEADLINE)
        until(lambda: not with_environment(f"INTERRUPTED={self.mark}"), "the end of every program")
        return out

    def statuses(self) -> list[str]:
        text = (self.project.report_dir / "results.jsonl").read_text()
        return sorted(line["status"] for line in map(json.loads, text.splitlines()) if line["type"] == "result")


@pytest.fixture
def sleepers(project: Project) -> Project:
    for number in range(4):
        project.file(f"scripts/s{number}.sh", f"touch s{number}.started; sleep 50\n")
    return project


@pytest.mark.parametrize("to_group", [True, False], ids=["terminal", "controller"])
def test_what_workers_had_started_when_ctrl_c_came_is_cancelled_and_not_not_run(
    sleepers: Project, to_group: bool
) -> None:
    session = _Session(sleepers, "-n2")
    session.until_started(2)
    (os.killpg if to_group else os.kill)(session.process.pid, signal.SIGINT)
    out = session.end()
    assert session.process.returncode == 2, out
    assert session.statuses() == ["cancelled", "cancelled", "not_run", "not_run"]
    assert "Traceback" not in out


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["jobs", "workers"])
def test_a_second_ctrl_c_kills_at_once_and_the_reports_are_written_all_the_same(
    project: Project, workers: tuple[str, ...]
) -> None:
    for number in range(2):
        stubborn = f'trap "touch s{number}.asked" TERM INT; touch s{number}.started; while :; do sleep 0.05; done\n'
        project.file(f"scripts/s{number}.sh", stubborn)
    session = _Session(project, "--orchestrate-jobs=2", *workers)
    session.until_started(2)
    os.killpg(session.process.pid, signal.SIGINT)
    until(lambda: len(list(project.path.glob("*.asked"))) == 2, "the polite request to end")
    os.killpg(session.process.pid, signal.SIGINT)
    out = session.end()
    assert session.process.returncode == 2, out
    assert session.statuses() == ["cancelled", "cancelled"]
    assert (project.report_dir / "report.md").exists()
    assert "Traceback" not in out
    assert "session.py" not in out


def test_when_programs_must_be_waited_for_after_ctrl_c_that_is_said(project: Project) -> None:
    project.file("scripts/a.sh", 'trap "" TERM; touch a.started; sleep 50; sleep 50\n')
    session = _Session(project)
    session.until_started(1)
    os.killpg(session.process.pid, signal.SIGINT)
    out = session.end()
    assert "orchestrator: stopping 1 script; press Ctrl-C again to kill it at once" in out
    assert session.statuses() == ["cancelled"]


def test_an_interrupt_before_anything_was_collected_is_not_told_as_nothing_found(project: Project) -> None:
    project.file("scripts/a.sh")
    project.file("scripts/conftest.py", "def pytest_collection():\n    raise KeyboardInterrupt\n")
    run = project.run_process("scripts")
    assert run.code == 2
    assert "no scripts found" not in run.out
