"""xdist's ways to hand out items: each script is started as often as the way says, and no row is missing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from orchestrated import STARTED, Project

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = [f"{directory}/{name}.sh" for directory in ("one", "two") for name in "abcdef"]


def many(project: Project) -> None:
    for script in SCRIPTS:
        project.file(f"scripts/{script}", STARTED + ("exit 1" if script == "one/c.sh" else ""))
    project.file("scripts/test_it.py", "def test_it(): pass\n")


def full(project: Project) -> list[str]:
    lines = (project.path / "started.txt").read_text().splitlines()
    return sorted(line.removeprefix("scripts/").removesuffix("::run") for line in lines)


@pytest.mark.parametrize("mode", ["load", "worksteal", "loadfile", "loadscope"])
def test_each_script_is_started_exactly_once(project: Project, mode: str) -> None:
    many(project)
    run = project.run("-n2", "--dist", mode)
    assert run.code == 1
    assert run.outcomes == {"failed": 1, "passed": 12}
    assert full(project) == sorted(SCRIPTS)
    assert len(run.rows) == len(SCRIPTS)
    assert {row["worker"] for row in run.results} <= {"gw0", "gw1"}
    assert run.rows["scripts/one/c.sh::run"]["status"] == "failed"
    run.assert_adds_up()


def test_dist_each_starts_every_script_on_every_worker(project: Project) -> None:
    many(project)
    run = project.run("--dist=each", "--tx=2*popen")
    assert run.code == 1
    assert run.outcomes == {"failed": 2, "passed": 24}
    assert full(project) == sorted(SCRIPTS * 2)
    assert sorted((row["nodeid"], row["worker"]) for row in run.results) == sorted(
        (f"scripts/{script}::run", worker) for script in SCRIPTS for worker in ("gw0", "gw1")
    )
    run.assert_adds_up()
    logs = sorted(path.name for path in (project.report_dir / "logs").rglob("*.json"))
    assert len(logs) == len(set(logs)) * 2 or len(logs) == 2 * len(SCRIPTS)


def test_loadgroup_is_warned_of_in_the_header(project: Project) -> None:
    many(project)
    run = project.run("-n2", "--dist", "loadgroup")
    (header,) = [line for line in run.result.outlines if line.startswith("orchestrator: ")]
    assert "--dist loadgroup splits groups" in header
    assert full(project) == sorted(SCRIPTS)


def test_jobs_do_not_apply_and_the_header_says_so(project: Project) -> None:
    many(project)
    run = project.run("-n2", "--orchestrate-jobs=3")
    (header,) = [line for line in run.result.outlines if line.startswith("orchestrator: ")]
    assert "one script at a time per xdist worker (--orchestrate-jobs 3 does not apply)" in header


OVERLAP = """
if ! mkdir held; then echo overlap; exit 1; fi
sleep 0.1
rmdir held
"""


@pytest.mark.parametrize("arguments", [("-n2",), ("--orchestrate-jobs=4",)], ids=["n2", "jobs4"])
def test_scripts_that_share_a_resource_never_overlap(project: Project, arguments: tuple[str, ...]) -> None:
    for name in "abcdef":
        project.file(f"scripts/{name}.sh", OVERLAP)
    project.file("scripts/orchestrator.yaml", "default: {resources: [db]}\n")
    run = project.run(*arguments)
    assert run.code == 0, run.out
    assert len(run.rows) == 6


def test_scripts_without_a_common_resource_do_overlap(project: Project) -> None:
    """Each waits for the other, so both pass only if they run at the same time."""
    for name, other in ("ab", "ba"):
        project.file(
            f"scripts/{name}.sh",
            f"touch {name}.here; for i in $(seq 200); do test -e {other}.here && exit 0; sleep 0.05; done; exit 1",
        )
    for arguments in (("--orchestrate-jobs=2",), ("-n2",)):
        run = project.run(*arguments)
        assert run.code == 0, run.out
        for name in "ab":
            (project.path / f"{name}.here").unlink()


def test_a_crashed_worker_leaves_a_row(project: Project) -> None:
    """The script ends the worker that waits for it: above it are the supervisor, its guard, and then the worker."""
    project.file("scripts/a.sh")
    # Not before the end of the other is known to the controller: it would be lost with the worker.
    wait = f"until grep -q a.sh::run {project.report_dir}/results.jsonl; do sleep 0.02; done\n"
    kill = "guard=$(cut -d' ' -f4 /proc/$PPID/stat); kill -9 $(cut -d' ' -f4 /proc/$guard/stat); sleep 60\n"
    project.file("scripts/b.sh", wait + kill)
    project.file("scripts/c.sh")
    project.file("scripts/d.sh")
    run = project.run("-n2")
    assert run.code == 1
    run.assert_adds_up()
    assert run.statuses == {"a.sh": "passed", "b.sh": "error", "c.sh": "passed", "d.sh": "passed"}
    data = run.data("b.sh")
    assert data["reason"] == "infrastructure"
    assert "crashed while running 'scripts/b.sh::run'" in data["error"]


def test_two_sessions_in_one_checkout_do_not_mix(project: Project) -> None:
    """The second runs while the first waits for it."""
    project.file(
        "scripts/a.sh", "touch first; for i in $(seq 400); do test -e done && exit 0; sleep 0.05; done; exit 1"
    )
    project.file("other/b.sh", "exit 3")
    first = subprocess.Popen(
        [sys.executable, "-m", "pytest", "--orchestrate", "scripts"],
        cwd=project.path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    _wait_for(project.path / "first")
    second = project.run("other")
    (project.path / "done").touch()
    output, _ = first.communicate(timeout=60)
    assert first.returncode == 0, output
    assert second.code == 1
    assert f"(process {first.pid} has the directory above)" in second.out
    (own,) = project.report_dir.glob("session-*")
    assert own.name == f"session-{os.getpid()}"
    assert '"b.sh"' in (own / "results.jsonl").read_text()
    mine = (project.report_dir / "results.jsonl").read_text()
    assert '"a.sh"' in mine
    assert '"b.sh"' not in mine
    # The next session that has the directory to itself tidies up.
    assert project.run("other").code == 1
    assert not list(project.report_dir.glob("session-*"))


def _wait_for(path: Path) -> None:
    end = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.02)
