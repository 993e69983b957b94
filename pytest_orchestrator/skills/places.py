"""Lines of a text as editors count them, and lines and columns of offsets in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


LINE_END = re.compile(r"\r\n|\r|\n")
"""What ends a line to an editor."""


def lines_of(text: str) -> tuple[str, ...]:
    r"""Return the lines of a text, without their ends, which are ``\n``, ``\r\n`` or ``\r``.

    Not those that :meth:`str.splitlines` sees: to an editor a form feed or U+2028 is a character like any other.
    """
    return tuple(LINE_END.split(text) if "\r" in text else text.split("\n"))


def places_of(text: str, offsets: Iterable[int]) -> Iterator[tuple[int, int]]:
    r"""Yield line and column, counted from 1, of each offset. Lines end as ``\n``, ``\r\n`` or ``\r`` does."""
    starts: list[int] | None = None
    for offset in offsets:
        if starts is None:
            starts = _starts(text)
        row = bisect_right(starts, offset) - 1
        yield row + 1, offset - starts[row] + 1


def offset_of(text: str, line: int) -> int:
    """Return where the line with a number, counted from 1, begins; the end of the text behind the last one."""
    starts = _starts(text)
    return starts[line - 1] if line <= len(starts) else len(text)


def _starts(text: str) -> list[int]:
    starts = [0]
    if "\r" in text:
        # The same number of characters, so that every offset stays what it is.
        text = text.replace("\r\n", " \n").replace("\r", "\n")
    at = text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts
