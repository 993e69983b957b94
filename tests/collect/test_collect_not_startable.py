"""Scripts that are there and cannot be started: links that lead nowhere, files that cannot be read."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from orchestrated import Project

_CAPABILITIES = "-dac_override,-dac_read_search"
WITH_PERMISSIONS = (
    ["setpriv", f"--inh-caps={_CAPABILITIES}", f"--bounding-set={_CAPABILITIES}"] if os.geteuid() == 0 else []
)
"""What makes a command respect the permissions of files, which root else does not."""

needs_permissions = pytest.mark.skipif(
    bool(WITH_PERMISSIONS) and not shutil.which("setpriv"), reason="root reads and writes everything"
)


def run_with_permissions(project: Project, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pytest without root's right to pass over permissions."""
    command = [*WITH_PERMISSIONS, sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "--orchestrate", *words], cwd=project.path, capture_output=True, text=True, check=False
    )


@needs_permissions
def test_a_script_that_cannot_be_read_is_an_error_with_the_reason_and_no_failure_of_the_script(
    project: Project,
) -> None:
    project.ini("")
    project.file("scripts/a.sh", "exit 0\n")
    project.file("scripts/b.py", "", 0o000)
    project.file("scripts/locked.sh", "exit 0\n", 0o000)
    result = run_with_permissions(project)
    assert result.returncode == 1
    assert "locked.sh: not startable: it cannot be read: Permission denied: let the user" in result.stdout
    assert "b.py: not startable: it cannot be read: Permission denied" in result.stdout
    assert "2 error, 1 passed; 3 collected" in result.stdout


@needs_permissions
def test_a_report_directory_that_cannot_be_made_is_an_error_that_names_both_ways_out(project: Project) -> None:
    project.ini("")
    project.file("scripts/a.sh", "exit 0\n")
    project.path.chmod(0o555)
    try:
        refused = run_with_permissions(project)
        without = run_with_permissions(project, "--orchestrate-reports=off")
    finally:
        project.path.chmod(0o755)
    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert "Permission denied" in refused.stderr
    assert "--orchestrate-report-dir" in refused.stderr
    assert "--orchestrate-reports=off" in refused.stderr
    assert without.returncode == 0, without.stdout


WHY = "not startable: it is a link to 'nowhere.sh', which does not exist: correct or remove it"


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["", "n2"])
def test_a_link_that_leads_nowhere_and_is_named_like_a_script_is_an_error_of_that_script(
    project: Project, workers: tuple[str, ...]
) -> None:
    project.file("scripts/a.sh", "exit 0\n")
    for name in ("backup.sh", "notes", "test_x.py", "_old.py", ".#a.sh", "a.sh~"):
        (project.path / "scripts" / name).symlink_to("nowhere.sh")
    (project.path / "scripts" / "circle.sh").symlink_to("circle.sh")
    run = project.run(*workers)
    assert run.code == 1
    assert run.statuses == {"a.sh": "passed", "backup.sh": "error", "circle.sh": "error"}
    assert run.data("backup.sh")["error"] == WHY
    assert run.data("backup.sh")["reason"] == "not_startable"
    assert "Too many levels of symbolic links" in run.data("circle.sh")["error"]
    run.assert_adds_up()


@pytest.mark.parametrize("argument", ["scripts/backup", "scripts/backup::run", "scripts/backup\\x5b.sh::run"])
def test_a_link_that_leads_nowhere_is_the_same_error_when_it_is_named(project: Project, argument: str) -> None:
    """Whatever its name: it was asked for."""
    project.file("scripts/a.sh", "exit 0\n")
    for name in ("backup", "backup[.sh"):
        (project.path / "scripts" / name).symlink_to("nowhere.sh")
    run = project.run(argument)
    assert run.code == 1
    (row,) = run.results
    assert row["nodeid"] == f"{argument.removesuffix('::run')}::run"
    assert row["data"]["error"] == WHY


def test_exclude_and_ignore_leave_out_a_link_that_leads_nowhere(project: Project) -> None:
    project.file("scripts/a.sh", "exit 0\n")
    (project.path / "scripts" / "backup.sh").symlink_to("nowhere.sh")
    for argument in ("--orchestrate-exclude=backup.sh", "--ignore=scripts/backup.sh"):
        assert project.run(argument).statuses == {"a.sh": "passed"}
