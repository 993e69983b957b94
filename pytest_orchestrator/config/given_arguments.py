"""The arguments of library functions, checked where they enter: all mistakes of a call at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..errors import ArgumentError


class Arguments:
    """Collects what is wrong with the arguments of one call."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        """One sentence for each mistake."""

    def path(self, name: str, value: object) -> str:
        """Return a path as text; an empty one, and a mistake, when it is none."""
        try:
            return os.fsdecode(value)  # type: ignore[arg-type]  # whatever the caller gave
        except TypeError:
            return self._refuse(name, value, "a path; give a str or an os.PathLike")

    def text(self, name: str, value: object) -> None:
        """Take a text, or None."""
        if value is not None and not isinstance(value, str):
            self._refuse(name, value, "a text")

    def whole_number(self, name: str, value: object) -> None:
        """Take a whole number, or None."""
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            self._refuse(name, value, "a whole number")

    def names(self, name: str, value: object) -> None:
        """Take a sequence of paths, a single one, or None."""
        if value is None or isinstance(value, str):
            return
        if not isinstance(value, list | tuple | set | frozenset):
            self._refuse(name, value, "a list of texts")
            return
        for entry in value:
            if not isinstance(entry, str | os.PathLike):
                self._refuse(name, entry, "a text")

    def mapping(self, name: str, value: object, remedy: str) -> None:
        """Take a mapping."""
        if not isinstance(value, Mapping):
            self._refuse(name, value, f"a mapping; {remedy}")

    def mappings(self, name: str, value: object, remedy: str) -> None:
        """Take a sequence of mappings."""
        if isinstance(value, Mapping | str | bytes) or not isinstance(value, list | tuple):
            self._refuse(name, value, f"a list; {remedy}")
            return
        for entry in value:
            self.mapping(name, entry, remedy)

    def words(self, name: str, value: object) -> None:
        """Take a sequence of texts, or None. A lone text is one mistake, and not one word for each of its letters."""
        if value is None:
            return
        if not isinstance(value, list | tuple):
            self._refuse(name, value, "a list of words")
            return
        for entry in value:
            if not isinstance(entry, str):
                self._refuse(name, entry, "a text")

    def check(self) -> None:
        """Raise ArgumentError with all that is wrong, if anything is."""
        if self.problems:
            raise ArgumentError("\n".join(self.problems))

    def _refuse(self, name: str, value: Any, wanted: str) -> str:
        shown = repr(value)
        self.problems.append(f"{name}: {shown if len(shown) < 200 else type(value).__name__} is not {wanted}")
        return ""
