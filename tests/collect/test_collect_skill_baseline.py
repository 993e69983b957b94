"""Baselines, exceptions and comments of skills in a pytest run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from skill_projects import BROKEN, GOOD, WARNS, data_of, ids, skill, status_of

if TYPE_CHECKING:
    from orchestrated import Project

UPDATE = "--orchestrate-update-baseline"


@pytest.fixture
def known(project: Project) -> Project:
    """A project whose findings are known."""
    skill(project, "skills/a", BROKEN)
    skill(project, "skills/b", WARNS)
    project.file("skills/orchestrator.yaml", "skills: {baseline: known.json}")
    run = project.run("skills", UPDATE)
    assert run.code == 0, run.out
    assert "baseline skills/known.json: 2 known findings" in run.out
    return project


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["process", "n2"])
def test_what_is_known_does_not_fail(known: Project, workers: tuple[str, ...]) -> None:
    run = known.run("skills", *workers, "--orchestrate-strict")
    assert run.code == 0, run.out
    assert (data_of(run, "links")["baselined"], data_of(run, "links")["findings"]) == (1, [])
    assert json.loads((run.report_dir / "summary.json").read_text())["skills"]["baselined"] == 2


def test_what_is_new_fails_and_what_is_gone_has_to_be_taken_out(known: Project) -> None:
    skill(known, "skills/a", BROKEN + "\nSee [another](other.md).\n")
    skill(known, "skills/b", GOOD)
    run = known.run("skills")
    assert run.code == 1
    assert [each["code"] for each in data_of(run, "links")["findings"]] == ["SK401"]
    assert [each["code"] for each in data_of(run, "structure", "skills/b")["findings"]] == ["SK193"]
    assert known.run("skills/b").code == 0
    assert known.run("skills/b", "--orchestrate-strict").code == 1
    assert known.run("skills/b", UPDATE).code == 0
    assert known.run("skills/b", "--orchestrate-strict").code == 0
    assert list(json.loads((known.path / "skills/known.json").read_text())["findings"]) == ["a/SKILL.md"]


def test_a_skill_in_it_that_is_no_more_is_a_warning_and_with_strict_a_mistake(known: Project) -> None:
    (known.path / "skills/b/SKILL.md").unlink()
    run = known.run("skills", "-W", "default")
    assert run.code == 0
    assert "there is no skill 'b/SKILL.md'; take it out with --update-baseline (pytest: " in run.out
    run = known.run("skills", "--orchestrate-strict")
    assert run.code == 1
    assert "skills/known.json:1:1: there is no skill 'b/SKILL.md'; take it out" in run.out
    assert known.run("skills", "--orchestrate-strict", UPDATE).code == 0
    assert known.run("skills", "--orchestrate-strict").code == 0


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["process", "n2"])
@pytest.mark.parametrize("text", [None, "{", '{"format": 9, "findings": {}}'], ids=["missing", "broken", "other"])
def test_a_baseline_that_cannot_be_used_is_one_collection_error(
    known: Project, text: str | None, workers: tuple[str, ...]
) -> None:
    path = known.path / "skills/known.json"
    path.unlink() if text is None else path.write_text(text)
    known.file("skills/c.sh")
    run = known.run("skills", *workers)
    assert run.code == 1
    assert list(run.rows) == ["skills/c.sh::run"]
    assert run.outcomes.get("errors", run.outcomes.get("error")) == 1
    assert "skills/known.json:1:" in run.out
    named = known.run("skills/a/SKILL.md::links")
    assert named.code == 4  # as for a script whose configuration is broken
    assert "skills/known.json:1:" in named.out
    assert "Traceback" not in named.out


def test_the_file_can_be_given_by_flag_and_ini(project: Project) -> None:
    skill(project, "skills/a", BROKEN)
    for words in (("--orchestrate-skill-baseline=one.json",), ("-o", "orchestrate_skill_baseline=two.json")):
        assert project.run("skills", *words, UPDATE).code == 0
        assert project.run("skills", *words).code == 0
    assert (project.path / "one.json").read_text() == (project.path / "two.json").read_text()
    assert list(json.loads((project.path / "one.json").read_text())["findings"]) == ["skills/a/SKILL.md"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("skills",),
            "no baseline is named for skills/a/SKILL.md and 1 more; name a file with",
        ),
        (("scripts",), "there is no skill in what was asked for, so no baseline can be written"),
        (("skills", "-n2"), "one process has to see all skills; run it without workers (-n0)"),
    ],
)
def test_an_update_that_cannot_be_done_is_a_usage_error(project: Project, words: tuple[str, ...], message: str) -> None:
    skill(project, "skills/a", BROKEN)
    skill(project, "skills/b", BROKEN)
    project.file("scripts/a.sh")
    run = project.run(*words, UPDATE)
    assert run.code == 4
    assert message in run.out


def test_an_update_in_which_nothing_was_checked_says_so(known: Project) -> None:
    before = (known.path / "skills/known.json").read_text()
    known.file("skills/c.sh")
    run = known.run("skills", UPDATE, "-m", "script")
    assert run.code == 0
    assert "no baseline was written: no skill was checked" in run.out
    assert (known.path / "skills/known.json").read_text() == before


def test_a_baseline_that_cannot_be_written_is_an_error(project: Project) -> None:
    skill(project, "skills/a", BROKEN)
    run = project.run("skills", UPDATE, "--orchestrate-skill-baseline=missing/known.json")
    assert run.code == 1
    assert "no baseline was written: cannot write the baseline" in run.out
    assert {row["status"] for row in run.results} == {"error"}
    assert "Traceback" not in run.out


def test_exceptions_and_severities_of_the_configuration_hold(project: Project) -> None:
    skill(project, "skills/a", BROKEN)
    skill(project, "skills/b", BROKEN)
    skill(project, "skills/c", WARNS)
    project.file(
        "skills/orchestrator.yaml",
        "skills:\n  rules: {placeholder: error}\n"
        "  exceptions:\n    a/: {rules: [broken-link], reason: it is generated}\n    b/SKIL.md: [SK401]\n",
    )
    run = project.run("skills", "-W", "default")
    assert (status_of(run, "links"), data_of(run, "links")["ignored"]) == ("passed", 1)
    assert status_of(run, "links", "skills/b") == "failed"
    assert status_of(run, "structure", "skills/c") == "failed"
    assert "skills.exceptions: there is no file 'b/SKIL.md'; did you mean 'b/SKILL.md'?" in run.out
    assert project.run("skills", "--orchestrate-strict").code == 1


def test_a_comment_silences_a_rule(project: Project) -> None:
    text = BROKEN.replace("See [", "<!-- orchestrate: ignore SK401 it is made by the build -->\nSee [")
    skill(project, "skills/a", text)
    run = project.run("skills", "--orchestrate-strict")
    assert run.code == 0, run.out
    assert data_of(run, "links")["ignored"] == 1
    skill(project, "skills/a", text.replace("[the recipe](recipe.md)", "the recipe"))
    run = project.run("skills", "--orchestrate-strict")
    assert run.code == 1
    assert [name for name, row in run.rows.items() if row["status"] == "failed"] == ids("skills/a", "links")
    assert "SK190 warning: the comment silences SK401 (broken-link)" in run.out
