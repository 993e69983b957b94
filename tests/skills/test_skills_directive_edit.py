"""The script-first directive, put into a skill that is there already."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skill_trees import write_tree

from pytest_orchestrator import SkillError, SkillLibrary
from pytest_orchestrator.skills.directive import STANDARD_BLOCK
from pytest_orchestrator.skills.directive_edit import apply_directive, with_directive
from pytest_orchestrator.skills.directives_page import directive_states
from pytest_orchestrator.skills.document import parse_skill

if TYPE_CHECKING:
    from pathlib import Path

NEITHER = "---\nname: x\ndescription: Does x. Use when asked.\n---\n# x\n\n## Usage\n\nUse it.\n\n"
FLAG = 'metadata:\n  script_first: "true"\n'


def is_insertion(old: str, new: str) -> bool:
    """Return whether ``new`` is ``old`` with something put in at one place."""
    same = next(
        (at for at, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new))
    )
    return new.endswith(old[same:]) and len(new) >= len(old)


def edited(text: str, encoding: str = "utf-8") -> str:
    """Return a skill with the directive, after making sure that nothing else of it changed."""
    data = text.encode(encoding)
    edit = with_directive(parse_skill(data, "/skills/x/SKILL.md", "x/SKILL.md"))
    result = parse_skill(edit.data, "/skills/x/SKILL.md", "x/SKILL.md")
    (state,) = directive_states([result])
    assert state.words == "script_first and the directive"
    assert with_directive(result).added == ()
    assert with_directive(result).data == edit.data
    assert is_insertion(parse_skill(data, "/x", "x").body_text, result.body_text)
    return edit.data.decode(encoding)


BLOCK = f"## Script-First Directive\n\n{STANDARD_BLOCK}"


def test_the_block_goes_behind_the_section_on_usage(tmp_path: Path) -> None:
    before = "---\nname: x\ndescription: d\n---\n\n# X\n\n## Usage\n\nUse.\n\n### Detail\n\nMore.\n\n"
    after = "## Examples\n\nNone.\n"
    assert (
        edited(before + after)
        == before.replace("d\n---", 'd\nmetadata:\n  script_first: "true"\n---') + BLOCK + "\n" + after
    )


@pytest.mark.parametrize(
    ("body", "result"),
    [
        ("# X\n\n## Usage\n\nUse.", f"# X\n\n## Usage\n\nUse.\n\n{BLOCK}"),
        ("# X\n\n## Usage\nUse.\n## End\n", f"# X\n\n## Usage\nUse.\n\n{BLOCK}\n## End\n"),
        ("# X\n\nText.\n\n## One\n\n## Two\n", f"# X\n\nText.\n\n{BLOCK}\n## One\n\n## Two\n"),
        ("Text.\n", f"Text.\n\n{BLOCK}"),
        ("# X\n\n### When to use it\n\nNow.\n\n## End\n", f"# X\n\n### When to use it\n\nNow.\n\n#{BLOCK}\n## End\n"),
        ("", f"\n{BLOCK}"),
        ("```\n## Usage\n```\n\n## Usage\n\nU.\n", f"```\n## Usage\n```\n\n## Usage\n\nU.\n\n{BLOCK}"),
    ],
    ids=["at-the-end", "tight", "no-usage", "no-heading", "deeper", "no-body", "fence"],
)
def test_where_the_block_goes(body: str, result: str) -> None:
    front = "---\nname: x\nintent: i\nscript_first: true\n---\n"
    assert edited(front + body) == front + result


@pytest.mark.parametrize(
    ("front", "result"),
    [
        ("name: x\nintent: i\n", "name: x\nintent: i\nscript_first: true\n"),
        ("name: x\ndescription: d\n", 'name: x\ndescription: d\nmetadata:\n  script_first: "true"\n'),
        ("script_first: false # not yet\nname: x\nintent: i\n", "script_first: true # not yet\nname: x\nintent: i\n"),
        ("script_first: 'no'\nname: x\n", "script_first: true\nname: x\n"),
        (
            "name: x\ndescription: d\nmetadata:\n    author: me\nlicense: MIT\n",
            'name: x\ndescription: d\nmetadata:\n    script_first: "true"\n    author: me\nlicense: MIT\n',
        ),
        (
            "name: x\ndescription: d\nmetadata: {author: me}\n",
            'name: x\ndescription: d\nmetadata: {script_first: "true", author: me}\n',
        ),
        (
            "name: x\ndescription: d\nmetadata:\nlicense: MIT\n",
            'name: x\ndescription: d\nmetadata:\n  script_first: "true"\nlicense: MIT\n',
        ),
        (
            'name: x\ndescription: d\nmetadata:\n  script_first: "false"\n',
            'name: x\ndescription: d\nmetadata:\n  script_first: "true"\n',
        ),
    ],
    ids=["schema", "standard", "false", "no", "block", "flow", "empty", "nested-false"],
)
def test_how_script_first_is_set(front: str, result: str) -> None:
    body = f"\n# X\n\n{STANDARD_BLOCK}"
    assert edited(f"---\n{front}---\n{body}") == f"---\n{result}---\n{body}"


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    text = "---\r\nname: x\r\ndescription: d\r\n---\r\n# X\r\n\r\n## Usage\r\n\r\nUse.\r\n"
    result = edited(text, "utf-8-sig")
    assert result.count("\r\n") == result.count("\n") > 20
    assert with_directive(parse_skill(text.encode("utf-8-sig"), "/x", "x")).data.startswith(b"\xef\xbb\xbf---")


def test_a_skill_that_has_both_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "x/SKILL.md"
    write_tree(tmp_path, {"x/SKILL.md": NEITHER.replace("---\n#", f"{FLAG}---\n#") + STANDARD_BLOCK})
    os.utime(path, (1, 1))
    assert apply_directive(SkillLibrary.of(root=tmp_path).only()).added == ()
    assert path.stat().st_mtime == 1


def test_applying_writes_the_file_and_says_what_was_added(tmp_path: Path) -> None:
    write_tree(tmp_path, {"x/SKILL.md": NEITHER})
    edit = apply_directive(SkillLibrary.of(root=tmp_path).only())
    assert edit.added == ("script_first", "the directive at line 15")
    assert (tmp_path / "x/SKILL.md").read_bytes() == edit.data
    assert edit.data.decode() == NEITHER.replace("---\n#", f"{FLAG}---\n#") + BLOCK


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"# X\n", "it has no front matter"),
        (b"---\nname: x\n", "its front matter never ends"),
        (b"---\nname: [\n---\n", "x/SKILL.md:"),
        (b"---\n- a\n---\n", "its front matter is no mapping"),
        (b"", "the file is empty"),
        (b"---\nname: \xff\n---\n", "is no UTF-8"),
        (b"---\nname: x\nname: y\n---\n", "x/SKILL.md:3:1:"),
        (b"---\nname: x\ndescription: d\nmetadata: text\n---\n", "metadata is no mapping"),
        (b"---\nname: x\ndescription: d\nmetadata: [a]\n---\n", "metadata is no mapping"),
        (b"---\nscript_first:\nname: x\n---\n", "script_first has no value that can be replaced"),
        (b"---\nscript_first: [a]\nname: x\n---\n", "script_first has no value that can be replaced"),
        (b"---\nname: x\ndescription: d\nhooks: &a {b: c}\nmetadata: *a\n---\n", "set it by hand"),
    ],
)
def test_a_skill_that_cannot_be_edited_is_refused_with_the_reason(tmp_path: Path, text: bytes, why: str) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x/SKILL.md").write_bytes(text)
    with pytest.raises(SkillError) as raised:
        apply_directive(SkillLibrary.of(root=tmp_path).only())
    assert str(raised.value).startswith("x/SKILL.md")
    assert why in str(raised.value)
    assert (tmp_path / "x/SKILL.md").read_bytes() == text


@given(
    front=st.sampled_from(["", "license: MIT\n", "metadata:\n  a: b\n", "metadata: {a: b}\n", "script_first: false\n"]),
    body=st.lists(
        st.sampled_from(
            ["# X", "## Usage", "text", "", "- item", "```", "> quote", "---", "### More", "    code", "| a |", "\t"]
        ),
        max_size=12,
    ),
    newline=st.sampled_from(["\n", "\r\n"]),
    ends=st.booleans(),
)
def test_whatever_a_body_is_made_of_the_directive_is_added_once_and_all_else_stays(
    front: str, body: list[str], newline: str, ends: bool
) -> None:
    lines = ["---", "name: x", "description: d", *front.splitlines(), "---", *body]
    data = (newline.join(lines) + (newline if ends else "")).encode()
    skill = parse_skill(data, "/x/SKILL.md", "x/SKILL.md")
    if skill.body.fences and not skill.body.fences[-1].is_closed:
        with pytest.raises(SkillError, match="never ends"):
            with_directive(skill)
        return
    edit = with_directive(skill)
    result = parse_skill(edit.data, "/x/SKILL.md", "x/SKILL.md")
    assert with_directive(result).added == ()
    assert is_insertion(skill.body_text, result.body_text)
    fronts = [document.text[: document.body_at].rstrip() for document in (skill, result)]
    assert front.startswith("script_first") or is_insertion(*fronts)
