"""One answer out of several results: who voted for what, whether that decides, and who dissents."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

from ...config.phrases import joined, suggestion
from ...errors import ArgumentError
from ...quick_dataclasses import dataclass
from ..given import Given
from ..handover import pattern_of
from ..result import ProcessResult

if TYPE_CHECKING:
    from collections.abc import Iterable

    Extract = str | re.Pattern[str] | Callable[[ProcessResult], Hashable]
    Weights = Mapping[str, float] | Callable[[ProcessResult], float]

How = Literal["majority", "weighted", "unanimous"]


@dataclass(frozen=True, slots=True)
class Vote:
    """What one process answered."""

    process_id: str
    answer: Hashable
    weight: float = 1.0

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types; an answer that is none of them is shown as Python writes it."""
        return {"process_id": self.process_id, "answer": _plain(self.answer), "weight": self.weight}


@dataclass(frozen=True, slots=True)
class Silence:
    """A process that did not vote, and why."""

    process_id: str
    why: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {"process_id": self.process_id, "why": self.why}


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What several results say together."""

    how: How
    is_decided: bool
    answer: Hashable
    """The answer that was decided on; None when none was."""
    why: str
    """One sentence: what decided it, or what kept it from that."""
    quorum: int
    """Votes that were needed at least."""
    votes: tuple[Vote, ...]
    """All votes, in the order of the results."""
    dissent: tuple[Vote, ...]
    """The votes for other answers than the one decided on; empty when none was."""
    silent: tuple[Silence, ...]
    """Processes that did not vote: they failed, or no answer was found in their output."""

    def weight_of(self, answer: Hashable) -> float:
        """Return the weight of all votes for ``answer``."""
        return sum(vote.weight for vote in self.votes if vote.answer == answer)

    @property
    def supporters(self) -> tuple[str, ...]:
        """The process ids of those who voted for the answer decided on."""
        return tuple(vote.process_id for vote in self.votes if self.is_decided and vote.answer == self.answer)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types: one key for each field."""
        return {
            "how": self.how,
            "is_decided": self.is_decided,
            "answer": _plain(self.answer),
            "why": self.why,
            "quorum": self.quorum,
            "votes": [vote.as_dict() for vote in self.votes],
            "dissent": [vote.as_dict() for vote in self.dissent],
            "silent": [silence.as_dict() for silence in self.silent],
        }


def aggregate(
    results: Iterable[ProcessResult],
    how: How = "majority",
    *,
    quorum: float | None = None,
    weights: Weights | None = None,
    extract: Extract | None = None,
) -> Aggregate:
    """Return what several results say together.

    :param results: results of processes. Those that failed do not vote.
    :param how: ``majority``: the answer with more than half of the votes. ``weighted``: the one with more than half of
        their weight. ``unanimous``: the one that all votes are for.
    :param quorum: votes that are needed at least: a whole number, or a share of the results (a float above 0, up to
        1.0). Default: more than half of the results.
    :param weights: with ``weighted``: weights by process id (1.0 for those that are not named), or a function of the
        result. Numbers of at least 0.
    :param extract: what of a result is its answer. Default: its output without white space around it. A regular
        expression (a text is one with ``re.MULTILINE``): the last match, its first group if there is one. A function
        of the result: anything hashable, None for no answer.

    Raises :class:`~pytest_orchestrator.ArgumentError` with everything that is wrong with the arguments.
    """
    found = list(results)
    given = Ballot(how, quorum, weights, extract)
    given.check_results(found)
    given.check("aggregate")
    return given.count(found)


class Ballot(Given):
    """The rules of one vote, checked before there is anything to count."""

    def __init__(self, how: Any, quorum: Any, weights: Any, extract: Any) -> None:
        super().__init__()
        self._how: How = how
        self._quorum = quorum
        self._weights = weights
        self._extract = extract
        if how not in get_args(How):
            self._refuse("how", how, f"one of {joined([repr(word) for word in get_args(How)], 'or')}")
        self._check_quorum()
        self._check_weights()
        self.chooser("extract", extract)

    def _check_quorum(self) -> None:
        quorum = self._quorum
        is_count = isinstance(quorum, int) and not isinstance(quorum, bool) and quorum >= 1
        is_share = isinstance(quorum, float) and 0 < quorum <= 1
        if quorum is not None and not is_count and not is_share:
            self._refuse("quorum", quorum, "a number of votes of at least 1, or a share of the results up to 1.0")

    def _check_weights(self) -> None:
        weights = self._weights
        if weights is None:
            return
        if self._how != "weighted":
            self.problems.append(f"weights: they count with how='weighted' only, not with {self._how!r}")
        if isinstance(weights, Mapping):
            for name, weight in weights.items():
                if not _is_weight(weight):
                    self._refuse(f"weights[{name!r}]", weight, "a number of at least 0")
        elif not callable(weights):
            self._refuse("weights", weights, "a mapping of process ids to numbers or a function of a result")

    def check_members(self, ids: Sequence[str]) -> None:
        """Take note who is going to vote: weights of others are a mistake."""
        if isinstance(self._weights, Mapping):
            for name in self._weights:
                if name not in ids:
                    known = joined([repr(one) for one in ids]) if ids else "none"
                    remedy = suggestion(str(name), ids, close_only=True) or f"there is {known}"
                    self.problems.append(f"weights: there is no process {name!r}; {remedy}")

    def check_results(self, results: Sequence[Any]) -> None:
        """Take the results that are to be counted."""
        odd = [index for index, result in enumerate(results) if not isinstance(result, ProcessResult)]
        for index in odd:
            self._refuse(f"results[{index}]", results[index], "a ProcessResult")
        if not odd:
            self.check_members([result.process_id for result in results])

    def check(self, name: str = "") -> None:
        """Raise ArgumentError with all that is wrong, each mistake behind the name of the function."""
        if self.problems:
            raise ArgumentError("\n".join(f"{name}: {problem}" for problem in self.problems))

    def count(self, results: Sequence[ProcessResult]) -> Aggregate:
        """Return what the results say together."""
        votes: list[Vote] = []
        silent: list[Silence] = []
        for result in results:
            vote = self._vote(result)
            votes.append(vote) if isinstance(vote, Vote) else silent.append(vote)
        quorum = self._needed(len(results))
        answer, why = self._decide(votes, quorum)
        is_decided = answer is not None
        dissent = tuple(vote for vote in votes if is_decided and vote.answer != answer)
        return Aggregate(self._how, is_decided, answer, why, quorum, tuple(votes), dissent, tuple(silent))

    def _needed(self, count: int) -> int:
        if self._quorum is None:
            return count // 2 + 1
        # The share is of decimals: 0.6 of 5 is 3, though the product is above it.
        return self._quorum if isinstance(self._quorum, int) else max(1, math.ceil(round(self._quorum * count, 9)))

    def _decide(self, votes: Sequence[Vote], quorum: int) -> tuple[Hashable, str]:
        if len(votes) < quorum:
            return None, f"no quorum: {_count(len(votes), 'vote')} of {quorum} needed"
        # Equal answers have equal hashes, and a dictionary keeps the order in which they came.
        weights: dict[Hashable, float] = {}
        for vote in votes:
            weights[vote.answer] = weights.get(vote.answer, 0.0) + vote.weight
        answer, best = max(weights.items(), key=_weight)
        total = math.fsum(vote.weight for vote in votes)
        unit = "weight" if self._how == "weighted" else "votes"
        share = f"{best:g} of {total:g} {unit}"
        if self._how == "unanimous":
            if len(weights) == 1:
                return answer, f"unanimous: {_count(len(votes), 'vote')}"
            return None, f"not unanimous: {len(weights)} different answers, {share} for the best"
        if best > total / 2:
            return answer, f"{self._how}: {share}"
        return None, f"no majority: {share} for the best of {_count(len(weights), 'answer')}"

    def _vote(self, result: ProcessResult) -> Vote | Silence:
        if not result.ok:
            return Silence(
                result.process_id, f"{result.status}: {result.error}" if result.error else str(result.status)
            )
        answer = self.answer_of(result)
        if answer is None:
            return Silence(result.process_id, "no answer in its output")
        return Vote(result.process_id, answer, self._weight(result))

    def answer_of(self, result: ProcessResult) -> Hashable:
        """Return what a result that succeeded answers; None for nothing."""
        if self._extract is None:
            return result.output.strip() or None
        if isinstance(self._extract, str | re.Pattern):
            *_, last = [None, *pattern_of(self._extract).finditer(result.output)]
            return None if last is None else last[min(last.re.groups, 1)]
        answer = self._extract(result)
        if not isinstance(answer, Hashable):
            raise ArgumentError(f"extract: the function returned {answer!r}, which is not hashable: make it a tuple")
        return answer

    def _weight(self, result: ProcessResult) -> float:
        if self._weights is None:
            return 1.0
        if isinstance(self._weights, Mapping):
            return float(self._weights.get(result.process_id, 1.0))
        weight = self._weights(result)
        if not _is_weight(weight):
            raise ArgumentError(f"weights: the function returned {weight!r}, which is not a number of at least 0")
        return float(weight)


def _weight(pair: tuple[Hashable, float]) -> float:
    return pair[1]


def _is_weight(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _plain(answer: Hashable) -> Any:
    return answer if answer is None or isinstance(answer, str | int | float | bool) else repr(answer)
