"""Blocks of code in a skill that are run, and the scripts of a skill, which are not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from orchestrated import STARTED
from skill_projects import GOOD, data_of, ids, skill, status_of

from pytest_orchestrator.collect.fence_files import extension_of
from pytest_orchestrator.skills.code import PYTHON, SHELL

if TYPE_CHECKING:
    from orchestrated import Project

SAYS_LINE = """
```python orchestrate:run
import sys

print("from", sys._getframe().f_lineno)
raise SystemExit(3)
```

```bash orchestrate:run
echo "line $LINENO of $BASH_VERSION"
false
```

```sh
exit 9
```
"""


def test_a_block_that_asks_for_it_is_run_with_the_lines_of_the_file(project: Project) -> None:
    skill(project, "skills/a", GOOD + SAYS_LINE)
    run = project.run("skills")
    assert run.code == 1
    assert list(run.rows) == ids("skills/a") + ids("skills/a", "code[10]", "code[17]")
    python, bash = data_of(run, "code[10]"), data_of(run, "code[17]")
    assert (python["stdout"], python["exit_code"], python["status"]) == ("from 13\n", 3, "failed")
    assert bash["stdout"].startswith("line 18 of ")
    assert {row["kind"] for nodeid, row in run.rows.items() if "[" in nodeid} == {"script"}
    assert "SKILL.md[10]: exit 3, expected 0" in run.out
    run.assert_adds_up()


def test_the_command_of_a_block_can_be_pasted(project: Project) -> None:
    skill(project, "skills/a", GOOD + SAYS_LINE)
    run = project.run("skills/a/SKILL.md::code[10]")
    *_, program = data_of(run, "code[10]")["command"]
    assert program == str(project.report_dir / "logs/skills/a/SKILL.md@@code@10.py")
    assert Path(program).read_text().splitlines()[10:12] == ["import sys", ""]
    assert program in run.out


@pytest.mark.parametrize("language", sorted(PYTHON | SHELL))
def test_what_the_rules_call_runnable_has_an_interpreter(language: str) -> None:
    assert extension_of(language) in (".py", ".sh", ".bash")


def test_a_file_of_any_size_is_collected_in_a_moment(project: Project) -> None:
    skill(project, "skills/a", GOOD)
    os.truncate(project.path / "skills/a/SKILL.md", 1 << 35)
    run = project.run("skills")
    assert list(run.rows) == ids("skills/a")
    assert "is larger than 4 MiB" in run.out


def test_without_reports_nothing_is_left_behind(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.file("tmp/keep")
    monkeypatch.setenv("TMPDIR", str(project.path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    skill(project, "skills/a", GOOD + '\n```sh orchestrate:run\necho "$0"\n```\n')
    assert project.run("skills", "--orchestrate-reports=off").code == 0
    assert not list((project.path / "tmp").glob("pytest-orchestrator-code-*"))


def test_a_block_has_the_limits_and_settings_of_scripts(project: Project) -> None:
    skill(project, "skills/a", GOOD + '\n```sh orchestrate:run\necho "$1 $WHO"; pwd; exec sleep 30\n```\n')
    project.file(
        "skills/orchestrator.yaml",
        "default: {timeout: 0.3}\nscripts: {a/SKILL.md: {args: [hello], env: {WHO: you}, cwd: '{script_dir}'}}\n",
    )
    run = project.run("skills")
    data = data_of(run, "code[10]")
    assert (data["status"], data["limit"]["source"]) == ("timeout", "skills/orchestrator.yaml")
    assert data["stdout"] == f"hello you\n{project.path}/skills/a\n"


@pytest.mark.parametrize(
    ("info", "error"),
    [
        ("orchestrate:run", None),
        ("text orchestrate:run", "no interpreter is known for it"),
        ("json orchestrate:run", "no interpreter is known for it"),
    ],
)
def test_a_block_that_nothing_can_run_says_so(project: Project, info: str, error: str | None) -> None:
    skill(project, "skills/a", GOOD + f"\n```{info}\nwhat\n```\n")
    run = project.run("skills")
    if error is None:  # its language would be the word itself
        assert list(run.rows) == ids("skills/a")
    else:
        data = data_of(run, "code[10]")
        assert (data["status"], data["reason"]) == ("error", "not_startable")
        assert error in data["error"]


def test_a_block_that_never_ends_is_a_finding_and_not_run(project: Project) -> None:
    skill(project, "skills/a", GOOD + "\n```sh orchestrate:run\ntouch made\n\n# Then\n\nRead `touch made`.\n")
    run = project.run("skills")
    assert list(run.rows) == ids("skills/a")
    assert (status_of(run, "structure"), status_of(run, "code")) == ("failed", "passed")
    assert [finding["code"] for finding in data_of(run, "code")["findings"]] == ["SK530"]
    assert not (project.path / "made").exists()


def test_the_first_line_of_a_block_may_name_its_interpreter(project: Project) -> None:
    skill(project, "skills/a", GOOD + '\n```python orchestrate:run\n#!/bin/sh\necho "$LINENO"\n```\n')
    run = project.run("skills/a/SKILL.md::code[10]")
    assert run.code == 0, run.out
    assert data_of(run, "code[10]")["stdout"].strip() in ("12", "")


def test_blocks_run_in_workers_and_side_by_side(project: Project) -> None:
    for name in ("a", "b", "c"):
        skill(project, f"skills/{name}", GOOD + f"\n```sh orchestrate:run\n{STARTED}```\n")
    for words in (("-n2",), ("--orchestrate-jobs=3",), ("--orchestrate-python=warm",)):
        run = project.run("skills", *words)
        assert run.code == 0, run.out
        assert len(project.started()) == 3
        run.assert_adds_up()


def test_a_rerun_runs_the_block_again(project: Project) -> None:
    skill(project, "skills/a", GOOD + f"\n```sh orchestrate:run\n{STARTED}exit 1\n```\n")
    assert project.run("skills", "--reruns=2", "-k", "code[10]").code in (1, 4, 5)
    assert project.run("skills/a/SKILL.md::code[10]", "--reruns=2").code == 1
    assert len(project.started()) >= 3


def test_the_settings_of_a_block_may_skip_it(project: Project) -> None:
    skill(project, "skills/a", GOOD + f"\n```sh orchestrate:run\n{STARTED}```\n")
    project.file("skills/orchestrator.yaml", "scripts: {a/SKILL.md: {requires: {commands: [no-such-command]}}}\n")
    run = project.run("skills")
    assert run.code == 0
    assert status_of(run, "code[10]") == "skipped"
    assert status_of(run, "code") == "passed"
    assert not project.started()


# -- the scripts of a skill ---------------------------------------------------------------------------------------

SCRIPTS = ("scripts/a.sh", "scripts/deep/b.sh", "helper.sh", "assets/c.sh")


@pytest.fixture
def scripts(project: Project) -> Project:
    skill(project, "skills/a", GOOD + "\nRun scripts/a.sh, scripts/deep/b.sh, helper.sh and assets/c.sh.\n")
    for name in SCRIPTS:
        project.file(f"skills/a/{name}", STARTED)
    project.file("skills/other.sh", STARTED)
    return project


def test_the_scripts_of_a_skill_are_checked_and_not_run(scripts: Project) -> None:
    run = scripts.run("skills")
    assert scripts.started() == ["other.sh"]
    note = "its 4 scripts were checked and not run; `run_scripts: true` under `skills` runs them"
    assert data_of(run, "code")["notes"] == [note]
    assert note.replace("`", "") in (run.report_dir / "report.md").read_text().replace("`", "")


@pytest.mark.parametrize("given", ["skills: {run_scripts: true}", "discovery: {skill_scripts: true}"])
def test_they_are_run_when_that_is_configured(scripts: Project, given: str) -> None:
    scripts.file("skills/orchestrator.yaml", given)
    run = scripts.run("skills")
    assert sorted(scripts.started()) == ["a.sh", "b.sh", "c.sh", "helper.sh", "other.sh"]
    assert data_of(run, "code")["notes"] == []


def test_one_that_is_configured_by_its_path_is_run(scripts: Project) -> None:
    scripts.file("skills/orchestrator.yaml", "scripts: {a/scripts/deep/b.sh: {timeout: 5}, '*.sh': {timeout: 6}}")
    run = scripts.run("skills")
    assert sorted(scripts.started()) == ["b.sh", "other.sh"]
    assert "skills/a/scripts/deep/b.sh::run" in run.rows


@pytest.mark.parametrize("named", ["skills/a/scripts", "skills/a/scripts/a.sh", "skills/a/scripts/a.sh::run"])
def test_what_is_named_is_run(scripts: Project, named: str) -> None:
    run = scripts.run(named)
    assert run.code == 0, run.out
    assert "a.sh" in scripts.started()


def test_naming_the_skill_runs_nothing_of_it(scripts: Project) -> None:
    for named in ("skills/a", "skills/a/SKILL.md"):
        assert scripts.run(named).code == 0
    assert scripts.started() == []


def test_run_scripts_contradicting_skill_scripts_is_a_mistake(scripts: Project) -> None:
    scripts.file("skills/orchestrator.yaml", "discovery: {skill_scripts: false}\nskills: {run_scripts: true}")
    run = scripts.run("skills")
    assert run.code == 1
    assert "skills/orchestrator.yaml:2:1: skills.run_scripts is true and discovery.skill_scripts false" in run.out
    assert not scripts.started()


def test_counts_by_kind_tell_blocks_from_checks(project: Project) -> None:
    skill(project, "skills/a", GOOD + "\n```sh orchestrate:run\ntrue\n```\n")
    run = project.run("skills")
    kinds = json.loads((run.report_dir / "summary.json").read_text())["by_kind"]
    assert {kind: group["collected"] for kind, group in kinds.items()} == {"script": 1, "skill": 6}
