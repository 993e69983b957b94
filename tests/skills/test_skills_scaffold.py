"""New skills: valid as they are, found under their names, and never in the place of another one."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_orchestrator import SkillError, SkillLibrary
from pytest_orchestrator.config.skill_settings import SkillSettings
from pytest_orchestrator.skills.checker import check_skills
from pytest_orchestrator.skills.directives_page import directive_states
from pytest_orchestrator.skills.profiles import detect_profile
from pytest_orchestrator.skills.rule import Profile
from pytest_orchestrator.skills.scaffold import new_skill

if TYPE_CHECKING:
    from pathlib import Path

DETECTED = {Profile.SPEC: Profile.SPEC, Profile.CLAUDE_CODE: Profile.SPEC, Profile.SCRIPT_FIRST: Profile.SCRIPT_FIRST}


@pytest.mark.parametrize("script_first", [False, True], ids=["plain", "script-first"])
@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("name", ["bulk-restart", "k8s/pods/clean-up", "7", "on", "x" * 64])
def test_a_new_skill_has_no_finding(tmp_path: Path, name: str, profile: Profile, script_first: bool) -> None:
    path = new_skill(name, tmp_path / "skills", profile=profile, script_first=script_first)
    assert path == str(tmp_path / "skills" / name / "SKILL.md")
    library = SkillLibrary.of(root=tmp_path)
    skill = library.get(name)
    assert skill.name == name.rpartition("/")[2]
    (report,) = check_skills(library.skills, SkillSettings(profile=profile.value)).values()
    assert list(map(str, report.findings)) == []
    assert detect_profile(skill)[0] is DETECTED[profile]


@pytest.mark.parametrize("profile", Profile)
def test_a_script_first_skill_has_flag_directive_and_two_examples(tmp_path: Path, profile: Profile) -> None:
    new_skill("bulk-restart", tmp_path, profile=profile, script_first=True)
    (state,) = directive_states(SkillLibrary.of(root=tmp_path).skills)
    assert state.words == "script_first and the directive"
    text = state.skill.text
    assert text.count('\nUser: "') == text.count("\nAgent: ") == 2
    new_skill("plain", tmp_path, profile=profile)
    assert [state.skill.name for state in directive_states(SkillLibrary.of(root=tmp_path).skills) if state.flag] == [
        "bulk-restart"
    ]


def test_the_script_template_runs_goes_on_after_an_error_and_prints_the_summary_that_is_promised(
    tmp_path: Path,
) -> None:
    new_skill("bulk-restart", tmp_path, script_first=True)
    (skill,) = SkillLibrary.of(root=tmp_path)
    program, summary = skill.body.fences
    (tmp_path / "template.py").write_text(program.code)
    done = subprocess.run(
        [sys.executable, "-W", "error", "template.py", "a", " ", "b"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == "Processed: 3\nSucceeded: 2\nFailed: 1\n   : an item without a name\n"
    promised = [line.partition(":")[0] for line in summary.code.splitlines()[:3]]
    assert promised == [line.partition(":")[0] for line in done.stdout.splitlines()[:3]]
    assert subprocess.run([sys.executable, "template.py", "a"], cwd=tmp_path, capture_output=True).returncode == 0


def test_the_description_can_be_given_and_may_hold_anything(tmp_path: Path) -> None:
    about = 'Counts "penguins": #1 · use when\tthere are any. \\ {}'
    new_skill("count", tmp_path, description=about)
    new_skill("tally", tmp_path, profile=Profile.SCRIPT_FIRST, description=about)
    assert [
        skill.values.get("description", skill.values.get("intent")) for skill in SkillLibrary.of(root=tmp_path)
    ] == [
        about,
        about,
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Bad_Name", "'Bad_Name' is no name of a skill: .* at most 64 characters; did you mean 'bad-name'"),
        ("a--b", "did you mean 'a-b'"),
        ("-a", "did you mean 'a'"),
        ("core/Über", "'Über' in 'core/Über' is no name of a skill: .*; did you mean 'ber'"),
        ("../up", "'..' in '../up' is no name of a skill: .* at most 64 characters$"),
        ("", "'' is no name of a skill"),
        ("a//b", "'' in 'a//b' is no name"),
        ("x" * 65, "at most 64 characters"),
        ("/etc/x", "'/etc/x' is a path: write a name as 'bulk-restart', and where it goes with --path"),
    ],
)
def test_names_that_are_not_allowed_are_refused_with_one_that_is(tmp_path: Path, name: str, told: str) -> None:
    with pytest.raises(SkillError, match=told):
        new_skill(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("spelling", ["SKILL.md", "skill.md"])
def test_nothing_is_overwritten(tmp_path: Path, spelling: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / spelling).write_text("mine")
    with pytest.raises(SkillError, match=f"there is a skill '.*/a/{spelling}' already; choose another name"):
        new_skill("a", tmp_path)
    assert (tmp_path / "a" / spelling).read_text() == "mine"


def test_a_directory_that_is_there_keeps_its_files(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/notes.txt").write_text("mine")
    new_skill("a", tmp_path)
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["SKILL.md", "notes.txt"]


def test_what_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SkillError, match=r"cannot write '.*/file/a/SKILL.md': "):
        new_skill("a", tmp_path / "file")


def test_a_description_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SkillError, match="the description has 1025 characters; at most 1024 are allowed: shorten it"):
        new_skill("a", tmp_path, description="x" * 1025)
    assert list(tmp_path.iterdir()) == []


def test_a_blank_description_is_none(tmp_path: Path) -> None:
    new_skill("boil-water", tmp_path, description=" \n")
    (skill,) = SkillLibrary.of(root=tmp_path)
    assert str(skill.values["description"]).startswith("Boil water, and tell")


def test_no_skill_is_written_where_none_is_looked_for(tmp_path: Path) -> None:
    new_skill("a", tmp_path)
    with pytest.raises(SkillError, match=r"'.*/a/scripts' holds the files of a skill, and nobody looks for skills"):
        new_skill("a/scripts/b", tmp_path)
    new_skill("scripts/b", tmp_path)
    assert [skill.name for skill in SkillLibrary.of(root=tmp_path)] == ["a", "b"]
