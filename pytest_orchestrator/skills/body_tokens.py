"""From the parser's tokens to the structure of Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .block_places import BlockText
from .body import Block, Comment
from .markdown import AT, as_it_reads, inline_tokens, may_hold_links

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from markdown_it.token import Token

    from .body_builder import BodyBuilder

_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)


class TokenReader:
    """Goes through tokens, and tells a builder of what they stand for."""

    def __init__(self, builder: BodyBuilder, *, is_only_blocks: bool = False) -> None:
        """Add to ``builder``. Tokens that are only those of blocks do not say what is within a text."""
        self._builder = builder
        self._is_only_blocks = is_only_blocks
        self._lines = builder.lines
        self._open_items: list[tuple[int, int, int | None] | None] = []
        """Line, column and number of the list items that are open; None where the first paragraph was seen."""
        self._bullet_line = 0
        self._bullet_from = 0
        self._row = 0
        """The line of the table row that was met last, 0 when a row begins."""
        self._cell_from = 0
        """Where in it the next cell begins, at the earliest."""

    def read(self, tokens: Iterable[Token], first: int) -> None:
        """Read the tokens of a text that begins in the line ``first`` of the file."""
        heading: Token | None = None
        is_cell = False
        for token in tokens:
            kind = token.type
            line = token.map[0] + first if token.map else 0
            if kind == "inline":
                self._inline(token, line, heading, is_cell=is_cell)
                is_cell = False
            elif kind in ("td_open", "th_open"):
                is_cell = True
            elif kind == "fence":
                self._fence(token, line)
            elif kind in ("heading_open", "heading_close"):
                heading = token if token.nesting > 0 else None
            elif kind == "list_item_open":
                self._open_item(token, line)
            elif kind == "list_item_close":
                self._close_item()
            elif kind == "html_block" and "<!--" in token.content:
                block = BlockText(self._lines, token.content, line)
                for match in _COMMENT.finditer(token.content):
                    self._builder.comments.append(Comment(match.group(1).strip(), *block.place(match.start())))

    def _inline(self, token: Token, line: int, heading: Token | None, *, is_cell: bool) -> None:
        children: Sequence[Token] | None = None if self._is_only_blocks else token.children or ()
        content = token.content
        if token.map and content and content.count("\n") < token.map[1] - token.map[0] - 1:
            line = self._first_line(content, line, line + token.map[1] - token.map[0] - 1)
        if heading is not None:
            is_underlined = heading.markup[0] != "#"
            column = self._heading_column(heading, content, line)
            self._builder.heading(int(heading.tag[1]), content, line, column, children, is_underlined=is_underlined)
            return
        reads = None if children is None else as_it_reads(children)
        self._builder.read_paragraph(content, reads, line, is_in_list=bool(self._open_items))
        if self._open_items and (opened := self._open_items[-1]) is not None:
            self._builder.item(content, opened[0], len(self._open_items), opened[2], opened[1], reads)
            self._open_items[-1] = None
        if children is None:
            children = inline_tokens(content) if may_hold_links(content) else ()
        if is_cell:
            if line != self._row:
                self._row, self._cell_from = line, 0
            self._cell_from = self._builder.links_in_cell(content, line, self._cell_from, children)
        elif any(AT in child.meta for child in children):
            self._builder.links_in(children, BlockText(self._lines, content, line))

    def _first_line(self, content: str, line: int, last: int) -> int:
        """Return where the content of a block begins whose lines of (rare) white space the parser left out."""
        text = content.partition("\n")[0].strip()
        fitting = (number for number in range(line, last + 1) if self._lines[number - 1].rstrip().endswith(text))
        return next(fitting, line)

    def _heading_column(self, heading: Token, content: str, line: int) -> int:
        if heading.markup[0] == "#":
            return self._lines[line - 1].index(heading.markup) + 1
        return BlockText(self._lines, content, line).place(0)[1]

    def _open_item(self, token: Token, line: int) -> None:
        written = self._lines[line - 1]
        if line != self._bullet_line:
            self._bullet_line, self._bullet_from = line, 0
        mark = f"{token.info}{token.markup}"
        at = max(written.find(mark, self._bullet_from), 0)
        self._bullet_from = at + len(mark)
        self._open_items.append((line, at + 1, int(token.info) if token.info else None))

    def _close_item(self) -> None:
        opened = self._open_items.pop()
        if opened is not None:
            self._builder.item("", opened[0], len(self._open_items) + 1, opened[2], opened[1], "")

    def _fence(self, token: Token, line: int) -> None:
        column = self._lines[line - 1].find(token.markup) + 1
        self._builder.fence(token.info, line, max(column, 1), token.content, is_closed=is_closed(token))


def is_closed(fence: Token) -> bool:
    """Return whether a fenced block of code has an end of its own."""
    assert fence.map is not None
    code = fence.content
    lines_of_code = code.count("\n") + (not code.endswith("\n") and code != "")
    return fence.map[1] - fence.map[0] - 1 > lines_of_code


def blocks_of(tokens: Sequence[Token], first: int) -> Iterator[Block]:
    """Yield the blocks that tokens stand for, of a text that begins in the line ``first`` of the file."""
    for token in tokens:
        if token.map and token.type != "inline":
            lines = range(token.map[0] + first, token.map[1] + first)
            yield Block(token.type.removesuffix("_open"), lines, token.level)
