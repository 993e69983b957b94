"""Code within a paragraph, whose place the parser does not tell."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .body import Paragraph
    from .document import SkillDocument

_RUN = re.compile(r"(?<!\\)`+")


@dataclass(frozen=True, slots=True)
class CodeSpan:
    """Code between backticks."""

    text: str
    """Stripped."""
    start: int
    """Offset of the first backtick in the paragraph."""
    end: int
    """Offset behind the last one."""


def code_spans(text: str) -> Iterator[CodeSpan]:
    """Yield the code in the text of a paragraph (CommonMark: a run of backticks ends at the next one as long)."""
    if "`" not in text:
        return
    runs = [match.span() for match in _RUN.finditer(text)]
    of_length: dict[int, list[int]] = defaultdict(list)
    for number in range(len(runs) - 1, -1, -1):
        of_length[runs[number][1] - runs[number][0]].append(number)
    number = 0
    while number < len(runs):
        start, end = runs[number]
        same = of_length[end - start]
        while same and same[-1] <= number:
            same.pop()
        if same:
            number = same[-1]
            yield CodeSpan(text[end : runs[number][0]].strip(), start, runs[number][1])
        number += 1


def without_code(text: str) -> str:
    """Return a text with blanks in the place of its code, as many as there were characters; ends of lines are kept."""
    parts, kept = [], 0
    for span in code_spans(text):
        code = text[span.start : span.end]
        blank = "\n".join(" " * len(line) for line in code.split("\n")) if "\n" in code else " " * len(code)
        parts += [text[kept : span.start], blank]
        kept = span.end
    return "".join([*parts, text[kept:]]) if parts else text


def place_in(skill: SkillDocument, paragraph: Paragraph, at: int) -> tuple[int, int]:
    """Return line and column, counted from 1, of the character at offset ``at`` of a paragraph's text."""
    text = paragraph.text
    row = paragraph.line + text.count("\n", 0, at)
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else len(text)]
    if row > len(skill.lines):
        return paragraph.line, 1
    # The text of a paragraph is without the indentation, the bullet or the bar that stand before it.
    written = skill.lines[row - 1]
    margin = written.find(line)
    if margin < 0:
        margin = max(written.find(line[at - start :]) - (at - start), 0)
    return row, margin + at - start + 1
