"""``--orchestrate-shard I/N``: this run does its part of the collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ..core.shards import shards_by_duration, shards_by_hash
from ..errors import ReportError
from ..reports.durations import digest, read_durations

if TYPE_CHECKING:
    from pathlib import Path

    from ..core.shards import Shard
    from ..reports.durations import Recorded

EMPTY = "orchestrator_empty_shard"
"""Key of what a worker tells the controller: whether nothing was left for this shard."""
BY_HASH = "hash"
"""How a collection is divided for which nothing is recorded."""


class Sharding:
    """Deselects what other shards do."""

    def __init__(self, shard: Shard, durations: dict[str, Recorded]) -> None:
        """Divide by ``durations``, or by a hash of the ids when they are empty."""
        self.shard = shard
        self.is_empty = False
        """Whether the collection has less items than there are shards, so that none is left for this one."""
        self._durations = durations
        self.divided_by = digest(durations) if durations else BY_HASH
        """What must be the same in all shards of a run."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Keep the items of this shard, in their order."""
        names = [item.nodeid for item in items]
        if self._durations:
            seconds = {nodeid: known.seconds for nodeid, known in self._durations.items()}
            shards = shards_by_duration(names, seconds, self.shard.count)
        else:
            shards = shards_by_hash(names, self.shard.count)
        others = [item for item, index in zip(items, shards, strict=True) if index != self.shard.index]
        if others:
            items[:] = [item for item, index in zip(items, shards, strict=True) if index == self.shard.index]
            config.hook.pytest_deselected(items=others)
            self.is_empty = not items
            output: dict[str, object] | None = getattr(config, "workeroutput", None)
            if output is not None:
                output[EMPTY] = self.is_empty

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Called when a worker of xdist has ended, which collected and divided on its own."""
        self.is_empty = bool(getattr(node, "workeroutput", {}).get(EMPTY))

    def describe(self) -> str:
        """Return, for the header, which part this is and how the whole was divided."""
        how = "a hash of each id" if self.divided_by == BY_HASH else f"durations {self.divided_by}"
        return f"shard {self.shard} by {how}"


def shared_durations(path: Path | None) -> dict[str, Recorded]:
    """Return what a durations file that was asked for knows; nothing when none was, or when it does not exist yet.

    Raise ``pytest.UsageError`` when it cannot be read.
    """
    if path is None:
        return {}
    try:
        return read_durations(path)
    except ReportError as error:
        raise pytest.UsageError(f"--orchestrate-durations: {error}") from error
