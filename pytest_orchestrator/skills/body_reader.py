"""From the Markdown of a skill to its structure."""

from __future__ import annotations

import gc
import re
import unicodedata
from bisect import bisect_right
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .body import Block, Body, Comment, Fence, Heading, Link, ListItem, Paragraph
from .markdown import AT, TARGET, markdown_parser

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markdown_it.token import Token

_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_AFTER_LANGUAGE = re.compile(r"[\s,:{]")
_NOT_IN_SLUG = re.compile(r"[^\w\- ]")


def read_body(lines: Sequence[str], first: int) -> Body:
    """Return the structure of a file's ``lines`` from the line with the number ``first`` (counted from 1) on."""
    # As many lines as in the file, so that every place is right without any sum.
    text = "\n" * (first - 1) + "\n".join(islice(lines, first - 1, None))
    # A parse makes thousands of small objects, none of them in cycles; to look for cycles takes a third of the time.
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        return _Reader(lines).read(markdown_parser().parse(text))
    finally:
        if is_enabled:
            gc.enable()


class _Reader:
    """Goes through the tokens of one file."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._slugs: dict[str, int] = {}
        self._headings: list[Heading] = []
        self._fences: list[Fence] = []
        self._links: list[Link] = []
        self._items: list[ListItem] = []
        self._paragraphs: list[Paragraph] = []
        self._comments: list[Comment] = []
        self._blocks: list[Block] = []
        self._open_items: list[tuple[int, int, int | None] | None] = []
        """Line, column and number of the list items that are open; None where the first paragraph was seen."""
        self._bullet_line = 0
        self._bullet_from = 0
        self._row = 0
        """The line of the table row that was met last, 0 when a row begins."""
        self._cell_from = 0
        """Where in it the next cell begins, at the earliest."""

    def read(self, tokens: Iterable[Token]) -> Body:
        heading: Token | None = None
        is_cell = False
        for token in tokens:
            kind = token.type
            line = token.map[0] + 1 if token.map else 0
            if token.map and kind != "inline":
                self._blocks.append(Block(kind.removesuffix("_open"), range(line, token.map[1] + 1), token.level))
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
                block = _Block(self._lines, token.content, line)
                for match in _COMMENT.finditer(token.content):
                    self._comments.append(Comment(match.group(1).strip(), *block.place(match.start())))
        return Body(
            tuple(self._headings), tuple(self._fences), tuple(self._links),
            tuple(sorted(self._items, key=lambda item: (item.line, item.column))),
            tuple(self._paragraphs), tuple(self._comments), tuple(self._blocks),
        )  # fmt: skip

    def _inline(self, token: Token, line: int, heading: Token | None, *, is_cell: bool) -> None:
        children = token.children or []
        content = token.content
        if token.map and content and content.count("\n") < token.map[1] - token.map[0] - 1:
            line = self._first_line(content, line, token.map[1])
        plain = as_it_reads(children)
        text_from = 0
        if heading is not None:
            column = self._heading_column(heading, content, line)
            self._headings.append(Heading(int(heading.tag[1]), plain, line, self._slug(plain), column))
            text_from = column - 1
        else:
            self._paragraphs.append(Paragraph(content, plain, line, bool(self._open_items)))
            if self._open_items and (opened := self._open_items[-1]) is not None:
                self._items.append(ListItem(plain, opened[0], len(self._open_items), opened[2], opened[1]))
                self._open_items[-1] = None
        if is_cell:
            self._cell(children, content, line)
        elif any(AT in child.meta for child in children):
            is_suffix = heading is None or heading.markup[0] != "#"
            self._find(children, _Block(self._lines, content, line, text_from, is_suffix=is_suffix))

    def _first_line(self, content: str, line: int, last: int) -> int:
        """Return where the content of a block begins whose lines of (rare) white space the parser left out."""
        text = content.partition("\n")[0].strip()
        fitting = (number for number in range(line, last + 1) if self._lines[number - 1].rstrip().endswith(text))
        return next(fitting, line)

    def _heading_column(self, heading: Token, content: str, line: int) -> int:
        if heading.markup[0] == "#":
            return self._lines[line - 1].index(heading.markup) + 1
        return _Block(self._lines, content, line).place(0)[1]

    def _cell(self, children: Sequence[Token], content: str, line: int) -> None:
        if line != self._row:
            self._row, self._cell_from = line, 0
        if not content:
            return
        written = content.replace("|", r"\|")
        start = self._lines[line - 1].find(written, self._cell_from)
        start = max(start, 0)
        self._cell_from = start + len(written)
        if any(AT in child.meta for child in children):
            self._find(children, _Block(self._lines, content, line, start, is_cell=True))

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
            self._items.append(ListItem("", opened[0], len(self._open_items) + 1, opened[2], opened[1]))

    def _fence(self, token: Token, line: int) -> None:
        assert token.map is not None
        code = token.content
        lines_of_code = code.count("\n") + (not code.endswith("\n") and code != "")
        info = token.info.strip()
        language = _AFTER_LANGUAGE.split(info.lstrip("{."), maxsplit=1)[0].rstrip("}").lower()
        column = self._lines[line - 1].find(token.markup) + 1
        is_closed = token.map[1] - token.map[0] - 1 > lines_of_code
        self._fences.append(Fence(language, info, line, max(column, 1), code, is_closed, self._above(line)))

    def _above(self, line: int) -> str:
        for index in range(line - 2, -1, -1):
            if text := self._lines[index].strip():
                return text
        return ""

    def _slug(self, text: str) -> str:
        slug = "".join(_in_slug(character) for character in text.strip().lower())
        unique, number = slug, self._slugs.get(slug, 0)
        while unique in self._slugs:
            number += 1
            unique = f"{slug}-{number}"
        self._slugs[slug] = number
        self._slugs.setdefault(unique, 0)
        return unique

    def _find(self, children: Sequence[Token], block: _Block) -> None:
        """Note the links, images and comments of a block."""
        for index, child in enumerate(children):
            if AT not in child.meta:
                continue
            line, column = block.place(child.meta[AT])
            if child.type == "html_inline":
                if child.content.startswith("<!--"):
                    self._comments.append(Comment(child.content[4:-3].strip(), line, column))
                continue
            is_image = child.type == "image"
            target = child.meta.get(TARGET)
            if target is None:
                target = unquote(str(child.attrs["src" if is_image else "href"]))
            text = as_it_reads((child.children or []) if is_image else _inside(children, index))
            self._links.append(Link(target, text, line, column, is_image))


class _Block:
    """Where in the file the content of one block stands, which is without indentation, bullets and bars."""

    def __init__(
        self, lines: Sequence[str], content: str, line: int, text_from: int = 0, *,
        is_suffix: bool = True, is_cell: bool = False,
    ) -> None:  # fmt: skip
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


def _in_slug(character: str) -> str:
    if character == " ":
        return "-"
    if _NOT_IN_SLUG.match(character) and unicodedata.category(character)[0] != "M":
        return ""
    return character


def _inside(children: Sequence[Token], index: int) -> Iterable[Token]:
    """Yield what stands between the opening of a link and its end."""
    for inner in range(index + 1, len(children)):
        if children[inner].type == "link_close":
            return
        yield children[inner]


def as_it_reads(children: Iterable[Token]) -> str:
    """Return the text of inline tokens without their marks."""
    parts = []
    for child in children:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type == "image":
            parts.append(as_it_reads(child.children or []))
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return "".join(parts)
