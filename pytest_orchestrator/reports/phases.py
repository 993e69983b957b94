"""What pytest's report of one phase of an item says about the item."""

from __future__ import annotations

from typing import Any, Protocol

from ..core.status import Status


class Phase(Protocol):
    """What is looked at of a ``pytest.TestReport``."""

    longrepr: Any
    when: Any

    @property
    def passed(self) -> bool:
        """Whether nothing went wrong."""

    @property
    def failed(self) -> bool:
        """Whether it failed."""

    @property
    def skipped(self) -> bool:
        """Whether it was skipped, or was expected to fail and did."""


_STRICT = "[XPASS(strict)]"
"""What pytest starts the failure with of an item that passed and must not."""


def status_of(report: Phase, data: dict[str, Any] | None) -> Status:
    """Return what one phase of an item says about it."""
    xfail = hasattr(report, "wasxfail")
    if report.skipped:
        return Status.XFAILED if xfail else Status.SKIPPED
    if report.passed:
        return Status.XPASSED if xfail else Status.PASSED
    if report.when != "call":
        return Status.ERROR
    own = Status(data["status"]) if data is not None else Status.ERROR
    # A strict xfail that passed is a failure of pytest's making, not of the script's.
    return own if own.is_bad else Status.FAILED


def expected_to_fail(report: Phase) -> str | None:
    """Return why an item was expected to fail, as far as this phase tells; perhaps nothing."""
    reason = getattr(report, "wasxfail", None)
    if reason is not None:
        return str(reason).removeprefix("reason: ").removeprefix("[NOTRUN] ")
    if report.when == "call" and report.failed:
        before, mark, reason = str(report.longrepr).partition(_STRICT)
        return reason.strip() if mark and not before else None
    return None
