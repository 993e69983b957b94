"""Which directories and files were asked for."""

from __future__ import annotations

import os
from dataclasses import field
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(slots=True)
class Scope:
    """The directories that are searched for scripts, and the files named one by one. All paths are absolute."""

    roots: tuple[str, ...]
    named: dict[str, set[str] | None] = field(default_factory=dict)
    """Files, with the ends of the ids asked for (``run[nightly]``); None for all of a file."""
    by_id: frozenset[str] = frozenset()
    """The files that pytest was given with ``::``: they need a node of their own for pytest to find them."""
    _leading: frozenset[str] = field(init=False, default=frozenset())

    def __post_init__(self) -> None:
        self._leading = frozenset(_parents(self.roots) | _parents(self.named))

    def leads_on(self, directory: str) -> bool:
        """Return whether something that was asked for lies below ``directory``."""
        return directory in self._leading

    def wants_directory(self, directory: str) -> bool:
        """Return whether ``directory`` was asked for, or something below it."""
        return directory in self.roots or directory in self._leading

    def wanted_parts(self, path: str) -> set[str] | None:
        """Return the ends of the ids asked for in ``path``; None when all of it was."""
        return self.named.get(path)


def _parents(paths: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        parent = os.path.dirname(path)
        while parent not in found:
            found.add(parent)
            parent = os.path.dirname(parent)
    return found
