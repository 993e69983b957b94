"""Trying again: after which results, how often, after which delays, and what is told of it."""

from __future__ import annotations

import itertools
import json
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import pytest
from strategy_agents import CallAgent, ShellAgent, failed, own_threads, passed, troubled, waits

from pytest_orchestrator import ArgumentError
from pytest_orchestrator.agents.attempts import is_worth_retrying
from pytest_orchestrator.agents.result import ProcessResult
from pytest_orchestrator.agents.strategies import run_batched, run_parallel, run_sequential, run_with_fallback
from pytest_orchestrator.core.result import Limit
from pytest_orchestrator.core.retry import RetryPolicy
from pytest_orchestrator.core.status import Reason, Status

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_orchestrator.agents.progress import ProgressEvent


def agent_with(results: list[ProcessResult], process_id: str = "agent") -> CallAgent:
    """Return an agent that gives one result after another, the last one for ever."""
    rest = itertools.chain(results, itertools.repeat(results[-1]))
    return CallAgent(lambda agent: next(rest), process_id)


def test_what_fails_is_tried_again_as_a_copy_and_every_attempt_is_kept(tmp_path: Path) -> None:
    agent = ShellAgent("echo x >>count; wc -l <count; [ $(wc -l <count) = 3 ]", working_dir=tmp_path)
    (result,) = run_parallel([agent], retry=5)
    assert (result.status, result.output) == ("passed", "3\n")
    assert [(attempt.status, attempt.output) for attempt in result.attempts] == [("failed", "1\n"), ("failed", "2\n")]
    assert ProcessResult.from_dict(json.loads(json.dumps(result.as_dict()))).attempts[1].output == "2\n"


def test_the_number_is_that_of_all_attempts() -> None:
    agent = agent_with([failed("a")])
    (result,) = run_sequential([agent], retry=3)
    assert len(result.attempts) == 2
    (result,) = run_sequential([agent.replace()], retry=1)
    assert result.attempts == ()


def test_delays_are_those_of_the_policy_and_told() -> None:
    told: list[ProgressEvent] = []
    policy = RetryPolicy(max_attempts=3, initial_delay=0.01, factor=3)
    run_with_fallback([agent_with([troubled("a")])], retry=policy, on_progress=told.append)
    assert [(event.stage, event.attempt, event.delay) for event in told] == [
        ("waiting", 1, 0),
        ("started", 1, 0),
        ("retrying", 1, 0.01),
        ("retrying", 2, pytest.approx(0.03)),
        ("ended", 3, 0),
    ]
    plain = json.loads(json.dumps([event.as_dict() for event in told]))
    assert [(event["stage"], event["result"] and event["result"]["status"]) for event in plain] == [
        ("waiting", None),
        ("started", None),
        ("retrying", "error"),
        ("retrying", "error"),
        ("ended", "error"),
    ]
    assert str(told[2]) == "0/1 agent: attempt 1 error in 0.0 s (rate limited), next one in 0.01 s"


def test_ctrl_c_does_not_wait_for_the_next_attempt() -> None:
    policy = RetryPolicy(max_attempts=2, initial_delay=600, max_delay=600)

    def stop(event: ProgressEvent) -> None:
        if event.stage == "retrying":
            raise KeyboardInterrupt

    runs: list[str] = []

    def work(agent: CallAgent) -> ProcessResult:
        runs.append(agent.process_id)
        return failed("a")

    with pytest.raises(KeyboardInterrupt) as caught:
        run_batched([CallAgent(work)], 1, retry=policy, on_progress=stop)
    assert len(runs) == 1
    assert [result.status for result in caught.value.results] == ["failed"]  # type: ignore[attr-defined]
    assert own_threads() == []


def test_what_was_ended_is_not_tried_again() -> None:
    both = threading.Barrier(2)
    agents = [waits("a", lambda: both.wait(20)), CallAgent(lambda agent: (both.wait(20), failed("b"))[1], "b")]
    results = run_parallel(agents, fail_fast=True, retry_on=lambda result: True)
    assert [(result.process_id, len(result.attempts)) for result in results] == [("b", 0), ("a", 0)]


def result_with(status: Status, **fields: Any) -> ProcessResult:
    return ProcessResult(1, "", "", 0.0, "a", status, **fields)


@pytest.mark.parametrize(
    ("result", "is_worth"),
    [
        (passed("a"), False),
        (failed("a"), True),
        (replace(failed("a"), limit=Limit("budget_usd", 1.0)), False),
        (troubled("a"), True),
        (result_with(Status.ERROR, reason=Reason.NOT_STARTABLE), False),
        (result_with(Status.ERROR, reason=Reason.CONFIGURATION), False),
        (result_with(Status.TIMEOUT), False),
        (result_with(Status.CANCELLED), False),
        (result_with(Status.NOT_RUN), False),
    ],
    ids=lambda value: str(value.status) if isinstance(value, ProcessResult) else None,
)
def test_another_attempt_is_worth_while_where_it_may_end_otherwise(result: ProcessResult, is_worth: bool) -> None:
    assert is_worth_retrying(result) is is_worth


def test_a_timeout_is_tried_again_where_that_is_asked_for() -> None:
    def results(**how: Any) -> ProcessResult:
        return run_sequential([agent_with([result_with(Status.TIMEOUT), passed("a")])], retry=2, **how)[0]

    assert results().status == "timeout"
    assert results(retry_on=lambda result: result.status == "timeout").status == "passed"


@pytest.mark.parametrize(
    ("retry", "message"),
    [
        (0, "retry: 0 is not a RetryPolicy or a number of attempts of at least 1"),
        (True, "retry: True is not a RetryPolicy or a number of attempts of at least 1"),
        (RetryPolicy(0), "retry.max_attempts: 0 is not a whole number of at least 1"),
        (RetryPolicy(2, -1), "retry.initial_delay: -1 is not a number of at least 0"),
    ],
)
def test_a_policy_that_makes_no_sense_is_told_so(retry: Any, message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        run_with_fallback([agent_with([passed("a")])], retry=retry)
    assert str(caught.value) == f"run_with_fallback: {message}"


def test_a_process_that_cannot_be_copied_fails_and_no_other() -> None:
    class Only(CallAgent):
        def replace(self, **given: Any) -> Self:
            raise NotImplementedError("there is only one")

    results = run_parallel([Only(lambda agent: failed("a"), "a"), agent_with([passed("b")], "b")], 1, retry=2)
    assert [result.status for result in results] == ["error", "passed"]
    assert results[0].error == "NotImplementedError: there is only one"
    assert [attempt.status for attempt in results[0].attempts] == ["failed"]


def test_an_attempt_that_was_just_being_prepared_is_ended_too() -> None:
    class Slow(CallAgent):
        def replace(self, **given: Any) -> Self:
            assert self.unwanted.wait(20)  # by now everything that runs has been told to end
            return super().replace(**given)

    def work(agent: CallAgent) -> ProcessResult:
        if first.is_done and agent is not first:
            assert agent.unwanted.wait(20)
        return failed(agent.process_id)

    def bad(agent: CallAgent) -> str:
        assert is_retrying.wait(20)
        raise OSError

    is_retrying = threading.Event()
    first = Slow(work, "a")
    results = run_parallel(
        [first, CallAgent(bad, "b")],
        2,
        fail_fast=True,
        retry=2,
        retry_on=lambda result: result.process_id == "a",
        on_progress=lambda event: is_retrying.set() if event.stage == "retrying" else None,
    )
    assert {result.process_id: str(result.status) for result in results} == {"a": "failed", "b": "error"}
    assert own_threads() == []
