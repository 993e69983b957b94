r"""Paths and globs in a configuration file, relative to the directory of that file.

Globs are those of :func:`~pytest_orchestrator.core.globs.compile_path_globs`: as in ``.gitignore``, one without
``/`` matches the file name at any depth, one with ``/`` starts at the directory of the file, and ``logs/`` stands
for everything below. Without ``*``, ``?`` or ``[`` it is the exact path of one file. ``\xNN`` is how odd characters
of file names are shown, and is read back literally.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

from ..core.globs import compile_path_globs
from ..core.names import unescape_name
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

_WILDCARDS = "*?["
_ESCAPES = re.compile(r"(?:\\x[0-9a-fA-F]{2})+")


@dataclass(frozen=True, slots=True)
class PathPattern:
    """A path or glob as a user wrote it."""

    text: str
    """In its shortest form: no doubled slashes, and ``./`` only where it has a meaning."""
    path: str
    """The relative path that it names when taken literally."""
    glob: str | None
    """Matches the whole relative path; None of an exact path."""

    @property
    def start(self) -> str:
        """The directory that everything a glob matches lies in; empty if that is the directory of the file."""
        *directories, _name = self.path.split("/")
        return "/".join(takewhile(lambda segment: not any(wild in segment for wild in _WILDCARDS), directories))


def path_pattern(written: str) -> PathPattern:
    """Return what ``written`` stands for.

    Raises ``ValueError`` (what is wrong and what to do, without the text itself) for an absolute path, ``..``, an
    empty text, a NUL character or a backslash that escapes nothing.
    """
    if not written:
        raise ValueError("is empty; write a path or a glob")
    if "\0" in written:
        raise ValueError("holds a NUL character, which no path can; remove it")
    if written.startswith("/"):
        raise ValueError("is absolute; write it relative to the directory of this file")
    if "\\" in _ESCAPES.sub("", written):
        raise ValueError("holds a backslash; separate directories with '/', and write odd characters as \\xNN")
    segments = [segment for segment in written.split("/") if segment not in ("", ".")]
    if ".." in segments:
        raise ValueError("leaves the directory of this file by '..'; write a path below it")
    if not segments:
        raise ValueError("names the directory itself; write '**' for everything below")
    text = "/".join(segments)
    path = unescape_name(text)
    if written.endswith("/"):
        return PathPattern(f"{text}/", f"{path}/", _glob(f"{text}/**"))
    if not any(character in text for character in _WILDCARDS):
        return PathPattern(text, path, None)
    if "/" in written and len(segments) == 1:
        text = f"./{text}"
    return PathPattern(text, path, _glob(text))


def _glob(text: str) -> str:
    def literal(match: re.Match[str]) -> str:
        return "".join(f"[{char}]" if char in _WILDCARDS else char for char in unescape_name(match.group()))

    return _ESCAPES.sub(literal, text)


class PathTable:
    """Finds which of many paths and globs apply to a script."""

    def __init__(self, patterns: Sequence[PathPattern]) -> None:
        # A name that is written exactly like a glob is meant too: 'a[1].sh' is the file of that name. One that is
        # exact beyond doubt comes last and wins.
        by_doubt = sorted(enumerate(patterns), key=lambda entry: entry[1].glob is None)
        self._exact = {pattern.path: index for index, pattern in by_doubt}
        globs = [(index, pattern.glob) for index, pattern in enumerate(patterns) if pattern.glob is not None]
        self._globs = [(index, compile_path_globs([glob])) for index, glob in globs]
        self._any_glob = compile_path_globs([glob for _, glob in globs])

    def find(self, relative: str) -> tuple[int, ...]:
        """Return the indices of the patterns that match ``relative``, the strongest last.

        An exact path beats a glob, a later glob an earlier one.
        """
        exact = self._exact.get(relative)
        if self._any_glob is None or self._any_glob.match(relative) is None:
            return () if exact is None else (exact,)
        found = tuple(index for index, glob in self._globs if glob and glob.match(relative) and index != exact)
        return found if exact is None else (*found, exact)
