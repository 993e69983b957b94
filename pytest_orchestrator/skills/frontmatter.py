"""The front matter of a skill: YAML between two lines of ``---``, with the place of every key."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, Any

from ..config.tree import Listing, Node, Scalar, ScalarKind, Table, is_absent, is_nothing
from ..config.yaml_source import Source, parse, refuse_unprintable
from ..errors import ConfigurationError, Mistake
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

_FENCE = re.compile(r"---[ \t]*(?:\r\n|\r|\n|\Z)")
# YAML 1.1, which PyYAML speaks, ends lines at characters that are text like any other to YAML 1.2 and to editors.
_NO_LINE_ENDS = str.maketrans("\x85\u2028\u2029", "\xa0\xa0\xa0")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


@dataclass(frozen=True, slots=True)
class Field:
    """One key of the front matter."""

    name: str
    line: int
    column: int
    """Where the key stands."""
    value_line: int
    value_column: int
    """Where its value begins."""
    node: Node
    """The value as it was written."""

    @property
    def value(self) -> Any:
        """The value as plain data: str, int, float, bool, None, list or dict. Unquoted dates are text."""
        return plain(self.node)

    @property
    def value_place(self) -> tuple[int, int]:
        """Line and column of the value; of the key where there is no value."""
        if isinstance(self.node, Scalar) and is_nothing(self.node):
            return self.line, self.column
        return self.value_line, self.value_column

    @property
    def text(self) -> str | None:
        """The value, if it is text (quoted or not); None for a number, a boolean, a list, nothing at all."""
        return self.node.text if isinstance(self.node, Scalar) and self.node.kind is ScalarKind.TEXT else None


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stands between the fences."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    """The keys in the order of the file; of a key that is there twice the first."""
    mistakes: tuple[Mistake, ...] = ()
    """What is wrong with it as YAML, in the order of the file."""
    is_there: bool = True
    """Whether the file begins with ``---``."""
    is_closed: bool = True
    is_mapping: bool = True
    """Whether it is a mapping, if it could be read; an empty one is."""
    is_readable: bool = True
    """Whether it is YAML, as far as to have fields at all."""
    end_line: int = 0
    """The line of the closing fence; 0 when there is no front matter."""
    source: Source = field(default_factory=lambda: Source("", ""))
    """For the places of what is inside of values."""

    @property
    def has_fields(self) -> bool:
        """Whether there is a mapping whose fields can be judged, be it an empty one."""
        return self.is_there and self.is_closed and self.is_mapping and self.is_readable

    def get(self, name: str) -> Field | None:
        """Return the field of a name."""
        return self.fields.get(name)

    def place(self, node: Node) -> tuple[int, int]:
        """Return line and column, counted from 1, of a value or a part of one."""
        return self.source.position(node.at)


def taken_for(node: Scalar) -> str:
    """Return what YAML takes a scalar for, in words: ``nothing``, ``a boolean``."""
    return "nothing" if node.kind is ScalarKind.NULL else f"a {node.kind.value}"


def plain(node: Node) -> Any:
    """Return a value as plain data. What YAML calls a date or a timestamp is text, and so is what is broken."""
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    if isinstance(node, Table):
        return {name: plain(entry.value) for name, entry in node.entries.items()}
    if node.kind is ScalarKind.NULL:
        return None
    if node.kind is ScalarKind.BOOL:
        return node.truth
    if node.kind is ScalarKind.INT:
        return _number(node.text)
    if node.kind is ScalarKind.FLOAT:
        return _fraction(node.text)
    return node.text


def _number(text: str) -> int | str:
    digits = text.replace("_", "")
    try:
        return int(digits, 8) if re.fullmatch(r"[-+]?0[0-7]+", digits) else int(digits, 0)
    except ValueError:  # 12:30, which YAML 1.1 counts in sixties
        return text


def _fraction(text: str) -> float | str:
    try:
        return float(text.lower().replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return text


def read_front_matter(text: str, shown_as: str) -> tuple[FrontMatter, int]:
    """Return the front matter of a skill's ``text``, and the offset in it where the body begins.

    A line that is ``---`` and nothing else closes it; a ``---`` within a value does not. Without one it ends nowhere,
    and there is no body. Nothing is raised: what is wrong is in the result.
    """
    opening = _FENCE.match(text)
    if opening is None:
        return FrontMatter(is_there=False, is_closed=False), 0
    line, at = 1, opening.end()
    while at < len(text):
        line += 1
        if closing := _FENCE.match(text, at):
            # As many lines as in the file, so that every place is right without any sum.
            source = Source("\n" + text[opening.end() : at].translate(_NO_LINE_ENDS), shown_as)
            return _read(source, line), closing.end()
        end = _LINE.match(text, at)
        assert end is not None
        at = end.end()
    return FrontMatter(is_closed=False, is_readable=False), len(text)


def _read(source: Source, end_line: int) -> FrontMatter:
    mistakes: tuple[Mistake, ...] = ()
    try:
        refuse_unprintable(source)
    except ConfigurationError as error:
        return FrontMatter(mistakes=error.mistakes, is_readable=False, end_line=end_line, source=source)
    try:
        root = parse(source)
        source.raise_mistakes()
    except ConfigurationError as error:
        mistakes = error.mistakes
        try:
            # What is hopeless raises again; duplicate keys and the like leave a tree.
            root = parse(Source(source.text, source.shown_as))
        except ConfigurationError:
            return FrontMatter(mistakes=mistakes, is_readable=False, end_line=end_line, source=source)
    if isinstance(root, Table):
        return FrontMatter(_fields(source, root), mistakes, end_line=end_line, source=source)
    return FrontMatter(mistakes=mistakes, is_mapping=is_absent(root), end_line=end_line, source=source)


def _fields(source: Source, table: Table) -> dict[str, Field]:
    return {
        name: Field(name, *source.position(entry.at), *source.position(entry.value.at), entry.value)
        for name, entry in table.entries.items()
    }
