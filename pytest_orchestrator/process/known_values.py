"""The values that are known to be secret, in groups: one that is learned later costs little, however many there are.

A pattern for all of them would have to be compiled anew for each. Here only the small groups are, and few groups are
there: each is more than twice as large as the next. The standard library only: the supervisor uses it, too.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet


class Values:
    """One group of values, and what finds them; that is made when it is first used."""

    def __init__(self, values: AbstractSet[str]) -> None:
        """``values`` are texts as :func:`os.fsdecode` makes them; at least one."""
        self.values = frozenset(values)

    @cached_property
    def in_text(self) -> re.Pattern[str]:
        """Finds them in text, also in text that was made from output."""
        return re.compile("|".join(map(re.escape, _longest_first(self._shown))))

    @cached_property
    def in_bytes(self) -> re.Pattern[bytes]:
        """Finds them in output."""
        return re.compile(b"|".join(map(re.escape, map(_bytes, _longest_first(self._shown)))))

    @cached_property
    def longest(self) -> int:
        """Bytes of the longest of them."""
        return max(len(_bytes(value)) for value in self._shown)

    @property
    def _shown(self) -> set[str]:
        return {*self.values, *map(_escaped, self.values)}


def with_more(groups: tuple[Values, ...], added: AbstractSet[str]) -> tuple[Values, ...]:
    """Return ``groups``, the largest first, with the values in ``added`` as well; none of them is there already."""
    if not added:
        return groups
    kept, last = list(groups), Values(added)
    while kept and len(kept[-1].values) <= 2 * len(last.values):
        last = Values(kept.pop().values | last.values)
    return (*kept, last)


def _longest_first(values: Iterable[str]) -> list[str]:
    # Or a secret that starts with another would keep its end.
    return sorted(values, key=lambda value: (-len(value), value))


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def _escaped(value: str) -> str:
    r"""Return how a value that is not UTF-8 looks in text made from output, with ``\xNN``."""
    return _bytes(value).decode("utf-8", "backslashreplace")
