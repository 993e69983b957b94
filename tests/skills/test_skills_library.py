"""The library of skills: which files it finds, in which order, and how a skill is asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from skill_trees import skill_text, write_tree

from pytest_orchestrator import DiscoveryError, SkillError, SkillLibrary
from pytest_orchestrator.skills import discovery
from pytest_orchestrator.skills.discovery import find_skills
from pytest_orchestrator.skills.library import summary_of


def tree(root: Path, *paths: str) -> Path:
    """Write a small skill at each path that ends in ``.md``, an empty file at every other."""
    return write_tree(
        root, {path: skill_text(Path(path).parent.name) if path.endswith(".md") else "" for path in paths}
    )


def shown(root: Path, *paths: str) -> list[str]:
    return [skill.shown_as for skill in SkillLibrary.of(*paths, root=root)]


def test_skills_are_found_at_every_level_and_sorted(tmp_path: Path) -> None:
    tree(tmp_path, "b/SKILL.md", "a/deep/er/skill.md", "a/SKILL.md", "a/README.md", "c/notes.txt", "SKILL.md")
    assert shown(tmp_path) == ["SKILL.md", "a/SKILL.md", "a/deep/er/skill.md", "b/SKILL.md"]


def test_of_two_spellings_in_one_directory_the_first_counts(tmp_path: Path) -> None:
    tree(tmp_path, "a/SKILL.md", "a/skill.md")
    assert shown(tmp_path) == ["a/SKILL.md"]


def test_the_parts_of_a_skill_hold_no_skills(tmp_path: Path) -> None:
    parts = [f"a/{name}/sample/SKILL.md" for name in ("assets", "evals", "references", "scripts")]
    tree(tmp_path, "a/SKILL.md", *parts, "scripts/no-part-of-one/SKILL.md")
    assert shown(tmp_path) == ["a/SKILL.md", "scripts/no-part-of-one/SKILL.md"]


def test_the_directories_of_agents_are_searched_and_no_others_with_a_dot(tmp_path: Path) -> None:
    tree(tmp_path, ".claude/skills/a/SKILL.md", ".agents/skills/b/SKILL.md", ".git/c/SKILL.md", ".cache/d/SKILL.md")
    assert shown(tmp_path) == [".agents/skills/b/SKILL.md", ".claude/skills/a/SKILL.md"]
    assert shown(tmp_path, ".cache") == [".cache/d/SKILL.md"]


def test_what_builds_and_installs_leave_is_not_searched_but_a_skill_may_have_such_a_name(tmp_path: Path) -> None:
    tree(tmp_path, "node_modules/x/SKILL.md", "dist/lib/y/SKILL.md", "skills/build/SKILL.md", "venv/z/SKILL.md")
    assert shown(tmp_path) == ["skills/build/SKILL.md"]


def test_a_file_of_a_skill_stands_for_it(tmp_path: Path) -> None:
    tree(tmp_path, "a/SKILL.md", "a/scripts/sub/run.py", "b/SKILL.md", "stray.py")
    assert shown(tmp_path, "a/scripts/sub/run.py", "a/SKILL.md", "a") == ["a/SKILL.md"]
    with pytest.raises(DiscoveryError, match=r"'stray.py' belongs to no skill: no SKILL.md is beside it or above it"):
        shown(tmp_path, "stray.py")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Skill.md", "agents look for SKILL.md, capital letters count; rename it"),
        ("SKILL.md", "it is no regular file"),
    ],
)
def test_a_file_that_only_looks_like_a_skill_is_told_why(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "tea").mkdir()
    os.mkfifo(tmp_path / "tea" / name)
    with pytest.raises(DiscoveryError, match=f"'tea/{name}' belongs to no skill: {why}"):
        find_skills([f"tea/{name}"], str(tmp_path))


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(DiscoveryError, match=r"there is no file or directory 'nowhere': name a skill"):
        shown(tmp_path, "nowhere")


def test_loops_of_links_end_and_a_skill_is_found_once_under_its_own_name(tmp_path: Path) -> None:
    tree(tmp_path, "z/skills/a/SKILL.md")
    (tmp_path / "z/skills/a/up").symlink_to("../..")
    (tmp_path / "all").symlink_to("z")
    (tmp_path / "itself").symlink_to("itself")
    assert shown(tmp_path) == ["z/skills/a/SKILL.md"]


def test_links_to_skills_elsewhere_are_followed(tmp_path: Path) -> None:
    tree(tmp_path, "elsewhere/a/SKILL.md", "project/README.txt")
    (tmp_path / "project/skills").symlink_to("../elsewhere")
    assert shown(tmp_path / "project") == ["skills/a/SKILL.md"]


def test_a_directory_that_may_not_be_read_is_left_out_but_not_when_it_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tree(tmp_path, "a/SKILL.md", "closed/b/SKILL.md")
    monkeypatch.chdir(tmp_path)
    scandir = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    # Root may read everything, so the system is asked to refuse.
    monkeypatch.setattr("os.scandir", refuse)
    assert shown(tmp_path) == ["a/SKILL.md"]
    assert caplog.messages == ["not searched for skills: closed: Permission denied"]
    with pytest.raises(DiscoveryError, match="'closed' cannot be searched: Permission denied"):
        shown(tmp_path, "closed")


def test_the_search_is_bounded_in_depth_and_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = "d/" * discovery.DEEPEST
    tree(tmp_path, f"{deep}SKILL.md", f"{deep}d/SKILL.md")
    assert shown(tmp_path) == [f"{deep}SKILL.md"]
    monkeypatch.setattr(discovery, "MOST_DIRECTORIES", 10)
    with pytest.raises(DiscoveryError, match="holds more than 10 directories: name those that hold skills"):
        shown(tmp_path)


def test_a_link_that_leads_nowhere_is_a_skill_that_cannot_be_read(tmp_path: Path) -> None:
    for name, target in (("gone", "../nowhere/SKILL.md"), ("circle", "SKILL.md")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "SKILL.md").symlink_to(target)
    library = SkillLibrary.of(root=tmp_path)
    assert [(skill.shown_as, skill.problem.message) for skill in library if skill.problem is not None] == [
        ("circle/SKILL.md", "the file cannot be read: Too many levels of symbolic links"),
        ("gone/SKILL.md", "the file cannot be read: No such file or directory"),
    ]
    assert library.below("gone/SKILL.md").only().shown_as == "gone/SKILL.md"


def test_an_empty_path_is_no_place(tmp_path: Path) -> None:
    with pytest.raises(DiscoveryError, match="there is no file or directory ''"):
        find_skills([""], str(tmp_path))


def test_a_directory_in_the_place_of_the_file_is_no_skill(tmp_path: Path) -> None:
    (tmp_path / "a/SKILL.md").mkdir(parents=True)
    assert find_skills([str(tmp_path)]) == []


def test_odd_names_are_shown_safely_and_accepted_back(tmp_path: Path) -> None:
    name = os.fsdecode(b"odd\xff[1]")
    try:
        (tmp_path / name).mkdir()
    except OSError:
        pytest.skip("the file system takes UTF-8 names only")
    (tmp_path / name / "SKILL.md").write_text("# Odd\n\nCounts.\n")
    library = SkillLibrary.of(root=tmp_path)
    (path,) = (skill.shown_as for skill in library)
    assert path == r"odd\xff\x5b1\x5d/SKILL.md"
    assert library.get(path).directory == str(tmp_path / name)


@pytest.fixture
def library(tmp_path: Path) -> SkillLibrary:
    write_tree(
        tmp_path,
        {
            "skills/core/orchestrator/SKILL.md": "---\nname: Workflow Orchestrator\nintent: Combines.\n---\n# It\n",
            "skills/k8s/restart/SKILL.md": skill_text("restart"),
            "skills/vms/restart/SKILL.md": skill_text("restart"),
            "skills/bulk_load/SKILL.md": skill_text("bulk-load"),
        },
    )
    return SkillLibrary.of("skills", root=tmp_path)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("Workflow Orchestrator", "skills/core/orchestrator/SKILL.md"),
        ("workflow-orchestrator", "skills/core/orchestrator/SKILL.md"),
        ("orchestrator", "skills/core/orchestrator/SKILL.md"),
        ("core/orchestrator", "skills/core/orchestrator/SKILL.md"),
        ("core/orchestrator/", "skills/core/orchestrator/SKILL.md"),
        ("core/orchestrator/SKILL.md", "skills/core/orchestrator/SKILL.md"),
        ("skills/core/orchestrator", "skills/core/orchestrator/SKILL.md"),
        ("./skills/core/orchestrator/SKILL.md", "skills/core/orchestrator/SKILL.md"),
        ("k8s/restart", "skills/k8s/restart/SKILL.md"),
        ("bulk load", "skills/bulk_load/SKILL.md"),
    ],
)
def test_a_skill_is_fetched_by_every_name_that_people_use(library: SkillLibrary, name: str, path: str) -> None:
    assert library.get(name).shown_as == path


def test_a_name_of_two_skills_names_both(library: SkillLibrary) -> None:
    with pytest.raises(SkillError) as raised:
        library.get("restart")
    assert str(raised.value) == (
        "'restart' names 2 skills, skills/k8s/restart/SKILL.md and skills/vms/restart/SKILL.md:"
        " give the path of the one meant"
    )
    assert len(library.find("restart")) == 2


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("orchestrater", "did you mean 'orchestrator'?"),
        ("zzz", "list them with: pytest-orchestrator skills list"),
        ("", "list them with: pytest-orchestrator skills list"),
        ("strator", "did you mean 'orchestrator'?"),
    ],
)
def test_a_name_of_no_skill_says_where_was_looked(library: SkillLibrary, name: str, told: str) -> None:
    with pytest.raises(SkillError) as raised:
        library.get(name)
    assert str(raised.value) == f"there is no skill {name!r} among the 4 skills below skills; {told}"
    assert library.find(name) == ()


def test_an_empty_library_says_so(tmp_path: Path) -> None:
    with pytest.raises(SkillError, match=r"no skill 'x' below \.; name a directory that holds skills"):
        SkillLibrary.of(root=tmp_path).get("x")


def test_a_summary_has_what_agents_choose_by(library: SkillLibrary) -> None:
    assert summary_of(library.get("orchestrator")) == {
        "path": "skills/core/orchestrator/SKILL.md",
        "name": "Workflow Orchestrator",
        "description": "Combines.",
        "tags": [],
        "script_first": False,
    }


@pytest.mark.parametrize(
    ("front", "tags"),
    [
        ("tags: [a, b c, 3]", ["a", "b c", "3"]),
        ("tags: a, b c", ["a", "b c"]),
        ("metadata:\n  tags: a,b", ["a", "b"]),
        ("metadata:\n  keywords: [a]", ["a"]),
        ("keywords: [a, {b: c}, null]", ["a"]),
        ("tags: 7", []),
    ],
)
def test_tags_are_read_as_people_write_them(tmp_path: Path, front: str, tags: list[str]) -> None:
    write_tree(tmp_path, {"a/SKILL.md": f"---\nname: a\n{front}\n---\n# A\n"})
    (skill,) = SkillLibrary.of(root=tmp_path)
    assert summary_of(skill)["tags"] == tags


def test_broken_files_are_in_the_library_and_break_nothing(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a/SKILL.md": "---\nname: [\n", "b/SKILL.md": "", "c/SKILL.md": skill_text("c")})
    (tmp_path / "d").mkdir()
    (tmp_path / "d/SKILL.md").write_bytes(b"---\nname: \xff\n---\n")
    library = SkillLibrary.of(root=tmp_path)
    assert [summary_of(skill)["name"] for skill in library] == ["a", "b", "c", "d"]
    assert [hit.name for hit in library.search("c")] == ["c"]


def test_it_is_read_once_and_another_of_the_same_root_sees_what_is_new(tmp_path: Path) -> None:
    tree(tmp_path, "skills/a/SKILL.md")
    library = SkillLibrary.of("skills", root=tmp_path)
    assert len(library) == 1
    tree(tmp_path, "skills/b/SKILL.md")
    assert len(library) == 1
    assert [skill.name for skill in library.below("skills")] == ["a", "b"]
    assert [skill.shown_as for skill in library.below("skills/b")] == ["skills/b/SKILL.md"]


def test_the_paths_of_a_library_made_by_hand_count_from_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(tmp_path, "a/SKILL.md")
    monkeypatch.chdir(tmp_path)
    assert [skill.shown_as for skill in SkillLibrary()] == ["a/SKILL.md"]
    assert SkillLibrary().get("a/SKILL.md").name == "a"
    shutil.rmtree(tmp_path / "a")
    assert len(SkillLibrary()) == 0


def test_neither_pytest_nor_the_parser_of_markdown_is_imported_to_search(tmp_path: Path) -> None:
    tree(tmp_path, "kafka/SKILL.md")
    program = (
        "import sys; from pytest_orchestrator import SkillLibrary; assert SkillLibrary().search('kafka');"
        " sys.exit(bool({'pytest', 'markdown_it', 'wordllama'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=tmp_path).returncode == 0
