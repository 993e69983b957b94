"""Where in the file the content of one block of Markdown stands, which is without indentation, bullets and bars."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class BlockText:
    """The content of one block."""

    def __init__(
        self, lines: Sequence[str], content: str, line: int, text_from: int = 0, *,
        is_suffix: bool = True, is_cell: bool = False,
    ) -> None:  # fmt: skip
        """Take the ``lines`` of the file, and the ``content`` of a block that begins in ``line`` (counted from 1).

        In its first line it begins at the offset ``text_from`` at the earliest. It is a suffix where nothing but white
        space follows it on its lines. A cell is one of a table.
        """
        self._lines = lines
        self._content = content
        self._line = line
        self._text_from = text_from
        self._is_suffix = is_suffix
        self._is_cell = is_cell
        self._starts = [0]
        at = content.find("\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = content.find("\n", at + 1)

    def place(self, at: int) -> tuple[int, int]:
        """Return line and column, counted from 1, of the character at offset ``at``."""
        row = bisect_right(self._starts, at) - 1
        start = self._starts[row]
        line = self._line + row
        if self._is_cell:
            # A bar within a cell is written with a backslash.
            return line, self._text_from + at + self._content.count("|", 0, at) + 1
        end = self._starts[row + 1] - 1 if row + 1 < len(self._starts) else len(self._content)
        return line, max(self._margin(self._content[start:end], line) + at - start, 0) + 1

    def _margin(self, text: str, line: int) -> int:
        if line > len(self._lines):
            return 0
        written = self._lines[line - 1]
        stripped = text.strip()
        found = -1
        if self._is_suffix and written.rstrip().endswith(stripped):
            found = len(written.rstrip()) - len(stripped)
        if found < 0:
            found = max(written.find(stripped, self._text_from), 0)
        return found - (len(text) - len(text.lstrip()))
