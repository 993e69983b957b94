"""Places for tasks: how many may run at the same time, in all and in each pool; the most urgent first."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .node import Node

THREADS = "\0threads"
"""The pool of tasks that need a thread and are in no other."""
MOST_THREADS = 32
"""How many places that pool has."""


class Places:
    """Gives places to those that wait. One that waits for its pool keeps nobody else from starting."""

    def __init__(self, most: int | None, pools: Mapping[str, int]) -> None:
        """``most`` is how many run at a time in all, None for any number."""
        self._free = most
        self.are_bounded = most is not None
        """Whether also those need a place that are in no pool."""
        self._pools = {**pools, THREADS: MOST_THREADS}
        self.waiting: list[tuple[int, int, Node]] = []
        """A heap of those who might get one."""
        self._parked: dict[str, list[tuple[int, int, Node]]] = {}
        """Those for which only their pool has no place."""
        self._numbers = count()

    def add(self, node: Node) -> None:
        """Let ``node`` wait for a place."""
        heappush(self.waiting, (-node.task.priority, next(self._numbers), node))

    def take(self) -> Iterator[Node]:
        """Yield those that have a place now."""
        while self.waiting and (self._free is None or self._free > 0):
            entry = heappop(self.waiting)
            node = entry[2]
            pool = node.pool
            if not node.is_waiting:  # it was cancelled meanwhile
                if pool is not None and self._pools[pool] > 0:
                    self._unpark(pool)
                continue
            if pool is not None:
                if self._pools[pool] <= 0:
                    heappush(self._parked.setdefault(pool, []), entry)
                    continue
                self._pools[pool] -= 1
            if self._free is not None:
                self._free -= 1
            node.has_place = True
            yield node

    def give_back(self, node: Node) -> None:
        """Free the place of ``node``."""
        node.has_place = False
        if self._free is not None:
            self._free += 1
        if node.pool is not None:
            self._pools[node.pool] += 1
            self._unpark(node.pool)

    def _unpark(self, pool: str) -> None:
        if parked := self._parked.get(pool):
            heappush(self.waiting, heappop(parked))
