"""The script-first directive: who has it, and whether a page that lists them tells the truth."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from skill_trees import skill_text, write_tree

from pytest_orchestrator import SkillLibrary
from pytest_orchestrator.skills.directive import STANDARD_BLOCK
from pytest_orchestrator.skills.directive_edit import apply_directive
from pytest_orchestrator.skills.directives_correction import corrected_page
from pytest_orchestrator.skills.directives_page import Claim, differences, directive_states, name_on_page, read_page

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


def test_characters_that_end_no_line_to_an_editor_stay(library: SkillLibrary) -> None:
    page = "# Applied\n\nOne\u2028two\x0cthree\x85four.\n\n- [x] `time`\n"
    assert read_page(page)[0].line == 5
    assert "One\u2028two\x0cthree\x85four.\n" in corrected_page(page, library)


@pytest.mark.parametrize("line", ["    prose\n", " - `a`\n", "- `a`\n\n", "\n"])
def test_a_page_is_read_in_time_that_grows_with_its_length(line: str) -> None:
    start = time.process_time()
    entries = read_page("# Applied\n" + line * 40_000)
    assert time.process_time() - start < 5  # where it grew with the square it was minutes
    assert all(entry.line < entry.end <= 80_003 for entry in entries)


def test_a_page_names_skills_as_people_do(tmp_path: Path) -> None:
    paths = ["repo/skills/a/b", "repo/skills/skills", "tools/one", "x/two", "y/two"]
    write_tree(tmp_path, {f"{path}/SKILL.md": skill_text(os.path.basename(path)) for path in paths})
    library = SkillLibrary.of(root=tmp_path)
    assert [name_on_page(skill, library) for skill in library] == ["a/b", "skills", "one", "x/two", "y/two"]


def test_the_description_of_a_skill_is_no_mark_of_the_page(tmp_path: Path) -> None:
    text = written(True, True).replace("Does x.", "Ticks [ ] Pending boxes <b>all</b> of them.")
    write_tree(tmp_path, {"skills/x/SKILL.md": text})
    library = SkillLibrary.of("skills", root=tmp_path)
    page = corrected_page("", library)
    assert r"- [x] `x` - Ticks \[ \] Pending boxes \<b\>all\</b\> of them" in page
    assert differences(page, "page.md", library) == []
    assert corrected_page(page, library) == page
