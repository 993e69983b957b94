"""Skills whose text shows bulk work, and that do not ask for a script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...config.phrases import clipped, joined
from ..bulk import calls_itself_bulk, signs_of_bulk
from ..directive import find_directive
from ..finding import Part, Severity
from ..rule import Profile, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..context import CheckContext
    from ..document import SkillDocument
    from ..rule import Found

BULK = Rule(
    "SK310", "bulk-without-directive", Part.DIRECTIVE, Severity.WARNING,
    "A skill whose work comes in bulk carries the script-first directive.",
    "More than 10 items, 1000 lines of data, 5 resources or 3 sequential steps, or a loop: done turn by turn, that "
    "fills the context and runs into time limits (seed 000). Outside of the profile `script-first` it is a note, and "
    "only for a skill whose description calls its work bulk.",
)  # fmt: skip

RULES = (BULK,)


def check(skill: SkillDocument, context: CheckContext) -> Iterator[Found]:
    """Yield one finding with what shows that a skill without directive does bulk work."""
    is_expected = context.profile is Profile.SCRIPT_FIRST
    if skill.is_script_first or not (is_expected or calls_itself_bulk(skill)):
        return
    signs = signs_of_bulk(skill)
    if len(signs) < (1 if is_expected else 2) or find_directive(skill) is not None:
        return
    shown = [f"{sign.criterion} (line {sign.line}: {clipped(sign.words)})" for sign in signs]
    yield BULK.at(
        signs[0].line,
        1,
        f"the text shows {joined(shown)}, but the skill has no script-first directive",
        "set `script_first: true` and add the directive after Usage, if a script can do this",
        severity=None if is_expected else Severity.NOTE,
    )
