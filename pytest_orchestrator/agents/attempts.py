"""Which failed run of an agent is tried again, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.retry import RetryPolicy
from ..core.status import Reason, Status
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from .result import ProcessResult

HOPELESS = frozenset({"authentication", "billing"})
"""Kinds of infrastructure trouble that the same run meets again."""


def is_worth_retrying(result: ProcessResult) -> bool:
    """Return whether a strategy with ``retry=`` tries again after ``result``, unless ``retry_on`` says otherwise.

    True for what failed, and for infrastructure trouble that may pass: a rate limit, an overload, the network, an
    exception in the process object. False for a timeout (the next attempt would take as long), for what was cancelled,
    for what a limit or the budget stopped, for a CLI that is missing or not logged in, and for success.
    """
    if result.status is Status.FAILED:
        return result.limit is None
    if result.status is not Status.ERROR or result.reason is not Reason.INFRASTRUCTURE:
        return False
    return result.transcript is None or result.transcript.error_kind not in HOPELESS


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often a process is tried, and after which results."""

    policy: RetryPolicy = RetryPolicy()
    is_worth: Callable[[ProcessResult], bool] = is_worth_retrying

    def follow(self, attempt: int, result: ProcessResult) -> bool:
        """Return whether another attempt follows number ``attempt``, which gave ``result``."""
        return attempt < self.policy.max_attempts and not result.ok and self.is_worth(result)
