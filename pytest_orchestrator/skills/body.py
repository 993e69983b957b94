"""The Markdown of a skill as what rules ask about: headings, fences, links, list items, each with its place."""

from __future__ import annotations

from bisect import bisect_left
from itertools import islice
from typing import NamedTuple

from ..quick_dataclasses import dataclass
from .markdown import plain_text


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading."""

    level: int
    text: str
    """As it reads, without marks of emphasis and links."""
    line: int
    slug: str
    """What links to it say after ``#`` (as GitHub makes it; of equal headings the second ends in ``-1``)."""
    column: int = 1
    """Where its marks stand, or its text if the marks are below it."""


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
    """As written, without title, angle brackets and the backslashes of escapes."""
    text: str
    line: int
    column: int
    """Where the target is written; where the link begins if the target is defined elsewhere (``[text][label]``)."""
    is_image: bool


# Tuples: a file has hundreds of them, and a frozen dataclass takes three times as long to make.
class ListItem(NamedTuple):
    """An item of a list."""

    written: str
    """Its first paragraph."""
    line: int
    depth: int
    """1 for an outermost list."""
    number: int | None
    """What it is numbered; None with a bullet."""
    column: int = 1
    """Where its bullet or number stands."""
    reads: str | None = None
    """What it reads like, if that is known already."""

    @property
    def text(self) -> str:
        """Its first paragraph, as it reads."""
        return plain_text(self.written) if self.reads is None else self.reads


class Paragraph(NamedTuple):
    """A paragraph or a table cell, wherever it is."""

    text: str
    """As written."""
    line: int
    is_in_list: bool
    reads: str | None = None
    """What it reads like, if that is known already."""

    @property
    def plain(self) -> str:
        """As it reads: without marks of emphasis, links and code."""
        return plain_text(self.text) if self.reads is None else self.reads


@dataclass(frozen=True, slots=True)
class Comment:
    """An HTML comment."""

    text: str
    """What stands between ``<!--`` and ``-->``, stripped."""
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Block:
    """A block of Markdown, of whatever kind: a paragraph, a list and each of its items, a fence."""

    kind: str
    """What the parser calls it: ``heading``, ``paragraph``, ``bullet_list``, ``list_item``, ``fence``, ``html_block``,
    ``table`` …"""
    lines: range
    """The numbers of its lines, counted from 1."""
    depth: int
    """0 if no other block holds it."""


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
        after = bisect_left(self.headings, heading.line, key=_line) + 1
        following = islice(self.headings, after, None)
        end = next((other.line for other in following if other.level <= heading.level), 10**9)
        return range(heading.line, end)


def _line(heading: Heading) -> int:
    return heading.line
