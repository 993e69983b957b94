"""How long scripts took in earlier runs, from pytest's cache or the report directory, and how long they take now."""

from __future__ import annotations

import json
import os
import time
from functools import cached_property
from typing import TYPE_CHECKING

from ..core.kinds import SCRIPT
from ..core.names import unescape_name
from ..errors import ReportError
from ..reports.durations import DURATIONS, MEASURED, Recorded, as_text, durations_of, read_durations, write_durations
from ..reports.recorder import KIND_ATTRIBUTE, RESULT_ATTRIBUTE

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import pytest

CACHE_KEY = "orchestrator/durations"


class Recording:
    """The recorded durations of a session."""

    def __init__(self, config: pytest.Config, report_dir: Path | None, shared: dict[str, Recorded]) -> None:
        """Keep durations in pytest's cache, where there is one, and in ``report_dir``, if not None.

        ``shared`` durations, if there are any, are known in place of those.
        """
        self._shared = shared
        self._config = config
        self._file = None if report_dir is None else report_dir / DURATIONS
        self._new: dict[str, Recorded] = {}

    @property
    def _cache(self) -> pytest.Cache | None:
        # Made by a plugin that may be switched off, and later than this.
        return getattr(self._config, "cache", None)

    @cached_property
    def known(self) -> dict[str, Recorded]:
        """What earlier runs recorded."""
        return self._shared or self._kept

    @cached_property
    def _kept(self) -> dict[str, Recorded]:
        # Both are caches: what is broken in one is as good as forgotten.
        if self._cache is not None:
            try:
                return durations_of(json.loads(self._cache.get(CACHE_KEY, None) or "{}"))
            except (ValueError, TypeError, RecursionError):
                pass
        try:
            return {} if self._file is None else read_durations(self._file)
        except ReportError:
            return {}

    def has_changed(self, nodeid: str, path: str) -> bool:
        """Return whether the script was written after it was recorded."""
        try:
            return os.stat(path).st_mtime > self.known[nodeid].when
        except OSError:
            return False

    def note(self, report: pytest.TestReport) -> None:
        """Take note of a finished script."""
        if getattr(report, KIND_ATTRIBUTE, SCRIPT) != SCRIPT:
            return  # the check of a skill takes no time that is worth knowing
        data = getattr(report, RESULT_ATTRIBUTE, None)
        if report.when == "call" and data is not None and data["status"] in MEASURED:
            self._new[report.nodeid] = Recorded(report.duration, time.time())

    def save(self, collected: Collection[str]) -> None:
        """Keep what was noted, and what is known of other scripts as long as they exist.

        Raise ReportError when the report directory cannot be written.
        """
        if not self._new:
            return
        durations = {n: known for n, known in self._kept.items() if n in collected or self._exists(n)}
        durations |= self._new
        # The reports that are made next need the room more.
        for name in ("known", "_kept"):
            self.__dict__.pop(name, None)
        self._new = {}
        if self._cache is not None:
            self._cache.set(CACHE_KEY, as_text(durations))
        if self._file is not None:
            write_durations(self._file, durations)

    def _exists(self, nodeid: str) -> bool:
        return os.path.lexists(os.path.join(self._config.rootpath, unescape_name(nodeid.partition("::")[0])))
