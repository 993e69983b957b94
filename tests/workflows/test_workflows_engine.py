"""What a workflow does: states, triggers, conditions, branches, maps, places, events."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from simulated_time import simulated
from workflow_tasks import ask, fail, give, played, states

from pytest_orchestrator.errors import ArgumentError
from pytest_orchestrator.workflows.errors import MapFailedError, TaskCancelledError, WorkflowError, WorkflowFailedError
from pytest_orchestrator.workflows.events import (
    TaskAdded,
    TaskFinished,
    TaskOutput,
    TaskRetrying,
    TaskStarted,
    WorkflowEvent,
    WorkflowFinished,
    WorkflowStarted,
)
from pytest_orchestrator.workflows.outcome import TaskState
from pytest_orchestrator.workflows.retry import RetryPolicy
from pytest_orchestrator.workflows.shell import Shell
from pytest_orchestrator.workflows.task import Branch, Task
from pytest_orchestrator.workflows.workflow import Workflow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# -- results -----------------------------------------------------------------------------------------------------


def test_run_returns_the_results_by_the_names_of_tasks() -> None:
    workflow = Workflow("w").add_task("a", give(1)).add_task("b", lambda a: a + 1, ["a"])
    assert workflow.run_sync() == {"a": 1, "b": 2}
    assert all(outcome.state is TaskState.PASSED for outcome in workflow.outcomes.values())


def test_a_workflow_without_tasks_returns_nothing() -> None:
    assert Workflow("w").run_sync() == {}


def test_the_order_in_which_tasks_are_added_does_not_matter() -> None:
    workflow = Workflow("w").add_task("b", lambda a: a + 1, ["a"]).add_task("a", give(1))
    assert workflow.run_sync() == {"a": 1, "b": 2}


def test_a_failure_is_raised_as_a_group_when_everything_else_has_ended() -> None:
    first, second = OSError("first"), KeyError("second")
    workflow = Workflow("w").add_task("a", fail(first)).add_task("b", fail(second, 2.0)).add_task("c", give(1, 3.0))
    with pytest.raises(WorkflowFailedError) as caught:
        simulated(workflow.run())
    assert caught.value.exceptions == (first, second)
    assert caught.value.message == "workflow 'w': 2 of 3 tasks failed: a, b"
    assert first.__notes__ == ["in task 'a' of workflow 'w'"]
    assert states(workflow)["c"] == "passed"


def test_failures_can_be_told_apart_with_except_star() -> None:
    workflow = Workflow("w").add_task("a", fail(OSError("disk"))).add_task("b", fail(KeyError("key")))
    seen: list[str] = []
    try:
        workflow.run_sync()
    except* OSError as group:
        seen.append(f"os {type(group).__name__} {len(group.exceptions)}")
    except* KeyError as group:
        seen.append(f"key {type(group).__name__} {len(group.exceptions)}")
    assert seen == ["os WorkflowFailedError 1", "key WorkflowFailedError 1"]


def test_a_failure_is_only_an_outcome_where_that_was_asked_for() -> None:
    workflow = Workflow("w").add_task("a", fail()).add_task("b", give(2))
    assert simulated(workflow.run(raise_on_failure=False))[0] == {"b": 2}
    assert isinstance(workflow.outcomes["a"].error, OSError)


def test_the_note_says_after_how_many_attempts() -> None:
    error = OSError("again")
    workflow = Workflow("w").add_task("a", fail(error), retry_policy=RetryPolicy(3))
    with pytest.raises(WorkflowFailedError):
        simulated(workflow.run())
    assert error.__notes__ == ["in task 'a' of workflow 'w' after 3 attempts"]


def test_the_same_exception_in_two_runs_has_one_note() -> None:
    error = OSError("again")
    workflow = Workflow("w").add_task("a", fail(error))
    for _ in range(2):
        with pytest.raises(WorkflowFailedError):
            workflow.run_sync()
    assert error.__notes__ == ["in task 'a' of workflow 'w'"]


# -- triggers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trigger", "first", "second", "wanted"),
    [
        ("all_success", "pass", "pass", "passed"),
        ("all_success", "pass", "fail", "skipped (upstream_failed)"),
        ("all_success", "pass", "skip", "skipped (upstream_skipped)"),
        ("all_done", "pass", "fail", "passed"),
        ("all_done", "fail", "skip", "passed"),
        ("one_success", "pass", "fail", "passed"),
        ("one_success", "skip", "pass", "passed"),
        ("one_success", "fail", "skip", "skipped (trigger)"),
        ("one_failed", "pass", "fail", "passed"),
        ("one_failed", "pass", "skip", "skipped (trigger)"),
        ("one_failed", "pass", "pass", "skipped (trigger)"),
    ],
)
def test_a_trigger_says_after_what_a_task_runs(trigger: str, first: str, second: str, wanted: str) -> None:
    workflow = Workflow("w")
    for name, what in (("a", first), ("b", second)):
        workflow.add_task(name, fail() if what == "fail" else give(), condition=ask(answer=what != "skip"))
    workflow.add_task("c", give(), ["a", "b"], trigger=trigger)
    assert played(workflow)[0]["c"] == wanted


@pytest.mark.parametrize("trigger", ["all_success", "all_done", "one_success", "one_failed"])
def test_a_task_that_needs_nothing_runs_whatever_its_trigger(trigger: str) -> None:
    assert played(Workflow("w").add_task("a", give(), trigger=trigger))[0] == {"a": "passed"}


@pytest.mark.parametrize("trigger", ["one_success", "one_failed"])
def test_triggers_of_one_do_not_wait_for_the_others(trigger: str) -> None:
    quick = give() if trigger == "one_success" else fail()
    begun: list[float] = []

    async def note() -> None:
        begun.append(asyncio.get_running_loop().time())

    workflow = Workflow("w").add_task("quick", quick).add_task("slow", give(seconds=9.0))
    workflow.add_task("c", note, ["quick", "slow"], trigger=trigger)
    assert played(workflow) == ({"quick": "passed" if trigger == "one_success" else "failed", "slow": "passed",
                                 "c": "passed"}, 9.0)  # fmt: skip
    assert begun == [0.0]


def test_a_skip_goes_on_through_everything_that_builds_on_it() -> None:
    workflow = Workflow("w").add_task("t0", fail())
    for number in range(1, 2000):
        workflow.add_task(f"t{number}", give(), [f"t{number - 1}"])
    result, _ = played(workflow)
    assert result["t1"] == "skipped (upstream_failed)"
    assert result["t1999"] == "skipped (upstream_skipped)"
    assert workflow.outcomes["t1"].because == "t0"
    assert workflow.outcomes["t1999"].because == "t1998"


# -- conditions --------------------------------------------------------------------------------------------------


def test_a_condition_is_asked_with_results_and_may_be_a_function_or_a_coroutine() -> None:
    async def is_big(a: int) -> bool:
        return a > 100

    workflow = Workflow("w").add_task("a", give(5))
    workflow.add_task("b", give("b"), ["a"], condition=lambda results: results["a"] == 5)
    workflow.add_task("c", give("c"), ["a"], condition=is_big)
    assert workflow.run_sync() == {"a": 5, "b": "b"}
    assert states(workflow)["c"] == "skipped (condition)"


def test_a_task_whose_condition_is_not_true_was_never_started() -> None:
    events: list[WorkflowEvent] = []
    workflow = Workflow("w", on_event=events.append).add_task("a", give(), condition=ask(answer=0))
    played(workflow)
    assert (workflow.outcomes["a"].attempts, workflow.outcomes["a"].started) == (0, None)
    assert [type(event) for event in events] == [WorkflowStarted, TaskFinished, WorkflowFinished]


class _Unsure:
    def __bool__(self) -> bool:
        raise ValueError("neither true nor false")


@pytest.mark.parametrize("condition", [fail(KeyError("x")), ask(_Unsure())])
def test_a_condition_that_raises_is_a_failure_and_not_a_skip(condition: Any) -> None:
    ran: list[int] = []
    workflow = Workflow("w").add_task("a", lambda: ran.append(1), condition=condition, retry_policy=RetryPolicy(5))
    assert played(workflow)[0] == {"a": "failed"}
    assert isinstance(workflow.outcomes["a"].error, KeyError | ValueError)
    assert ran == []


def test_a_condition_is_asked_once_however_often_the_task_is_tried() -> None:
    asked: list[int] = []

    async def condition() -> bool:
        asked.append(1)
        return True

    workflow = Workflow("w").add_task("a", fail(), condition=condition, retry_policy=RetryPolicy(4))
    assert played(workflow)[0] == {"a": "failed"}
    assert (len(asked), workflow.outcomes["a"].attempts) == (1, 4)


def test_a_condition_has_the_time_limit_of_its_task() -> None:
    workflow = Workflow("w").add_task("a", give(), condition=give(1, 60.0), timeout=2.0, retry_policy=RetryPolicy(3))
    assert played(workflow) == ({"a": "timeout"}, 2.0)
    assert str(workflow.outcomes["a"].error) == "its condition timed out after 2 s"


# -- branches ----------------------------------------------------------------------------------------------------


def test_a_branch_chooses_who_goes_on() -> None:
    workflow = Workflow("w").add_task("choose", give(Branch("left", value=7)))
    workflow.add_task("left", lambda choose: choose, ["choose"]).add_task("right", give(), ["choose"])
    workflow.add_task("after", give(), ["right"]).add_task("join", give("j"), ["left", "right"], trigger="one_success")
    assert workflow.run_sync() == {"choose": 7, "left": 7, "join": "j"}
    assert states(workflow)["right"] == "skipped (branch)"
    assert states(workflow)["after"] == "skipped (upstream_skipped)"
    assert workflow.outcomes["right"].because == "choose"


def test_a_branch_may_choose_nobody() -> None:
    workflow = Workflow("w").add_task("a", give(Branch())).add_task("b", give(), ["a"])
    assert played(workflow)[0] == {"a": "passed", "b": "skipped (branch)"}


def test_a_branch_is_one_for_tasks_too_that_a_listener_adds_at_its_end() -> None:
    workflow = Workflow("w").add_task("choose", give(Branch("a", value=1))).add_task("a", give(), ["choose"])

    def listen(event: WorkflowEvent) -> None:
        if isinstance(event, TaskFinished) and event.outcome.name == "choose":
            workflow.add_task("late", lambda choose: choose, ["choose"])

    workflow.subscribe(listen)
    assert played(workflow)[0] == {"choose": "passed", "a": "passed", "late": "skipped (branch)"}


def test_a_listener_that_adds_tasks_at_every_turn_has_each_begun_once() -> None:
    begun: list[str] = []
    workflow = Workflow("w").add_task("a", give(1))

    def listen(event: WorkflowEvent) -> None:
        if isinstance(event, TaskFinished) and event.outcome.name == "a":
            workflow.add_task("late", give(2), ["a"])
        elif isinstance(event, TaskAdded) and event.task == "late":
            workflow.add_task("later", give(3), ["late"])
        elif isinstance(event, TaskStarted):
            begun.append(event.task)

    assert workflow.subscribe(listen).run_sync() == {"a": 1, "late": 2, "later": 3}
    assert begun == ["a", "late", "later"]


def test_a_branch_that_names_somebody_else_is_a_failure() -> None:
    workflow = Workflow("w").add_task("a", give(Branch("c"))).add_task("b", give(), ["a"]).add_task("c", give())
    assert played(workflow)[0] == {"a": "failed", "b": "skipped (upstream_failed)", "c": "passed"}
    assert str(workflow.outcomes["a"].error) == "Branch('c'): 'c' does not need 'a'; 'b' does"


# -- maps --------------------------------------------------------------------------------------------------------


def test_a_map_makes_a_task_of_each_item_and_gathers_their_results() -> None:
    workflow = Workflow("w").map("double", lambda item, by: item * by, [1, 2, 3], kwargs={"by": 2})
    workflow.add_task("sum", lambda double: sum(double, 0), ["double"])
    assert workflow.run_sync() == {"double": [2, 4, 6], "sum": 12, "double[0]": 2, "double[1]": 4, "double[2]": 6}


def test_a_map_goes_over_what_a_task_returns() -> None:
    workflow = Workflow("w").add_task("names", lambda: ("x", "y")).map("greet", "hello {}".format, "names")
    assert workflow.run_sync()["greet"] == ["hello x", "hello y"]


def test_a_map_over_what_can_be_gone_through_once_runs_twice() -> None:
    workflow = Workflow("w").map("m", _same, (number for number in range(3)))
    assert [workflow.run_sync()["m"] for _ in range(2)] == [[0, 1, 2]] * 2


def test_a_map_over_nothing_is_an_empty_list() -> None:
    assert Workflow("w").map("m", give(), []).run_sync() == {"m": []}


@pytest.mark.parametrize("items", ["abc", 7, {"a": 1}, None])
def test_a_map_over_something_else_is_a_failure(items: Any) -> None:
    workflow = Workflow("w").add_task("items", give(items)).map("m", give(), "items")
    assert played(workflow)[0]["m"] == "failed"
    assert "give a list" in str(workflow.outcomes["m"].error)


def test_a_map_fails_when_one_of_its_tasks_does_and_the_others_go_on() -> None:
    async def inverse(item: int) -> float:
        return 1 / item

    workflow = Workflow("w").map("m", inverse, [1, 0, 2], retry_policy=RetryPolicy(2)).add_task("after", give(), ["m"])
    assert played(workflow)[0] == {"m": "failed", "after": "skipped (upstream_failed)", "m[0]": "passed",
                                   "m[1]": "failed", "m[2]": "passed"}  # fmt: skip
    assert isinstance(workflow.outcomes["m"].error, MapFailedError)
    assert str(workflow.outcomes["m"].error) == "1 of the 3 tasks of 'm' did not pass: m[1]"
    assert (workflow.outcomes["m"].attempts, workflow.outcomes["m[1]"].attempts) == (1, 2)


def test_limit_and_retries_of_a_map_are_those_of_each_of_its_tasks() -> None:
    tries: dict[int, int] = {}

    async def work(item: int) -> int:
        tries[item] = tries.get(item, 0) + 1
        await asyncio.sleep(2)
        if tries[item] < 2:
            raise OSError
        return item

    workflow = Workflow("w", max_concurrency=1).map("m", work, range(5), timeout=3, retry_policy=RetryPolicy(2))
    result, seconds = played(workflow)
    assert set(result.values()) == {"passed"}
    assert (seconds, workflow.outcomes["m"].attempts, set(tries.values())) == (20.0, 1, {2})


def test_a_map_whose_names_are_taken_is_a_failure() -> None:
    workflow = Workflow("w").map("m", give(), [1, 2]).add_task("m[1]", give("mine"))
    assert played(workflow)[0] == {"m": "failed", "m[1]": "passed"}
    assert "'m[1]': the name is taken" in str(workflow.outcomes["m"].error)


def test_a_map_of_thousands_is_no_burden() -> None:
    workflow = Workflow("w", max_concurrency=50).map("m", _same, range(3000))
    assert simulated(workflow.run())[0]["m"] == list(range(3000))


async def _same(item: int) -> int:
    return item


# -- tasks that add tasks ----------------------------------------------------------------------------------------


def test_a_coroutine_adds_tasks_which_need_those_that_are_there() -> None:
    workflow = Workflow("w")

    async def plan() -> str:
        workflow.add_task("late", lambda first, plan: f"{first} {plan}", ["first", "plan"])
        return "planned"

    workflow.add_task("first", give("done")).add_task("plan", plan, ["first"])
    assert workflow.run_sync() == {"first": "done", "plan": "planned", "late": "done planned"}


def test_tasks_are_added_from_threads_at_the_same_time() -> None:
    workflow = Workflow("w")

    def grow(number: int) -> None:
        for each in range(20):
            workflow.add_task(f"{number}.{each}", give(each))

    workflow.map("m", grow, range(8))
    results = workflow.run_sync()
    assert sum(1 for name in results if "." in name) == 160


def test_what_a_run_added_is_of_that_run_only() -> None:
    workflow = Workflow("w")

    async def grow() -> None:
        workflow.add_task("more", give(1))

    workflow.add_task("grow", grow)
    assert [workflow.run_sync() for _ in range(3)] == [{"grow": None, "more": 1}] * 3
    assert list(workflow.tasks) == ["grow"]


@pytest.mark.parametrize("in_thread", [False, True])
def test_a_task_that_does_not_fit_is_refused_where_it_is_added(in_thread: bool) -> None:
    workflow = Workflow("w").add_task("compile", give())

    def grow() -> None:
        workflow.add_task("compile", give(), ["compil"])

    async def grow_here() -> None:
        grow()

    workflow.add_task("grow", grow if in_thread else grow_here)
    with pytest.raises(WorkflowFailedError) as caught:
        workflow.run_sync()
    problem = caught.value.exceptions[0]
    assert isinstance(problem, WorkflowError)
    assert problem.problems == (
        "task 'compile': the name is taken by an earlier task",
        "task 'compile': it needs 'compil', which there is not; did you mean 'compile'?",
    )
    workflow.validate()


def test_a_late_task_is_skipped_at_once_where_what_it_needs_has_failed() -> None:
    workflow = Workflow("w").add_task("bad", fail())

    async def grow() -> None:
        workflow.add_task("late", give(), ["bad"]).add_task("later", give(), ["late"], trigger="all_done")

    workflow.add_task("grow", grow, ["bad"], trigger="all_done")
    assert played(workflow)[0] == {
        "bad": "failed", "grow": "passed", "late": "skipped (upstream_failed)", "later": "passed",
    }  # fmt: skip


# -- places ------------------------------------------------------------------------------------------------------


def most_at_a_time(make: Callable[[Callable[[int], Any]], Workflow]) -> int:
    running, most = 0, 0

    async def work(item: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(1)
        running -= 1
        return item

    simulated(make(work).run())
    return most


def test_no_more_than_max_concurrency_run_at_a_time() -> None:
    assert most_at_a_time(lambda work: Workflow("w", max_concurrency=3).map("m", work, range(20))) == 3


def test_a_pool_has_its_places_and_keeps_nobody_else_from_starting() -> None:
    assert most_at_a_time(lambda work: Workflow("w", pools={"db": 2}).map("m", work, range(20), pool="db")) == 2
    workflow = Workflow("w", max_concurrency=2, pools={"db": 1})
    for number in range(3):
        workflow.add_task(f"db{number}", give(seconds=1.0), pool="db")
    workflow.add_task("free", give(seconds=1.0))
    assert played(workflow)[1] == 3.0


def test_the_most_urgent_goes_first() -> None:
    order: list[str] = []

    def note(name: str) -> Callable[[], Any]:
        async def act() -> None:
            order.append(name)

        return act

    workflow = Workflow("w", max_concurrency=1)
    for name, priority in (("low", -1), ("first", 0), ("second", 0), ("high", 5)):
        workflow.add_task(name, note(name), priority=priority)
    played(workflow)
    assert order == ["high", "first", "second", "low"]


def test_a_retry_gives_its_place_to_others_while_it_waits() -> None:
    workflow = Workflow("w", max_concurrency=1)
    workflow.add_task("a", fail(), retry_policy=RetryPolicy(2, initial_delay=10.0), priority=1)
    workflow.add_task("b", give(seconds=5.0))
    assert played(workflow) == ({"a": "failed", "b": "passed"}, 10.0)


def test_functions_run_in_a_bounded_number_of_threads() -> None:
    threads: set[int] = set()
    is_full = threading.Event()

    def work(_: int) -> None:
        threads.add(threading.get_ident())
        if len(threads) >= 32:
            is_full.set()
        is_full.wait(20)

    Workflow("w").map("m", work, range(200)).run_sync()
    assert is_full.is_set()
    assert len(threads) == 32
    assert threading.get_ident() not in threads


# -- events ------------------------------------------------------------------------------------------------------


def test_everything_that_happens_is_one_stream_of_events() -> None:
    events: list[WorkflowEvent] = []
    workflow = Workflow("w", on_event=events.append)
    tries = 0

    async def flaky() -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OSError("once")
        workflow.add_task("late", give())

    workflow.add_task("flaky", flaky, retry_policy=RetryPolicy(2, 3.0))
    played(workflow)
    assert [type(event) for event in events] == [
        WorkflowStarted, TaskStarted, TaskRetrying, TaskStarted, TaskAdded, TaskStarted, TaskFinished, TaskFinished,
        WorkflowFinished,
    ]  # fmt: skip
    retry = events[2]
    assert isinstance(retry, TaskRetrying)
    assert (retry.task, retry.attempt, retry.delay, str(retry.error)) == ("flaky", 1, 3.0, "once")
    assert events[-1] == WorkflowFinished("w", events[-1].time, passed=True)
    assert events[0] == WorkflowStarted("w", events[0].time, 1)


def test_what_a_program_wrote_is_told_when_it_has_ended_or_failed() -> None:
    told: list[tuple[str, str, str]] = []

    def listen(event: WorkflowEvent) -> None:
        if isinstance(event, TaskOutput):
            told.append((event.task, event.stream, event.text))

    workflow = Workflow("w", on_event=listen).add_task("a", Shell("echo out; echo err >&2"))
    workflow.add_task("b", Shell("echo bad; exit 3"), ["a"])
    workflow.run_sync(raise_on_failure=False)
    assert told == [("a", "stdout", "out\n"), ("a", "stderr", "err\n"), ("b", "stdout", "bad\n")]


@pytest.mark.parametrize(
    "kind", [WorkflowStarted, TaskStarted, TaskFinished, TaskRetrying, TaskAdded, WorkflowFinished]
)
@pytest.mark.parametrize("error", [LookupError("listener"), KeyboardInterrupt()])
def test_what_a_listener_raises_stops_the_workflow_and_is_raised(kind: type, error: BaseException) -> None:
    workflow = Workflow("w")
    told: list[WorkflowEvent] = []

    def listen(event: WorkflowEvent) -> None:
        told.append(event)
        if isinstance(event, kind):
            raise error

    async def grow() -> None:
        workflow.add_task("late", give())

    workflow.subscribe(listen).add_task("a", grow).add_task("b", fail(), retry_policy=RetryPolicy(3, 1.0))
    workflow.add_task("c", give(seconds=50.0), ["a"])
    with pytest.raises(type(error)) as caught:
        simulated(workflow.run())
    assert caught.value is error
    assert isinstance(told[-1], kind)
    assert all(outcome.state.is_final for outcome in workflow.outcomes.values())


# -- odd ends ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), GeneratorExit(), BaseException("odd")])
@pytest.mark.parametrize("in_thread", [False, True])
def test_what_is_no_exception_but_worse_stops_everything_and_is_raised(error: BaseException, in_thread: bool) -> None:
    def act() -> None:
        raise error

    async def act_here() -> None:
        raise error

    workflow = Workflow("w").add_task("a", act if in_thread else act_here).add_task("b", give(seconds=60.0))
    workflow.add_task("c", give(), ["a"])
    with pytest.raises(type(error)):
        workflow.run_sync()
    assert states(workflow) == {"a": "failed", "b": "cancelled", "c": "cancelled"}
    assert workflow.outcomes["a"].error is error


def test_of_several_that_stop_everything_the_first_is_raised() -> None:
    first = SystemExit(1)
    workflow = Workflow("w").add_task("a", fail(first)).add_task("b", fail(SystemExit(2)))
    with pytest.raises(SystemExit) as caught:
        workflow.run_sync()
    assert caught.value is first


def test_a_function_that_raises_stop_iteration_has_failed_and_nobody_waits_for_it() -> None:
    workflow = Workflow("w").add_task("a", lambda: next(iter(())))
    with pytest.raises(WorkflowFailedError) as caught:
        workflow.run_sync()
    assert isinstance(caught.value.exceptions[0], StopIteration | RuntimeError)


class Proxy:
    """Stands for something that is not there, and says so to everybody who asks, as proxies of frameworks do."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(f"there is nothing behind this proxy to ask for {name}")


def test_a_result_that_answers_no_question_is_a_result() -> None:
    proxy = Proxy()
    assert Workflow("w").add_task("a", give(proxy)).add_task("b", lambda a: a is proxy, ["a"]).run_sync()["b"] is True


class SilentError(Exception):
    def __str__(self) -> str:
        raise LookupError("no words")


def test_an_exception_that_cannot_be_told_is_a_failure_like_others(tmp_path: Path) -> None:
    workflow = Workflow("w", journal=tmp_path / "journal").add_task("a", fail(SilentError()))
    assert simulated(workflow.run(raise_on_failure=False))[0] == {}
    assert workflow.outcomes["a"].as_dict()["error"] == "SilentError: <what it says cannot be told: LookupError>"


def test_a_fault_of_the_engine_itself_is_raised_and_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: Any) -> None:
        raise ZeroDivisionError("a fault of ours")

    workflow = Workflow("w").add_task("a", give()).add_task("b", give(seconds=60.0))
    monkeypatch.setattr("pytest_orchestrator.workflows.scheduler.Scheduler._release", break_down)
    with pytest.raises(ZeroDivisionError, match="a fault of ours"):
        simulated(workflow.run())
    assert states(workflow) == {"a": "passed", "b": "cancelled"}


def test_a_task_that_is_cancelled_from_within_has_failed() -> None:
    async def quit_itself() -> None:
        raise asyncio.CancelledError

    workflow = Workflow("w").add_task("a", quit_itself).add_task("b", give(), ["a"])
    with pytest.raises(WorkflowFailedError) as caught:
        workflow.run_sync()
    assert isinstance(caught.value.exceptions[0], TaskCancelledError)
    assert states(workflow) == {"a": "failed", "b": "skipped (upstream_failed)"}


def test_a_workflow_runs_again_and_again_but_not_twice_at_a_time() -> None:
    workflow = Workflow("w").add_task("a", give(1, 1.0))

    async def both() -> tuple[Any, BaseException | None]:
        first = asyncio.create_task(workflow.run())
        await asyncio.sleep(0.5)
        with pytest.raises(WorkflowError, match="it is running already"):
            await workflow.run()
        return await first, None

    assert simulated(both())[0] == ({"a": 1}, None)
    assert simulated(workflow.run())[0] == {"a": 1}


def test_run_sync_within_an_event_loop_says_what_to_do() -> None:
    async def inside() -> None:
        Workflow("w").run_sync()

    with pytest.raises(WorkflowError, match=r"use 'await workflow\.run\(\)'"):
        asyncio.run(inside())


def test_a_workflow_can_be_a_task_of_another() -> None:
    inner = Workflow("inner").add_task("x", give(3))
    outer = Workflow("outer").add_task("inner", inner).add_task("y", lambda inner: inner["x"] + 1, ["inner"])
    assert outer.run_sync() == {"inner": {"x": 3}, "y": 4}


def test_a_failure_of_an_inner_workflow_is_a_failure_of_the_outer() -> None:
    inner = Workflow("inner").add_task("x", fail())
    with pytest.raises(WorkflowFailedError) as caught:
        Workflow("outer").add_task("inner", inner).run_sync()
    group = caught.value.exceptions[0]
    assert isinstance(group, WorkflowFailedError)
    assert isinstance(group.exceptions[0], OSError)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="event loops of 3.11 begin no task at once")
@pytest.mark.parametrize("most", [None, 2])
def test_an_event_loop_that_begins_tasks_at_once_is_no_other(most: int | None) -> None:
    async def main() -> dict[str, Any]:
        asyncio.get_running_loop().set_task_factory(getattr(asyncio, "eager_task_factory"))  # noqa: B009
        return await workflow.run(raise_on_failure=False)

    tries = 0

    async def flaky() -> str:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise OSError
        return "at last"

    workflow = Workflow("w", max_concurrency=most).add_task("t0", give(0), condition=ask(answer=True))
    for number in range(1, 2000):
        workflow.add_task(f"t{number}", give(number), [f"t{number - 1}"])
    workflow.add_task("flaky", flaky, retry_policy=RetryPolicy(3, 0.1)).add_task("bad", fail()).map("m", _same, [1, 2])
    results, _ = simulated(main())
    assert (len(results), results["t1999"], results["flaky"], results["m"]) == (2004, 1999, "at last", [1, 2])


def test_a_thread_that_adds_a_task_to_a_workflow_that_is_gone_is_told_so() -> None:
    go_on, told = threading.Event(), threading.Event()
    problems: list[str] = []
    workflow = Workflow("w")

    def late() -> None:
        scheduler = workflow._latest
        assert scheduler is not None
        go_on.wait(60)
        try:
            scheduler.growth.add(Task("late", give()))
        except WorkflowError as error:
            problems.extend(error.problems)
        told.set()

    workflow.add_task("late", late, timeout=0.05).run_sync(raise_on_failure=False)
    go_on.set()
    assert told.wait(60)
    assert problems == ["task 'late': the workflow has ended"]


def test_context_variables_of_one_task_are_no_business_of_the_next() -> None:
    import contextvars

    variable = contextvars.ContextVar("variable", default="outside")
    seen: list[str] = []

    async def change() -> None:
        seen.append(variable.get())
        variable.set("changed")

    async def look() -> None:
        seen.append(variable.get())

    async def main() -> None:
        variable.set("caller")
        await Workflow("w").add_task("a", change).add_task("b", look, ["a"]).run()

    asyncio.run(main())
    assert seen == ["caller", "caller"]


# -- arguments ---------------------------------------------------------------------------------------------------


def test_all_mistakes_of_a_task_are_told_at_once() -> None:
    def generator() -> Any:
        yield 1

    with pytest.raises(ArgumentError) as caught:
        Workflow("w", pools={"db": 1}).add_task(
            "t", generator, "other", args="xy", kwargs={1: 2}, timeout=0, retry_policy=3, condition="yes",  # type: ignore[arg-type, dict-item]
            trigger="never", priority="high", pool="bd", tags="slow",  # type: ignore[arg-type]
        )  # fmt: skip
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[1] for line in lines] == [
        "action", "dependencies", "args", "timeout", "retry_policy", "condition", "trigger", "priority", "pool",
        "kwargs", "tags",
    ]  # fmt: skip
    assert lines[1] == "task 't': dependencies: 'other' is one value; give a list, ['other']"


@pytest.mark.parametrize(
    "wrong",
    [
        {"dependencies": 5},
        {"dependencies": [1]},
        {"dependencies": [[]]},
        {"args": 5},
        {"timeout": True},
        {"timeout": float("nan")},
        {"pool": []},
        {"trigger": []},
    ],
)
def test_a_wrong_argument_is_told_and_no_accident(wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=f"^task 't': {next(iter(wrong))}: "):
        Workflow("w").add_task("t", give(), **wrong)


def test_a_word_that_there_is_not_is_refused() -> None:
    with pytest.raises(TypeError, match="timout"):
        Workflow("w").add_task("t", give(), timout=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="timout"):
        Workflow("w").map("t", give(), [], timout=3)


def test_all_mistakes_of_a_workflow_are_told_at_once() -> None:
    with pytest.raises(ArgumentError) as caught:
        Workflow("", -1, max_concurrency=0, pools={"a": 0}, executor=3, journal_sync="often")  # type: ignore[arg-type]
    assert [line.split(": ")[1] for line in str(caught.value).splitlines()] == [
        "name", "timeout", "max_concurrency", "pools['a']", "executor", "journal_sync",
    ]  # fmt: skip
