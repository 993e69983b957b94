"""Where the secrets are: values that are known, and shapes, merged wherever they overlap or touch."""

from __future__ import annotations

from dataclasses import field
from heapq import merge
from typing import TYPE_CHECKING, Generic

from ..quick_dataclasses import dataclass
from .shapes import LONGEST, Shape, Text

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

Span = tuple[int, int]


@dataclass(slots=True)
class Net(Generic[Text]):
    """What secrets are found with, in text or in bytes."""

    known: Sequence[re.Pattern[Text]]
    """Known values, in each pattern the longest first."""
    shapes: Sequence[Shape[Text]]
    token: Shape[Text]
    reach: int = LONGEST
    """At least the length of the longest secret."""

    hints: Sequence[Text] = field(init=False)

    def __post_init__(self) -> None:
        self.hints = [hint for shape in self.shapes for hint in shape.hints]

    def is_clean(self, text: Text) -> bool:
        """Return whether there is certainly no secret in ``text``. Quick: nearly every text is clean."""
        for hint in self.hints:
            if hint in text:
                return False
        for known in self.known:  # noqa: SIM110 - a generator takes as long as all the rest
            if known.search(text) is not None:
                return False
        return True

    def spans(self, text: Text) -> list[Span]:
        """Return where the secrets in ``text`` start and end, in order."""
        if self.is_clean(text):
            return []
        search: Search[Text] = Search(self)
        return [*search.block(text, 0, len(text)), *search.rest()]


@dataclass(slots=True)
class Search(Generic[Text]):
    """A search through a text that comes in blocks, from its start to its end.

    What it finds does not depend on where the blocks end. Positions are those of the whole text.
    """

    net: Net[Text]
    _behind: list[int] = field(init=False)
    """For each shape the end of its last match."""
    _later: list[Span] = field(default_factory=list)
    """Found already, and not in this block."""
    _open: Span | None = None
    """The last secret, as far as it is known: the next may continue it."""

    def __post_init__(self) -> None:
        self._behind = [0] * len(self.net.shapes)

    def block(self, text: Text, start: int, stop: int, base: int = 0) -> Iterator[Span]:
        """Yield the secrets that end for certain in or before the block from ``start`` to ``stop``.

        ``text`` is what lies around it: at least one character before, ``reach`` behind, as far as there are any.
        ``base`` is the position of its first character.
        """
        sources = [iter(self._later)]
        sources += [self._known(known, text, start, stop, base) for known in self.net.known]
        sources += [
            self._shaped(number, text, start, stop, base)
            for number, shape in enumerate(self.net.shapes)
            if shape.is_likely_in(text)
        ]
        self._later = []
        for span in merge(*sources):
            if span[0] >= stop:
                self._later.append(span)  # something in the next block may come before it
                continue
            while self._open is not None and self._open[1] < span[0] and self._continues(text, start, stop, base):
                pass
            if self._open is None:
                self._open = span
            elif span[0] <= self._open[1]:
                self._open = self._open[0], max(self._open[1], span[1])
            else:
                yield self._open
                self._open = span
        while self._continues(text, start, stop, base):
            pass

    def rest(self) -> Iterator[Span]:
        """Yield the last secret, if there is any, when all blocks have been looked through."""
        if self._open is not None:
            yield self._open
        self._open = None

    def _continues(self, text: Text, start: int, stop: int, base: int) -> bool:
        """Take in a token that starts where the last secret ends. It need not look like the start of a word there."""
        if self._open is None or not start <= self._open[1] < stop:
            return False
        token = self.net.token.pattern.match(text, self._open[1] - base)
        if token is not None:
            self._open = self._open[0], token.end() + base
        return token is not None

    def _known(self, known: re.Pattern[Text], text: Text, start: int, stop: int, base: int) -> Iterator[Span]:
        position = start - base
        while (match := known.search(text, position)) and match.start() + base < stop:
            yield match.start() + base, match.end() + base
            position = match.start() + 1  # one value may start within another

    def _shaped(self, number: int, text: Text, start: int, stop: int, base: int) -> Iterator[Span]:
        shape = self.net.shapes[number]
        group = shape.group
        for match in shape.pattern.finditer(text, max(start, self._behind[number]) - base):
            if match.start() + base >= stop:
                break
            self._behind[number] = match.end() + base
            yield match.start(group) + base, match.end(group) + base
