"""Several agents that answer, read one another, and answer again."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
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

REBUTTAL = "Above is what was said in the round before, by you and by others. Weigh it, then answer again.\n\n"
"""What stands before the prompt of every round but the first."""
OWN = "{} (you)"


@dataclass(frozen=True, slots=True)
class Debate:
    """What was said in a debate, and what came of it."""

    rounds: tuple[tuple[ProcessResult, ...], ...]
    """The results of each round, in the order of the debaters."""
    aggregate: Aggregate
    """The vote on what each debater said last."""
    judgement: ProcessResult | None = None
    """The result of the judge; None without one, and when nobody was left to be judged."""

    @property
    def answer(self) -> Hashable:
        """The output of the judge where there is one that succeeded, else the answer of the vote, if it decided."""
        if self.judgement is not None:
            return self.judgement.output if self.judgement.ok else None
        return self.aggregate.answer

    @property
    def is_agreed(self) -> bool:
        """Whether all who voted gave the same answer in the end."""
        return len({vote.answer for vote in self.aggregate.votes}) == 1

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types: one key for each field."""
        return {
            "rounds": [[result.as_dict() for result in results] for results in self.rounds],
            "aggregate": self.aggregate.as_dict(),
            "judgement": None if self.judgement is None else self.judgement.as_dict(),
        }


def debate(
    debaters: Iterable[AgentProcess],
    rounds: int = 3,
    *,
    judge: AgentProcess | None = None,
    rebuttal: str = REBUTTAL,
    stop_when_agreed: bool = True,
    how: How = "majority",
    quorum: float | None = None,
    weights: Weights | None = None,
    extract: Extract | None = None,
    max_workers: int | None = None,
    on_progress: OnProgress | None = None,
    retry: RetryPolicy | int | None = None,
    retry_on: Callable[[ProcessResult], bool] | None = None,
) -> Debate:
    """Let agents answer, read one another's answers and answer again.

    In the first round each process runs as it is. In every other round a copy of it runs, with the process id
    ``ID-round-2`` and so on; its prompt is what all said in the round before, then ``rebuttal``, then its own prompt.
    One that fails takes no further part; what it said last still counts and is still read.

    :param debaters: at least two processes with different process ids.
    :param rounds: how many rounds at most, at least 1.
    :param judge: a process that runs at the end, with what each debater said last before its prompt.
    :param rebuttal: what stands before the prompt from the second round on.
    :param stop_when_agreed: whether a round in which all give the same answer is the last.
    :param how: how the answers of the last round are counted, with ``quorum``, ``weights`` (by the debaters' own
        process ids) and ``extract``: see :func:`~pytest_orchestrator.aggregate`.

    The other parameters are those of :func:`~pytest_orchestrator.run_parallel`, for each round. Raises
    :class:`~pytest_orchestrator.ArgumentError` with everything that is wrong with the arguments.
    """
    ballot = Ballot(how, quorum, weights, extract)
    members = ballot.processes(debaters, "debaters")
    count = ballot.at_least_one("rounds", rounds)
    _check(ballot, members, judge)
    ballot.check("debate")
    watching = Watching(on_progress, retry, retry_on, "debate")
    said: list[tuple[ProcessResult, ...]] = []
    last: dict[str, ProcessResult] = {}
    out: set[str] = set()
    for number in range(1, count + 1):
        present = [member for member in members if member.process_id not in out]
        processes = [_prepared(member, last, number, rebuttal) for member in present]
        results = tuple(run_round(processes, watching, max_workers))
        said.append(results)
        for member, result in zip(present, results, strict=True):
            if result.ok or member.process_id not in last:
                last[member.process_id] = result
            if not result.ok:
                out.add(member.process_id)
        vote = ballot.count([_as(name, result) for name, result in last.items()])
        is_agreed = len(vote.votes) > 1 and len({one.answer for one in vote.votes}) == 1
        if (stop_when_agreed and is_agreed) or len(out) == len(members):
            break
    passages = _passages(last)
    if judge is None or not passages:
        return Debate(tuple(said), vote)
    ready = judge.replace(prompt=with_passages(judge.prompt, passages))
    (judgement,) = run_round([ready], watching, max_workers)
    return Debate(tuple(said), vote, judgement)


def _check(ballot: Ballot, members: list[AgentProcess], judge: AgentProcess | None) -> None:
    if judge is not None:
        ballot.process(judge, "judge")
    if ballot.problems:
        return
    ids = [member.process_id for member in members]
    ballot.check_members(ids)
    if len(members) < 2:
        ballot.problems.append(f"debaters: there are {len(members)}; give at least two")
    for name, times in Counter(ids).items():
        if times > 1:
            ballot.problems.append(f"debaters: {times} of them have the process id {name!r}; give each its own")


def _prepared(member: AgentProcess, last: dict[str, ProcessResult], number: int, rebuttal: str) -> AgentProcess:
    """Return the process of a debater for a round."""
    if number == 1:
        return member
    prompt = with_passages(rebuttal + member.prompt, _passages(last, member.process_id))
    return member.replace(prompt=prompt, process_id=f"{member.process_id}-round-{number}")


def _passages(last: dict[str, ProcessResult], reader: str | None = None) -> list[Passage]:
    return [
        Passage(OWN.format(name) if name == reader else name, result.output)
        for name, result in last.items()
        if result.ok
    ]


def _as(process_id: str, result: ProcessResult) -> ProcessResult:
    """Return a result of a later round under the name of its debater."""
    return replace(result, process_id=process_id)
