"""Libraries with skills that get in each other's way, each with one where they do not."""

from __future__ import annotations

from skill_examples import RuleExample


def _skill(name: str, description: str) -> str:
    return f"---\nname: {name}\ndescription: {description}\n---\n\n# {name}\n"


_TEA = "Makes green tea in a pot. Use when a guest asks for tea."
_ALSO_TEA = "Makes black tea in a pot. Use when a guest asks for tea."
_SOUP = "Cooks soup from what is left in the kitchen. Use when someone is hungry."

EXAMPLES: tuple[RuleExample, ...] = (
    RuleExample(
        "SK160",
        {"hot/make-tea/SKILL.md": _skill("make-tea", _TEA), "cold/make-tea/SKILL.md": _skill("make-tea", _SOUP)},
        {"hot/make-tea/SKILL.md": _skill("make-tea", _TEA), "cold/ice-tea/SKILL.md": _skill("ice-tea", _SOUP)},
        2,
    ),
    RuleExample(
        "SK161",
        {"make-tea/SKILL.md": _skill("make-tea", _TEA), "brew-tea/SKILL.md": _skill("brew-tea", _ALSO_TEA)},
        {"make-tea/SKILL.md": _skill("make-tea", _TEA), "cook-soup/SKILL.md": _skill("cook-soup", _SOUP)},
        3,
    ),
)
