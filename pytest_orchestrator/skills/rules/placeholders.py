"""Text that a template or its author left for later."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...config.phrases import clipped
from ..finding import Part, Severity
from ..inline import without_code
from ..rule import Rule
from .structure import has_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..context import CheckContext
    from ..document import SkillDocument
    from ..rule import Found

PLACEHOLDER = Rule(
    "SK212", "placeholder", Part.STRUCTURE, Severity.WARNING,
    "No text of a template or note to self is left.",
    "An agent takes `[TODO: describe the steps]` for an instruction, or makes up what is missing. Only notes in the "
    "text itself count: a block of code, code within a line and a sentence about TODOs are what the skill teaches.",
)  # fmt: skip

RULES = (PLACEHOLDER,)

_MARKS = ("TODO", "FIXME", "TBD", "XXX")
_PHRASES = ("lorem ipsum", "insert instructions", "coming soon", "to be written", "to be added", "to be done")
_BEFORE = r"^[ \t>*_+~#-]*+(?:\d++[.)][ \t]++)?(?:\[[ xX]?\][ \t]++)?[*_]*+"
_NOTE = re.compile(
    # A note at the start of a line: TODO: …, FIXME(name): …, **TBD**
    rf"{_BEFORE}(?P<note>(?:TODO|FIXME|XXX|TBD)(?:\([^()\n]{{1,40}}\))?[*_]*[ \t]*:(?!:)"
    r"|(?:TODO|FIXME|TBD|XXX|(?i:to be (?:written|added|done)|coming soon))[*_.… \t]*$"
    r"|(?i:lorem ipsum|insert instructions (?:here|below)))"
    # Or one in brackets anywhere that is not the text of a link.
    r"|(?P<bracket>\[(?:TODO|FIXME|TBD)(?:\]|[:\s][^\[\]\n]*\])(?![\[(]))",
    re.MULTILINE,
)
_COMMENT = re.compile(r"(?:TODO|FIXME|XXX|TBD)\b")


def check(skill: SkillDocument, _context: CheckContext) -> Iterator[Found]:
    """Yield the notes that were left in the text."""
    if not has_body(skill) or not _is_likely_in(skill.body_text):
        return
    body = skill.body
    for heading in body.headings:
        if note := _note_in(heading.text):
            yield _found(heading.line, heading.column, note)
    for paragraph in body.paragraphs:
        if not _is_likely_in(paragraph.text):
            continue
        is_cell = skill.lines[paragraph.line - 1].lstrip(" \t>").startswith("|")
        for number, line in enumerate(without_code(paragraph.text).split("\n")):
            # In a table "TBD" is a value.
            if (note := _note_in(line)) and not (is_cell and note == line.strip()):
                row = paragraph.line + number
                yield _found(row, skill.lines[row - 1].find(note) + 1, note)
    for comment in body.comments:
        if _COMMENT.match(comment.text):
            yield _found(comment.line, comment.column, comment.text.partition("\n")[0])


def _is_likely_in(text: str) -> bool:
    """Return whether it is worth while to look for notes in ``text``. Quick: nearly every text has none."""
    if any(mark in text for mark in _MARKS):
        return True
    lowered = text.lower()
    return any(phrase in lowered for phrase in _PHRASES)


def _found(line: int, column: int, note: str) -> Found:
    return PLACEHOLDER.at(line, max(column, 1), f"a note was left in the text: {clipped(note)}", "write what is meant")


def _note_in(line: str) -> str:
    """Return the note that a line of text is or holds, to the end of the line; empty if there is none."""
    match = _NOTE.search(line)
    if match is None:
        return ""
    return match["bracket"] or line[match.start("note") :].rstrip(" \t*_")
