"""All rules there are, and the modules that they are in. Imported when first used."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from .ignores import RULES as OWN_RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .document import SkillDocument
    from .rule import Check, Found, Rule

    Prepare = Callable[[Sequence[SkillDocument]], Mapping[str, Sequence[Found]]]
    """Looks at all skills at once; returns what it found by the path of the skill."""

MODULES: tuple[str, ...] = (
    "reading", "schema", "fields", "names", "descriptions", "collisions",
    "structure", "headings", "placeholders",
    "directive", "bulk", "composition",
    "links", "mentions", "linked_files", "bundle", "home_paths", "packages", "prompts", "secrets",
    "code_python", "code_shell", "code_shellcheck", "code_data",
)  # fmt: skip
"""The modules in ``rules/``. One that is not here does not count: no rule is in force by accident."""


class RuleModule(Protocol):
    """What a module of rules has, besides ``check`` or ``prepare`` or both, and perhaps ``absent``."""

    RULES: tuple[Rule, ...]


@cache
def rule_modules() -> tuple[RuleModule, ...]:
    """Return the modules, in the order of :data:`MODULES`."""
    return tuple(cast("RuleModule", import_module(f"{__package__}.rules.{name}")) for name in MODULES)


def check_of(module: RuleModule) -> Check | None:
    """Return what looks at one skill after the other."""
    return cast("Check | None", getattr(module, "check", None))


def prepare_of(module: RuleModule) -> Prepare | None:
    """Return what looks at all skills at once."""
    return cast("Prepare | None", getattr(module, "prepare", None))


def absent_from(module: RuleModule) -> str | None:
    """Return what is missing here for the rules of a module, which then find nothing; None if nothing is."""
    absent = cast("Callable[[], str | None] | None", getattr(module, "absent", None))
    return None if absent is None else absent()


@cache
def rules() -> Mapping[str, Rule]:
    """Return every rule by its code, in the order of the codes."""
    found = [*OWN_RULES, *(rule for module in rule_modules() for rule in module.RULES)]
    return {rule.code: rule for rule in sorted(found, key=_code)}


@cache
def _by_name() -> Mapping[str, Rule]:
    return {rule.name: rule for rule in rules().values()}


def rule(code: str) -> Rule | None:
    """Return the rule with a code or a name; None when there is none."""
    return rules().get(code) or _by_name().get(code)


def _code(rule: Rule) -> str:
    return rule.code
