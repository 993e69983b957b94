"""What programs say about texts. Each text is asked about once in the life of this process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ..process.command import Capture

Answer = TypeVar("Answer")

_MOST_KEPT = 20_000
"""Answers that are kept: more than one run of pytest needs, little enough for a process that lives for days."""


class Answers(Generic[Answer]):
    """The answers of one program."""

    def __init__(self, ask: Callable[[Sequence[str]], Iterator[tuple[str, Answer]]]) -> None:
        """Prepare to get answers from ``ask``, which yields texts with what was said; those without answer never."""
        self._ask = ask
        self._known: dict[str, Answer] = {}

    def about(self, texts: Iterable[str]) -> dict[str, Answer]:
        """Return the answers to ``texts``, in their order. Those that got none are missing, and are asked again."""
        wanted = list(dict.fromkeys(texts))
        new = [text for text in wanted if text not in self._known]
        if len(self._known) + len(new) > _MOST_KEPT:
            self._known.clear()
            new = wanted
        if new:
            self._known.update(self._ask(new))
        return {text: self._known[text] for text in wanted if text in self._known}


def whole_output(capture: Capture) -> bytes | None:
    """Return all that a program wrote, and remove the file of it; None of long output that could not be kept."""
    if not capture.was_cut:
        return capture.head + capture.tail
    if capture.path is None:
        return None
    try:
        with open(capture.path, "rb") as file:
            return file.read()
    finally:
        os.unlink(capture.path)
