"""From the Markdown of a skill to its structure."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from .body_builder import BodyBuilder
from .body_tokens import TokenReader, blocks_of
from .markdown import markdown_parser
from .plain_blocks import PlainBlocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

    from .body import Block, Body


def read_body(lines: Sequence[str], first: int) -> Body:
    """Return the structure of a file's ``lines`` from the line with the number ``first`` (counted from 1) on."""
    builder = BodyBuilder(lines)
    if not PlainBlocks(builder, first).read():
        builder = BodyBuilder(lines)
        TokenReader(builder).read(_tokens(lines, first), first)
    return builder.body()


def read_blocks(lines: Sequence[str], first: int) -> tuple[Block, ...]:
    """Return the blocks of those lines in the order of the file, one that holds others before them.

    All of it is parsed for that, which takes ten times as long as :func:`read_body`.
    """
    return tuple(blocks_of(_tokens(lines, first), first))


def _tokens(lines: Sequence[str], first: int) -> Sequence[Token]:
    return markdown_parser().parse("\n".join(islice(lines, first - 1, None)))
