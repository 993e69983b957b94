"""The same task several times over, and one of the results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from ...config.phrases import joined
from ...errors import ArgumentError
from ...quick_dataclasses import dataclass
from ..given import is_process
from ..plans import Watching, parallel_course
from ..result import ProcessResult
from ..strategies import follow
from .aggregation import Ballot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ...core.retry import RetryPolicy
    from ..course import OnProgress
    from ..process import AgentProcess
    from .aggregation import Aggregate, Extract

    Source = AgentProcess | Callable[[int], AgentProcess] | Iterable[AgentProcess]
    Select = str | Callable[[Sequence[ProcessResult]], ProcessResult | None]

DEFAULT_VERSIONS = 3
_Words = Literal["majority", "unanimous", "first"]


@dataclass(frozen=True, slots=True)
class NVersion:
    """What came of the same task several times over."""

    selected: ProcessResult | None
    """The result that was selected; None when none was."""
    why: str
    """One sentence: why this one, or why none."""
    results: tuple[ProcessResult, ...]
    """All results, in the order of completion."""
    aggregate: Aggregate | None = None
    """The vote; None where none was held."""

    @property
    def ok(self) -> bool:
        """Whether a result was selected."""
        return self.selected is not None

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types: one key for each field; of the selected result its place among all of them."""
        return {
            "selected": None if self.selected is None else self.results.index(self.selected),
            "why": self.why,
            "results": [result.as_dict() for result in self.results],
            "aggregate": None if self.aggregate is None else self.aggregate.as_dict(),
        }


def n_version(
    source: Source,
    n: int | None = None,
    *,
    select: Select = "majority",
    extract: Extract | None = None,
    quorum: float | None = None,
    max_workers: int | None = None,
    on_progress: OnProgress | None = None,
    retry: RetryPolicy | int | None = None,
    retry_on: Callable[[ProcessResult], bool] | None = None,
) -> NVersion:
    """Do the same task several times in parallel and select one of the results.

    :param source: a process, of which ``n`` copies run with the process ids ``ID-1``, ``ID-2`` …; or a function of the
        number (from 1) that returns a process; or the processes themselves.
    :param n: how many. Default: 3, or as many processes as were given.
    :param select: ``majority`` and ``unanimous``: a vote decides, as in :func:`~pytest_orchestrator.aggregate`, and the
        first result with the winning answer is selected. ``first``: the first that succeeded. A function of all
        results: the one that it returns, or None.
    :param extract: what of a result is its answer in the vote, and ``quorum``: how many must vote; see
        :func:`~pytest_orchestrator.aggregate`.

    The other parameters are those of :func:`~pytest_orchestrator.run_parallel`. Raises
    :class:`~pytest_orchestrator.ArgumentError` with everything that is wrong with the arguments.
    """
    is_vote = select in ("majority", "unanimous")
    ballot = Ballot(select if is_vote else "majority", quorum, None, extract)
    if not callable(select) and select not in get_args(_Words):
        words = joined([repr(word) for word in get_args(_Words)])
        ballot.problems.append(f"select: {select!r} is not one of {words}, nor a function of all results")
    processes = _versions(source, n, ballot)
    ballot.check("n_version")
    watching = Watching(on_progress, retry, retry_on, "n_version")
    results = follow(parallel_course("run_parallel", processes, watching, max_workers, fail_fast=False))
    if callable(select):
        return _chosen(select(results), results)
    if is_vote:
        vote = ballot.count(results)
        winners = (result for result in results if result.ok and ballot.answer_of(result) == vote.answer)
        selected = next(winners, None) if vote.is_decided else None
        return NVersion(selected, vote.why, tuple(results), vote)
    selected = next((result for result in results if result.ok), None)
    why = "none succeeded" if selected is None else f"{selected.process_id} was the first that succeeded"
    return NVersion(selected, why, tuple(results))


def _versions(source: Any, n: Any, ballot: Ballot) -> list[AgentProcess]:
    count = DEFAULT_VERSIONS if n is None else ballot.at_least_one("n", n)
    if is_process(source):
        if not ballot.process(source, "source"):
            return []
        return [source.replace(process_id=f"{source.process_id}-{number}") for number in range(1, count + 1)]
    if callable(source):
        return [] if ballot.problems else ballot.processes(map(source, range(1, count + 1)), "source")
    found = ballot.processes(source, "source")
    if n is not None and count != len(found) and found:
        ballot.problems.append(f"n: it is {n}, but {len(found)} processes were given; leave it out")
    return found


def _chosen(selected: object, results: list[ProcessResult]) -> NVersion:
    if selected is None:
        return NVersion(None, "the function selected none", tuple(results))
    if not isinstance(selected, ProcessResult) or selected not in results:
        raise ArgumentError(f"n_version: select: the function returned {selected!r}, which is none of the results")
    return NVersion(selected, "the function selected it", tuple(results))
