"""pytest-xdist's ``--dist load``, with what takes long handed out first.

xdist hands out large chunks in the order of the collection, and each worker keeps one item in hand behind the one it
runs. Where durations are recorded, the longest go first, and a chunk is as large as its items are short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xdist.scheduler import LoadScheduling  # type: ignore[import-untyped]

from .order import longest_first

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from .recording import Recording

PARTS = 16
"""Into how many chunks the work of a worker is divided at least."""
LEAST = 2
"""Items that xdist wants a worker to have: the one it runs and the one behind it."""


class LongestFirstScheduling(LoadScheduling):  # type: ignore[misc]  # xdist has no types
    """Hands items out longest first, in chunks of about the same time."""

    def __init__(
        self,
        config: pytest.Config,
        log: Any,
        recording: Recording,
        script_path: Callable[[str], str | None],
    ) -> None:
        """Take the durations, and what tells the path of a script by its id; None for what is no script."""
        super().__init__(config, log)
        self._recording = recording
        self._script_path = script_path
        self._seconds: dict[int, float] | None = None
        """What each item is expected to take; empty where xdist's own order stays."""
        self._budget = 0.0
        """Seconds of work that a worker has in hand at most, unless a single item takes longer."""

    def _sort(self) -> dict[int, float]:
        """Put what is to be handed out in order, and return what each item is expected to take."""
        assert self.collection is not None
        names, known = self.collection, self._recording.known
        paths = [self._script_path(name) for name in names]
        measured = sorted(known[name].seconds for name in names if name in known)
        if None in paths or not measured:
            return {}  # tests of a module are best left together
        self.pending[:] = longest_first(
            names, known, lambda index: self._recording.has_changed(names[index], str(paths[index]))
        )
        typical = measured[len(measured) // 2]
        seconds = {index: known[name].seconds if name in known else typical for index, name in enumerate(names)}
        self._budget = sum(seconds.values()) / max(1, len(self.node2pending)) / PARTS
        return seconds

    def _send_tests(self, node: Any, num: int) -> None:
        """Send at most ``num`` items, which xdist has worked out, and no more than take a part of the time."""
        if self._seconds is None:
            self._seconds = self._sort()
        if not self._seconds:
            super()._send_tests(node, num)
            return
        in_hand = len(self.node2pending[node])
        seconds = sum(self._seconds[index] for index in self.node2pending[node])
        if in_hand >= LEAST and seconds > self._budget / 2:
            return  # a message for each item would cost more than the item
        chosen: list[int] = []
        while self.pending and len(chosen) < num:
            is_large = in_hand + len(chosen) > 0 and seconds + self._seconds[self.pending[0]] > self._budget
            if is_large and in_hand + len(chosen) >= LEAST:
                break
            # What waits behind a long one should be the shortest there is.
            chosen.append(self.pending.pop(-1 if is_large else 0))
            seconds += self._seconds[chosen[-1]]
        if chosen:
            self.node2pending[node].extend(chosen)
            node.send_runtest_some(chosen)
