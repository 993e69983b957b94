"""The file of a skill: whatever it holds or is, it is read, or it is one problem with a place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_orchestrator.skills.body import Body
from pytest_orchestrator.skills.document import LARGEST, SkillDocument, parse_skill, read_skill

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "---\nname: make-tea\ndescription: Makes tea.\n---\n\n# Make tea\n"


def parsed(data: str | bytes) -> SkillDocument:
    raw = data.encode() if isinstance(data, str) else data
    return parse_skill(raw, "/skills/make-tea/SKILL.md", "make-tea/SKILL.md")


def problem(data: str | bytes) -> tuple[str, int, int]:
    found = parsed(data).problem
    assert found is not None
    return found.kind, found.line, found.column


def test_a_skill_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "make-tea" / "SKILL.md"
    path.parent.mkdir()
    path.write_text(TEXT)
    skill = read_skill(str(path), "make-tea/SKILL.md")
    assert skill.problem is None
    assert (skill.path, skill.shown_as, skill.directory) == (str(path), "make-tea/SKILL.md", str(path.parent))
    assert dict(skill.values) == {"name": "make-tea", "description": "Makes tea."}
    assert (skill.body_line, skill.body_text) == (5, "\n# Make tea\n")
    assert [(heading.text, heading.line) for heading in skill.body.headings] == [("Make tea", 6)]


def test_a_byte_order_mark_shifts_nothing() -> None:
    skill = parsed("\ufeff" + TEXT)
    assert skill.has_bom
    assert skill.text == TEXT
    assert skill.front.fields["name"].line == 2
    assert not parsed(TEXT).has_bom


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_understood(end: str) -> None:
    skill = parsed(TEXT.replace("\n", end))
    assert skill.lines == ("---", "name: make-tea", "description: Makes tea.", "---", "", "# Make tea", "")
    assert dict(skill.values) == {"name": "make-tea", "description": "Makes tea."}
    assert (skill.front.fields["description"].line, skill.front.fields["description"].value_column) == (3, 14)
    assert (skill.body.headings[0].line, skill.body_text) == (6, f"{end}# Make tea{end}")


def test_mixed_line_ends_count_one_line_each() -> None:
    skill = parsed("---\r\nname: a\rdescription: b\n---\r# c\r\n\r# d\n\n# e")
    assert [field.line for field in skill.front.fields.values()] == [2, 3]
    assert [(heading.text, heading.line) for heading in skill.body.headings] == [("c", 5), ("d", 7), ("e", 9)]


def test_characters_that_end_lines_elsewhere_end_none_here() -> None:
    skill = parsed("---\nname: a\n---\n\x0b\x0c\x1c\u2028\u2029\x85 text\n# After\n")
    assert skill.body.headings[0].line == 5
    assert len(skill.lines) == 6


@pytest.mark.parametrize("data", ["", " ", "\n\n\t\r\n", "\ufeff", "\ufeff\n"])
def test_a_file_with_nothing_in_it_is_empty(data: str) -> None:
    assert problem(data) == ("empty", 1, 1)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"\xff", (1, 1)),
        (b"---\nname: caf\xe9\n---\n", (2, 10)),
        ("---\nname: é😀".encode() + b"\x80\n---\n", (2, 9)),
        (b"---\r\nname: x\r\n---\r\n\xc3(", (4, 1)),
        (b"---\nname: \xed\xa0\x80\n---\n", (2, 7)),
        ("---\nname: x\n---\n".encode("utf-16"), (1, 1)),
    ],
)
def test_the_first_byte_that_is_no_utf_8_is_told(data: bytes, place: tuple[int, int]) -> None:
    assert problem(data) == ("not_utf8", *place)


def test_utf_16_is_called_so() -> None:
    found = parsed(TEXT.encode("utf-16")).problem
    assert found is not None
    assert (found.message, found.remedy) == ("UTF-16 is no UTF-8", "save the file as UTF-8")


def test_what_stands_before_a_wrong_byte_is_read() -> None:
    skill = parsed(TEXT.encode() + b"\n[a](b) \xe9 [c](d)\n")
    assert skill.name == "make-tea"
    assert [link.target for link in skill.body.links] == ["b"]


def test_a_nul_character_is_a_problem_and_hides_nothing() -> None:
    skill = parsed(TEXT + "a\0b\n\n# After\n")
    assert skill.problem is not None
    assert (skill.problem.kind, skill.problem.line, skill.problem.column) == ("nul", 7, 2)
    assert skill.body.headings[-1].text == "After"
    assert problem("\0") == ("nul", 1, 1)


def test_a_large_file_is_read_quickly(tmp_path: Path) -> None:
    path = tmp_path / "SKILL.md"
    path.write_text(TEXT + "\nPour [water](water.md) on *leaves*.\n" * 10_000)
    before = os.times()
    skill = read_skill(str(path), "x")
    assert len(skill.body.links) == 10_000
    assert skill.body.links[-1].line == len(skill.lines) - 1
    after = os.times()
    assert after.user - before.user < 20


def test_a_file_larger_than_any_context_window_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "SKILL.md"
    path.write_bytes(b"a" * (LARGEST + 1))
    skill = read_skill(str(path), "x")
    assert skill.problem is not None
    assert (skill.problem.kind, skill.text) == ("too_large", "")
    path.write_bytes(b"a" * LARGEST)
    assert read_skill(str(path), "x").problem is None


def test_a_file_that_is_no_file_is_a_problem_and_nothing_waits_or_leaks(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "directory").mkdir()
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    names = {
        "fifo": "it is no regular file",
        "directory": "it is no regular file",
        "dangling": "No such file or directory",
        "loop": "Too many levels of symbolic links",
        "x" * 300: "File name too long",
        "missing": "No such file or directory",
        "nul\0": "its path has a NUL character",
    }
    before = len(os.listdir("/proc/self/fd"))
    for name, reason in names.items():
        skill = read_skill(f"{tmp_path}/{name}", name)
        assert skill.problem is not None
        assert (skill.problem.kind, skill.problem.line, skill.problem.column) == ("unreadable", 1, 1)
        assert skill.problem.message == f"the file cannot be read: {reason}"
        assert not skill.front.has_fields
        assert skill.body == Body()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_file_without_end_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "SKILL.md").symlink_to("/dev/zero")
    skill = read_skill(str(tmp_path / "SKILL.md"), "x")
    assert skill.problem is not None
    assert skill.problem.kind == "unreadable"


@pytest.mark.parametrize(
    ("front", "name"),
    [
        ("name: brew-tea", "brew-tea"), ("name: ''", "make-tea"), ("name:", "make-tea"), ("name: [a]", "make-tea"),
        ("name: 5", "make-tea"), ("title: a", "make-tea"), ("name: '", "make-tea"),
    ],
)  # fmt: skip
def test_a_skill_without_a_name_goes_by_its_directory(front: str, name: str) -> None:
    assert parsed(f"---\n{front}\n---\n").name == name


@pytest.mark.parametrize(
    ("front", "expected"),
    [
        ("script_first: true", True), ("script_first: yes", True), ("script_first: 'true'", False),
        ("script_first: false", False), ("metadata:\n  script_first: true", True),
        ("metadata: {script_first: 'true'}", True), ("metadata: {script_first: 'no'}", False),
        ("metadata: script_first", False), ("metadata: [script_first]", False), ("name: a", False),
        ("script_first: false\nmetadata: {script_first: true}", True),
    ],
)  # fmt: skip
def test_script_first_is_read_from_the_top_and_from_metadata(front: str, expected: bool) -> None:
    assert parsed(f"---\n{front}\n---\n").is_script_first is expected


def test_a_file_without_front_matter_is_all_body() -> None:
    skill = parsed("# Make tea\n\n[a](b)\n")
    assert not skill.front.is_there
    assert (skill.body_line, skill.body_at, skill.body.links[0].line) == (1, 0, 3)
    assert not skill.front.has_fields


def test_a_file_whose_front_matter_never_ends_has_no_body() -> None:
    skill = parsed("---\nname: make-tea\n\n# Make tea\n")
    assert (skill.front.is_there, skill.front.is_closed, skill.front.has_fields) == (True, False, False)
    assert (skill.body, skill.body_text) == (Body(), "")
