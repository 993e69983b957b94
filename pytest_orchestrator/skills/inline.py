"""Code within a paragraph, whose place the parser does not tell."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from itertools import accumulate
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass

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


class Places:
    """Where in the file the text of a paragraph stands, which is without indentation, bullets and bars."""

    def __init__(self, skill: SkillDocument, paragraph: Paragraph) -> None:
        self._lines = skill.lines
        self._first = paragraph.line
        self._rows = paragraph.text.split("\n")
        self._starts = [0, *accumulate(len(row) + 1 for row in self._rows)]
        self._margins: dict[int, int] = {}

    def of(self, at: int) -> tuple[int, int]:
        """Return line and column, counted from 1, of the character at offset ``at``."""
        row = bisect_right(self._starts, at, hi=len(self._rows)) - 1
        if row not in self._margins:
            line = self._first + row
            written = self._lines[line - 1] if line <= len(self._lines) else ""
            text = self._rows[row]
            found = written.find(text)
            # In a cell of a table a bar has a backslash, and the text is not there as it is.
            self._margins[row] = found if found >= 0 else max(written.find(text[:20]), 0)
        return self._first + row, self._margins[row] + at - self._starts[row] + 1
