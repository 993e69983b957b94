"""What pytest-xdist cannot send to another host is a usage error that says what to pass, before any host is asked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import other_host
import pytest

if TYPE_CHECKING:
    from orchestrated import Project

TX = ("-d", "--tx=ssh=build1//python=python3")


def refused(project: Project, *arguments: str | os.PathLike[str]) -> str:
    """Return the messages of a usage error, when nothing was written and nothing started."""
    run = project.run(*TX, *arguments)
    assert run.code == pytest.ExitCode.USAGE_ERROR
    assert "INTERNALERROR" not in run.out
    assert not project.report_dir.exists()
    return run.out


@pytest.fixture(autouse=True)
def _some_ssh(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.file("scripts/a.sh", "exit 0")
    project.ini("")
    project.file("bin/ssh", "#!/bin/sh\nhead -n 1 >/dev/null\nexit 255\n", mode=0o755)
    monkeypatch.setenv("PATH", f"{project.path / 'bin'}:{os.environ['PATH']}")


def test_a_relative_path_is_refused_with_the_absolute_one(project: Project) -> None:
    out = refused(project, f"--rsyncdir={project.path}", "scripts/a.sh::run", "scripts")
    assert f"'scripts/a.sh::run': pytest-xdist sends absolute paths only to another host; write {project.path}" in out
    assert f"write {project.path}/scripts/a.sh::run\n" in out
    assert f"write {project.path}/scripts\n" in out


def test_a_path_that_is_not_sent_is_refused_with_the_directory_to_send(project: Project) -> None:
    out = refused(project, project.path / "scripts")
    assert "is in no directory that is sent to another host" in out
    assert f"write --rsyncdir={project.path} {project.path}/scripts" in out


def test_a_value_that_is_the_name_of_a_file_is_refused_with_the_form_that_is_not_taken_for_one(
    project: Project,
) -> None:
    out = refused(project, "--rsyncdir", ".", project.path / "scripts", "-k", "scripts")
    assert "--rsyncdir '.': pytest-xdist takes '.' for a path to send, because it exists; write --rsyncdir=." in out
    assert "write -kscripts" in out


def test_a_link_to_a_directory_that_is_sent_is_refused_with_the_path_behind_it(project: Project) -> None:
    link = project.path.parent / f"link-to-{project.path.name}"
    link.symlink_to(project.path)
    try:
        assert f"write {project.path}/scripts" in refused(project, f"--rsyncdir={link}", link / "scripts")
    finally:
        link.unlink()


def test_a_file_that_workers_would_not_find_is_refused_with_the_form_that_they_do(project: Project) -> None:
    project.file("ci.yaml", "{}")
    elsewhere = project.file("more/other.yaml", "{}")
    sent = f"--rsyncdir={project.path}/scripts", f"--rsyncdir={project.path}/more", project.path / "scripts"
    out = refused(project, "--orchestrate-config=ci.yaml", *sent)
    assert "--orchestrate-config=ci.yaml: is in no directory that is sent to another host" in out
    out = refused(project, f"--orchestrate-config={elsewhere}", *sent)
    assert f"write it as two words, absolute: --orchestrate-config {elsewhere}\n" in out


def test_two_directories_that_would_arrive_under_one_name_are_refused(project: Project) -> None:
    one, other = project.file("one/scripts/a.sh").parent, project.file("two/scripts/a.sh").parent
    own = project.file("pytest/a.sh").parent
    out = refused(project, f"--rsyncdir={one}", f"--rsyncdir={other}", f"--rsyncdir={own}", one)
    assert "'scripts' is there already" in out
    assert "'pytest' is there already" in out


def test_options_that_are_in_the_environment_only_are_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--orchestrate-timeout=3 --color=no")
    out = refused(project, f"--rsyncdir={project.path}", project.path / "scripts")
    assert "PYTEST_ADDOPTS holds --orchestrate-timeout=3, and the environment is not sent to another host" in out


def test_a_machine_without_ssh_is_told_so(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project.path))
    out = refused(project, f"--rsyncdir={project.path}", project.path / "scripts")
    assert "there is no program 'ssh' here; install one (Debian: openssh-client)" in out


def test_a_specification_that_execnet_cannot_read_is_a_usage_error(project: Project) -> None:
    out = refused(project, "--tx=ssh=build1//ssh=build2", project.path / "scripts")
    assert "--tx ssh=build1//ssh=build2: duplicate key: 'ssh'" in out


def test_workers_of_this_host_take_relative_paths_as_ever(project: Project) -> None:
    run = project.run("-d", "--tx=popen", "scripts")
    assert run.code == 0
    assert run.statuses == {"a.sh": "passed"}


def test_a_host_that_refuses_the_connection_is_one_clear_line(project: Project) -> None:
    run = project.run_process(*TX, f"--rsyncdir={project.path}", project.path / "scripts")
    assert run.code == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: --tx ssh=build1//python=python3: ssh did not reach build1 (it said why above)" in run.out
    assert "see that this works: ssh build1 true" in run.out
    assert "INTERNALERROR" not in run.out
    assert "no scripts found" not in run.out


def test_a_missing_sshd_is_a_skip_that_says_how_to_mend_it_and_a_failure_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(other_host, "SSHD", None)
    monkeypatch.setattr(other_host, "IN_CI", False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install openssh-server"):
        other_host.require_sshd()
    monkeypatch.setattr(other_host, "IN_CI", True)
    with pytest.raises(pytest.fail.Exception, match="apt-get install openssh-server"):
        other_host.require_sshd()
