"""Skills that break the script-first schema, each with one that does not."""

from __future__ import annotations

from skill_examples import RuleExample

from pytest_orchestrator.skills.rule import Profile


def _example(code: str, bad: str, good: str, title: str = "", line: int = 4) -> RuleExample:
    front = "name: Make tea\nintent: Makes tea. Use when someone is thirsty.\n"
    trees = ({"make-tea/SKILL.md": f"---\n{front}{text}\n---\n\n# Make tea\n"} for text in (bad, good))
    return RuleExample(code, next(trees), next(trees), line, Profile.SCRIPT_FIRST, title)


_TAGS = "tags: [tea, kitchen, hot]"

EXAMPLES: tuple[RuleExample, ...] = (
    _example("SK150", "version: '1.0.0'", f"{_TAGS}\nversion: '1.0.0'", line=1),
    _example("SK150", "tags: tea, kitchen, hot", _TAGS, "text"),
    _example("SK150", "tags:", _TAGS, "empty"),
    _example("SK150", "tags: [tea, kitchen, 3]", _TAGS, "a number"),
    _example("SK151", "tags: [tea, kitchen]", _TAGS),
    _example("SK151", "tags: []", _TAGS, "none"),
    _example("SK151", "tags: [tea, Tea, kitchen]", _TAGS, "one twice"),
    _example("SK152", f"{_TAGS}\nversion: 1.0", f"{_TAGS}\nversion: 1.0.0", line=5),
    _example("SK152", f"{_TAGS}\nversion: v1.0.0", f"{_TAGS}\nversion: 1.0.0-rc.1+b5", "a letter", line=5),
    _example("SK152", f"{_TAGS}\nversion: 01.0.0", f"{_TAGS}\nversion: 10.0.0", "a leading zero", line=5),
    _example("SK152", f"{_TAGS}\nversion:", _TAGS, "empty", line=5),
    _example("SK152", f"{_TAGS}\nversion: [1, 0, 0]", _TAGS, "a list", line=5),
)
