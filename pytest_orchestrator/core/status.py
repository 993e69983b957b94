"""The one status enum, and the reasons behind an ``error``."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """How one item ended. The same words in code, YAML, reports and docs.

    Counts by status always add up to the number of items collected.
    """

    PASSED = "passed"
    FAILED = "failed"
    """It ran; its exit code or an expectation was wrong."""
    TIMEOUT = "timeout"
    """A time limit stopped it."""
    ERROR = "error"
    """It could not be run or judged; see :class:`Reason`."""
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    CANCELLED = "cancelled"
    """It was started, then stopped because nobody wanted its result any more."""
    NOT_RUN = "not_run"
    """It was collected and never started."""

    @property
    def is_bad(self) -> bool:
        """Whether this status makes a run fail."""
        return self in _BAD


_BAD = frozenset({Status.FAILED, Status.TIMEOUT, Status.ERROR})


class Reason(StrEnum):
    """Why an item has status ``error``."""

    NOT_STARTABLE = "not_startable"
    """The program could not be started: missing interpreter, no permission, bad format."""
    CONFIGURATION = "configuration"
    """The user's configuration asks for something that cannot be done."""
    INFRASTRUCTURE = "infrastructure"
    """Something around the program broke: a worker or the supervisor died, a fixture raised."""
    STALE_CASSETTE = "stale_cassette"
    """A recording no longer matches what it recorded."""
