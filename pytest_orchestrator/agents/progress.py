"""What a strategy tells while it runs: one event for each step of each process."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ..core.names import escape_name
from ..core.result import iso_time
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from .result import ProcessResult


class Stage(StrEnum):
    """Where a process stands. Each has one ``waiting``, and at the end either ``ended`` or ``not_run``."""

    WAITING = "waiting"
    """It takes part; told of every process before the first is started."""
    STARTED = "started"
    RETRYING = "retrying"
    """An attempt failed and another one follows, after a delay."""
    ENDED = "ended"
    NOT_RUN = "not_run"
    """It was never started: another one succeeded, failed, or the strategy was interrupted."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more is told of the process."""
        return self in (Stage.ENDED, Stage.NOT_RUN)


@dataclass(frozen=True, slots=True)
class ProgressEvent:
    """One step of one process."""

    stage: Stage
    process_id: str
    index: int
    """Its place in the list that was given, counted from 0: two processes may have one id."""
    total: int
    """Processes that take part."""
    ended: int
    """Processes that have ended so far, this one included."""
    time: float
    """Seconds since the epoch."""
    attempt: int = 1
    """Counted from 1; for ``retrying`` the one that failed."""
    result: ProcessResult | None = None
    """For ``ended`` the result; for ``retrying`` that of the attempt that failed."""
    delay: float = 0.0
    """For ``retrying``: seconds until the next attempt."""

    def __str__(self) -> str:
        """Return the event as one line: ``2/5 security: passed in 3.2 s``."""
        return f"{self.ended}/{self.total} {escape_name(self.process_id)}: {self._words()}"

    def _words(self) -> str:
        if self.result is None:
            words = {Stage.NOT_RUN: "not run"}
            return words.get(self.stage, str(self.stage))
        how = f"{self.result.status} in {self.result.duration:.1f} s"
        if self.result.error:
            how += f" ({escape_name(self.result.error.partition(chr(10))[0])})"
        if self.stage is Stage.RETRYING:
            return f"attempt {self.attempt} {how}, next one in {self.delay:g} s"
        return how

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "stage": str(self.stage),
            "process_id": self.process_id,
            "index": self.index,
            "total": self.total,
            "ended": self.ended,
            "time": iso_time(self.time),
            "attempt": self.attempt,
            "result": None if self.result is None else self.result.as_dict(),
            "delay": self.delay,
        }
