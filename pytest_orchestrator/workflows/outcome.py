"""What came of a task."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from ..quick_dataclasses import dataclass


class TaskState(StrEnum):
    """Where a task is. Each ends in one of those for which ``is_final`` holds."""

    PENDING = "pending"
    RUNNING = "running"
    RETRYING = "retrying"
    """An attempt failed; the next waits for its delay."""
    PASSED = "passed"
    FAILED = "failed"
    TIMEOUT = "timeout"
    """A time limit ended it: its own, or that of the workflow."""
    SKIPPED = "skipped"
    """It was not run; see :class:`SkipReason`."""
    CANCELLED = "cancelled"
    """It was stopped, or never begun, because nobody wanted its result any more."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more comes."""
        return self not in _OPEN

    @property
    def is_bad(self) -> bool:
        """Whether a workflow fails for it."""
        return self in _BAD


_OPEN = frozenset({TaskState.PENDING, TaskState.RUNNING, TaskState.RETRYING})
_BAD = frozenset({TaskState.FAILED, TaskState.TIMEOUT})


def shown(error: BaseException) -> str:
    """Return the type of an exception and what it says, also of one that cannot say it."""
    try:
        said = str(error)
    except Exception as fault:  # noqa: BLE001 - whatever its own method raises
        said = f"<what it says cannot be told: {type(fault).__name__}>"
    return f"{type(error).__name__}: {said}"


class SkipReason(StrEnum):
    """Why a task was skipped."""

    CONDITION = "condition"
    """Its condition was not true."""
    UPSTREAM_FAILED = "upstream_failed"
    """What it needs did not pass."""
    UPSTREAM_SKIPPED = "upstream_skipped"
    """What it needs was skipped."""
    BRANCH = "branch"
    """A task that it needs chose others."""
    TRIGGER = "trigger"
    """All that it needs has ended, and none as its trigger wants it."""


@dataclass(slots=True)
class TaskOutcome:
    """How a task ended, or where it is while the workflow runs."""

    name: str
    state: TaskState = TaskState.PENDING
    result: Any = None
    error: BaseException | None = None
    skip_reason: SkipReason | None = None
    because: str | None = None
    """The task for which it was skipped or cancelled, or what else it was for."""
    attempts: int = 0
    started: float | None = None
    """Seconds since the epoch, of the first attempt."""
    ended: float | None = None
    from_journal: bool = False
    """Whether it had finished in an earlier run, and was not run again."""
    was_interrupted: bool = False
    """Whether it ran when an earlier run was killed, and runs again: what it does may have been done before."""

    @property
    def duration(self) -> float:
        """Seconds from the first start to the end; 0 for what never started."""
        return 0.0 if self.started is None or self.ended is None else self.ended - self.started

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types; the result is left out, which may be anything."""
        return {
            "name": self.name,
            "state": str(self.state),
            "error": None if self.error is None else shown(self.error),
            "skip_reason": None if self.skip_reason is None else str(self.skip_reason),
            "because": self.because,
            "attempts": self.attempts,
            "started": self.started,
            "ended": self.ended,
            "duration": self.duration,
            "from_journal": self.from_journal,
            "was_interrupted": self.was_interrupted,
        }
