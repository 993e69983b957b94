"""The script-first configuration in a run: found, enforced, and told of."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from orchestrated import STARTED

if TYPE_CHECKING:
    from orchestrated import Project

CONFIG = """\
[execution_environment]
sandbox_mode = "danger-full-access"

[scripts]
execution_timeout = 0.3
cleanup_after_run = true
temp_dir = "dotcodex/scratch"
"""


@pytest.fixture
def library(project: Project) -> Project:
    """A project with a script-first configuration, and a script in its scratch directory."""
    project.file("dotcodex/config.toml", CONFIG)
    project.file("dotcodex/scratch/a.sh", STARTED)
    project.file("scripts/b.sh", STARTED)
    return project


def git(project: Project, *ignored: str) -> None:
    project.file(".gitignore", "\n".join(ignored) + "\n")
    subprocess.run(["git", "init", "-q", "."], cwd=project.path, check=True)


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["process", "n2"])
def test_scripts_in_the_scratch_directory_have_its_time_limit(library: Project, workers: tuple[str, ...]) -> None:
    for name in ("dotcodex/scratch/a.sh", "scripts/b.sh"):
        library.file(name, "sleep 0.8\n")
    run = library.run("dotcodex/scratch", "scripts", *workers)
    assert run.code == 1, run.out
    limit = run.rows["dotcodex/scratch/a.sh::run"]["data"]["limit"]
    assert (limit["value"], limit["source"]) == (0.3, "dotcodex/config.toml")
    assert run.rows["scripts/b.sh::run"]["status"] == "passed"
    assert run.rows["scripts/b.sh::run"]["data"]["timeout"] == 60.0


def test_orchestrator_yaml_and_flags_are_stronger(library: Project) -> None:
    library.file("dotcodex/scratch/orchestrator.yaml", "default: {timeout: 7}")
    data = library.run("dotcodex/scratch").data("a.sh")
    assert data["timeout"] == 7.0
    assert library.run("dotcodex/scratch", "--orchestrate-timeout=8").data("a.sh")["timeout"] == 8.0


def test_its_extensions_say_what_is_a_script(library: Project) -> None:
    library.file("dotcodex/config.toml", "[scripts]\nallowed_extensions = ['.rb', '.sh']\n")
    library.files({"scripts/c.rb": "", "scripts/d.py": ""})
    assert library.ids("scripts") == ["scripts/b.sh::run", "scripts/c.rb::run"]
    assert library.ids("scripts", "--orchestrate-allowed-extensions=.py") == ["scripts/d.py::run"]


@pytest.mark.parametrize("workers", [(), ("-n2",), ("--orchestrate-jobs=4",)], ids=["process", "n2", "jobs"])
def test_what_a_script_leaves_there_makes_it_fail(library: Project, workers: tuple[str, ...]) -> None:
    scratch = library.path / "dotcodex/scratch"
    library.file("dotcodex/scratch/before.txt", "was there")
    library.files(
        {
            "dotcodex/scratch/clean.sh": f"echo x > {scratch}/x; rm {scratch}/x\n",
            "dotcodex/scratch/leaves.sh": f"mkdir {scratch}/out; touch {scratch}/out/1 {scratch}/out/2 {scratch}/z\n",
            "dotcodex/scratch/last.sh": "exit 0\n",
            "dotcodex/scratch/fails.sh": f"touch {scratch}/w; exit 3\n",
            "scripts/b.sh": "sleep 0.1\n" if workers == ("-n2",) else f"sleep 0.1; touch {scratch}/other\n",
        }
    )
    run = library.run("dotcodex/scratch", "scripts", *workers)
    failed = {name: row["data"] for name, row in run.rows.items() if row["status"] == "failed"}
    assert set(failed) == {"dotcodex/scratch/leaves.sh::run", "dotcodex/scratch/fails.sh::run"}, run.out
    text = "left 2 entries in dotcodex/scratch: out/, z (cleanup_after_run, dotcodex/config.toml)"
    assert failed["dotcodex/scratch/leaves.sh::run"]["error"] == text
    data = failed["dotcodex/scratch/fails.sh::run"]
    assert data["error"] == "exit 3, expected 0"
    assert data["notes"] == ["left 1 entry in dotcodex/scratch: w (cleanup_after_run, dotcodex/config.toml)"]
    assert f"leaves.sh: {text}" in run.out


def test_what_an_earlier_run_left_counts_again_when_it_is_written_again(library: Project) -> None:
    library.file("dotcodex/scratch/a.sh", f"echo x > {library.path}/dotcodex/scratch/x\n")
    assert [library.run("dotcodex/scratch").code for _ in range(2)] == [1, 1]


def test_without_cleanup_anything_may_be_left(library: Project) -> None:
    library.file("dotcodex/config.toml", CONFIG.replace("true", "false"))
    library.file("dotcodex/scratch/a.sh", f"touch {library.path}/dotcodex/scratch/x\n")
    assert library.run("dotcodex/scratch").code == 0


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["process", "n2"])
def test_a_scratch_directory_that_git_does_not_ignore_is_a_warning_and_with_strict_a_mistake(
    library: Project, workers: tuple[str, ...]
) -> None:
    git(library, "*.log")
    run = library.run("scripts", "-W", "default", *workers)
    assert run.code == 0, run.out
    message = "git does not ignore the scratch directory 'dotcodex/scratch'; add it to .gitignore"
    assert message in run.out
    strict = library.run("scripts", "--orchestrate-strict", *workers)
    assert strict.code == 1
    assert f"dotcodex/config.toml:7:1: {message}" in strict.out


@pytest.mark.parametrize("ignored", ["scratch/", "dotcodex/scratch/*", "/dotcodex"])
def test_one_that_git_ignores_is_none(library: Project, ignored: str) -> None:
    git(library, ignored)
    assert library.run("scripts", "--orchestrate-strict", "-W", "error").code == 0


def test_outside_of_a_repository_nothing_is_said(library: Project) -> None:
    assert library.run("scripts", "--orchestrate-strict", "-W", "error").code == 0
    git(library)
    library.file("dotcodex/config.toml", CONFIG.replace("dotcodex/scratch", "/nonexistent/scratch"))
    assert library.run("scripts", "--orchestrate-strict", "-W", "error").code == 0


@pytest.mark.parametrize("mode", ["workspace-write", "read-only"])
def test_a_sandbox_that_is_asked_for_is_not_enforced_and_the_header_says_so(library: Project, mode: str) -> None:
    for words in ((), ("-n1",)):
        library.file("dotcodex/config.toml", CONFIG.replace("danger-full-access", mode))
        out = library.run("scripts", *words).out
        warning = f"orchestrator: WARNING: sandbox_mode '{mode}' of dotcodex/config.toml is not enforced yet"
        assert out.count(warning) == 1
        assert "orchestrator: script-first configuration dotcodex/config.toml" in out
        library.file("dotcodex/config.toml", CONFIG)
        assert "WARNING" not in library.run("scripts", *words).out


def test_without_such_a_file_nothing_is_said(project: Project) -> None:
    project.file("scripts/b.sh")
    assert "script-first" not in project.run("scripts").out


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["process", "n2"])
def test_mistakes_in_it_are_one_collection_error(library: Project, workers: tuple[str, ...]) -> None:
    library.file("dotcodex/config.toml", "[scripts]\nexecution_timeout = 'soon'\ncleanup = 1\n")
    run = library.run("scripts", *workers)
    assert run.code == 1
    assert "dotcodex/config.toml:2:1: scripts.execution_timeout: 'soon' is not a number of seconds" in run.out
    assert "dotcodex/config.toml:3:1: scripts.cleanup: unknown key" in run.out
    assert run.outcomes.get("errors", run.outcomes.get("error")) == 1
    assert not library.started()


def test_the_nearest_one_counts_and_a_flag_beats_it(library: Project) -> None:
    library.file("scripts/.codex/config.toml", "[scripts]\nallowed_extensions = '.py'\n")
    assert library.ids("scripts") == []
    assert library.ids("dotcodex/scratch") == ["dotcodex/scratch/a.sh::run"]
    library.file("other.toml", "[scripts]\nallowed_extensions = ['.sh']\n")
    assert library.ids("scripts", "--orchestrate-codex-config=other.toml") == ["scripts/b.sh::run"]
    library.ini("orchestrate_codex_config = other.toml")
    assert library.ids("scripts") == ["scripts/b.sh::run"]


def test_a_file_that_is_named_and_not_there_is_a_usage_error(library: Project) -> None:
    run = library.run("scripts", "--orchestrate-codex-config=missing.toml")
    assert run.code == 4
    assert "--orchestrate-codex-config: the configuration file" in run.out
