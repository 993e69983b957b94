"""In which order scripts are started: what takes long first, as far as earlier runs tell.

Two workers that are given a four-second script last end four seconds after everything else. Given first, it runs
beside the others. Only what is long enough to matter is brought forward; the rest keeps pytest's order, so that
results are wanted about when they arrive.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..reports.durations import Recorded

RECORDED, PATH, RANDOM, LONGEST_FIRST = "recorded", "path", "random", "longest-first"

SHARE = 200
"""A script matters if it takes more than one part in so many of what each job has to do."""
MOST = 1024
"""Scripts brought forward at most: their results wait in memory until pytest asks for them."""


def brought_forward(
    names: Sequence[str], recorded: Mapping[str, Recorded], changed: Callable[[int], bool], jobs: int
) -> list[int]:
    """Return the indices of what is to be started before the rest of ``names``, in that order.

    First those that nothing is known of and those that changed since they were recorded, because they may take any
    time and may fail; then the long ones, longest first. Nothing when nothing is recorded.
    """
    known = [(index, recorded[name].seconds) for index, name in enumerate(names) if name in recorded]
    if not known:
        return []
    matters = sum(seconds for _, seconds in known) / jobs / SHARE
    fresh = [index for index, name in enumerate(names) if name not in recorded]
    long = [(not changed(index), -seconds, index) for index, seconds in known if seconds > matters]
    return (fresh + [index for *_, index in sorted(long)])[:MOST]


def longest_first(names: Sequence[str], recorded: Mapping[str, Recorded], changed: Callable[[int], bool]) -> list[int]:
    """Return all indices of ``names``: new and changed ones first, then the longest first."""

    def key(index: int) -> tuple[int, float, int]:
        known = recorded.get(names[index])
        if known is None:
            return 0, 0.0, index
        return 1 if changed(index) else 2, -known.seconds, index

    return sorted(range(len(names)), key=key)


def shuffled(count: int, seed: str) -> list[int]:
    """Return the indices below ``count`` in an order that depends on ``seed`` alone."""
    indices = list(range(count))
    random.Random(seed).shuffle(indices)
    return indices


def new_seed() -> str:
    """Return a seed that is easy to type."""
    return str(random.SystemRandom().randrange(100_000))
