"""The profile that the fields of a skill speak for."""

from __future__ import annotations

import pytest

from pytest_orchestrator import skill_commands
from pytest_orchestrator.config import options
from pytest_orchestrator.skills.document import parse_skill
from pytest_orchestrator.skills.fields import FIELDS, ONLY_CLAUDE_CODE
from pytest_orchestrator.skills.profiles import AUTO, detect_profile
from pytest_orchestrator.skills.rule import Profile


def detected(front: str) -> tuple[Profile, str]:
    text = f"---\nname: x\ndescription: Does it. Use when it is to be done.\n{front}\n---\n# X\n"
    return detect_profile(parse_skill(text.encode(), "/skills/x/SKILL.md", "x/SKILL.md"))


@pytest.mark.parametrize("name", sorted(ONLY_CLAUDE_CODE))
def test_every_field_that_only_claude_code_documents_tells_of_it(name: str) -> None:
    assert detected(f"{name}: x") == (Profile.CLAUDE_CODE, f"it has {name}")


@pytest.mark.parametrize("name", FIELDS[Profile.SPEC])
def test_no_field_of_the_standard_tells_of_another_profile(name: str) -> None:
    assert detected("" if name in ("name", "description") else f"{name}: x")[0] is Profile.SPEC


@pytest.mark.parametrize(
    ("tools", "profile"),
    [
        ("Read Bash", Profile.SPEC),
        ("Read, Bash", Profile.CLAUDE_CODE),
        ("'Read Bash(cut -d, -f1)'", Profile.SPEC),
        ("[Read]", Profile.CLAUDE_CODE),
        ("\n- Read\n- Bash", Profile.CLAUDE_CODE),
        ("5", Profile.SPEC),
        ("", Profile.SPEC),
    ],
)
def test_tools_in_a_form_that_only_claude_code_takes_tell_of_it(tools: str, profile: Profile) -> None:
    assert detected(f"allowed-tools: {tools}")[0] is profile


@pytest.mark.parametrize("text", ["", "# X\n", "---\n- a\n---\n", "---\nintent: x\n", "---\nintent: [x\n---\n"])
def test_a_file_without_fields_is_held_to_the_standard(text: str) -> None:
    skill = parse_skill(text.encode(), "/skills/x/SKILL.md", "x/SKILL.md")
    assert detect_profile(skill) == (Profile.SPEC, "no field of another profile")


def test_the_options_and_the_command_line_offer_the_profiles_there_are() -> None:
    assert list(options.PROFILES) == [AUTO, *Profile]
    assert list(skill_commands.PROFILES) == [*Profile]
