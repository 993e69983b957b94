"""Names of skills that break a rule, each with one that does not."""

from __future__ import annotations

from skill_examples import RuleExample

from pytest_orchestrator.skills.rule import Profile


def _tree(name: str, directory: str = "make-tea", more: str = "") -> dict[str, str]:
    front = f"---\n{name}\ndescription: Makes tea. Use when someone is thirsty.\n{more}---\n"
    return {f"{directory}/SKILL.md": front + "\n# Make tea\n"}


def _example(
    code: str, name: str, title: str = "", *, directory: str = "make-tea", line: int = 2,
    profile: Profile = Profile.SPEC, more: str = "",
) -> RuleExample:  # fmt: skip
    good = _tree("name: make-tea", more=more)
    return RuleExample(code, _tree(name, directory, more), good, line, profile, title)


_INTENT = "tags: [tea, kitchen, hot]\nintent: Makes tea. Use when someone is thirsty.\n"

EXAMPLES: tuple[RuleExample, ...] = (
    _example("SK110", "license: MIT", line=1),
    _example("SK110", "name:", "empty"),
    _example("SK110", "name: '  '", "blank"),
    _example("SK110", "version: '1.0.0'", "script-first", profile=Profile.SCRIPT_FIRST, more=_INTENT, line=1),
    _example("SK111", "name: [make-tea]"),
    _example("SK111", "name:\n  make: tea", "a mapping", line=3),
    _example("SK111", "name: 2024", "a number", directory="2024"),
    _example("SK111", "name: no", "a boolean", directory="no"),
    _example("SK111", "name: ~", "null"),
    _example("SK112", f"name: {'make-' * 13}tea", directory=f"{'make-' * 13}tea"),
    _example("SK113", "name: Make_Tea", directory="Make_Tea"),
    _example("SK113", "name: make--tea", "two hyphens", directory="make--tea"),
    _example("SK113", "name: -make-tea", "a hyphen at an end", directory="-make-tea"),
    _example("SK113", "name: make tea", "a space", directory="make tea"),
    _example("SK113", "name: Make Tea", "Claude Code", directory="Make Tea", profile=Profile.CLAUDE_CODE),
    _example("SK114", "name: brew-tea"),
    _example("SK114", "name: brew-tea", "Claude Code", profile=Profile.CLAUDE_CODE),
    _example("SK115", "name: thé-vert", directory="thé-vert"),
)
