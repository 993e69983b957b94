"""What a user wrote, before anyone asked whether it makes sense: scalars, lists and tables with their positions.

A YAML file becomes such a tree, and so do plain Python values (marker keywords, a dictionary given to a
library function), so that one validator judges them all.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum

from ..quick_dataclasses import dataclass


class ScalarKind(Enum):
    """What a scalar was written as."""

    TEXT = "text"
    INT = "whole number"
    FLOAT = "number"
    BOOL = "boolean"
    NULL = "null"
    OTHER = "object"
    """A Python object that no configuration can hold."""
    BROKEN = "broken"
    """Something that was reported already; to be passed over."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value."""

    kind: ScalarKind
    text: str
    """As written, without quotes."""
    at: int
    """Offset in the text of the file; 0 where there is no file."""
    quoted: bool = False
    """Whether it is text beyond doubt, whatever it looks like."""

    @property
    def truth(self) -> bool:
        """What a BOOL says."""
        return self.text.lower() in ("true", "yes", "on")


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of values."""

    items: tuple[Node, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A value under a key."""

    at: int
    """Offset of the key."""
    value: Node


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping of texts to values, in the order of the file."""

    entries: dict[str, Entry]
    at: int


Node = Scalar | Listing | Table

NOTHING = Scalar(ScalarKind.NULL, "", 0)
"""An empty place."""


def is_nothing(node: Node) -> bool:
    """Return whether ``node`` is a place left empty, as after ``key:``; a written ``null`` is not."""
    return isinstance(node, Scalar) and node.kind is ScalarKind.NULL and not node.text


def is_absent(node: Node) -> bool:
    """Return whether there is nothing to judge: the place was left empty, or what is there was reported already."""
    return is_nothing(node) or (isinstance(node, Scalar) and node.kind is ScalarKind.BROKEN)


def from_python(value: object, depth: int = 12) -> Node:
    """Return plain Python data as a tree.

    Keys become texts. What no configuration can hold (an object, or anything nested deeper than ``depth``)
    becomes a scalar of kind OTHER, for the validator to refuse.
    """
    if isinstance(value, bool):
        return Scalar(ScalarKind.BOOL, "true" if value else "false", 0)
    if isinstance(value, str):
        return Scalar(ScalarKind.TEXT, value, 0, quoted=True)
    if value is None:
        return Scalar(ScalarKind.NULL, "null", 0)
    if isinstance(value, int):
        return Scalar(ScalarKind.INT, str(value) if abs(value) < 10**100 else "1e100", 0)
    if isinstance(value, float):
        return Scalar(ScalarKind.FLOAT, repr(value), 0)
    if isinstance(value, os.PathLike):
        return Scalar(ScalarKind.TEXT, os.fsdecode(value), 0, quoted=True)
    if depth > 0 and isinstance(value, Mapping):
        return Table({str(key): Entry(0, from_python(item, depth - 1)) for key, item in value.items()}, 0)
    if depth > 0 and isinstance(value, Sequence | AbstractSet) and not isinstance(value, bytes | bytearray):
        items = sorted(value, key=repr) if isinstance(value, AbstractSet) else value
        return Listing(tuple(from_python(item, depth - 1) for item in items), 0)
    return Scalar(ScalarKind.OTHER, repr(value), 0)
