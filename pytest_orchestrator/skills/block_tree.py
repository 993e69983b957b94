"""The blocks of a skill's Markdown as a tree: which of them hold a line, and what follows it."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .body import Block


class BlockTree:
    """Blocks in the order of the file, prepared to be asked about many lines."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        """Prepare for ``blocks``, of which one that holds others comes before them."""
        self.blocks = blocks
        self._starts = [block.lines.start for block in blocks]
        self._parents: list[int] = []
        """The number of the block around each, -1 for an outermost one."""
        around: list[int] = []
        for number, block in enumerate(blocks):
            while around and blocks[around[-1]].depth >= block.depth:
                around.pop()
            self._parents.append(around[-1] if around else -1)
            around.append(number)

    def holding(self, line: int) -> Iterator[Block]:
        """Yield the blocks that hold the line with a number, the innermost first."""
        number = self.after(line) - 1
        while number >= 0:
            if line in self.blocks[number].lines:
                yield self.blocks[number]
            # What began before the line and does not hold it has ended, and so has all beside it.
            number = self._parents[number]

    def after(self, line: int) -> int:
        """Return the number of the first block that begins below the line; that of blocks where there is none."""
        return bisect_right(self._starts, line)
