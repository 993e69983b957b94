"""Dividing a collection among machines: each item belongs to one shard, and every machine comes to the same answer."""

from __future__ import annotations

import hashlib
import heapq
import re
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of a run."""

    index: int
    """From 1."""
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Return the shard that ``text`` names, as in ``2/5``. Raise ValueError when it names none."""
        match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise ValueError(f"{text!r} is no shard: expected I/N, as in 2/5, with I from 1 to N")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


def shards_by_hash(names: Sequence[str], count: int) -> list[int]:
    """Return the index of the shard, from 1, of each name: the same wherever and among whatever else it stands."""
    return [
        int.from_bytes(hashlib.sha256(name.encode(errors="backslashreplace")).digest()[:8]) % count + 1
        for name in names
    ]


def shards_by_duration(names: Sequence[str], seconds: Mapping[str, float], count: int) -> list[int]:
    """Return the index of the shard, from 1, of each name, so that all shards take about as long.

    The longest are dealt out first, each to the shard that has least so far (Graham's longest processing time rule:
    no shard takes more than 4/3 of the best that is possible). What is not in ``seconds`` is taken to be typical.
    """
    measured = sorted(seconds[name] for name in names if name in seconds)
    typical = measured[len(measured) // 2] if measured else 1.0
    expected = {name: seconds.get(name, typical) for name in names}
    loads = [(0.0, 0, index) for index in range(1, count + 1)]
    chosen: dict[str, int] = {}
    for name in sorted(expected, key=lambda name: (-expected[name], name)):
        # Among equals the one with fewer items: a script that takes no time costs something all the same.
        load, items, index = heapq.heappop(loads)
        chosen[name] = index
        heapq.heappush(loads, (load + expected[name], items + 1, index))
    return [chosen[name] for name in names]
