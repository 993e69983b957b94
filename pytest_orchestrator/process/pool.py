"""Engines for callers in any thread: each call has one to itself while it lasts."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from .engine import Engine
from .per_process import PerProcess
from .workplace import Workplace

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_IDLE = 8
"""Engines that are kept for later calls; what more threads needed at the same time is closed after its call."""


class EnginePool:
    """Lends engines to threads, one to each call, and keeps them for the next.

    An engine serves one thread at a time. With one per call, as many programs run at the same time as threads ask
    for, and none waits for another's.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._idle: list[tuple[Path, Engine]] = []
        self._all: set[Engine] = set()
        self._workplace: Workplace | None = None

    @contextlib.contextmanager
    def engine(self, lock_dir: Path | None) -> Iterator[Engine]:
        """Lend an engine for one program at a time, whose named locks are in ``lock_dir`` (None: it uses none).

        When the block is left by an exception the engine is closed, and with it every program that it runs.
        """
        where, engine = self._take(lock_dir)
        try:
            yield engine
        except BaseException:
            self._close(engine)
            raise
        with self._guard:
            keep = len(self._idle) < MAX_IDLE
            if keep:
                self._idle.append((where, engine))
        if not keep:
            self._close(engine)

    @contextlib.contextmanager
    def directory(self) -> Iterator[Path]:
        """Lend a new, empty, private directory; it is removed with all that is in it."""
        with tempfile.TemporaryDirectory(
            prefix="call-", dir=self._own_place().path, ignore_cleanup_errors=True
        ) as directory:
            yield Path(directory)

    def close_idle(self) -> None:
        """End the supervisors of engines that nobody uses now. The next call starts a new one."""
        with self._guard:
            idle, self._idle = self._idle, []
        for _, engine in idle:
            self._close(engine)

    def close(self) -> None:
        """End what can be ended when the process does. A program in use by a thread dies with the process."""
        self.close_idle()
        with self._guard:
            workplace, self._workplace = self._workplace, None
        if workplace is not None:
            workplace.close()

    def forget(self) -> None:
        """Let go of what belongs to the process that this one was forked from."""
        for engine in self._all:
            engine.close()
        if self._workplace is not None:
            self._workplace.close()

    def _own_place(self) -> Workplace:
        with self._guard:
            if self._workplace is None:
                self._workplace = Workplace()
            return self._workplace

    def _take(self, lock_dir: Path | None) -> tuple[Path, Engine]:
        place = self._own_place()
        with self._guard:
            for index in range(len(self._idle) - 1, -1, -1):
                if lock_dir in (None, self._idle[index][0]):
                    return self._idle.pop(index)
            where = lock_dir or place.path / "locks"
            engine = Engine(Path(tempfile.mkdtemp(prefix="engine-", dir=place.path)), where, lease=place.lease)
            self._all.add(engine)
            return where, engine

    def _close(self, engine: Engine) -> None:
        engine.close()
        with self._guard:
            self._all.discard(engine)


_of_process = PerProcess(EnginePool)


def shared_pool() -> EnginePool:
    """Return the pool of this process. It is closed when the process ends; a forked process has its own."""
    return _of_process.get()
