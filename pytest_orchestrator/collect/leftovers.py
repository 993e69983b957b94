"""What scripts of a scratch directory leave in it, where ``cleanup_after_run`` says that they may not."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from ..core.status import Status
from ..scripts.scratch import ScratchWatch, describe_leftovers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ..config.codex import CodexConfig
    from ..core.result import RunResult
    from .orchestration import Orchestration

_STEP = 0.01
"""Seconds between two looks at a lock that another process has."""


class Leftovers:
    """Looks into a scratch directory before and after each script of it.

    Of those only one runs at a time, also with several workers: what is new is then left by that one.
    """

    def __init__(self, orchestration: Orchestration) -> None:
        self._orchestration = orchestration

    @contextmanager
    def watched(self, codex: CodexConfig, tick: Callable[[], None]) -> Iterator[ScratchWatch]:
        """Keep others from using the scratch directory of ``codex``; yield what knows what was in it before.

        ``tick`` is called while others have the directory.
        """
        with _locked(self._orchestration.lock_dir, codex.scratch, tick):
            yield ScratchWatch(codex.scratch)

    def judged(self, codex: CodexConfig, result: RunResult, watch: ScratchWatch) -> RunResult:
        """Return ``result``, failed if the script left something in the scratch directory of ``codex``."""
        left = watch.left()
        if not left:
            return result
        text = describe_leftovers(left, self._orchestration.shown(codex.scratch), codex.shown_as)
        if result.status is not Status.PASSED:
            return replace(result, notes=(*result.notes, text))
        return replace(result, status=Status.FAILED, error=text)


@contextmanager
def _locked(lock_dir: Path, scratch: str, tick: Callable[[], None]) -> Iterator[None]:
    os.makedirs(lock_dir, mode=0o700, exist_ok=True)
    path = lock_dir / f"scratch-{sha256(os.fsencode(scratch)).hexdigest()[:16]}"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                tick()
                time.sleep(_STEP)
        yield
    finally:
        os.close(descriptor)
