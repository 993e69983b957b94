"""Experts who look at one thing independently, what they say together, and who dissents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...quick_dataclasses import dataclass
from ..handover import Passage, with_passages
from ..plans import Watching
from .aggregation import Ballot
from .round import run_round

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from ...core.retry import RetryPolicy
    from ..course import OnProgress
    from ..process import AgentProcess
    from ..result import ProcessResult
    from .aggregation import Aggregate, Extract, How, Weights


@dataclass(frozen=True, slots=True)
class ExpertPanel:
    """What a panel of experts found."""

    opinions: tuple[ProcessResult, ...]
    """The results of the experts, in their order."""
    aggregate: Aggregate
    """Their vote, with the dissent."""
    summary: ProcessResult | None = None
    """The result of the moderator; None without one, and when there was nothing to sum up."""

    @property
    def answer(self) -> Hashable:
        """The answer of the vote; None when it decided nothing."""
        return self.aggregate.answer

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types: one key for each field."""
        return {
            "opinions": [result.as_dict() for result in self.opinions],
            "aggregate": self.aggregate.as_dict(),
            "summary": None if self.summary is None else self.summary.as_dict(),
        }


def expert_panel(
    experts: Iterable[AgentProcess],
    *,
    moderator: AgentProcess | None = None,
    how: How = "majority",
    quorum: float | None = None,
    weights: Weights | None = None,
    extract: Extract | None = None,
    max_workers: int | None = None,
    on_progress: OnProgress | None = None,
    retry: RetryPolicy | int | None = None,
    retry_on: Callable[[ProcessResult], bool] | None = None,
) -> ExpertPanel:
    """Ask experts in parallel and count their answers.

    :param experts: agent processes, each with a prompt for its own field; at least one.
    :param moderator: a process that runs at the end, with the output of every expert who succeeded, in the order of
        ``experts``, before its prompt.
    :param how: how the answers are counted, with ``quorum``, ``weights`` and ``extract``: see
        :func:`~pytest_orchestrator.aggregate`.

    The other parameters are those of :func:`~pytest_orchestrator.run_parallel`. Raises
    :class:`~pytest_orchestrator.ArgumentError` with everything that is wrong with the arguments.
    """
    ballot = Ballot(how, quorum, weights, extract)
    members = ballot.processes(experts, "experts")
    if moderator is not None:
        ballot.process(moderator, "moderator")
    if not members and not ballot.problems:
        ballot.problems.append("experts: there is none; give at least one")
    if not ballot.problems:
        ballot.check_members([member.process_id for member in members])
    ballot.check("expert_panel")
    watching = Watching(on_progress, retry, retry_on, "expert_panel")
    opinions = run_round(members, watching, max_workers)
    vote = ballot.count(opinions)
    heard = [Passage(opinion.process_id, opinion.output) for opinion in opinions if opinion.ok]
    if moderator is None or not heard:
        return ExpertPanel(tuple(opinions), vote)
    ready = moderator.replace(prompt=with_passages(moderator.prompt, heard))
    (summary,) = run_round([ready], watching, max_workers)
    return ExpertPanel(tuple(opinions), vote, summary)
