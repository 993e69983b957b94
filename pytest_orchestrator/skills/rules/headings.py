"""The headings of a skill: its title, the sections that a profile asks for, their levels and what is in them."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from ...config.phrases import clipped
from ..finding import Part, Severity
from ..rule import Profile, Rule
from .structure import has_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..body import Heading
    from ..context import CheckContext
    from ..document import SkillDocument
    from ..rule import Found

FEWEST_EXAMPLES = 2
"""Pairs of a request and an answer in the section Examples, at least (seed 001)."""
_SCRIPT_FIRST = frozenset({Profile.SCRIPT_FIRST})

NO_HEADING = Rule(
    "SK204", "no-heading", Part.STRUCTURE, Severity.NOTE,
    "The body has a heading.",
    "Headings let an agent find the step that it is at, and people the one to change. The Agent Skills standard does "
    "not ask for any; very short skills do well without.",
    frozenset({Profile.SPEC, Profile.CLAUDE_CODE}),
)  # fmt: skip
NO_TITLE = Rule(
    "SK205", "no-title", Part.STRUCTURE, Severity.ERROR,
    "A script-first skill has a title, a heading of level 1.",
    "Part of the schema of script-first skills (seed 001): lists and search show the title.",
    _SCRIPT_FIRST,
)  # fmt: skip
NO_USAGE = Rule(
    "SK206", "no-usage", Part.STRUCTURE, Severity.ERROR,
    "A script-first skill has a section `## Usage`.",
    "Part of the schema of script-first skills (seed 001): it says when to use the skill and when not, and the "
    "script-first directive follows it.",
    _SCRIPT_FIRST,
)  # fmt: skip
NO_EXAMPLES = Rule(
    "SK207", "no-examples", Part.STRUCTURE, Severity.ERROR,
    "A script-first skill has a section `## Examples`.",
    "Part of the schema of script-first skills (seed 001): an agent copies what it is shown.",
    _SCRIPT_FIRST,
)  # fmt: skip
TOO_FEW_EXAMPLES = Rule(
    "SK208", "too-few-examples", Part.STRUCTURE, Severity.ERROR,
    f"The section `## Examples` has at least {FEWEST_EXAMPLES} requests with their answers.",
    'Part of the schema of script-first skills (seed 001): each example is a line `User: "…"` and, below it, one that '
    "begins with `Agent:`. From a single one an agent cannot tell the pattern from its particulars.",
    _SCRIPT_FIRST,
)  # fmt: skip
EMPTY_SECTION = Rule(
    "SK213", "empty-section", Part.STRUCTURE, Severity.WARNING,
    "Every heading has something below it.",
    "A heading with nothing below it promises what is not there: text that was never written, or sections below it "
    "that stand at its own level. A heading that says all itself, such as `Style: short sentences`, is none.",
)  # fmt: skip
LEVEL_JUMP = Rule(
    "SK214", "heading-level-jump", Part.STRUCTURE, Severity.NOTE,
    "Below a heading stand headings of the next level.",
    "A level that is left out makes it unclear what belongs to what, for readers and for tools that cut a file into "
    "sections.",
)  # fmt: skip

RULES = (NO_HEADING, NO_TITLE, NO_USAGE, NO_EXAMPLES, TOO_FEW_EXAMPLES, EMPTY_SECTION, LEVEL_JUMP)

_SAYS_ALL = re.compile(r"\S(?:[:\uff1a]| [\u2013\u2014-]) *\S")
_REQUEST = re.compile(r"[\s>*_+-]*User[*_]*\s*:", re.IGNORECASE)
_ANSWER = re.compile(r"[\s>*_+-]*Agent[*_]*\s*:", re.IGNORECASE)


def check(skill: SkillDocument, context: CheckContext) -> Iterator[Found]:
    """Yield what is wrong with the headings."""
    if not has_body(skill) or not skill.body_text.strip():
        return
    headings = skill.body.headings
    if context.profile is Profile.SCRIPT_FIRST:
        yield from _script_first(skill, headings)
    elif not headings:
        yield NO_HEADING.at(_first_line(skill), 1, "the body has no heading", "begin it with a line '# Title'")
    yield from _empty_sections(skill, headings)
    yield from _levels(headings)


def _script_first(skill: SkillDocument, headings: tuple[Heading, ...]) -> Iterator[Found]:
    if not any(heading.level == 1 for heading in headings):
        yield NO_TITLE.at(_first_line(skill), 1, "the body has no title", "begin it with a line '# Title'")
    yield from _section(skill, "usage", NO_USAGE)[1]
    examples, found = _section(skill, "examples", NO_EXAMPLES)
    yield from found
    if examples is not None:
        count = _examples(skill, examples)
        if count < FEWEST_EXAMPLES:
            yield TOO_FEW_EXAMPLES.at(
                examples.line, examples.column,
                f"the section {clipped(examples.text)} has {count} of the {FEWEST_EXAMPLES} examples that are needed",
                "show a line 'User: \"…\"' and below it one that begins with 'Agent:' for each",
            )  # fmt: skip


def _section(skill: SkillDocument, name: str, rule: Rule) -> tuple[Heading | None, list[Found]]:
    """Return the heading of a section, and what is to be said if there is none of level 2."""
    of_name = [heading for heading in skill.body.headings if heading.text.strip(" :").lower() == name]
    heading = next((heading for heading in of_name if heading.level == 2), None)
    if heading is not None:
        return heading, []
    wanted = f"## {name.capitalize()}"
    if of_name:
        other = of_name[0]
        message = f"the heading {clipped(other.text)} is of level {other.level}, not 2"
        return other, [rule.at(other.line, other.column, message, f"write it as '{wanted}'")]
    return None, [rule.at(_first_line(skill), 1, f"there is no section '{wanted}'", "add it")]


def _examples(skill: SkillDocument, heading: Heading) -> int:
    """Return how many requests with an answer below them are in a section."""
    lines = skill.body.section(heading)
    count, is_asked = 0, False
    for line in skill.lines[lines.start : lines.stop - 1]:
        if _REQUEST.match(line):
            is_asked = True
        elif is_asked and _ANSWER.match(line):
            count, is_asked = count + 1, False
    return count


def _empty_sections(skill: SkillDocument, headings: tuple[Heading, ...]) -> Iterator[Found]:
    lines = skill.lines
    last = len(headings) - 1
    for number, heading in enumerate(headings):
        following = headings[number + 1] if number < last else None
        if (following is not None and following.level > heading.level) or _SAYS_ALL.search(heading.text):
            continue
        end = following.line - 1 if following is not None else len(lines)
        # A heading of two lines has its underline below it, and what it underlines above the next one.
        below = (line for line in lines[heading.line : end] if line.strip(" \t=>"))
        first = next(below, None)
        if first is None or (not first.strip(" -") and next(below, None) is None):
            yield EMPTY_SECTION.at(
                heading.line, heading.column, f"nothing stands below the heading {clipped(heading.text)}",
                "write what belongs there, or remove the heading",
            )  # fmt: skip


def _levels(headings: tuple[Heading, ...]) -> Iterator[Found]:
    for above, heading in pairwise(headings):
        if heading.level > above.level + 1:
            yield LEVEL_JUMP.at(
                heading.line, heading.column,
                f"the heading {clipped(heading.text)} is of level {heading.level}, below one of level {above.level}",
                f"make it one of level {above.level + 1}",
            )  # fmt: skip


def _first_line(skill: SkillDocument) -> int:
    return min(skill.body_line, len(skill.lines))
