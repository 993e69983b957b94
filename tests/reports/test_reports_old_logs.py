"""The logs of the run before give way to those of this one: files are used again, contents never mix."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from pytest_orchestrator.reports.directory import ReportDirectory
from pytest_orchestrator.reports.logs import write_log

if TYPE_CHECKING:
    from pathlib import Path

LONG = {"script": "a.sh", "stdout": "x" * 5000}
SHORT = {"script": "a.sh", "stdout": "y"}


def run(path: Path, *names: str, release: bool = True) -> ReportDirectory:
    """Write logs as a run does."""
    directory = ReportDirectory.claim(path)
    for name in names:
        write_log(path, f"scripts/{name}::run", SHORT, old_logs=directory.old_logs)
    if release:
        directory.release()
    return directory


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A report directory in which a run has left logs of ``a.sh`` and ``b.sh``."""
    directory = ReportDirectory.claim(tmp_path / "reports")
    for name in ("a.sh", "b.sh"):
        write_log(directory.path, f"scripts/{name}::run", LONG)
    directory.release()
    return directory.path


def test_a_file_is_used_again_and_holds_the_new_log_only(before: Path) -> None:
    log = before / "logs/scripts/a.sh.json"
    inodes = {(before / f"logs/scripts/{name}.json").stat().st_ino for name in ("a.sh", "b.sh")}
    run(before, "c.sh", "a.sh")
    assert json.loads(log.read_text())["stdout"] == "y"
    assert log.stat().st_ino in inodes


def test_logs_that_nobody_wrote_again_are_gone(before: Path) -> None:
    run(before, "a.sh")
    assert [path.name for path in (before / "logs").rglob("*.json")] == ["a.sh.json"]
    assert not (before / ".old-logs").exists()


def test_a_run_that_crashes_leaves_its_own_logs_only(before: Path) -> None:
    held = run(before, "c.sh", release=False)
    assert [path.name for path in (before / "logs").rglob("*.json")] == ["c.sh.json"]
    os.close(held._lock)  # as the kernel does when the process dies
    run(before, "d.sh")
    assert [path.name for path in (before / "logs").rglob("*.json")] == ["d.sh.json"]
    assert not (before / ".old-logs").exists()


def test_a_copy_that_is_a_hard_link_keeps_what_it_holds(before: Path, tmp_path: Path) -> None:
    os.link(before / "logs/scripts/a.sh.json", tmp_path / "kept.json")
    run(before, "b.sh", "a.sh")
    assert json.loads((tmp_path / "kept.json").read_text())["stdout"] == LONG["stdout"]
    assert json.loads((before / "logs/scripts/a.sh.json").read_text())["stdout"] == "y"


@pytest.mark.parametrize("kind", ["link", "fifo", "directory"])
def test_what_a_script_put_in_the_place_of_a_log_is_not_written_to(before: Path, tmp_path: Path, kind: str) -> None:
    log, victim = before / "logs/scripts/a.sh.json", tmp_path / "victim"
    victim.write_text("precious")
    log.unlink()
    if kind == "link":
        log.symlink_to(victim)
    elif kind == "fifo":
        os.mkfifo(log)
    else:
        (log / "x").mkdir(parents=True)
    run(before, "b.sh", "a.sh")
    assert victim.read_text() == "precious"
    assert json.loads(log.read_text())["stdout"] == "y"


def test_what_was_a_file_may_become_a_directory(before: Path) -> None:
    write_log(before, "scripts::run", LONG)
    run(before, "a.sh")
    assert json.loads((before / "logs/scripts/a.sh.json").read_text())["stdout"] == "y"


def test_logs_that_are_a_link_to_another_place_are_left_there(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "scripts").mkdir(parents=True)
    (elsewhere / "scripts/a.sh.json").write_text("precious")
    reports = ReportDirectory.claim(tmp_path / "reports")
    (reports.path / "logs").symlink_to(elsewhere)
    reports.release()
    run(reports.path, "b.sh", "a.sh")
    assert (elsewhere / "scripts/a.sh.json").read_text() == "precious"
