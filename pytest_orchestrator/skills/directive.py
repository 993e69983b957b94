"""The script-first directive of a skill (seeds 000 and 001): found by what it says, whatever its words."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .body import Heading, ListItem
    from .document import SkillDocument

STANDARD_BLOCK = """\
**SCRIPT-FIRST EXECUTION REQUIRED**

Do not execute this task row-by-row or chat turn-by-turn. Instead:

1. Write a Python/Bash script that:
   - Iterates through all inputs
   - Applies the required logic
   - Handles errors gracefully
   - Prints a final summary

2. Execute the script once

3. Return only the summary to the conversation
"""
"""The directive in the words of seed 000."""


class Step(StrEnum):
    """What a directive asks for, one after the other."""

    WRITE = "write a script"
    EXECUTE = "execute it once"
    RETURN = "return only the summary"


class Duty(StrEnum):
    """What it asks of the script."""

    INPUTS = "go through all inputs, or call each operation"
    LOGIC = "apply the logic, or branch on conditions"
    ERRORS = "handle errors"
    SUMMARY = "print a final summary"


@dataclass(frozen=True, slots=True)
class Directive:
    """A directive as it stands in a file."""

    line: int
    """Of the words that require script-first execution."""
    end: int
    """The last line of its last step; the line itself if no step was found."""
    steps: frozenset[Step]
    duties: frozenset[Duty]

    @property
    def missing(self) -> tuple[Step | Duty, ...]:
        """What should be there as well, in the order of the standard."""
        steps = [step for step in Step if step not in self.steps]
        return (*steps, *(duty for duty in Duty if duty not in self.duties))

    @property
    def is_complete(self) -> bool:
        """Whether all steps and duties are there."""
        return not self.missing


_SCRIPT_FIRST = re.compile(r"\bscripts? ?first\b")
_REQUIRED = re.compile(r"\b(?:required?|requires|mandatory|must|obligatory|enforced|always|only|compulsory)\b")
_TITLES = re.compile(r"\b(?:directive|execution|mode|rule|policy|protocol|workflow|approach|pattern|principle)\b")
_BOLD = re.compile(r"\W*(?:\*\*|__)(.+?)(?:\*\*|__)\W*$")
_SPACES = re.compile(r"[\W_]+")
_MOST_WORDS = 10
"""Words of a line that is taken for the opening of a directive; a longer one is a sentence about something."""

_LONGEST = 200
"""Characters of such a line."""
_MOST_OPENINGS = 30
"""Such lines that are looked at: each may have the whole of a long section below it."""

_SCRIPT = r"(?:script|program|code|python|bash)\w*"
_SUMMARY = r"(?:summar\w*|aggregat\w*|totals?|results?|outcomes?|digest|overview|counts?|conclusions?|synopsis|report)"
_ONLY = r"(?:only|just|nothing|solely|exclusively|never|alone|no raw|not (?:the )?raw|rather than|instead of)"

# What each step and duty is said with; a text says it if every pattern is found in it.
_STEPS: dict[Step, tuple[re.Pattern[str], ...]] = {
    Step.WRITE: (
        re.compile(r"\b(?:writ|creat|generat|build|author|draft|compos|develop|produc|prepar|implement)\w*"),
        re.compile(rf"\b{_SCRIPT}"),
    ),
    Step.EXECUTE: (
        re.compile(r"\b(?:execut|run|launch|invok|start|call)\w*"),
        re.compile(
            r"\b(?:once|one[ -]time|single|exactly one|one (?:go|run|execution|pass|shot|invocation|call)|1x)\b"
        ),
    ),
    Step.RETURN: (re.compile(rf"\b{_ONLY}\b"), re.compile(rf"\b{_SUMMARY}\b")),
}
_DUTIES: dict[Duty, tuple[re.Pattern[str], ...]] = {
    Duty.INPUTS: (
        re.compile(
            r"\b(?:iterat|loop|walk|travers|process|call|invok|run|execut|perform|visit|cover|enumerat"
            r"|go(?:es)? (?:through|over)|step(?:s)? through|work(?:s)? through)\w*"
        ),
        re.compile(
            r"\b(?:all|every|each|inputs?|items?|rows?|resources?|files?|records?|operations?|targets?|entries|documents?"
            r"|sequence|lists?|over|through)\b"
        ),
    ),
    Duty.LOGIC: (
        re.compile(
            r"\b(?:logic|condition|branch|decision|decid|rules?\b|filter|transform|criteri|if[/ -]else"
            r"|appl(?:y|ies|ying)\b|analy[sz]|calculat|comput|evaluat|validat|requirement|business)\w*"
        ),
    ),
    Duty.ERRORS: (re.compile(r"\b(?:error|exception|fail|fault|retr(?:y|ies)|recover|try/except|problem|crash)\w*"),),
    Duty.SUMMARY: (
        re.compile(
            r"\b(?:print|output|report|emit|display|writ|return|produc|aggregat|collect|generat|log|show|end|conclud"
            r"|summari[sz]|compil|tally|tallies|count)\w*"
        ),
        re.compile(rf"\b{_SUMMARY}\b"),
    ),
}


def find_directive(skill: SkillDocument) -> Directive | None:
    """Return the directive of a skill; None if it has none. Of several the one with the most in it.

    It begins with a bold line or a heading that says that script-first execution is required, in any case and
    hyphenation; its steps are the items of the numbered list that follows in the same section, the duties of the
    script the bullets below the first one. What is within a fence is an example of one.
    """
    found: list[tuple[int, bool, int, Directive]] = []
    for line, text in islice(_openings(skill), _MOST_OPENINGS):
        directive = _read(skill, line)
        is_required = _REQUIRED.search(_SPACES.sub(" ", text.lower())) is not None
        # Without the word that requires it, a title opens a directive only if one follows.
        if is_required or len(directive.steps) >= len(Step) - 1:
            found.append((len(directive.missing), not is_required, line, directive))
    return min(found)[-1] if found else None


def _openings(skill: SkillDocument) -> Iterator[tuple[int, str]]:
    """Yield the lines that a directive may begin with, and what they say."""
    for heading in skill.body.headings:
        if _says_script_first(heading.text):
            yield heading.line, heading.text
    for paragraph in skill.body.paragraphs:
        if "irst" not in paragraph.text and "IRST" not in paragraph.text:
            continue
        first = paragraph.text.partition("\n")[0]
        if len(first) > _LONGEST:
            continue
        bold = _BOLD.match(first)
        said = bold[1] if bold is not None else first
        if (bold is not None or first.isupper()) and _says_script_first(said):
            yield paragraph.line, said


def _says_script_first(text: str) -> bool:
    said = _SPACES.sub(" ", text.lower()).strip()
    if said.count(" ") >= _MOST_WORDS or not _SCRIPT_FIRST.search(said):
        return False
    return _REQUIRED.search(said) is not None or _TITLES.search(said) is not None


def _read(skill: SkillDocument, line: int) -> Directive:
    """Read the directive that begins in ``line``."""
    end = _section_end(skill, line)
    items = [item for item in skill.body.items if line < item.line < end]
    lines = [item.line for item in items]
    steps = _first_list(items)
    said: set[Step] = set()
    last = line
    duties: set[Duty] = set()
    for index, item in enumerate(steps):
        here = {step for step in Step if _says(_STEPS[step], item.text)}
        said |= here
        if here:
            last = item.line
        if Step.WRITE in here:
            after = steps[index + 1].line if index + 1 < len(steps) else 10**9
            below = items[bisect_right(lines, item.line) : bisect_left(lines, after)]
            for text in (item.text, *(other.text for other in below)):
                duties |= {duty for duty in Duty if _says(_DUTIES[duty], text)}
            last = max([last, *(other.line for other in below)])
    return Directive(line, last, frozenset(said), frozenset(duties))


def _first_list(items: Sequence[ListItem]) -> list[ListItem]:
    """Return the items of the first numbered list; of the outermost list at all if nothing is numbered."""
    numbered = [item for item in items if item.number is not None]
    depth = min((item.depth for item in numbered or items), default=0)
    first = [item for item in numbered or items if item.depth == depth]
    for index, item in enumerate(first[1:], 1):
        if item.number is not None and item.number < (first[index - 1].number or 0):
            return first[:index]
    return first


def _section_end(skill: SkillDocument, line: int) -> int:
    """Return the line where the section ends that begins in ``line``: with the next heading that is not below it."""
    own: Heading | None = next((heading for heading in skill.body.headings if heading.line == line), None)
    level = 6 if own is None else own.level
    return next((h.line for h in skill.body.headings if h.line > line and h.level <= level), 10**9)


def _says(patterns: Sequence[re.Pattern[str]], text: str) -> bool:
    said = text.lower()
    return all(pattern.search(said) for pattern in patterns)
