"""Good and bad skills for the rules on structure."""

from __future__ import annotations

from skill_examples import RuleExample

from pytest_orchestrator.skills.rule import Profile

FRONT = """---
name: make-tea
description: Makes tea. Use when somebody is thirsty.
---
"""
SCRIPT_FIRST = """---
name: Make Tea
tags: [kitchen, tea, drinks]
intent: Use this when somebody is thirsty.
---
"""
TITLE = "\n# Make tea\n"
USAGE = "\n## Usage\n\nWhen more than one cup is wanted.\n"
PAIRS = """
## Examples

User: "Tea for two"
Agent: Two cups, in one script.

---

User: "Tea for twelve"
Agent: A pot for twelve, in one script.
"""
STEPS = "\nBoil water, pour it over the leaves, wait three minutes.\n"


def _spec(body: str) -> dict[str, str]:
    return {"make-tea/SKILL.md": FRONT + body}


def _script_first(body: str) -> dict[str, str]:
    return {"make-tea/SKILL.md": SCRIPT_FIRST + body}


_FIRST: tuple[RuleExample, ...] = (
    RuleExample("SK201", _spec("\n"), _spec(TITLE + STEPS), 5),
    RuleExample("SK202", _spec("Pour.\n" * 501), _spec("Pour.\n" * 500), 505),
    RuleExample("SK203", _spec(("Pour hot water. " * 300 + "\n\n") * 5), _spec("Pour hot water. " * 300 + "\n"), 5),
    RuleExample("SK204", _spec(STEPS), _spec(TITLE + STEPS), 5),
    RuleExample(
        "SK205", _script_first(USAGE + PAIRS), _script_first(TITLE + USAGE + PAIRS), 6, Profile.SCRIPT_FIRST
    ),
    RuleExample(
        "SK206", _script_first(TITLE + PAIRS), _script_first(TITLE + USAGE + PAIRS), 6, Profile.SCRIPT_FIRST
    ),
    RuleExample(
        "SK207", _script_first(TITLE + USAGE), _script_first(TITLE + USAGE + PAIRS), 6, Profile.SCRIPT_FIRST
    ),
    RuleExample(
        "SK208",
        _script_first(TITLE + USAGE + '\n## Examples\n\nUser: "Tea for two"\nAgent: Two cups, in one script.\n'),
        _script_first(TITLE + USAGE + PAIRS),
        13,
        Profile.SCRIPT_FIRST,
    ),
    RuleExample(
        "SK211",
        _spec(TITLE + "\n```bash\nkettle --on\n\nWait until it boils.\n"),
        _spec(TITLE + "\n```bash\nkettle --on\n```\n\nWait until it boils.\n"),
        8,
    ),
    RuleExample(
        "SK212",
        _spec(TITLE + "\n[TODO: one sentence on what the skill is for]\n" + STEPS),
        _spec(TITLE + "\nMakes tea for any number of people.\n" + STEPS),
        8,
    ),
    RuleExample(
        "SK213", _spec(TITLE + STEPS + "\n## Cleaning up\n"), _spec(TITLE + STEPS + "\n## Cleaning up\n\nRinse.\n"), 10
    ),
    RuleExample(
        "SK214", _spec(TITLE + "\n### Steps\n" + STEPS), _spec(TITLE + "\n## Steps\n" + STEPS), 8
    ),
    RuleExample(
        "SK215",
        _spec("\n---\nname: make-tea\nallowed-tools: Bash\n---\n" + TITLE + STEPS),
        {"make-tea/SKILL.md": FRONT.replace("---\n", "---\nallowed-tools: Bash\n", 1) + TITLE + STEPS},
        6,
    ),
)  # fmt: skip

_MORE: tuple[RuleExample, ...] = (
    RuleExample(
        "SK206", _script_first(TITLE + "\n### Usage\n\nFor tea.\n" + PAIRS),
        _script_first(TITLE + "\n## Usage:\n\nFor tea.\n" + PAIRS), 9, Profile.SCRIPT_FIRST, "level",
    ),
    RuleExample(
        "SK208",
        _script_first(TITLE + USAGE + '\n## Examples\n\nUser: "Tea"\n\nUser: "Two teas"\nAgent: One script.\n'),
        _script_first(
            TITLE + USAGE + "\n## Examples\n\n**User:** “Tea”\n\n**Agent:** Tea.\n\n- User: Tea\n- Agent: Tea.\n"
        ),
        13, Profile.SCRIPT_FIRST, "asked-twice",
    ),
    RuleExample(
        "SK211",
        _spec(TITLE + "\n```markdown\n# Notes\n```bash\nkettle --on\n```\nMore.\n```\n\nPour it.\n"),
        _spec(TITLE + "\n````markdown\n# Notes\n```bash\nkettle --on\n```\nMore.\n````\n\nPour it.\n"),
        14, title="nested",
    ),
    RuleExample("SK211", _spec(TITLE + "\n1. Boil\n\n   ~~~\n   kettle\n"), _spec("# T\n\n~~~\n```\n~~~\n"), 10,
                title="in-a-list"),
    RuleExample("SK212", _spec(TITLE + "\nFirst boil.\nTODO: say how long\n"), _spec(TITLE + "\nFind each TODO.\n"), 9,
                title="second-line"),
    RuleExample("SK212", _spec(TITLE + "\n- **TBD**\n"), _spec(TITLE + "\n| a |\n|---|\n| TBD |\n"), 8, title="tbd"),
    RuleExample("SK212", _spec(TITLE + "\n<!-- TODO: shorten -->\n"), _spec(TITLE + "\n<!-- short -->\n"), 8,
                title="comment"),
    RuleExample("SK212", _spec("# Insert instructions below\n\nx\n"), _spec("# How to insert instructions\n\nx\n"), 5,
                title="heading"),
    RuleExample("SK212", _spec(TITLE + "\nUse [TODO] here.\n"), _spec(TITLE + "\n[TODO](x) `[TODO]` `TODO: x`\n"), 8,
                title="bracket"),
    RuleExample("SK212", _spec(TITLE + "\nLorem ipsum dolor.\n"), _spec(TITLE + "\n```\nTODO: x\n# FIXME: y\n```\n"), 8,
                title="in-code"),
    RuleExample("SK213", _spec(TITLE + "\n## Steps\n\n---\n\n## End\n\nDone.\n"),
                _spec(TITLE + "\n## Steps\n\n### One\n\nBoil.\n\n## Style: short\n\n## Other — see the file\n"), 8,
                title="rule"),
    RuleExample("SK213", _spec("\nTitle\n=====\n\nSteps\n-----\n"), _spec("\nTitle\n=====\n\nSteps\n-----\n\nBoil.\n"),
                9, title="underlined"),
)  # fmt: skip

EXAMPLES: tuple[RuleExample, ...] = _FIRST + _MORE
