"""The Markdown of a skill as what rules ask about: headings, fences, links, list items, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading."""

    level: int
    text: str
    """As it reads, without marks of emphasis and links."""
    line: int
    slug: str
    """What links to it say after ``#`` (as GitHub makes it; of equal headings the second ends in ``-1``)."""


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block of code."""

    language: str
    """The first word behind the fence in lower case, without braces and dots; empty if there is none."""
    info: str
    """All that stands behind the fence."""
    line: int
    """Where the fence opens; the code begins on the next line."""
    column: int
    code: str
    """With ``\\n`` at every line's end, and without the indentation of the fence."""
    is_closed: bool
    above: str
    """The line before the fence that is not empty, as written: a comment there may speak to checkers."""

    @property
    def words(self) -> tuple[str, ...]:
        """What stands behind the language."""
        return tuple(self.info.split()[1:])


@dataclass(frozen=True, slots=True)
class Link:
    """A link or an image."""

    target: str
    """As written, without title and angle brackets."""
    text: str
    line: int
    column: int
    """Where it is written; the first column of its block where that is not known."""
    is_image: bool


@dataclass(frozen=True, slots=True)
class ListItem:
    """An item of a list."""

    text: str
    """Its first paragraph, as it reads."""
    line: int
    depth: int
    """1 for an outermost list."""
    number: int | None
    """What it is numbered; None with a bullet."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph or a table cell, wherever it is."""

    text: str
    """As written."""
    plain: str
    """As it reads: without marks of emphasis, links and code."""
    line: int
    is_in_list: bool


@dataclass(frozen=True, slots=True)
class Comment:
    """An HTML comment."""

    text: str
    """What stands between ``<!--`` and ``-->``, stripped."""
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Body:
    """What the Markdown of a skill is made of, in the order of the file."""

    headings: tuple[Heading, ...] = ()
    fences: tuple[Fence, ...] = ()
    links: tuple[Link, ...] = ()
    items: tuple[ListItem, ...] = ()
    paragraphs: tuple[Paragraph, ...] = ()
    comments: tuple[Comment, ...] = ()

    def section(self, heading: Heading) -> range:
        """Return the lines of a heading's section: from its own to the next heading of its level or above."""
        start = self.headings.index(heading)
        end = next((other.line for other in self.headings[start + 1 :] if other.level <= heading.level), 10**9)
        return range(heading.line, end)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")


_COMMENT = re.compile(r"<!--(.*?)(?:-->|\Z)", re.DOTALL)
_NOT_IN_SLUG = re.compile(r"[^\w\- ]")


def read_body(lines: Sequence[str], first: int) -> Body:
    """Return the structure of a file's ``lines`` from the line with the number ``first`` (counted from 1) on."""
    text = "\n" * (first - 1) + "\n".join(lines[first - 1 :])
    return _Reader(lines).read(_parser().parse(text))


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
        self._open_items: list[tuple[int, int | None] | None] = []
        """Line and number of the list items that are open; None where the first paragraph was seen."""

    def read(self, tokens: Sequence[Token]) -> Body:
        heading = 0
        for token in tokens:
            kind = token.type
            line = token.map[0] + 1 if token.map else 0
            if kind == "inline":
                self._inline(token, line, heading)
            elif kind in ("fence", "code_block"):
                if kind == "fence":
                    self._fence(token, line)
            elif kind == "heading_open":
                heading = int(token.tag[1])
            elif kind == "heading_close":
                heading = 0
            elif kind == "list_item_open":
                self._open_items.append((line, int(token.info) if token.info else None))
            elif kind == "list_item_close":
                self._close_item()
            elif kind == "html_block":
                self._find_comments(token.content, line)
        return Body(
            tuple(self._headings), tuple(self._fences), tuple(self._links), tuple(sorted(self._items, key=_line)),
            tuple(self._paragraphs), tuple(self._comments),
        )  # fmt: skip

    def _inline(self, token: Token, line: int, heading: int) -> None:
        plain = _as_it_reads(token.children or [])
        if heading:
            self._headings.append(Heading(heading, plain, line, self._slug(plain)))
        else:
            self._paragraphs.append(Paragraph(token.content, plain, line, bool(self._open_items)))
            if self._open_items and (opened := self._open_items[-1]) is not None:
                self._items.append(ListItem(plain, opened[0], len(self._open_items), opened[1]))
                self._open_items[-1] = None
        children = token.children or []
        if any(child.type in ("link_open", "image") for child in children):
            self._find_links(children, token.content, line)
        if "<!--" in token.content:
            self._find_comments(token.content, line)

    def _close_item(self) -> None:
        opened = self._open_items.pop()
        if opened is not None:
            self._items.append(ListItem("", opened[0], len(self._open_items) + 1, opened[1]))

    def _fence(self, token: Token, line: int) -> None:
        assert token.map is not None
        last = self._lines[token.map[1] - 1].strip().lstrip("> ") if token.map[1] <= len(self._lines) else ""
        marks = last.rstrip()
        is_closed = (
            token.map[1] - token.map[0] > 1
            and len(marks) >= len(token.markup)
            and set(marks) == {token.markup[0]}
            and token.map[1] - token.map[0] - 1 > token.content.count("\n")
        )
        opening = self._lines[line - 1]
        above = next((text.strip() for text in reversed(self._lines[: line - 1]) if text.strip()), "")
        info = token.info.strip()
        language = re.split(r"[\s,:{]", info.lstrip("{."), maxsplit=1)[0].rstrip("}").lower()
        column = opening.find(token.markup) + 1
        self._fences.append(Fence(language, info, line, max(column, 1), token.content, is_closed, above))

    def _slug(self, text: str) -> str:
        slug = _NOT_IN_SLUG.sub("", text.strip().lower()).replace(" ", "-")
        number = self._slugs.get(slug, 0)
        self._slugs[slug] = number + 1
        return slug if number == 0 else f"{slug}-{number}"

    def _find_comments(self, content: str, line: int) -> None:
        for match in _COMMENT.finditer(content):
            before = content[: match.start()]
            row = line + before.count("\n")
            found = self._lines[row - 1].find("<!--") if row <= len(self._lines) else -1
            self._comments.append(Comment(match.group(1).strip(), row, max(found, 0) + 1))

    def _find_links(self, children: Sequence[Token], content: str, line: int) -> None:
        """Note the links of a block. The parser does not say where they are; they are looked for in their order."""
        at = 0
        for index, child in enumerate(children):
            if child.type not in ("link_open", "image"):
                continue
            target = str(child.attrs["href" if child.type == "link_open" else "src"])
            written, found = _where(target, content, at)
            if found >= 0:
                at = found + len(written)
            row, column = self._place(content, found, line)
            text = child.content if child.type == "image" else _as_it_reads(_inside(children, index))
            self._links.append(Link(written, text, row, column, child.type == "image"))

    def _place(self, content: str, at: int, line: int) -> tuple[int, int]:
        if at < 0:
            return line, 1
        row = line + content.count("\n", 0, at)
        start = content.rfind("\n", 0, at) + 1
        # A block's content is without the indentation, the bullet or the bar that stand before it in the file.
        text = content[start:].partition("\n")[0]
        margin = self._lines[row - 1].find(text) if row <= len(self._lines) else -1
        return row, max(margin, 0) + at - start + 1


def _line(item: ListItem) -> int:
    return item.line


def _where(target: str, content: str, at: int) -> tuple[str, int]:
    """Return how ``target`` is written, and where in ``content`` from ``at`` on; -1 when it is defined elsewhere."""
    from urllib.parse import unquote

    for written in dict.fromkeys((target, unquote(target))):
        found = content.find(written, at) if written else content.find("](", at) + 2
        if found > 1 or (found >= 0 and written):
            return written, found
    return unquote(target), -1


def _inside(children: Sequence[Token], index: int) -> Iterator[Token]:
    """Yield what stands between the opening of a link and its end."""
    for child in children[index + 1 :]:
        if child.type == "link_close":
            return
        yield child


def _as_it_reads(children: Any) -> str:
    """Return the text of inline tokens without their marks."""
    parts = []
    for child in children:
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "image":
            parts.append(child.content)
    return "".join(parts)
