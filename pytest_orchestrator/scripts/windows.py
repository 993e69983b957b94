"""Long output as text, a window at a time: gigabytes are searched in little memory."""

from __future__ import annotations

import codecs
import os
from typing import TYPE_CHECKING

from ..core.names import decode_output
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from ..process.command import Capture

WINDOW = 4 << 20
"""Bytes that are read at once, and so the longest output of which a regular expression sees all at the same time."""
OVERLAP = 1 << 20
"""Characters that a window shares with the next one: the longest match that is found across two."""
_CONTEXT = 1 << 10
"""Characters before those that are looked at: what looks behind sees them, and ``\\A`` takes none for a start."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a stream."""

    text: str
    start: int
    """Where in ``text`` a match may begin; 0 at the start of the stream only."""
    is_last: bool

    def contains(self, part: str) -> bool:
        """Return whether ``part`` is in the window."""
        return part in self.text

    def search(self, pattern: re.Pattern[str]) -> str | None:
        """Return what ``pattern`` matches here; None if it is nothing, or begins where the next window sees more."""
        found = pattern.search(self.text, self.start)
        if found is None:
            return None
        goes_on = found.end() == len(self.text) and found.start() >= len(self.text) - OVERLAP + _CONTEXT
        return None if goes_on and not self.is_last else found.group()


def windows(capture: Capture) -> Iterator[Window]:
    """Yield a stream window by window: all of it, from its file if the capture holds only head and tail."""
    if not capture.was_cut:
        yield Window(decode_output(capture.head), 0, True)
        return
    try:
        if capture.path is not None:
            file = os.open(capture.path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                yield from _windows_of(file)
            finally:
                os.close(file)
            return
    except FileNotFoundError:
        pass  # somebody removed it
    yield Window(decode_output(capture.head), 0, False)
    yield Window("\0" + decode_output(capture.tail), 1, True)


def _windows_of(file: int) -> Iterator[Window]:
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    data, kept, start = os.read(file, WINDOW), "", 0
    while True:
        following = os.read(file, WINDOW) if data else b""
        text = kept + decoder.decode(data, final=not following)
        yield Window(text, start, not following)
        if not following:
            return
        kept = text[-OVERLAP - _CONTEXT :]
        if len(kept) < len(text):
            start = _CONTEXT
        data = following


def whole_text(capture: Capture, longest: int) -> str | None:
    """Return a stream as text; None if it has more than ``longest`` bytes."""
    if capture.size > longest:
        return None
    if capture.was_cut and capture.path is not None:
        try:
            with open(capture.path, "rb") as file:
                return decode_output(file.read())
        except FileNotFoundError:
            pass  # somebody removed it
    return decode_output(capture.head + capture.tail)
