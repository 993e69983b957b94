"""The rules on the front matter of a skill, and on skills that get in each other's way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import examples_collisions
import examples_descriptions
import examples_fields
import examples_names
import examples_reading
import examples_schema
import pytest
from rule_findings import findings_of

from pytest_orchestrator.skills.context import CheckContext
from pytest_orchestrator.skills.document import parse_skill, read_skill
from pytest_orchestrator.skills.finding import Severity
from pytest_orchestrator.skills.rule import Profile
from pytest_orchestrator.skills.rules import collisions, descriptions, fields, names, reading, schema

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from skill_examples import RuleExample

    from pytest_orchestrator.skills.document import SkillDocument
    from pytest_orchestrator.skills.rule import Found

EXAMPLES = [
    *examples_reading.EXAMPLES, *examples_names.EXAMPLES, *examples_descriptions.EXAMPLES, *examples_fields.EXAMPLES,
    *examples_schema.EXAMPLES, *examples_collisions.EXAMPLES,
]  # fmt: skip
GOOD = "name: make-tea\ndescription: Makes tea. Use when someone is thirsty.\n"


def check(data: str | bytes, profile: Profile = Profile.SPEC, directory: str = "make-tea") -> list[Found]:
    """Return what the rules on one file have to say about it."""
    raw = data.encode() if isinstance(data, str) else data
    return found_in(parse_skill(raw, f"/skills/{directory}/SKILL.md", f"{directory}/SKILL.md"), profile)


def found_in(skill: SkillDocument, profile: Profile = Profile.SPEC) -> list[Found]:
    context = CheckContext(profile)
    return [
        found for module in (reading, names, descriptions, fields, schema) for found in module.check(skill, context)
    ]


def fronted(front: str, profile: Profile = Profile.SPEC) -> list[Found]:
    return check(f"---\n{front}---\n\n# Make tea\n", profile)


def codes(found: Sequence[Found]) -> list[str]:
    return [one.rule.code for one in found]


def severity(found: Found) -> Severity:
    return found.severity or found.rule.severity


def skill(name: str, description: str, where: str = "", more: str = "") -> SkillDocument:
    path = f"{where}{name}/SKILL.md"
    text = f"---\nname: {name}\ndescription: {description}\n{more}---\n\n# It\n"
    return parse_skill(text.encode(), f"/repository/{path}", path)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id)
def test_a_good_example_has_no_finding_on_its_front_matter_at_all(example: RuleExample, tmp_path: Path) -> None:
    good = findings_of(example.good, example.profile, tmp_path)
    assert [str(finding) for finding in good if finding.code < "SK190"] == []


@pytest.mark.parametrize("example", examples_reading.EXAMPLES, ids=lambda example: example.id)
def test_what_cannot_be_read_is_one_finding(example: RuleExample, tmp_path: Path) -> None:
    found = findings_of(example.bad, example.profile, tmp_path)
    assert [finding.code for finding in found if finding.code < "SK190"] == [example.code]


def test_a_file_that_is_not_there_is_one_finding(tmp_path: Path) -> None:
    (found,) = found_in(read_skill(str(tmp_path / "SKILL.md"), "x/SKILL.md"))
    assert found.rule is reading.UNREADABLE
    assert found.message == "the file cannot be read: No such file or directory"


def test_a_directory_called_as_a_skill_is_one_finding(tmp_path: Path) -> None:
    (tmp_path / "SKILL.md").mkdir()
    (found,) = found_in(read_skill(str(tmp_path / "SKILL.md"), "x/SKILL.md"))
    assert (found.rule, found.message) == (reading.UNREADABLE, "the file cannot be read: it is no regular file")


def test_each_mistake_of_yaml_is_a_finding_with_its_own_place() -> None:
    found = fronted(GOOD + "license: a\nlicense: b\nmetadata:\n  x: *y\n  x: 1\n")
    assert [(one.rule.code, one.line, one.column) for one in found] == [
        ("SK106", 5, 1), ("SK106", 7, 6), ("SK106", 8, 3),
    ]  # fmt: skip
    assert found[0].message == "duplicate key 'license', first on line 4"
    assert found[0].remedy == "remove one of them"


def test_nothing_is_said_of_configuration_files() -> None:
    for example in examples_reading.EXAMPLES:
        for text in example.bad.values():
            for found in check(text.encode("utf-8", "surrogateescape"), example.profile):
                assert "configuration" not in found.message + found.remedy
                assert "glob" not in found.message + found.remedy


def test_a_file_with_windows_line_ends_and_a_byte_order_mark_has_right_places() -> None:
    found = check("\ufeff---\r\nname: make-tea\r\ndescription: Tea.\r\n---\r\n")
    assert [(one.rule.code, one.line, one.column) for one in found] == [("SK108", 1, 1), ("SK126", 3, 14)]


@pytest.mark.parametrize(
    ("front", "profile", "expected"),
    [
        ("name: brew-tea\ndescription: Makes tea. Use when thirsty.\n", Profile.SPEC, ["SK114"]),
        ("name: Brew Tea\ndescription: Makes tea. Use when thirsty.\n", Profile.CLAUDE_CODE, ["SK113", "SK114"]),
        ("description: Makes tea. Use when thirsty.\n", Profile.CLAUDE_CODE, []),
        ("description: Makes tea. Use when thirsty.\n", Profile.SPEC, ["SK110"]),
        ("{}\n", Profile.SCRIPT_FIRST, ["SK110", "SK120", "SK150"]),
        ("", Profile.SPEC, ["SK110", "SK120"]),
        ("# nothing yet\n", Profile.CLAUDE_CODE, ["SK120"]),
        (GOOD + "license: MIT\ncompatibility: git\nallowed-tools: Read Bash(git:*)\n", Profile.SPEC, []),
        (GOOD + "metadata: {author: me, 'version': '1.0'}\n", Profile.SPEC, []),
        (GOOD + "allowed-tools: [Read, 'Bash(git:*)']\n", Profile.CLAUDE_CODE, []),
        (GOOD + "allowed-tools: Read, Bash\npaths: 'src/**'\narguments: [a, b]\n", Profile.CLAUDE_CODE, []),
        (GOOD + "context: fork\nagent: Explore\nbackground: false\neffort: xhigh\n", Profile.CLAUDE_CODE, []),
        (GOOD + "hooks:\n  Stop:\n    - hooks: []\nmodel: inherit\nshell: powershell\n", Profile.CLAUDE_CODE, []),
        (GOOD + "metadata: {a: {b: [1]}}\nlicense: x\n", Profile.CLAUDE_CODE, []),
    ],
)  # fmt: skip
def test_a_profile_asks_for_its_own_fields(front: str, profile: Profile, expected: list[str]) -> None:
    assert codes(fronted(front, profile)) == expected


@pytest.mark.parametrize(
    ("front", "code", "profile", "expected"),
    [
        ("name: Brew Tea\n", "SK113", Profile.SPEC, Severity.ERROR),
        ("name: Brew Tea\n", "SK113", Profile.CLAUDE_CODE, Severity.NOTE),
        ("name: brew-tea\n", "SK114", Profile.SPEC, Severity.ERROR),
        ("name: brew-tea\n", "SK114", Profile.CLAUDE_CODE, Severity.NOTE),
        ("name: 5\n", "SK111", Profile.SPEC, Severity.WARNING),
        ("name: [5]\n", "SK111", Profile.SPEC, Severity.ERROR),
        ("author: me\n", "SK130", Profile.SPEC, Severity.ERROR),
        ("author: me\n", "SK130", Profile.CLAUDE_CODE, Severity.WARNING),
        ("author: me\n", "SK130", Profile.SCRIPT_FIRST, Severity.WARNING),
        ("metadata: x\n", "SK131", Profile.SPEC, Severity.WARNING),
        ("compatibility: [x]\n", "SK131", Profile.SPEC, Severity.ERROR),
        ("background: maybe\n", "SK131", Profile.CLAUDE_CODE, Severity.ERROR),
        ("risk_level: huge\n", "SK133", Profile.SCRIPT_FIRST, Severity.ERROR),
        ("effort: huge\n", "SK133", Profile.CLAUDE_CODE, Severity.WARNING),
        ("name: x\n", "SK120", Profile.CLAUDE_CODE, Severity.WARNING),
        ("name: x\n", "SK120", Profile.SPEC, Severity.ERROR),
    ],
)
def test_how_much_a_finding_matters_depends_on_the_profile(
    front: str, code: str, profile: Profile, expected: Severity
) -> None:
    assert {severity(one) for one in fronted(front, profile) if one.rule.code == code} == {expected}


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("kind", ["reading", "names", "descriptions", "fields", "schema"])
def test_a_rule_speaks_only_where_its_profile_is_in_force(profile: Profile, kind: str) -> None:
    module = {"reading": reading, "names": names, "descriptions": descriptions, "fields": fields, "schema": schema}[
        kind
    ]
    for example in EXAMPLES:
        for path, text in example.bad.items():
            skill = parse_skill(text.encode("utf-8", "surrogateescape"), f"/{path}", path)
            for found in module.check(skill, CheckContext(profile)):
                assert profile in found.rule.profiles


def test_an_unknown_field_is_told_with_the_one_that_was_meant() -> None:
    (found,) = fronted(GOOD + "disable-model-invokation: true\n", Profile.CLAUDE_CODE)
    assert found.message == (
        "'disable-model-invokation' is no field documented by Claude Code, and means nothing to it"
    )
    assert found.remedy == "did you mean 'disable-model-invocation'"


def test_a_field_of_claude_code_is_told_as_such_where_the_standard_is_asked_for() -> None:
    (found,) = fronted(GOOD + "model: opus\n")
    assert found.message == "'model' is a field of Claude Code and none of the standard"
    assert found.remedy == "remove it, or choose the profile claude-code"


@pytest.mark.parametrize("profile", Profile)
def test_a_field_of_another_profile_is_no_slip_of_the_pen(profile: Profile) -> None:
    front = (
        "name: make-tea\ndescription: Makes tea. Use when thirsty.\nintent: x\nscript_first: true\nargument-hint: x\n"
    )
    unknown = [found.remedy for found in fronted(front, profile) if found.rule is fields.UNKNOWN]
    assert unknown
    assert not any("did you mean" in remedy for remedy in unknown)


def test_the_field_of_a_subagent_is_told_by_its_name_in_a_skill() -> None:
    (found,) = fronted(GOOD + "tools: Read\n")
    assert found.remedy == "did you mean 'allowed-tools'"


def test_a_name_that_is_the_directory_but_for_its_form_is_one_finding() -> None:
    assert codes(fronted("name: Make Tea\ndescription: Makes tea. Use when thirsty.\n")) == ["SK113"]


def test_a_directory_of_odd_bytes_is_shown_as_in_paths() -> None:
    (found,) = check("---\nname: tea\ndescription: Makes tea. Use when thirsty.\n---\n", directory="t\udcff")
    assert found.message == r"the name 'tea' is not that of the directory, 't\xff'"


def test_a_name_in_wrong_form_comes_with_a_right_one() -> None:
    found = fronted("name: '-My__Tea--Pot '\ndescription: Makes tea. Use when thirsty.\n")
    assert found[0].message == (
        "the name '-My__Tea--Pot' has capital letters, the character '_', a hyphen at an end and two hyphens in a row; "
        "allowed are lowercase letters, digits and hyphens"
    )
    assert found[0].remedy == "write 'my-tea-pot'"


@pytest.mark.parametrize(
    "description",
    [
        "Makes tea. Use when thirsty.",
        "Use this skill for tea of all kinds.",
        "Tea. Trigger on the words tea, pot and cup.",
        "This skill should be used by people who are thirsty.",
        "Makes tea if the user asks for a hot drink.",
        "Guide for building teapots and the cups that go with them.",
        "Runs before every commit and makes tea.",
        "Makes tea. NOT for coffee.",
        "Lorem is fine in the middle of what is used for tea.",
    ],
)
def test_a_description_that_names_an_occasion_is_left_alone(description: str) -> None:
    assert fronted(f"name: make-tea\ndescription: {description!r}\n") == []


@pytest.mark.parametrize(
    "description",
    [
        "Kocht grünen und schwarzen Tee in einer Kanne für viele Gäste.",
        "お茶を入れるためのスキルです。緑茶と紅茶に対応しています。",
        "为客人泡绿茶和红茶。包括水温、时间和茶壶的选择。",
        "Prépare du thé vert et du thé noir dans une théière.",
        "Готовит зелёный и чёрный чай в чайнике.",
    ],
)
def test_only_english_descriptions_have_to_say_when(description: str) -> None:
    assert fronted(f"name: make-tea\ndescription: {description}\n") == []


@pytest.mark.parametrize("field", ["when_to_use: When thirsty.", "paths: '*.tea'", "disable-model-invocation: true"])
def test_another_field_may_say_when(field: str) -> None:
    front = f"name: make-tea\ndescription: A guide to the preparation of tea.\n{field}\n"
    assert codes(fronted(front, Profile.CLAUDE_CODE)) == []


@pytest.mark.parametrize(
    "description",
    [
        "TODO", "TBD.", "[TODO: Complete explanation of what the skill does and when to use it]", "FIXME: describe",
        "A description of this skill", "Brief description of what the skill does", "Description goes here",
        "Insert description here, please", "{{description}} of the skill", "Lorem ipsum dolor sit amet",
        "What this skill does and when to use it", "TODO add a description",
    ],
)  # fmt: skip
def test_text_of_a_template_is_no_description(description: str) -> None:
    assert codes(fronted(f"name: make-tea\ndescription: {description!r}\n")) == ["SK125"]


@pytest.mark.parametrize(
    "description",
    [
        "Finds TODO comments in code. Use when cleaning up.",
        "TODO list manager. Use when the user plans a day.",
        "Description lists in HTML: writes them. Use when the user asks for one.",
        "Placeholder images for web pages. Use when a page needs one.",
        "Replaces words. Use when renaming.",
        "Writes the description of a pull request. Use when one is opened.",
    ],
)
def test_a_skill_about_notes_and_descriptions_is_none_of_a_template(description: str) -> None:
    assert fronted(f"name: make-tea\ndescription: {description!r}\n") == []


@pytest.mark.parametrize(
    ("characters", "expected"), [(1024, []), (1025, ["SK122"])], ids=["as long as allowed", "one longer"]
)
def test_the_limit_of_a_description_counts_characters(characters: int, expected: list[str]) -> None:
    said = "Use when thirsty. "
    assert codes(fronted(f"name: make-tea\ndescription: {said}{'ü' * (characters - len(said))}\n")) == expected


@pytest.mark.parametrize(("characters", "expected"), [(64, []), (65, ["SK112"])])
def test_the_limit_of_a_name_counts_characters(characters: int, expected: list[str]) -> None:
    name = "a" * characters
    text = f"---\nname: {name}\ndescription: Makes tea. Use when thirsty.\n---\n"
    assert codes(check(text, directory=name)) == expected


def test_skills_of_different_libraries_may_have_one_name() -> None:
    one = "Makes tea in a pot. Use when a guest asks for it."
    twice = [skill("tea", one, where) for where in (".claude/skills/", ".agents/skills/", "docs/de/skills/")]
    assert collisions.prepare(twice) == {}


def test_skills_below_one_library_may_not_have_one_name() -> None:
    twice = [
        skill("tea", "Makes tea. Use when a guest asks for it.", "skills/hot/"),
        skill("tea", "Cools drinks with ice. Use on summer days.", "skills/cold/"),
        skill("tea", "Paints pictures of old mugs. Use in autumn.", "skills/art/"),
    ]
    found = collisions.prepare(twice)
    assert {one.message for skill in twice for one in found[skill.path]} == {
        "the name 'tea' is also that of 2 other skills"
    }
    assert [one.remedy for skill in twice for one in found[skill.path]] == [
        "rename it, or skills/cold/tea/SKILL.md",
        "rename it, or skills/hot/tea/SKILL.md",
        "rename it, or skills/hot/tea/SKILL.md",
    ]


def test_both_skills_of_a_similar_pair_are_told_and_no_third_one() -> None:
    skills = [
        skill("soup", "Cooks soup from what is left in the kitchen. Use when someone is hungry."),
        skill("green", "Makes green tea in a pot. Use when a guest asks for tea."),
        skill("black", "Makes black tea in a pot. Use when a guest asks for tea."),
    ]
    found = collisions.prepare(skills)
    assert {path: codes(ones) for path, ones in found.items()} == {
        skills[1].path: ["SK161"], skills[2].path: ["SK161"],
    }  # fmt: skip
    assert found[skills[1].path][0].message == "the description shares 83% of its words with that of 'black'"
    assert found[skills[1].path][0].remedy.endswith("make one skill of it and black/SKILL.md")


def test_a_skill_that_the_model_never_chooses_steals_no_triggers() -> None:
    said = "Makes green tea in a pot. Use when a guest asks for tea."
    hidden = skill("black", said, more="disable-model-invocation: true\n")
    assert collisions.prepare([skill("green", said), hidden]) == {}


def test_ten_thousand_skills_that_are_nearly_alike_are_compared_in_linear_time() -> None:
    skills = [
        skill(f"s{number}", f"Makes tea of kind {number} in a pot. Use when guest {number} asks for tea.")
        for number in range(10_000)
    ]
    before = os.times()
    found = collisions.prepare(skills)
    after = os.times()
    assert len(found) == 10_000
    # Every pair would be fifty million comparisons: minutes.
    assert after.user + after.system - before.user - before.system < 10
