"""The paths and globs of one section of a configuration file, each with its place and what is said about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .content import PathEntry
from .path_table import path_pattern
from .phrases import clipped, shown
from .tree import Node, Table, is_absent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .values import Report


class PathEntries:
    """The paths and globs of one section, each once."""

    def __init__(self, report: Report, section: str) -> None:
        self._report = report
        self._section = section
        self._found: dict[tuple[str, bool], PathEntry] = {}

    def add(self, written: str, at: int, values: dict[str, Any]) -> None:
        """Take in one entry, or report what is wrong with its path."""
        try:
            pattern = path_pattern(written)
        except ValueError as error:
            self._report(at, f"{self._section}: {clipped(written)} {error}")
            return
        key = pattern.glob or pattern.path, pattern.glob is None
        if key in self._found:
            self._report(
                at, f"{self._section}: {clipped(written)} stands for the same as an earlier entry; remove one of them"
            )
        else:
            self._found[key] = PathEntry(self._section, pattern, at, values)

    def found(self) -> tuple[PathEntry, ...]:
        """Return the valid entries in the order of the file."""
        return tuple(self._found.values())


def mapping_entries(report: Report, node: Node, where: str, form: str) -> Iterator[tuple[str, int, Node]]:
    """Yield name, offset and value of each entry of a mapping, which is to be written in this ``form``."""
    if isinstance(node, Table):
        for name, entry in node.entries.items():
            yield name, entry.at, entry.value
    elif not is_absent(node):
        report(node.at, f"{where}: {shown(node)} is not a mapping; write {form}")
