"""When a task of a workflow is tried again."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from ..core.retry import RetryPolicy as Delays
from ..errors import ArgumentError
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class RetryPolicy(Delays):
    """When to try again, and after which exceptions (seed 004).

    The first four fields are those of ``retry:`` in YAML, and all that matters where no exception is involved: for
    scripts and agents. ``max_attempts`` counts the first attempt.
    """

    jitter: float = 0.0
    """Part of each delay, from 0 to 1, that is random: so that what failed together does not come back together."""
    retry_on: tuple[type[BaseException], ...] = (Exception,)
    """Exceptions after which a task is tried again."""
    give_up_on: tuple[type[BaseException], ...] = ()
    """Exceptions among them after which it is not."""
    retry_if: Callable[[BaseException], bool] | None = None
    """Asked last whether it is worth while."""
    budget: float | None = None
    """Seconds from the first start after which no attempt is begun; None for no bound."""

    def __post_init__(self) -> None:
        """Raise ArgumentError with all that cannot be meant."""
        problems = [
            f"{name}: {value!r} is not {wanted}"
            for name, value, wanted, fits in (
                ("max_attempts", self.max_attempts, "a whole number from 1", _is_count(self.max_attempts)),
                ("initial_delay", self.initial_delay, "a number of seconds from 0", _is_number(self.initial_delay, 0)),
                ("max_delay", self.max_delay, "a number of seconds from 0", _is_number(self.max_delay, 0)),
                ("factor", self.factor, "a number from 1", _is_number(self.factor, 1)),
                ("jitter", self.jitter, "a number from 0 to 1", _is_number(self.jitter, 0) and self.jitter <= 1),
                ("budget", self.budget, "a number of seconds from 0, or None", _is_number(self.budget or 0, 0)),
                ("retry_on", self.retry_on, "a tuple of exception classes", _are_exceptions(self.retry_on)),
                ("give_up_on", self.give_up_on, "a tuple of exception classes", _are_exceptions(self.give_up_on)),
                ("retry_if", self.retry_if, "a function, or None", self.retry_if is None or callable(self.retry_if)),
            )
            if not fits
        ]
        if problems:
            raise ArgumentError("\n".join(f"RetryPolicy: {problem}" for problem in problems))

    def delay_before(self, attempt: int) -> float:
        """Return the seconds to wait before ``attempt`` (counted from 1; the first never waits)."""
        delay = Delays.delay_before(self, attempt)
        return delay * (1.0 - self.jitter * random.random()) if self.jitter else delay

    def follows(self, attempt: int, error: BaseException, elapsed: float, delay: float) -> bool:
        """Return whether another attempt follows number ``attempt``, which ended with ``error``.

        ``elapsed`` are the seconds since the first began, ``delay`` those before the next would. What ``retry_if``
        raises is raised.
        """
        if attempt >= self.max_attempts or not isinstance(error, self.retry_on) or isinstance(error, self.give_up_on):
            return False
        if self.budget is not None and elapsed + delay > self.budget:
            return False
        return self.retry_if is None or bool(self.retry_if(error))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_number(value: object, least: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= least


def _are_exceptions(value: object) -> bool:
    if not isinstance(value, tuple):
        return False
    return all(isinstance(each, type) and issubclass(each, BaseException) for each in value)
