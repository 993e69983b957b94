"""The order in which scripts are reported, where another one than that of their paths was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .items import ScriptItem
from .order import LONGEST_FIRST, RANDOM, longest_first, shuffled

if TYPE_CHECKING:
    from .recording import Recording


class ReportedSequence:
    """Puts the scripts in order."""

    def __init__(self, order: str, recording: Recording) -> None:
        self._order = order
        self._recording = recording

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Give the places that scripts have to the scripts in their order; tests keep their places among them."""
        places = [index for index, item in enumerate(items) if isinstance(item, ScriptItem)]
        scripts = [items[place] for place in places]
        for place, index in zip(places, self._indices(scripts), strict=True):
            items[place] = scripts[index]

    def _indices(self, scripts: list[pytest.Item]) -> list[int]:
        if self._order == LONGEST_FIRST and self._recording.known:
            return longest_first(
                [item.nodeid for item in scripts],
                self._recording.known,
                lambda index: self._recording.has_changed(scripts[index].nodeid, str(scripts[index].path)),
            )
        if self._order.startswith(RANDOM):
            return shuffled(len(scripts), self._order)
        return list(range(len(scripts)))
