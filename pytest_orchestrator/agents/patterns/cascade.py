"""Cheap agents first, stronger ones only where the answer does not satisfy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...quick_dataclasses import dataclass
from ..plans import Watching, cascade_course
from ..strategies import follow

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable

    from ...core.retry import RetryPolicy
    from ..course import OnProgress
    from ..handover import PassOutput
    from ..process import AgentProcess
    from ..result import ProcessResult


@dataclass(frozen=True, slots=True)
class Cascade:
    """How far a cascade went."""

    results: tuple[ProcessResult, ...]
    """The results of the levels that were tried, in their order."""
    is_accepted: bool
    """Whether the last of them was accepted."""

    @property
    def result(self) -> ProcessResult:
        """The result of the last level that was tried: the accepted one, if there is one."""
        return self.results[-1]

    @property
    def level(self) -> int | None:
        """The place of the level that was accepted, counted from 0; None when none was."""
        return len(self.results) - 1 if self.is_accepted else None

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types: ``is_accepted``, ``level`` and ``results``."""
        return {
            "is_accepted": self.is_accepted,
            "level": self.level,
            "results": [result.as_dict() for result in self.results],
        }


def cascade(
    levels: Iterable[AgentProcess],
    accept: str | re.Pattern[str] | Callable[[ProcessResult], bool] | None = None,
    *,
    timeout: float | None = None,
    pass_output: PassOutput = False,
    on_progress: OnProgress | None = None,
    retry: RetryPolicy | int | None = None,
    retry_on: Callable[[ProcessResult], bool] | None = None,
) -> Cascade:
    """Run processes from the cheapest to the strongest until a result is accepted.

    :param levels: agent processes, the cheapest first; at least one.
    :param accept: whether the result of a process that succeeded will do: a function of it, or a regular expression (a
        text is one with ``re.MULTILINE``) that is searched for in its output. Default: it will.
    :param timeout: seconds for each level, as in :func:`~pytest_orchestrator.run_with_fallback`.
    :param pass_output: what each level gets of the result before it, as in :func:`~pytest_orchestrator.run_sequential`.

    The other parameters are those of :func:`~pytest_orchestrator.run_parallel`. Raises
    :class:`~pytest_orchestrator.ArgumentError` with everything that is wrong with the arguments.
    """
    watching = Watching(on_progress, retry, retry_on, "cascade")
    results, is_accepted = follow(cascade_course(levels, watching, accept, timeout, pass_output))
    return Cascade(tuple(results), is_accepted)
