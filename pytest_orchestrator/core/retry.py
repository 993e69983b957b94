"""How often, and after which delays, something that failed is tried again."""

from __future__ import annotations

from ..quick_dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to try again. The keys are those of ``retry:`` in YAML (seed 004, ``RetryPolicy``).

    ``max_attempts`` counts the first attempt: 1 means no retry.
    """

    max_attempts: int = 1
    """Attempts in all, at least 1."""
    initial_delay: float = 0.0
    """Seconds before the second attempt."""
    max_delay: float = 60.0
    """Upper bound of any delay, in seconds."""
    factor: float = 2.0
    """Each delay is the one before times this."""

    def delay_before(self, attempt: int) -> float:
        """Return the seconds to wait before ``attempt`` (counted from 1; the first never waits)."""
        if attempt <= 1:
            return 0.0
        # The exponent is bounded because a float power overflows long before max_delay matters.
        growth = self.factor ** min(attempt - 2, 64)
        return min(self.initial_delay * growth, self.max_delay)
