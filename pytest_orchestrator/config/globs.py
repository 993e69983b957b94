r"""Paths and globs in a configuration file, relative to the directory of that file.

``*`` and ``?`` match within a name, ``[ab]`` one of some characters, ``**`` any number of directories. As in
``.gitignore``, a glob without ``/`` matches the file name at any depth, one with ``/`` starts at the directory of
the file, and ``logs/`` stands for everything below. Without ``*``, ``?`` or ``[`` it is the exact path of one file.
``\xNN`` is how odd characters of file names are shown, and is read back literally.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.names import unescape_name

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOKEN = re.compile(r"(?P<escape>(?:\\x[0-9a-fA-F]{2})+)|(?P<plain>.)", re.DOTALL)

_Token = tuple[str, bool]
"""A character, and whether it is meant literally."""


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A path or glob as a user wrote it."""

    text: str
    """In its shortest form: no doubled slashes, and ``./`` only where it has a meaning."""
    path: str
    """The relative path that it names when taken literally."""
    regex: str | None
    """Matches the whole relative path; None of an exact path."""


def path_pattern(written: str) -> PathPattern:
    """Return what ``written`` stands for.

    Raises ``ValueError`` (what is wrong and what to do, without the text itself) for an absolute path, ``..``, an
    empty text, a backslash or a ``[`` that is never closed.
    """
    if not written:
        raise ValueError("is empty; write a path or a glob")
    if "\0" in written:
        raise ValueError("holds a NUL character, which no path can; remove it")
    if written.startswith("/"):
        raise ValueError("is absolute; write it relative to the directory of this file")
    if re.search(r"\\(?!x[0-9a-fA-F]{2})", written):
        raise ValueError("holds a backslash; separate directories with '/', and write odd characters as \\xNN")
    segments = [segment for segment in written.split("/") if segment not in ("", ".")]
    if ".." in segments:
        raise ValueError(
            "leaves the directory of this file by '..'; put a configuration file there, or write a path below"
        )
    if not segments:
        raise ValueError("names the directory itself; write '**' for everything below")
    text = "/".join(segments)
    anchored = "/" in written
    if written.endswith("/"):
        segments.append("**")
        text += "/"
    elif not any(character in text for character in "*?["):
        return PathPattern(text, unescape_name(text), None)
    elif not anchored:
        segments.insert(0, "**")
    elif len(segments) == 1:
        text = f"./{text}"
    return PathPattern(text, unescape_name(text.removeprefix("./")), _path_regex(segments))


def _path_regex(segments: Sequence[str]) -> str:
    runs: list[list[str]] = [[]]
    for segment in segments:
        if segment == "**":
            runs.append([])
        else:
            runs[-1].append(_segment_regex(segment))
    # Runs between two ** may match at the first place that fits, for good: atomic groups keep this linear.
    regex = "".join(f"{segment}/" for segment in runs[0]) if len(runs) > 1 else "/".join(runs[0])
    for run in filter(None, runs[1:-1]):
        regex += f"(?>(?:[^/]+/)*?{'/'.join(run)}/)"
    if len(runs) > 1:
        regex += f"(?:[^/]+/)*{'/'.join(runs[-1])}" if runs[-1] else ".+"
    return regex + r"\Z"


def _segment_regex(segment: str) -> str:
    tokens = [
        (character, escape is not None)
        for escape, plain in ((match["escape"], match["plain"]) for match in _TOKEN.finditer(segment))
        for character in (plain if escape is None else unescape_name(escape))
    ]
    chunks = [""]
    index = 0
    while index < len(tokens):
        character, is_literal = tokens[index]
        index += 1
        if is_literal or character not in "*?[":
            chunks[-1] += re.escape(character)
        elif character == "*":
            chunks.append("")
        elif character == "?":
            chunks[-1] += "[^/]"
        else:
            regex, index = _class_regex(tokens, index)
            chunks[-1] += regex
    if len(chunks) == 1:
        return chunks[0]
    middle = "".join(f"(?>[^/]*?{chunk})" for chunk in chunks[1:-1] if chunk)
    return f"{chunks[0]}{middle}[^/]*{chunks[-1]}"


def _class_regex(tokens: Sequence[_Token], index: int) -> tuple[str, int]:
    negated = index < len(tokens) and tokens[index] in (("!", False), ("^", False))
    start = index = index + negated
    while index < len(tokens) and (index == start or tokens[index] != ("]", False)):
        index += 1
    if index >= len(tokens):
        raise ValueError("has a '[' that is never closed; close it, or write \\x5b for a literal one")
    members = tokens[start:index]
    parts = ""
    place = 0
    while place < len(members):
        low = high = members[place][0]
        if place + 2 < len(members) and members[place + 1] == ("-", False):
            high = members[place + 2][0]
            place += 2
        place += 1
        if low > high:
            raise ValueError(f"has the range {low}-{high}, which is the wrong way round; write {high}-{low}")
        parts += f"{re.escape(low)}-{re.escape(high)}" if low != high else re.escape(low)
    return f"(?!/)[{'^' if negated else ''}{parts}]", index + 1


class PathTable:
    """Finds which of many paths and globs apply to a script."""

    def __init__(self, patterns: Sequence[PathPattern]) -> None:
        self.patterns = tuple(patterns)
        # A name that is written exactly like a glob is meant too: 'a[1].sh' is the file of that name.
        self._exact = {pattern.path: index for index, pattern in enumerate(patterns)}
        globs = [(index, pattern.regex) for index, pattern in enumerate(patterns) if pattern.regex is not None]
        self._globs = [(index, re.compile(regex, re.DOTALL).match) for index, regex in globs]
        self._any_glob = re.compile("|".join(regex for _, regex in globs), re.DOTALL).match if globs else None

    def find(self, relative: str) -> tuple[int, ...]:
        """Return the indices of the patterns that match ``relative``, the strongest last.

        An exact path beats a glob, a later glob an earlier one.
        """
        exact = self._exact.get(relative)
        if self._any_glob is None or self._any_glob(relative) is None:
            return () if exact is None else (exact,)
        found = tuple(index for index, match in self._globs if index != exact and match(relative))
        return found if exact is None else (*found, exact)
