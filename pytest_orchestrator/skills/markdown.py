"""The Markdown parser, taught to remember where in a block it found links, images and tags."""

from __future__ import annotations

import re
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

    InlineRule = Callable[[StateInline, bool], bool]

AT = "at"
"""In the ``meta`` of a token: the offset in the content of its block where it begins; of a link or an image with its
target in parentheses, and of one in angle brackets, where the target does."""
TARGET = "target"
"""In the ``meta`` of a link or an image: the target as written, without what escapes its characters. Not there when
it stands in a definition elsewhere."""

LONGEST_BLOCK = 20_000
"""Characters of a block that is searched for links and emphasis; a longer one is text. Some input takes the parser
time that grows with the square of a block's length, and no one writes such a paragraph."""


# What anything but text begins with, or ends a line. Half of all blocks have none of it.
_MARKS = re.compile(r"[\\`*_<&\[\n]")


@cache
def markdown_parser() -> MarkdownIt:
    """Return the parser: CommonMark with tables. Its tokens carry ``AT`` and ``TARGET``."""
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import autolink, html_inline, image, link

    parser = MarkdownIt("commonmark").enable("table")
    inline = parser.inline.ruler
    inline.at("link", _noting(link, "link_open", _note_link))
    inline.at("image", _noting(image, "image", _note_image))
    inline.at("autolink", _noting(autolink, "link_open", _note_autolink))
    inline.at("html_inline", _noting(html_inline, "html_inline", _note_tag))
    parser.core.ruler.at("inline", _read_blocks)
    return parser


def has_marks(text: str) -> bool:
    """Return whether a text may read otherwise than it is written."""
    return _MARKS.search(text) is not None


def may_hold_links(text: str) -> bool:
    """Return whether a text that refers to no definition may hold a link, an image, a tag or a comment."""
    return "](" in text or "<" in text


def block_tokens(text: str) -> tuple[Sequence[Token], bool]:
    r"""Return the tokens of the blocks of a text whose lines end as ``\n`` does, and whether it defines anything.

    What is within its paragraphs and headings is not looked at.
    """
    parser = markdown_parser()
    tokens: list[Token] = []
    known: dict[str, Any] = {}
    parser.block.parse(text, parser, known, tokens)
    return tokens, bool(known.get("references"))


def inline_tokens(text: str) -> Sequence[Token]:
    """Return what a paragraph or a heading is made of that refers to no definition elsewhere."""
    return markdown_parser().parseInline(text)[0].children or ()


def plain_text(text: str) -> str:
    """Return what such a text reads like: without its marks."""
    return as_it_reads(inline_tokens(text)) if has_marks(text) else text


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


def _noting(rule: InlineRule, kind: str, note: Callable[[StateInline, Token, int], None]) -> InlineRule:
    """Return ``rule``, which then tells ``note`` of the first token of ``kind`` that it made, and where it began."""

    def noting(state: StateInline, silent: bool) -> bool:
        start, before = state.pos, len(state.tokens)
        if not rule(state, silent):
            return False
        if not silent:
            note(state, next(token for token in islice(state.tokens, before, None) if token.type == kind), start)
        return True

    return noting


def _note_tag(_state: StateInline, token: Token, start: int) -> None:
    token.meta[AT] = start


def _note_autolink(state: StateInline, token: Token, start: int) -> None:
    token.meta[AT] = start + 1
    token.meta[TARGET] = state.src[start + 1 : state.pos - 1]


def _note_link(state: StateInline, token: Token, start: int) -> None:
    token.meta.update(_target(state, start, start, disable_nested=True))


def _note_image(state: StateInline, token: Token, start: int) -> None:
    token.meta.update(_target(state, start, start + 1, disable_nested=False))


def _target(state: StateInline, start: int, label: int, *, disable_nested: bool) -> dict[str, Any]:
    """Return what the meta of a link has to hold that begins at ``start``, with its label's bracket at ``label``."""
    helpers = state.md.helpers
    at = helpers.parseLinkLabel(state, label, disable_nested) + 1
    if at >= state.pos or state.src[at] != "(":
        return {AT: start}
    at += 1
    while state.src[at] in " \t\n":
        at += 1
    found = helpers.parseLinkDestination(state.src, at, state.pos)
    return {AT: at + (state.src[at] == "<"), TARGET: found.str if found.ok else ""}


def _read_blocks(state: StateCore) -> None:
    from markdown_it.token import Token

    for token in state.tokens:
        if token.type != "inline":
            continue
        token.children = []
        if len(token.content) > LONGEST_BLOCK or not has_marks(token.content):
            token.children.append(Token("text", "", 0, content=token.content))
        else:
            state.md.inline.parse(token.content, state.md, state.env, token.children)
