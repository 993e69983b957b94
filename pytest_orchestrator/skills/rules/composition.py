"""Skills that are composed of others: that those are there."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ...config.phrases import clipped, joined, suggestion
from ..composition import SkillNames, references
from ..finding import Part, Severity
from ..rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..composition import Reference
    from ..document import SkillDocument
    from ..rule import Found

UNKNOWN = Rule(
    "SK320", "unknown-skill", Part.DIRECTIVE, Severity.WARNING,
    "A skill that says that it composes other skills names skills of the library.",
    "An agent looks for the skill, does not find it, and makes up what it would have done. Names stand in a line "
    "`Skills: a, b` at the head of a script, in a script-first skill also in paths `skills/…/SKILL.md`. Where the "
    "library is this one skill it is a note: the others may be elsewhere.", about_others=True,
)  # fmt: skip

RULES = (UNKNOWN,)


def prepare(skills: Sequence[SkillDocument]) -> Mapping[str, Sequence[Found]]:
    """Return the skills that are named in ``skills`` and are not among them, by the path of the one that names them."""
    named = {skill.path: all_of_it for skill in skills if (all_of_it := list(references(skill)))}
    if not named:
        return {}
    known = SkillNames(skills)
    found: dict[str, list[Found]] = defaultdict(list)
    for path, all_references in named.items():
        missing: dict[int, list[Reference]] = defaultdict(list)
        for reference in all_references:
            if not known.has(reference.name):
                missing[reference.line].append(reference)
        found[path] = [_found(of_one_line, known, len(skills)) for of_one_line in missing.values()]
    return found


def _found(missing: Sequence[Reference], known: SkillNames, number: int) -> Found:
    names = joined([clipped(reference.name) for reference in missing])
    verb = "is" if len(missing) == 1 else "are"
    if number == 1:
        message = f"{names} {verb} named as skills of the library, which is this one skill only"
        remedy = "check the whole library together, or name skills that it has"
        return UNKNOWN.at(missing[0].line, missing[0].column, message, remedy, severity=Severity.NOTE)
    hint = suggestion(missing[0].name.rpartition("/")[2], known.names, close_only=True)
    message = f"{names} {verb} not among the {number} skills of the library"
    return UNKNOWN.at(
        missing[0].line, missing[0].column, message, hint.rstrip("?") or "name skills that it has, or add them"
    )
