"""The fixture ``skill_library``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skill_trees import skill_text, write_tree

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TEST = """
def test_it(skill_library, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert [skill.shown_as for skill in skill_library] == ["skills/a/SKILL.md", "skills/b/SKILL.md"]
    assert skill_library.below("skills/b").only().name == "b"

def test_it_is_the_same_one(skill_library, request):
    assert skill_library is request.getfixturevalue("skill_library")
"""


def test_it_is_the_library_of_the_rootdir_with_and_without_orchestrate(pytester: pytest.Pytester) -> None:
    write_tree(pytester.path, {f"skills/{name}/SKILL.md": skill_text(name) for name in "ab"})
    pytester.makeini("[pytest]")
    write_tree(pytester.path, {"tests/test_it.py": TEST})
    pytester.runpytest("tests").assert_outcomes(passed=2)
    pytester.runpytest("--orchestrate", "tests").assert_outcomes(passed=2)


def test_without_skills_it_is_empty(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]")
    pytester.makepyfile("def test_it(skill_library):\n    assert len(skill_library) == 0\n")
    pytester.runpytest().assert_outcomes(passed=1)


def test_it_is_listed_with_its_purpose(pytester: pytest.Pytester, tmp_path: Path) -> None:
    pytester.runpytest("--fixtures").stdout.re_match_lines([r"skill_library \[session scope\].*"])
