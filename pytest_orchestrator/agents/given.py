"""The arguments of a strategy, checked before anything is started: all mistakes of a call at once."""

from __future__ import annotations

import inspect
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from ..config.given_arguments import Arguments
from ..core.retry import RetryPolicy
from .handover import Handover, pattern_of

if TYPE_CHECKING:
    from .process import AgentProcess

MOST_WORKERS = 32
"""As many processes run at the same time at most, unless the caller says more."""

_MEMBERS = ("process_id", "prompt", "timeout", "is_done", "run", "terminate", "replace")


def default_workers() -> int:
    """Return how many processes run at the same time by default: one per CPU of this process and 4, at most 32."""
    return min(MOST_WORKERS, len(os.sched_getaffinity(0)) + 4)


class Given(Arguments):
    """The arguments of one call; each method takes one of them and returns what is made of it."""

    def processes(self, given: Any, name: str = "processes") -> list[AgentProcess]:
        """Take the processes: a list, or anything else that has an order. Each can run, and is there once."""
        if isinstance(given, str | bytes | Mapping | AbstractSet) or not isinstance(given, Iterable):
            remedy = "in a list of its own, [process]" if is_process(given) else "as a list of processes"
            self.problems.append(f"{name}: {_shown(given)} is no list; give it {remedy}")
            return []
        found = list(given)
        first: dict[int, int] = {}
        for index, entry in enumerate(found):
            where = f"{name}[{index}]"
            if self.process(entry, where) and first.setdefault(id(entry), index) != index:
                self.problems.append(
                    f"{where}: it is the same object as {name}[{first[id(entry)]}] (process id {entry.process_id!r}), "
                    "and a process runs once; give a copy, process.replace()"
                )
        return found

    def process(self, given: Any, name: str) -> bool:
        """Take one process and return whether it is one."""
        missing = [member for member in _MEMBERS if not hasattr(given, member)]
        if isinstance(given, type):
            self.problems.append(f"{name}: {given.__name__} is a class; give an object of it")
            return False
        if missing:
            self.problems.append(f"{name}: {_shown(given)} is no agent process; it has no {', '.join(missing)}")
            return False
        for member in ("process_id", "prompt"):
            if not isinstance(getattr(given, member), str):
                self._refuse(f"{name}.{member}", getattr(given, member), "a text")
                return False
        if given.is_done:
            self.problems.append(
                f"{name}: process {given.process_id!r} has run already, and a process runs once; "
                "give a copy, process.replace()"
            )
        return True

    def at_least_one(self, name: str, given: Any) -> int:
        """Take a whole number of at least 1."""
        if isinstance(given, int) and not isinstance(given, bool) and given >= 1:
            return given
        self._refuse(name, given, "a whole number of at least 1")
        return 1

    def workers(self, given: Any) -> int:
        """Take ``max_workers``; None is the default."""
        return default_workers() if given is None else self.at_least_one("max_workers", given)

    def seconds(self, name: str, given: Any) -> float | None:
        """Take a time limit; None and 0 mean none."""
        if given is None:
            return None
        is_number = isinstance(given, int | float) and not isinstance(given, bool)
        if is_number and math.isfinite(given) and given >= 0:
            return given or None
        self._refuse(name, given, "a number of seconds of at least 0 (0 or None: no limit)")
        return None

    def handover(self, pass_output: Any, pass_failed: bool) -> Handover:
        """Take ``pass_output``: True or False, a regular expression, or a function of a result."""
        if self._regex("pass_output", pass_output):
            return Handover()
        if not isinstance(pass_output, bool | str | re.Pattern) and not _is_plain_function(pass_output):
            self._refuse("pass_output", pass_output, "True, False, a regular expression or a function of a result")
            return Handover()
        return Handover.of(pass_output, pass_failed)

    def chooser(self, name: str, given: Any) -> None:
        """Take a regular expression, a function of a result, or None."""
        if self._regex(name, given):
            return
        if given is not None and not isinstance(given, str | re.Pattern) and not _is_plain_function(given):
            self._refuse(name, given, "a regular expression or a function of a result")

    def function(self, name: str, given: Any) -> None:
        """Take a function, or None."""
        if isinstance(given, type):
            self.problems.append(f"{name}: {given.__name__} is a class; give an object of it, {given.__name__}()")
            return
        if given is None or _is_plain_function(given):
            return
        if inspect.iscoroutinefunction(given):
            self.problems.append(f"{name}: {_shown(given)} is a coroutine function; give a plain one")
        else:
            self._refuse(name, given, "a function")

    def retry(self, given: Any) -> RetryPolicy:
        """Take ``retry``: a policy, or the number of attempts in all; None means one."""
        if isinstance(given, RetryPolicy):
            self.at_least_one("retry.max_attempts", given.max_attempts)
            for name in ("initial_delay", "max_delay", "factor"):
                value = getattr(given, name)
                if not isinstance(value, int | float) or not value >= 0:
                    self._refuse(f"retry.{name}", value, "a number of at least 0")
            return given
        if given is None:
            return RetryPolicy()
        if isinstance(given, int) and not isinstance(given, bool) and given >= 1:
            return RetryPolicy(max_attempts=given)
        self._refuse("retry", given, "a RetryPolicy or a number of attempts of at least 1")
        return RetryPolicy()

    def _regex(self, name: str, given: Any) -> bool:
        """Return whether ``given`` is a text that is no regular expression, which is a mistake."""
        if isinstance(given, str):
            try:
                pattern_of(given)
            except re.error as error:
                self.problems.append(f"{name}: {given!r} is not a regular expression: {error}")
                return True
        elif isinstance(given, re.Pattern) and not isinstance(given.pattern, str):
            self.problems.append(f"{name}: {given!r} is a pattern for bytes; outputs are texts")
            return True
        return False


def is_process(given: object) -> bool:
    """Return whether this is meant to be an agent process."""
    return not isinstance(given, type) and all(hasattr(given, member) for member in ("run", "process_id"))


def _is_plain_function(given: object) -> bool:
    return isinstance(given, Callable) and not inspect.iscoroutinefunction(given)  # type: ignore[arg-type]


def _shown(given: object) -> str:
    shown = repr(given)
    return shown if len(shown) < 200 else type(given).__name__
