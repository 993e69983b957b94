"""The script-first directive: who has it, whether a page tells the truth, and how it is put into a skill."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skill_trees import skill_text, write_tree

from pytest_orchestrator import SkillError, SkillLibrary
from pytest_orchestrator.skills.directive import STANDARD_BLOCK
from pytest_orchestrator.skills.directive_edit import apply_directive, with_directive
from pytest_orchestrator.skills.directives_correction import corrected_page
from pytest_orchestrator.skills.directives_page import Claim, differences, directive_states, name_on_page, read_page
from pytest_orchestrator.skills.document import parse_skill

if TYPE_CHECKING:
    from pathlib import Path

FLAG = "metadata:\n  script_first: 'true'\n"


def written(flag: bool, block: bool, name: str = "x") -> str:
    front = f"---\nname: {name}\ndescription: Does {name}. Use when asked.\n{FLAG if flag else ''}---\n"
    return f"{front}# {name}\n\n## Usage\n\nUse it.\n\n{STANDARD_BLOCK if block else ''}"


@pytest.fixture
def library(tmp_path: Path) -> SkillLibrary:
    """Skills with everything, one thing, and nothing."""
    write_tree(
        tmp_path,
        {
            "skills/core/orchestrator/SKILL.md": written(True, True, "orchestrator"),
            "skills/document-parser/SKILL.md": written(False, False, "document-parser"),
            "skills/flag-only/SKILL.md": written(True, False, "flag-only"),
            "skills/time/SKILL.md": written(False, False, "time"),
        },
    )
    return SkillLibrary.of("skills", root=tmp_path)


def test_states_tell_flag_and_block_with_their_lines(library: SkillLibrary) -> None:
    states = directive_states(library.skills)
    assert [(state.skill.name, state.flag, state.directive and state.directive.line) for state in states] == [
        ("orchestrator", 4, 13),
        ("document-parser", None, None),
        ("flag-only", 4, None),
        ("time", None, None),
    ]
    assert states[2].as_dict() == {
        "path": "skills/flag-only/SKILL.md",
        "name": "flag-only",
        "script_first": True,
        "directive": False,
    }


NEITHER = "neither script_first nor the directive"
BOTH = "script_first and the directive"

PAGE = """\
# Skills requiring the directive

## Existing

### Applied

- [x] `document-parser` - parses
  - Reason: many documents

### Pending Application

- [ ] `core/orchestrator` - composes
- [ ] flag-only - bare, with a box

### Not Applicable

- `time` - one query
- `gone` - nobody knows

## Planned (Future)

### High

- [ ] `k8s/bulk-restart` - restarts
- [ ] `time` - planned, and there

## Tracking

| Date | Skill | Action |
|---|---|---|
| 2025-11-26 | document-parser | Applied |

## Verification

- [ ] SKILL.md has the block
- [ ] `script_first: true` is set

```markdown
- [x] `in-a-fence`
```
"""


def test_a_page_is_read_as_people_write_it() -> None:
    assert [(entry.name, entry.claim, entry.line, entry.end) for entry in read_page(PAGE)] == [
        ("document-parser", Claim.APPLIED, 7, 9),
        ("core/orchestrator", Claim.PENDING, 12, 13),
        ("flag-only", Claim.PENDING, 13, 14),
        ("time", Claim.NOT_APPLICABLE, 17, 18),
        ("gone", Claim.NOT_APPLICABLE, 18, 19),
        ("k8s/bulk-restart", Claim.PLANNED, 24, 25),
        ("time", Claim.PLANNED, 25, 26),
    ]


@pytest.mark.parametrize(
    ("line", "claims"),
    [
        ("- [x] `a`", [("a", Claim.APPLIED)]),
        ("* [X] [a/b](../a/b/SKILL.md): text", [("a/b", Claim.APPLIED)]),
        ("- [ ] **`a`** - text", [("a", Claim.PENDING)]),
        ("- `a` - text [x] Applied", [("a", Claim.APPLIED)]),
        ("- `a` - text [ ] Applied", [("a", Claim.PENDING)]),
        ("- `a` - text [ ] Planned", [("a", Claim.PLANNED)]),
        ("- Planned: `a`, `b/c`, etc.", [("a", Claim.PLANNED), ("b/c", Claim.PLANNED)]),
        ("| `a` | [x] Applied | text |", [("a", Claim.APPLIED)]),
        ("| `a` | Planned | text |", [("a", Claim.PLANNED)]),
        ("| [`a`](x) | text | [ ] |", [("a", Claim.PENDING)]),
        ("| 2025-11-26 | a | Applied |", []),
        ("| `a` | it was applied once | |", []),
        ("- `a` - text", []),
        ("- [ ] write the docs", []),
        ("  - [x] `nested` under another", []),
        ("text `a` [x] Applied", []),
    ],
)
def test_entries_without_a_telling_heading(line: str, claims: list[tuple[str, Claim]]) -> None:
    assert [(entry.name, entry.claim) for entry in read_page(f"# Skills\n\n{line}\n")] == claims


def test_what_a_page_says_and_is_not_so_is_told_with_its_place(library: SkillLibrary) -> None:
    assert list(map(str, differences(PAGE, "docs/page.md", library))) == [
        f"docs/page.md:7: 'document-parser' is applied here, and skills/document-parser/SKILL.md has {NEITHER}",
        f"docs/page.md:12: 'core/orchestrator' is pending here, and skills/core/orchestrator/SKILL.md has {BOTH}",
        "docs/page.md:18: 'gone' is not applicable here, and there is no such skill",
        f"docs/page.md:25: 'time' is planned here, and skills/time/SKILL.md has {NEITHER}",
    ]


def test_what_a_page_leaves_out_is_told_at_the_skill(library: SkillLibrary) -> None:
    assert list(map(str, differences("# Nothing\n", "p.md", library))) == [
        f"skills/core/orchestrator/SKILL.md:4: 'orchestrator' has {BOTH}, and p.md does not list it",
        "skills/flag-only/SKILL.md:4: 'flag-only' has script_first, no directive, and p.md does not list it",
    ]


def test_a_directive_that_lacks_something_is_not_applied(tmp_path: Path) -> None:
    text = written(True, True).replace("2. Execute the script once\n", "")
    write_tree(tmp_path, {"x/SKILL.md": text})
    library = SkillLibrary.of(root=tmp_path)
    (found,) = differences("# Skills\n\n- [x] `x`\n", "p.md", library)
    assert str(found) == (
        "p.md:3: 'x' is applied here, and x/SKILL.md has script_first and a directive without 'execute it once'"
    )
    assert differences("# Skills\n\n- [ ] `x`\n", "p.md", library) == []
    # It is there, and to rewrite it is for its author.
    assert apply_directive(library.only()).added == ()


def test_a_name_of_several_skills_is_told_and_left_alone(tmp_path: Path) -> None:
    write_tree(tmp_path, {f"{place}/same/SKILL.md": written(True, True, "same") for place in "ab"})
    library = SkillLibrary.of(root=tmp_path)
    page = "# Skills\n\n- [ ] `same`\n"
    (found,) = differences(page, "p.md", library)
    assert str(found) == "p.md:3: 'same' names 2 skills, a/same/SKILL.md and b/same/SKILL.md"
    assert corrected_page(page, library) == page


def test_a_corrected_page_agrees_keeps_its_prose_and_stays_as_it_is(library: SkillLibrary) -> None:
    page = corrected_page(PAGE, library)
    assert (
        page
        == """\
# Skills requiring the directive

## Existing

### Applied

- [x] `core/orchestrator` - composes

### Pending Application

- [ ] flag-only - bare, with a box
- [ ] `document-parser` - parses
  - Reason: many documents
- [ ] `time` - planned, and there

### Not Applicable

- `time` - one query

## Planned (Future)

### High

- [ ] `k8s/bulk-restart` - restarts
- [ ] `gone` - nobody knows

## Tracking

| Date | Skill | Action |
|---|---|---|
| 2025-11-26 | document-parser | Applied |

## Verification

- [ ] SKILL.md has the block
- [ ] `script_first: true` is set

```markdown
- [x] `in-a-fence`
```
"""
    )
    assert differences(page, "p.md", library) == []
    assert corrected_page(page, library) == page


def test_a_page_can_be_written_from_nothing(library: SkillLibrary) -> None:
    page = corrected_page("", library)
    assert "## Applied\n\n- [x] `core/orchestrator` - Does orchestrator. Use when asked.\n" in page
    assert "## Pending\n\n- [ ] `flag-only` - Does flag-only. Use when asked.\n" in page
    assert "document-parser" not in page
    assert differences(page, "p.md", library) == []
    assert corrected_page(page, library) == page


@pytest.mark.parametrize(
    ("line", "corrected"),
    [
        ("| `document-parser` | [x] Applied | text |", "| `document-parser` | [ ] Pending | text |"),
        ("| `orchestrator` | [ ] Pending | text |", "| `orchestrator` | [x] Applied | text |"),
        ("- `orchestrator` - text [ ] Planned", "- `orchestrator` - text [x] Applied"),
        ("- [x] `gone` - text", "- [ ] `gone` - text"),
    ],
)
def test_marks_without_a_heading_are_corrected_in_place(library: SkillLibrary, line: str, corrected: str) -> None:
    page = corrected_page(f"# Skills\n\n{line}\n", library)
    assert page.splitlines()[2] == corrected


def test_line_ends_of_a_page_stay(library: SkillLibrary) -> None:
    page = corrected_page(PAGE.replace("\n", "\r\n"), library)
    assert page.count("\r\n") == page.count("\n") > 20
    assert page.replace("\r\n", "\n") == corrected_page(PAGE, library)


@given(st.text(alphabet="`[]xX -*|#\nab/():\t\r", max_size=200))
def test_no_page_breaks_the_reader_and_every_entry_is_inside_of_it(page: str) -> None:
    for entry in read_page(page):
        assert 1 <= entry.line < entry.end <= len(page.splitlines()) + 1
        assert entry.name in page


def test_a_page_names_skills_as_people_do(tmp_path: Path) -> None:
    paths = ["repo/skills/a/b", "repo/skills/skills", "tools/one", "x/two", "y/two"]
    write_tree(tmp_path, {f"{path}/SKILL.md": skill_text(os.path.basename(path)) for path in paths})
    library = SkillLibrary.of(root=tmp_path)
    assert [name_on_page(skill, library) for skill in library] == ["a/b", "skills", "one", "x/two", "y/two"]


# -- the directive, put into a skill --------------------------------------------------------------------------


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
    write_tree(tmp_path, {"x/SKILL.md": written(True, True)})
    os.utime(path, (1, 1))
    assert apply_directive(SkillLibrary.of(root=tmp_path).only()).added == ()
    assert path.stat().st_mtime == 1


def test_applying_writes_the_file_and_says_what_was_added(tmp_path: Path) -> None:
    write_tree(tmp_path, {"x/SKILL.md": written(False, False)})
    edit = apply_directive(SkillLibrary.of(root=tmp_path).only())
    assert edit.added == ("script_first", "the directive at line 15")
    assert (tmp_path / "x/SKILL.md").read_bytes() == edit.data
    assert edit.data.decode() == written(True, False).replace("'", '"') + BLOCK


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
