"""The structure of Markdown while it is put together, block by block in the order of the file."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .block_places import BlockText
from .body import Body, Comment, Fence, Heading, Link, ListItem, Paragraph
from .markdown import AT, TARGET, as_it_reads, has_marks, inline_tokens, may_hold_links

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

_AFTER_LANGUAGE = re.compile(r"[\s,:{]")
_NOT_IN_SLUG = re.compile(r"[^\w\- ]")


class BodyBuilder:
    """Takes the blocks of one file. Lines are counted from 1."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Take all ``lines`` of the file."""
        self.lines = lines
        self.comments: list[Comment] = []
        self._headings: list[Heading] = []
        self._fences: list[Fence] = []
        self._links: list[Link] = []
        self._items: list[ListItem] = []
        self._paragraphs: list[Paragraph] = []
        self._slugs: dict[str, int] = {}

    def body(self) -> Body:
        """Return what was put together."""
        return Body(
            tuple(self._headings), tuple(self._fences), tuple(self._links),
            tuple(sorted(self._items, key=_place)), tuple(self._paragraphs), tuple(self.comments),
        )  # fmt: skip

    def heading(
        self, level: int, content: str, line: int, column: int, children: Sequence[Token] | None = None, *,
        is_underlined: bool = False,
    ) -> None:  # fmt: skip
        """Add a heading with ``content``, parsed to ``children`` if it was parsed already."""
        if children is None and has_marks(content):
            children = inline_tokens(content)
        text = content if children is None else as_it_reads(children)
        self._headings.append(Heading(level, text, line, self._slug(text), column))
        if children:
            self.links_in(children, BlockText(self.lines, content, line, column - 1, is_suffix=is_underlined))

    def paragraph(self, text: str, line: int, *, is_in_list: bool = False) -> None:
        """Add a paragraph that is nothing but its ``text``: what it reads like is worked out when somebody asks."""
        self._paragraphs.append(Paragraph(text, line, is_in_list))
        if may_hold_links(text):
            self.links_in(inline_tokens(text), BlockText(self.lines, text, line))

    def read_paragraph(self, text: str, reads: str | None, line: int, *, is_in_list: bool) -> None:
        """Add a paragraph that ``reads`` like that, if it is known; its links are added for themselves."""
        self._paragraphs.append(Paragraph(text, line, is_in_list, reads))

    def cells(self, texts: Sequence[str], line: int) -> None:
        """Add a row of a table outside of any list."""
        self._paragraphs += [Paragraph(text, line, False) for text in texts]
        if not any(map(may_hold_links, texts)):
            return
        at = 0
        for text in texts:
            at = self.links_in_cell(text, line, at, inline_tokens(text) if may_hold_links(text) else ())

    def links_in_cell(self, text: str, line: int, at: int, children: Sequence[Token]) -> int:
        """Add the links of a cell that begins at the offset ``at`` of its line or later; return where it ends."""
        if not text:
            return at
        written = text.replace("|", r"\|")
        start = max(self.lines[line - 1].find(written, at), 0)
        self.links_in(children, BlockText(self.lines, text, line, start, is_cell=True))
        return start + len(written)

    def item(
        self, text: str, line: int, depth: int, number: int | None, column: int = 1, reads: str | None = None
    ) -> None:
        """Add an item of a list, whose first paragraph is ``text`` and ``reads`` like that, if it is known."""
        self._items.append(ListItem(text, line, depth, number, column, reads))

    def fence(self, info: str, line: int, column: int, code: str, *, is_closed: bool) -> None:
        """Add a block of code; ``info`` is what stands behind the marks that open it."""
        info = info.strip()
        language = _AFTER_LANGUAGE.split(info.lstrip("{."), maxsplit=1)[0].rstrip("}").lower()
        self._fences.append(Fence(language, info, line, column, code, is_closed, self._above(line)))

    def links_in(self, children: Sequence[Token], block: BlockText) -> None:
        """Add the links, images and comments of a block."""
        for index, child in enumerate(children):
            if AT not in child.meta:
                continue
            line, column = block.place(child.meta[AT])
            if child.type == "html_inline":
                if child.content.startswith("<!--"):
                    self.comments.append(Comment(child.content[4:-3].strip(), line, column))
                continue
            is_image = child.type == "image"
            target = child.meta.get(TARGET)
            if target is None:
                target = unquote(str(child.attrs["src" if is_image else "href"]))
            text = as_it_reads((child.children or []) if is_image else _inside(children, index))
            self._links.append(Link(target, text, line, column, is_image))

    def _above(self, line: int) -> str:
        for index in range(line - 2, -1, -1):
            if text := self.lines[index].strip():
                return text
        return ""

    def _slug(self, text: str) -> str:
        text = text.strip().lower()
        slug = _NOT_IN_SLUG.sub("", text).replace(" ", "-") if text.isascii() else "".join(map(_in_slug, text))
        unique, number = slug, self._slugs.get(slug, 0)
        while unique in self._slugs:
            number += 1
            unique = f"{slug}-{number}"
        self._slugs[slug] = number
        self._slugs.setdefault(unique, 0)
        return unique


def _in_slug(character: str) -> str:
    if character == " ":
        return "-"
    if _NOT_IN_SLUG.match(character) and unicodedata.category(character)[0] != "M":
        return ""
    return character


def _inside(children: Sequence[Token], index: int) -> Iterator[Token]:
    """Yield what stands between the opening of a link and its end."""
    for inner in range(index + 1, len(children)):
        if children[inner].type == "link_close":
            return
        yield children[inner]


def _place(item: ListItem) -> tuple[int, int]:
    return item.line, item.column
