"""Lines and columns of offsets in a text."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def places_of(text: str, offsets: Iterable[int]) -> Iterator[tuple[int, int]]:
    r"""Yield line and column, counted from 1, of each offset. Lines end as ``\n``, ``\r\n`` or ``\r`` does."""
    starts: list[int] | None = None
    for offset in offsets:
        if starts is None:
            starts = _starts(text)
        row = bisect_right(starts, offset) - 1
        yield row + 1, offset - starts[row] + 1


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
