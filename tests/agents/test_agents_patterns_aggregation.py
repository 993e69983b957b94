"""aggregate: who voted, what decides, who dissents, and who said nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategy_agents import failed, passed, troubled

from pytest_orchestrator import ArgumentError
from pytest_orchestrator.agents.patterns.aggregation import Aggregate, Vote, aggregate

if TYPE_CHECKING:
    from pytest_orchestrator.agents.result import ProcessResult


def results(*outputs: str) -> list[ProcessResult]:
    return [passed(f"p{number}", output) for number, output in enumerate(outputs)]


def test_more_than_half_decides_and_the_dissent_is_kept() -> None:
    found = aggregate(results("yes\n", "no", " yes"))
    assert (found.is_decided, found.answer, found.why) == (True, "yes", "majority: 2 of 3 votes")
    assert found.supporters == ("p0", "p2")
    assert found.dissent == (Vote("p1", "no"),)
    assert (found.weight_of("yes"), found.weight_of("never")) == (2, 0)


def test_half_is_no_majority() -> None:
    found = aggregate(results("a", "b", "a", "b"))
    assert (found.is_decided, found.answer, found.dissent) == (False, None, ())
    assert found.why == "no majority: 2 of 4 votes for the best of 2 answers"


def test_who_failed_and_who_gave_no_answer_does_not_vote() -> None:
    found = aggregate(
        [*results("ANSWER: 4", "I do not know", "ANSWER: 4"), failed("bad"), troubled("late")],
        extract=r"ANSWER: (\d)",
        quorum=2,
    )
    assert (found.answer, len(found.votes)) == ("4", 2)
    assert [(silence.process_id, silence.why) for silence in found.silent] == [
        ("p1", "no answer in its output"),
        ("bad", "failed: exit 1"),
        ("late", "error: rate limited"),
    ]


@pytest.mark.parametrize(
    ("quorum", "needed", "is_decided"),
    [(None, 3, False), (2, 2, True), (3, 3, False), (0.4, 2, True), (0.6, 3, False), (1.0, 5, False)],
)
def test_without_a_quorum_nothing_is_decided(quorum: float | None, needed: int, is_decided: bool) -> None:
    found = aggregate([*results("a", "a"), failed("x"), failed("y"), failed("z")], quorum=quorum)
    assert (found.quorum, found.is_decided) == (needed, is_decided)
    assert is_decided or found.why == f"no quorum: 2 votes of {needed} needed"


def test_all_must_agree_where_that_is_asked_for() -> None:
    assert aggregate(results("a", "a"), "unanimous").why == "unanimous: 2 votes"
    found = aggregate(results("a", "b", "a"), "unanimous")
    assert (found.is_decided, found.why) == (False, "not unanimous: 2 different answers, 2 of 3 votes for the best")


def test_weights_by_process_or_by_function() -> None:
    votes = results("a", "b", "b")
    assert aggregate(votes, "weighted").answer == "b"
    found = aggregate(votes, "weighted", weights={"p0": 5})
    assert (found.answer, found.why) == ("a", "weighted: 5 of 7 weight")
    assert aggregate(votes, "weighted", weights=lambda result: 3 if result.output == "a" else 1).answer == "a"
    assert not aggregate(votes, "weighted", weights={"p0": 2}).is_decided


@pytest.mark.parametrize(
    ("extract", "answer"),
    [
        (None, "VERDICT: keep\nVERDICT: drop"),
        (r"^VERDICT: (\w+)$", "drop"),
        (re.compile(r"verdict: \w+", re.IGNORECASE), "VERDICT: drop"),
        (lambda result: len(result.output), 27),
        (lambda result: ("keep" in result.output, "drop" in result.output), (True, True)),
    ],
)
def test_the_answer_is_what_is_extracted(extract: Any, answer: object) -> None:
    assert aggregate(results("VERDICT: keep\nVERDICT: drop"), extract=extract).answer == answer


def test_answers_that_are_false_are_answers() -> None:
    found = aggregate(results("0", "0"), extract=lambda result: int(result.output))
    assert (found.is_decided, found.answer) == (True, 0)


def test_nothing_decides_nothing() -> None:
    found = aggregate([])
    assert (found.is_decided, found.why) == (False, "no quorum: 0 votes of 1 needed")
    assert not aggregate(results("a"), "weighted", weights={"p0": 0}).is_decided


def test_it_is_plain_json() -> None:
    found = aggregate([*results("1", "2", "1"), failed("x")], extract=lambda result: (int(result.output),), quorum=1)
    assert json.loads(json.dumps(found.as_dict())) == {
        "how": "majority",
        "is_decided": True,
        "answer": "(1,)",
        "why": "majority: 2 of 3 votes",
        "quorum": 1,
        "votes": [
            {"process_id": f"p{number}", "answer": f"({text},)", "weight": 1.0} for number, text in enumerate("121")
        ],
        "dissent": [{"process_id": "p1", "answer": "(2,)", "weight": 1.0}],
        "silent": [{"process_id": "x", "why": "failed: exit 1"}],
    }


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(ArgumentError) as caught:
        aggregate([*results("a"), "b"], "most", quorum=0, weights={"p0": -1}, extract="(")  # type: ignore[list-item, arg-type]
    assert str(caught.value).split("\n") == [
        "aggregate: how: 'most' is not one of 'majority', 'weighted' or 'unanimous'",
        "aggregate: quorum: 0 is not a number of votes of at least 1, or a share of the results up to 1.0",
        "aggregate: weights: they count with how='weighted' only, not with 'most'",
        "aggregate: weights['p0']: -1 is not a number of at least 0",
        "aggregate: extract: '(' is not a regular expression: missing ), unterminated subpattern at position 0",
        "aggregate: results[1]: 'b' is not a ProcessResult",
    ]


def test_a_weight_for_nobody_is_a_mistake() -> None:
    with pytest.raises(
        ArgumentError, match=r"aggregate: weights: there is no process 'securty'; did you mean 'security'\?"
    ):
        aggregate([passed("security", "a")], "weighted", weights={"securty": 2})


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"extract": lambda result: []}, r"the function returned \[\], which is not hashable: make it a tuple"),
        (
            {"how": "weighted", "weights": lambda result: -1},
            "the function returned -1, which is not a number of at least 0",
        ),
    ],
)
def test_functions_that_return_nonsense_are_told_so(how: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        aggregate(results("a"), **how)


VOTES = st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.floats(0, 100)), max_size=12)


@given(VOTES, st.sampled_from(["majority", "weighted", "unanimous"]), st.integers(1, 6))
def test_votes_are_neither_lost_nor_doubled_and_the_order_does_not_matter(
    votes: list[tuple[str | None, float]], how: Any, quorum: int
) -> None:
    members = [failed(f"p{n}") if answer is None else passed(f"p{n}", answer) for n, (answer, _) in enumerate(votes)]
    weights = {f"p{n}": weight for n, (_, weight) in enumerate(votes)} if how == "weighted" else None

    def count(some: list[ProcessResult]) -> Aggregate:
        return aggregate(some, how, quorum=quorum, weights=weights)

    found, reversed_ = count(members), count(members[::-1])
    assert {vote.process_id for vote in found.votes} | {one.process_id for one in found.silent} == {
        member.process_id for member in members
    }
    assert len(found.votes) + len(found.silent) == len(members)
    assert (found.is_decided, found.answer) == (reversed_.is_decided, reversed_.answer)
    if found.is_decided:
        assert len(found.supporters) + len(found.dissent) == len(found.votes) >= quorum
        assert found.weight_of(found.answer) > sum(vote.weight for vote in found.dissent)
    else:
        assert found.answer is None
        assert found.dissent == ()


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"extract": 5}, "extract: 5 is not a regular expression or a function of a result"),
        (
            {"how": "weighted", "weights": 5},
            "weights: 5 is not a mapping of process ids to numbers or a function of a result",
        ),
        ({"extract": re.compile(b"x")}, "extract: re.compile(b'x') is a pattern for bytes; outputs are texts"),
    ],
)
def test_what_is_neither_data_nor_a_function_is_told_so(how: Any, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        aggregate(results("a"), **how)
    assert str(caught.value) == f"aggregate: {message}"
