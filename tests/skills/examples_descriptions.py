"""Descriptions of skills that break a rule, each with one that does not."""

from __future__ import annotations

from skill_examples import RuleExample

from pytest_orchestrator.skills.rule import Profile

_SAID = "Makes tea. Use when someone is thirsty."


def _example(
    code: str, description: str, title: str = "", *, line: int = 3, profile: Profile = Profile.SPEC,
    good: str = f"description: {_SAID}",
) -> RuleExample:  # fmt: skip
    bad, right = (
        {"make-tea/SKILL.md": f"---\nname: make-tea\n{text}\n---\n\n# Make tea\n"} for text in (description, good)
    )
    return RuleExample(code, bad, right, line, profile, title)


_CLAUDE, _SCRIPT = Profile.CLAUDE_CODE, Profile.SCRIPT_FIRST
_TAGS = "tags: [tea, kitchen, hot]"
_INTENT = f"intent: {_SAID}\n{_TAGS}"

EXAMPLES: tuple[RuleExample, ...] = (
    _example("SK120", "license: MIT", line=1),
    _example("SK120", "description:", "empty"),
    _example("SK120", 'description: ""', "nothing in quotes"),
    _example("SK120", "description: |\nlicense: MIT", "an empty block"),
    _example("SK120", "model: opus", "Claude Code", line=1, profile=_CLAUDE),
    _example("SK120", f"description: {_SAID}", "script-first", line=1, profile=_SCRIPT, good=_INTENT),
    _example("SK121", "description: [makes tea, use when thirsty]"),
    _example("SK121", "description:\n  what: makes tea\n  when: thirsty", "a mapping", line=4),
    _example("SK121", "description: 12345678901234567890", "a number"),
    _example("SK121", "intent: [tea]", "script-first", profile=_SCRIPT, good=_INTENT),
    _example("SK122", f"description: Makes tea. Use when {'very ' * 200}thirsty."),
    _example("SK123", f"description: Makes tea. Use when {'very ' * 310}thirsty.", profile=_CLAUDE),
    _example(
        "SK123", f"description: {_SAID}\nwhen_to_use: When {'very ' * 300}thirsty.", "together", profile=_CLAUDE,
    ),
    _example("SK124", "description: A guide to the preparation of green and black tea."),
    _example("SK124", "intent: Prepares green and black tea in a pot.", "script-first", profile=_SCRIPT, good=_INTENT),
    _example("SK125", "description: 'TODO: say what the skill does and when to use it'"),
    _example("SK125", "description: Your skill description here", "of a template"),
    _example("SK125", "description: Replace with description of the skill and when to use it.", "to be replaced"),
    _example("SK126", "description: Tea."),
    _example("SK127", "description: Makes tea for <guest>. Use when someone is thirsty."),
)  # fmt: skip
