"""How wide text is in a terminal."""

from __future__ import annotations

import unicodedata


def cell_width(text: str) -> int:
    """Return how many columns a terminal takes for the text."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fit(text: str, width: int, gap: str = "…") -> str:
    """Return the text, cut in its middle to ``width`` columns; its end gets the larger part (paths end in names)."""
    if cell_width(text) <= width:
        return text
    room = width - cell_width(gap)
    head, tail = room // 2, room - room // 2
    start, end = 0, len(text)
    while start < end and (head := head - _columns(text[start])) >= 0:
        start += 1
    while end > start and (tail := tail - _columns(text[end - 1])) >= 0:
        end -= 1
    return f"{text[:start]}{gap}{text[end:]}"


def clip(text: str, width: int) -> str:
    """Return the text, cut at its end to ``width`` columns."""
    if cell_width(text) <= width:
        return text
    room, end = width - 1, 0
    while end < len(text) and (room := room - _columns(text[end])) >= 0:
        end += 1
    return f"{text[:end]}…"
