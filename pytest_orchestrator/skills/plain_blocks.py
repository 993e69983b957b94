"""The Markdown that nearly every file is made of, read without the parser: it takes a tenth of the time.

Read here are, where nothing else holds them, headings with ``#``, closed fences, paragraphs, items of one line, tables
and rules, each in the form in which nobody could take it for anything else. What is written in any other way, or holds
other blocks, goes to the parser, up to the next line that begins something new whatever came before.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from .body_tokens import TokenReader, is_closed
from .markdown import block_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

    from .body_builder import BodyBuilder

# How a line of text begins that is nothing else, neither alone nor below another one.
_TEXT = (
    r"(?:[^\s\d#>*+\-_~`<|=:]|\*+[^\s*]|_+[^\s_]|`{1,2}(?!`)|\d+(?![\d.)])|\d+[.)](?=\S)"
    r"|-{1,2}[^\s\-|:]|:[^\s\-|:]|\+\S|~{1,2}[^~\s]|#+[^\s#])"
)
_LINE = re.compile(
    rf"(?P<text>{_TEXT})"
    r"|(?P<blank>[ \t]*\Z)"
    rf"|(?P<bullet>[-*+]) {{1,4}}(?={_TEXT})"
    r"|(?P<heading>\#{1,6})(?:[ \t]|\Z)"
    r"|(?P<fence>`{3,}(?=[^`]*\Z)|~{3,})"
    rf"|(?P<number>[0-9]{{1,9}})[.)] {{1,4}}(?={_TEXT})"
    r"|(?P<rule>(?:(?:-[ \t]*+){3,}|(?:\*[ \t]*+){3,}|(?:_[ \t]*+){3,})\Z)"
    r"|(?P<row>\|)"
)
_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?:[ \t]|\Z)")
_DELIMITERS = re.compile(r"(?:\|[ \t]*+:?-++:?[ \t]*+)++\|?[ \t]*+\Z")
_MAY_DELIMIT = re.compile(r" {0,3}[|:-]")
_SPACE = " \t\n\x0b\x0c\r\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What the parser takes off the ends of a text; Python takes a little more for white space."""
_ENDS_BEHIND_BLANK = re.compile(r"<(?![!?]|(?i:script|pre|style|textarea)\b)")
_MOST_COLUMNS = 100


class _ParseAllError(Exception):
    """There is a definition in the file: what any text means may depend on it."""


class PlainBlocks:
    """Goes through the lines of a file, and tells a builder of what they are."""

    def __init__(self, builder: BodyBuilder, first: int) -> None:
        """Read the lines that ``builder`` has from the line with the number ``first`` on."""
        self._builder = builder
        self._lines = builder.lines
        self._end = len(builder.lines)
        self._first = first

    def read(self) -> bool:
        """Read all; return False when only the parser can do that, and the builder holds nothing of use."""
        at = self._first - 1
        try:
            while at < self._end:
                at = self._block(at)
        except _ParseAllError:
            return False
        return True

    def _block(self, at: int) -> int:
        """Read the block that begins at the index ``at``, and return where the next one does."""
        line = self._lines[at]
        match = _LINE.match(line)
        kind = match.lastgroup if match is not None else None
        if match is None or kind is None:
            return self._foreign(at)
        if kind == "text":
            return self._paragraph(at)
        if kind in ("blank", "rule"):
            return at + 1
        if kind in ("bullet", "number"):
            return self._item(at, match)
        if kind == "row":
            return self._table(at)
        # A table may begin like anything.
        if "|" in line and at + 1 < self._end and _MAY_DELIMIT.match(self._lines[at + 1]):
            return self._foreign(at)
        return self._heading(at, len(match[kind])) if kind == "heading" else self._fence(at, match[kind])

    def _heading(self, at: int, level: int) -> int:
        content = self._lines[at][level:].rstrip(" \t")
        without = content.rstrip("#")
        if without != content and without[-1] in " \t":
            content = without
        self._builder.heading(level, content.strip(_SPACE), at + 1, 1)
        return at + 1

    def _fence(self, at: int, mark: str) -> int:
        lines = self._lines
        is_end = _end_of(mark).match
        for end in range(at + 1, self._end):
            if mark in lines[end] and is_end(lines[end]):
                break
        else:
            return self._rest(at)
        code = "\n".join([*lines[at + 1 : end], ""])
        self._builder.fence(lines[at][len(mark) :], at + 1, 1, code, is_closed=True)
        return end + 1

    def _paragraph(self, at: int) -> int:
        lines, end = self._lines, at + 1
        while end < self._end:
            match = _LINE.match(lines[end])
            kind = match.lastgroup if match is not None else None
            if kind == "text":
                end += 1
                continue
            ends = kind in ("blank", "heading", "fence", "bullet") or (
                match is not None and (match["number"] == "1" or (kind == "rule" and lines[end][0] != "-"))
            )
            if not ends:
                return self._foreign(at)
            break
        text = (lines[at] if end == at + 1 else "\n".join(lines[at:end])).strip(_SPACE)
        if text[0] == "[" and "]:" in text:
            return self._foreign(at)
        self._builder.paragraph(text, at + 1)
        return end

    def _item(self, at: int, match: re.Match[str]) -> int:
        lines, after = self._lines, at + 1
        if after < self._end:
            following = _LINE.match(lines[after])
            kind = following.lastgroup if following is not None else None
            if kind == "blank":
                below = self._after_blank(after)
                if below < self._end and lines[below][0] in " \t":
                    return self._foreign(at)
            elif kind not in ("bullet", "number", "heading", "fence") and (kind != "rule" or lines[after][0] == "-"):
                if "|" in lines[at] and _MAY_DELIMIT.match(lines[after]):
                    # The head of a table, if it is not the second item of its list.
                    raise _ParseAllError
                return self._foreign(at)
        text = match.string[match.end() :].strip(_SPACE)
        if text[0] == "[" and "]:" in text:
            return self._foreign(at)
        number = match["number"]
        self._builder.item(text, at + 1, 1, int(number) if number else None)
        self._builder.paragraph(text, at + 1, is_in_list=True)
        return after

    def _table(self, at: int) -> int:
        lines, end = self._lines, at + 2
        if end > self._end or not _DELIMITERS.match(lines[at + 1]):
            return self._foreign(at)
        while end < self._end and lines[end].startswith("|"):
            end += 1
        if end < self._end:
            match = _LINE.match(lines[end])
            if match is None or match.lastgroup not in ("blank", "heading", "fence"):
                return self._foreign(at)
        rows = [_cells(lines[row]) for row in range(at, end)]
        columns = len(rows[0])
        if columns != len(rows[1]) or not 0 < columns <= _MOST_COLUMNS or any("\\|" in line for line in lines[at:end]):
            return self._foreign(at)
        for row, cells in enumerate(rows):
            if row != 1:
                self._builder.cells((cells + [""] * columns)[:columns], at + row + 1)
        return end

    # -- what goes to the parser ----------------------------------------------------------------------------------

    def _foreign(self, at: int) -> int:
        """Parse the lines from the index ``at`` to the next one that begins something new whatever came before."""
        end, is_behind_blank = self._new_start(at)
        tokens = self._parsed(at, end)
        if end < self._end and not _is_over(tokens, is_behind_blank=is_behind_blank):
            return self._rest(at)
        TokenReader(self._builder, is_only_blocks=True).read(tokens, at + 1)
        return end

    def _rest(self, at: int) -> int:
        """Parse all lines from the index ``at`` on."""
        TokenReader(self._builder, is_only_blocks=True).read(self._parsed(at, self._end), at + 1)
        return self._end

    def _parsed(self, at: int, end: int) -> Sequence[Token]:
        text = "\n".join(self._lines[at:end])
        tokens, is_defining = block_tokens(text if end == self._end else f"{text}\n")
        if is_defining:
            raise _ParseAllError
        return tokens

    def _new_start(self, at: int) -> tuple[int, bool]:
        """Return where something new begins below ``at``, and whether white space stands before it."""
        lines, end = self._lines, at + 1
        has_list = _ITEM.match(lines[at].lstrip()) is not None
        while end < self._end:
            match = _LINE.match(lines[end])
            kind = match.lastgroup if match is not None else None
            if kind in ("heading", "fence"):
                return end, False
            if kind == "blank":
                end = self._after_blank(end)
                if end == self._end:
                    break
                # An indented line may go on with an item, and so may another item with its list.
                if lines[end][0] not in " \t" and not (has_list and _ITEM.match(lines[end])):
                    return end, True
            has_list = has_list or _ITEM.match(lines[end].lstrip()) is not None
            end += 1
        return self._end, False

    def _after_blank(self, at: int) -> int:
        while at < self._end and not self._lines[at].strip(" \t"):
            at += 1
        return at


@cache
def _end_of(mark: str) -> re.Pattern[str]:
    """Return what ends a fence that opens with ``mark``."""
    return re.compile(rf" {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}[ \t]*\Z")


def _cells(line: str) -> list[str]:
    """Return the cells of a row of a table."""
    cells = line.strip(_SPACE).split("|")
    if not cells[0]:
        cells.pop(0)
    if cells and not cells[-1]:
        cells.pop()
    return [cell.strip(_SPACE) for cell in cells]


def _is_over(tokens: Sequence[Token], *, is_behind_blank: bool) -> bool:
    """Return whether what was parsed ends where its text does, with a line behind it that begins something new."""
    last = next((token for token in reversed(tokens) if token.level == 0), None)
    if last is None:
        return True
    if last.type == "fence":
        return is_closed(last)
    if last.type == "html_block":
        start = last.content.lstrip()
        if start.startswith("<!--"):
            return "-->" in start
        return is_behind_blank and _ENDS_BEHIND_BLANK.match(start) is not None
    return True
