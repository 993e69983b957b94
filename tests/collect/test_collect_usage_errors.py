"""Mistakes on the command line: one clear message, exit code 4, nothing is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from orchestrated import STARTED

from pytest_orchestrator.collect.orchestration import KEY

if TYPE_CHECKING:
    from orchestrated import Project, Run


def assert_refused(run: Run, project: Project) -> str:
    """Hold that pytest was used wrongly, and return the one message."""
    assert run.code == pytest.ExitCode.USAGE_ERROR, run.out
    assert "Traceback" not in run.out
    assert "INTERNALERROR" not in run.out
    assert not project.started()
    (message,) = [line for line in run.result.errlines if line.startswith("ERROR: ")]
    return message


# -- the configuration file -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "why"), [("nowhere.yaml", "No such file or directory"), ("scripts", "it is a directory")]
)
@pytest.mark.parametrize("more", [(), ("-n2",), ("--collect-only",)], ids=["", "n2", "collect-only"])
def test_a_named_configuration_file_that_cannot_be_read_is_a_usage_error_with_its_path(
    project: Project, name: str, why: str, more: tuple[str, ...]
) -> None:
    project.file("scripts/a.sh", STARTED)
    message = assert_refused(project.run(f"--orchestrate-config={name}", *more), project)
    assert message == (
        f"ERROR: --orchestrate-config: the configuration file '{project.path / name}' cannot be read: {why}; "
        "name one that can"
    )
    message = assert_refused(project.run("-o", f"orchestrate_config={name}", *more), project)
    assert message.startswith("ERROR: orchestrate_config: the configuration file ")


# -- ids --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["", "n2"])
def test_an_unknown_case_is_a_usage_error_that_says_which_there_are(project: Project, workers: tuple[str, ...]) -> None:
    project.file("scripts/orchestrator.yaml", "scripts: {a.sh: {cases: {day: {}, night: {}}}}")
    project.file("scripts/a.sh", STARTED)
    project.file("scripts/b.sh", STARTED)
    run = project.run("scripts/a.sh::run[zz]", "scripts/a.sh::run[day]", "scripts/b.sh::test_it", *workers)
    message = assert_refused(run, project)
    assert message == (
        "ERROR: scripts/a.sh::run[zz]: there is no such item; "
        "scripts/a.sh has run[day], run[night], and run for all of them"
    )
    assert "scripts/b.sh::test_it: there is no such item; scripts/b.sh has run" in run.result.errlines


def test_a_case_of_a_script_whose_configuration_is_broken_is_a_collection_error(project: Project) -> None:
    project.file("scripts/orchestrator.yaml", "scripts: {a.sh: {cases: {day: {tiemout: 1}}}}")
    project.file("scripts/a.sh", STARTED)
    run = project.run("scripts/a.sh::run[day]")
    assert "tiemout: unknown key" in run.out
    assert "there is no such item" not in run.out
    assert not project.started()


def test_a_file_in_the_root_of_the_file_system_has_an_id(project: Project) -> None:
    project.file("scripts/a.sh")
    config = project.pytester.parseconfigure("--orchestrate", "--collect-only", "scripts")
    shown = config.stash[KEY].shown
    up = "../" * len(project.path.parts[1:])
    assert shown("/install.sh") == f"{up}install.sh"
    assert shown("/srv/install.sh") == f"{up}srv/install.sh"


# -- the rootdir ------------------------------------------------------------------------------------------------


@pytest.fixture
def outside(project: Project, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a directory that is there already, outside of a project that has no ini file."""
    project.file("scripts/a.sh", STARTED)
    return str(tmp_path_factory.mktemp("reports"))


def test_a_value_that_led_pytest_to_another_rootdir_is_a_usage_error_that_names_the_remedy(
    project: Project, outside: str
) -> None:
    message = assert_refused(project.run_process("--orchestrate-report-dir", outside), project)
    assert message.startswith(f"ERROR: --orchestrate-report-dir {outside}: pytest took the value of a plugin's flag")
    assert f"instead of rootdir '{project.path}' with no ini file" in message
    assert message.endswith(f"; write --orchestrate-report-dir={outside}")
    project.ini("orchestrate_timeout = 5")
    message = assert_refused(project.run_process("--orchestrate-report-dir", outside), project)
    assert f"instead of rootdir '{project.path}' with the ini file '{project.path / 'pytest.ini'}'" in message


@pytest.mark.parametrize("form", ["joined", "rootdir", "ini file", "PYTEST_ADDOPTS"])
def test_a_value_that_led_pytest_nowhere_else_is_as_good_as_any(
    project: Project, outside: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [f"--orchestrate-report-dir={outside}"] if form == "joined" else ["--orchestrate-report-dir", outside]
    if form == "rootdir":
        words.append("--rootdir=.")
    elif form == "ini file":
        project.ini("")
        words.append("scripts")  # from there pytest finds the ini file
    elif form == "PYTEST_ADDOPTS":
        monkeypatch.setenv("PYTEST_ADDOPTS", f"--orchestrate-report-dir={outside}")
        words = []
    run = project.run_process(*words)
    assert run.code == 0, run.out
    assert f"rootdir: {project.path}" in run.out
    assert project.started() == ["a.sh"]


def test_a_value_in_pytest_addopts_is_looked_at_too(
    project: Project, outside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", f"--orchestrate-report-dir {outside}")
    assert "; write --orchestrate-report-dir=" in assert_refused(project.run_process(), project)


def test_a_value_below_the_rootdir_needs_no_other_form(project: Project) -> None:
    project.file("scripts/a.sh", STARTED)
    (project.path / "out").mkdir()
    run = project.run_process("--orchestrate-report-dir", "out", "--orchestrate-exclude", "scripts")
    assert run.code == 0, run.out
    assert project.started() == ["a.sh"]


def test_a_sub_directory_that_no_folder_has_is_a_usage_error_that_names_those_there(project: Project) -> None:
    project.file("scripts/nightly/a.sh", STARTED)
    run = project.run("--orchestrate-subdirs=nigthly")
    assert run.code == 4
    assert "no sub-directory 'nigthly' in 'scripts': it has nightly" in run.out
    project.file("more/b.sh", STARTED)
    assert project.run("--orchestrate-subdirs=nightly", "scripts", "more").code == 0
    assert project.started() == ["a.sh"]
