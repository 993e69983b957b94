"""What earlier workflow engines got wrong, each as a sentence that is true here."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest
from simulated_time import simulated
from workflow_tasks import ask, fail, give, played, states

from pytest_orchestrator.errors import ArgumentError
from pytest_orchestrator.workflows.errors import TaskCancelledError, WorkflowFailedError
from pytest_orchestrator.workflows.events import TaskStarted, WorkflowEvent
from pytest_orchestrator.workflows.retry import RetryPolicy
from pytest_orchestrator.workflows.task import Branch
from pytest_orchestrator.workflows.workflow import Workflow


def test_what_builds_on_a_skipped_task_is_skipped_and_no_deadlock() -> None:
    workflow = Workflow("w").add_task("f", fail()).add_task("d", give(), ["f"]).add_task("e", give(), ["d"])
    assert played(workflow)[0] == {"f": "failed", "d": "skipped (upstream_failed)", "e": "skipped (upstream_skipped)"}


def test_what_builds_on_a_task_with_a_false_condition_is_no_deadlock() -> None:
    workflow = Workflow("w").add_task("a", give(), condition=ask(answer=False)).add_task("b", give(), ["a"])
    assert played(workflow)[0] == {"a": "skipped (condition)", "b": "skipped (upstream_skipped)"}


def test_the_limit_of_the_whole_holds_while_a_task_runs() -> None:
    assert played(Workflow("w", timeout=0.3).add_task("a", give(seconds=1.0))) == ({"a": "timeout"}, 0.3)


def test_a_coroutine_needs_no_parameters_that_it_does_not_want() -> None:
    async def plain() -> str:
        return "fine"

    assert Workflow("w").add_task("a", give(1)).add_task("b", plain, ["a"]).run_sync()["b"] == "fine"


def test_functions_get_results_as_coroutines_do() -> None:
    assert Workflow("w").add_task("a", give(1)).add_task("b", lambda a: a + 1, ["a"]).run_sync()["b"] == 2


def test_there_are_no_levels_at_which_everybody_waits() -> None:
    workflow = Workflow("w").add_task("a", give(seconds=1.0)).add_task("b", give())
    workflow.add_task("c", give(seconds=1.0), ["b"])
    assert played(workflow)[1] == 1.0


def test_failing_fast_cancels_what_runs_and_leaves_nothing_pending() -> None:
    workflow = Workflow("w", fail_fast=True).add_task("bad", fail()).add_task("slow", give(seconds=60.0))
    workflow.add_task("after", give(), ["slow"])
    assert played(workflow) == ({"bad": "failed", "slow": "cancelled", "after": "cancelled"}, 0.0)


def test_run_raises_what_failed() -> None:
    with pytest.raises(WorkflowFailedError):
        Workflow("w").add_task("a", fail()).run_sync()


def test_no_attempt_at_all_is_refused_where_it_is_said() -> None:
    with pytest.raises(ArgumentError, match="max_attempts: 0 is not a whole number from 1"):
        RetryPolicy(max_attempts=0)


def test_a_task_that_raises_cancelled_error_is_not_completed() -> None:
    workflow = Workflow("w").add_task("a", fail(asyncio.CancelledError()))
    assert played(workflow)[0] == {"a": "failed"}
    assert isinstance(workflow.outcomes["a"].error, TaskCancelledError)
    assert workflow.outcomes["a"].result is None


def test_an_object_with_a_coroutine_for_its_call_is_awaited() -> None:
    class Action:
        async def __call__(self) -> str:
            return "awaited"

    assert Workflow("w").add_task("a", Action()).run_sync() == {"a": "awaited"}


def test_a_mistake_in_what_becomes_of_a_result_is_a_failure() -> None:
    workflow = Workflow("w").add_task("a", give(Branch("nobody")))
    assert played(workflow)[0] == {"a": "failed"}


def test_a_misspelt_word_of_add_task_is_refused() -> None:
    with pytest.raises(TypeError, match="dependancies"):
        Workflow("w").add_task("a", give(), dependancies=["b"])  # type: ignore[call-arg]


def test_the_end_of_a_workflow_does_not_wait_for_a_thread_that_was_given_up() -> None:
    let_go = threading.Event()
    begun = time.monotonic()
    Workflow("w").add_task("a", lambda: let_go.wait(60), timeout=0.05).run_sync(raise_on_failure=False)
    assert time.monotonic() - begun < 30
    let_go.set()


def test_validating_a_chain_in_reverse_is_no_recursion() -> None:
    workflow = Workflow("w")
    for number in reversed(range(5000)):
        workflow.add_task(f"t{number}", give(), [f"t{number - 1}"] if number else [])
    workflow.validate()


def test_a_chain_costs_as_much_for_each_task_however_long_it_is() -> None:
    def looks(count: int) -> int:
        """Return how many tasks are looked at: the engine counts in operations, not in seconds."""
        calls = 0

        class Counted(str):
            __slots__ = ()

            def __hash__(self) -> int:
                nonlocal calls
                calls += 1
                return super().__hash__()

        workflow = Workflow("w")
        for number in range(count):
            workflow.add_task(Counted(number), give(), [Counted(number - 1)] if number else [])
        workflow.run_sync()
        return calls

    assert looks(2000) < looks(200) * 11


def test_a_condition_that_raises_is_no_silent_skip() -> None:
    workflow = Workflow("w").add_task("a", give(), condition=fail())
    assert played(workflow)[0] == {"a": "failed"}


def test_a_limit_of_zero_is_refused_and_not_taken_for_none() -> None:
    with pytest.raises(ArgumentError, match="timeout: 0 is not a number of seconds above 0"):
        Workflow("w").add_task("a", give(), timeout=0)
    with pytest.raises(ArgumentError, match="timeout: 0 is not a number of seconds above 0"):
        Workflow("w", timeout=0)


def test_an_unknown_dependency_is_no_new_task() -> None:
    with pytest.raises(ValueError, match="which there is not"):
        Workflow("w").add_task("a", give(), ["b"]).run_sync()


def test_counts_of_a_workflow_that_fails_fast_add_up() -> None:
    events: list[WorkflowEvent] = []
    workflow = Workflow("w", fail_fast=True, max_concurrency=2, on_event=events.append)
    for number in range(6):
        workflow.add_task(f"t{number}", fail(seconds=1.0))
    result: dict[str, Any] = played(workflow)[0]
    assert sorted(result.values()) == ["cancelled"] * 5 + ["failed"]
    assert sum(isinstance(event, TaskStarted) for event in events) == 2


def test_a_retry_waits_for_a_time_that_is_not_the_same_for_all() -> None:
    policy = RetryPolicy(2, initial_delay=10.0, jitter=1.0)
    assert len({policy.delay_before(2) for _ in range(20)}) > 10


def test_results_of_a_failed_run_are_those_that_there_are() -> None:
    workflow = Workflow("w").add_task("a", give(1)).add_task("b", fail(), ["a"])
    assert simulated(workflow.run(raise_on_failure=False))[0] == {"a": 1}
    assert states(workflow) == {"a": "passed", "b": "failed"}
