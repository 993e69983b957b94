"""A YAML file as text, and as a tree in which every key and value knows its line and column.

Built from the parser's events, without recursion: a deeply nested file, an alias bomb or an alias to itself
is one mistake with a position like any other.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import yaml

from ..errors import ConfigurationError, Mistake, why_unreadable
from .regular_file import NotRegularError, read_regular
from .tree import NOTHING, Node
from .yaml_tree import TreeBuilder

if TYPE_CHECKING:
    from pathlib import Path

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where PyYAML was built with it."""

_LARGEST_FILE = 16 * 1024 * 1024
_LINE_END = re.compile(r"\r\n|\r|\n")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


class Source:
    """The text of a file, and the mistakes found in it."""

    def __init__(self, text: str, shown_as: str) -> None:
        self.text = text
        self.shown_as = shown_as
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
        self._mistakes: dict[Mistake, None] = {}

    def position(self, at: int) -> tuple[int, int]:
        """Return line and column, counted from 1, of the character at offset ``at``.

        An offset at or behind the end gives the place behind the last character of the last line that has any.
        """
        if at >= len(self.text):
            at = len(self.text.rstrip())
        line = bisect_right(self._starts, at)
        return line, at - self._starts[line - 1] + 1

    def report(self, at: int, message: str) -> None:
        """Note a mistake at offset ``at``. The same mistake at the same place counts once, however often aliased."""
        self._mistakes[Mistake(self.shown_as, *self.position(at), message)] = None

    def raise_mistakes(self) -> None:
        """Raise :class:`~pytest_orchestrator.errors.ConfigurationError` when any mistake was reported."""
        if self._mistakes:
            raise ConfigurationError(list(self._mistakes))


def read_source(path: Path, shown_as: str) -> Source:
    """Return the text of the file at ``path``, which mistakes call ``shown_as``.

    Raises :class:`~pytest_orchestrator.errors.ConfigurationError` when it cannot be read, is no regular file,
    is larger than 16 MiB, or is no UTF-8 text without control characters.
    """
    try:
        data = read_regular(path, _LARGEST_FILE + 1)
    except NotRegularError:
        message = "not a regular file; write the configuration there"
        raise ConfigurationError([Mistake(shown_as, 1, 1, message)]) from None
    except OSError as error:
        reason = f"cannot be read: {error.strerror or error}; correct the path or its permissions"
        raise ConfigurationError([Mistake(shown_as, 1, 1, reason)]) from None
    except ValueError as error:
        reason = f"cannot be read: {why_unreadable(error)}; correct the path"
        raise ConfigurationError([Mistake(shown_as, 1, 1, reason)]) from None
    if len(data) > _LARGEST_FILE:
        raise ConfigurationError([Mistake(shown_as, 1, 1, "larger than 16 MiB; split the directory or use globs")])
    return decode_source(data, shown_as)


def decode_source(data: bytes, shown_as: str) -> Source:
    """Return ``data`` as text. Raises as :func:`read_source` does."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        source = Source(data.decode("utf-8"), shown_as)
    except UnicodeDecodeError as error:
        source = Source(data[: error.start].decode("utf-8"), shown_as)
        utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        encoding = "the file is UTF-16" if utf16 else f"byte {data[error.start]:#04x} is no UTF-8"
        line, column = source.position(error.start)
        message = f"{encoding}; save the file as UTF-8"
        raise ConfigurationError([Mistake(shown_as, line, column, message)]) from None
    refuse_unprintable(source)
    return source


def refuse_unprintable(source: Source) -> None:
    """Raise :class:`~pytest_orchestrator.errors.ConfigurationError` for a character that no YAML may hold."""
    if match := _UNPRINTABLE.search(source.text):
        remedy = "remove it, or write its escape in double quotes"
        source.report(match.start(), f"character {match.group()!r} is not allowed in YAML; {remedy}")
        source.raise_mistakes()


def parse(source: Source) -> Node:
    """Return the tree of ``source``; an empty file gives an empty place.

    Mistakes behind which the rest can still be judged (duplicate keys, unknown aliases) are only reported to
    ``source``. Raises :class:`~pytest_orchestrator.errors.ConfigurationError` when nothing can be read behind
    one: a mistake of syntax, a second document, too much nesting or aliasing.
    """
    builder = TreeBuilder(source)
    loader = LOADER(source.text)
    try:
        while not builder.is_hopeless and loader.check_event():
            builder.take(loader.get_event())
    except yaml.MarkedYAMLError as error:
        _report_syntax(source, error)
        builder.is_hopeless = True
    finally:
        loader.dispose()
    if builder.is_hopeless:
        source.raise_mistakes()
    return builder.root or NOTHING


def _report_syntax(source: Source, error: yaml.MarkedYAMLError) -> None:
    problem = error.problem or "unreadable"
    at = error.problem_mark.index if error.problem_mark else 0
    begin = error.context_mark.index if error.context_mark else at
    token = source.text[begin : begin + 1]
    if source.text[at : at + 1] == "\t":
        message = "a tab cannot indent YAML; use spaces"
    elif "alphabetic" in problem and token in ("*", "&"):
        at, message = begin, f"text that begins with {token!r} must be quoted, as in '*.sh' with its quotes"
    elif "cannot start any token" in problem:
        message = f"text that begins with {source.text[at : at + 1]!r} must be quoted"
    elif "mapping values are not allowed" in problem:
        message = "a ':' is not allowed here; quote the text that holds it, or correct the indentation of this line"
    elif "quoted scalar" in (error.context or "") and at >= len(source.text.rstrip()):
        at, message = begin, f"the quote {token} is never closed; close it"
    else:
        context = f" {error.context}" if error.context else ""
        message = f"not valid YAML: {problem}{context}; check indentation, brackets and quotes"
    source.report(at, message)
