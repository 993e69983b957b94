"""The rules on the structure of a skill."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rule_checks import findings, lay_out

from pytest_orchestrator.skills.rule import Profile
from pytest_orchestrator.skills.rules import headings, placeholders, structure

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_orchestrator.skills.finding import Finding

MODULES = (structure, headings, placeholders)
CHECKS = [module.check for module in MODULES]
FRONT = "---\nname: make-tea\ndescription: Makes tea.\n---\n"


def check(text: str, root: Path, profile: Profile = Profile.SPEC) -> list[Finding]:
    return findings(lay_out({"make-tea/SKILL.md": text}, root), CHECKS, profile)


def test_an_empty_body_is_one_finding_whatever_the_profile(tmp_path: Path) -> None:
    for profile in Profile:
        assert [finding.code for finding in check(FRONT + "\n \n", tmp_path, profile)] == ["SK201"]


@pytest.mark.parametrize("text", ["", "---\nname: x\n", "\ufeff"])
def test_a_file_without_a_body_to_judge_has_no_finding_on_structure(text: str, tmp_path: Path) -> None:
    assert check(text, tmp_path) == []


def test_the_finding_on_a_long_body_stands_at_the_first_line_too_many(tmp_path: Path) -> None:
    (finding,) = check(FRONT + "# Tea\n" + "Pour.\n" * 600 + "\n\n", tmp_path)
    assert (finding.code, finding.line) == ("SK202", 505)
    assert finding.message == "the body has 601 lines, at most 500 are recommended"


def test_characters_of_other_scripts_count_as_a_token_each() -> None:
    assert structure.estimated_tokens("Boil the water. " * 10) == 40
    assert structure.estimated_tokens("泡茶" * 10) == 20


def test_the_parts_of_the_script_first_schema_are_asked_for_in_its_profile_only(tmp_path: Path) -> None:
    text = FRONT + "Pour.\n"
    assert [finding.code for finding in check(text, tmp_path, Profile.SCRIPT_FIRST)] == ["SK205", "SK206", "SK207"]
    assert [finding.code for finding in check(text, tmp_path, Profile.CLAUDE_CODE)] == ["SK204"]


def test_an_example_without_an_answer_does_not_count(tmp_path: Path) -> None:
    text = FRONT + '# Tea\n\n## Usage\n\nTea.\n\n## Examples\n\nUser: "a"\nAgent: b\n\n## More\n\nUser: "c"\nAgent: d\n'
    (finding,) = check(text, tmp_path, Profile.SCRIPT_FIRST)
    assert finding.code == "SK208"
    assert finding.message == "the section 'Examples' has 1 of the 2 examples that are needed"


def test_requests_and_answers_in_a_block_of_code_count(tmp_path: Path) -> None:
    pairs = '```\nUser: "a"\nAgent: b\nUser: "c"\nAgent: d\n```\n'
    text = FRONT + "# Tea\n\n## Usage\n\nTea.\n\n## Examples\n\n" + pairs
    assert check(text, tmp_path, Profile.SCRIPT_FIRST) == []


def test_a_note_is_found_at_its_column(tmp_path: Path) -> None:
    (finding,) = check(FRONT + "# Tea\n\n- first\n  1. **TODO(ann):** say how hot\n", tmp_path)
    assert (finding.code, finding.line, finding.column) == ("SK212", 8, 8)
    assert finding.message == "a note was left in the text: 'TODO(ann):** say how hot'"


@pytest.mark.parametrize(
    "text",
    [
        "Find TODO: and FIXME: comments.", "TODO comments are tasks.", "Keep a TODO list:\n- [ ] TODO items", "`TODO:`",
        "TodoWrite: a tool", "Mark it `[TBD]` or [TBD](x.md).", "XXX-large", "TODO::Item", "Todo: how a list begins",
        "``` TODO: x ```", "This is coming soon to stores.",
    ],
)  # fmt: skip
def test_a_text_about_notes_is_no_note(text: str, tmp_path: Path) -> None:
    assert check(f"{FRONT}# Tea\n\n{text}\n", tmp_path) == []
