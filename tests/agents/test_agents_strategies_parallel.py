"""run_parallel: all of them, at the same time, each with a result, in the order of completion."""

from __future__ import annotations

import contextvars
import os
import threading
import time
from typing import TYPE_CHECKING

import pytest
from strategy_agents import CallAgent, ShellAgent, fails, own_threads, says

from pytest_orchestrator import ArgumentError, LiveTable
from pytest_orchestrator.agents.given import _MEMBERS, default_workers
from pytest_orchestrator.agents.strategies import run_parallel
from pytest_orchestrator.core.status import Reason, Status

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_orchestrator.agents.progress import ProgressEvent
    from pytest_orchestrator.agents.result import ProcessResult


def test_results_come_in_the_order_of_completion(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "go")
    last = ShellAgent("read word <go; echo $word", "last", working_dir=tmp_path)
    first = ShellAgent("echo early", "first")

    def let_go(event: ProgressEvent) -> None:
        if event.stage == "ended" and event.process_id == "first":
            (tmp_path / "go").write_text("late\n")

    results = run_parallel([last, first], on_progress=let_go)
    assert [(result.process_id, result.output) for result in results] == [("first", "early\n"), ("last", "late\n")]


def test_as_many_run_at_once_as_workers_are_asked_for_and_no_more() -> None:
    together, most, now = threading.Barrier(3), [0], [0]
    guard = threading.Lock()

    def work(agent: CallAgent) -> str:
        with guard:
            now[0] += 1
            most[0] = max(most[0], now[0])
        together.wait(20)
        with guard:
            now[0] -= 1
        return ""

    results = run_parallel([CallAgent(work, str(number)) for number in range(12)], max_workers=3)
    assert len(results) == 12
    assert most == [3]


def test_all_programs_run_at_the_same_time(tmp_path: Path) -> None:
    # Each waits until all have come: one after another none would ever end.
    script = "touch {0}; until [ $(ls | wc -l) = 6 ]; do sleep 0.01; done; echo {0}"
    agents = [ShellAgent(script.format(number), str(number), timeout=30, working_dir=tmp_path) for number in range(6)]
    results = run_parallel(agents)
    assert sorted(result.output.strip() for result in results) == list("012345")


def test_an_exception_is_the_failed_result_of_its_process_and_of_no_other() -> None:
    def work(agent: CallAgent) -> str:
        error = RuntimeError("no luck\nat all")
        error.add_note("a note")
        raise error

    results = {result.process_id: result for result in run_parallel([CallAgent(work, "bad"), says("fine", "good")])}
    bad = results["bad"]
    assert (bad.exit_code, bad.status, bad.reason) == (1, Status.ERROR, Reason.INFRASTRUCTURE)
    assert bad.error == "RuntimeError: no luck"
    assert bad.stderr.startswith("Traceback (most recent call last):")
    assert bad.stderr.endswith("RuntimeError: no luck\nat all\na note\n")
    assert results["good"].output == "fine"


@pytest.mark.parametrize(
    "error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()], ids=lambda error: type(error).__name__
)
def test_whatever_a_process_raises_ends_nothing_but_itself(error: BaseException) -> None:
    def work(agent: CallAgent) -> str:
        raise error

    results = run_parallel([CallAgent(work, "bad"), says("fine", "good")], max_workers=1)
    assert [result.status for result in results] == ["error", "passed"]


def test_a_process_that_returns_no_result_is_told_so() -> None:
    class Careless(CallAgent):
        def run(self) -> ProcessResult:
            return None  # type: ignore[return-value]

    (result,) = run_parallel([Careless(str)])
    assert result.error == "run() of process 'agent' returned None, which is no ProcessResult"
    assert result.reason is Reason.CONFIGURATION


def test_what_fails_is_a_result_like_any_other() -> None:
    results = run_parallel(
        [ShellAgent("echo out; echo err >&2; exit 3", "a"), ShellAgent("sleep 30", "b", timeout=0.1)]
    )
    assert {result.process_id: (result.exit_code, result.status) for result in results} == {
        "a": (3, "failed"),
        "b": (-1, "timeout"),
    }
    assert {result.stderr for result in results} == {"err\n", ""}


def test_nothing_gives_nothing() -> None:
    assert run_parallel([]) == []
    assert run_parallel(iter(())) == []


def test_any_iterable_with_an_order_is_taken() -> None:
    assert [result.output for result in run_parallel((says(word) for word in "ab"), max_workers=1)] == ["a", "b"]


def test_the_default_is_one_worker_per_cpu_and_four_more() -> None:
    assert default_workers() == min(32, len(os.sched_getaffinity(0)) + 4)


def test_threads_are_named_and_none_is_left() -> None:
    seen: list[str] = []
    both = threading.Barrier(2)

    def work(agent: CallAgent) -> str:
        both.wait(20)
        seen.extend(own_threads())
        return ""

    run_parallel([CallAgent(work, str(number)) for number in range(8)], max_workers=2)
    assert len(set(seen)) == 3  # two that work, one that waits for the order to stop
    assert own_threads() == []


def test_processes_see_the_context_of_their_caller() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    variable.set("mine")
    (result,) = run_parallel([CallAgent(lambda agent: variable.get())])
    assert result.output == "mine"


def test_the_first_failure_ends_the_others_if_that_is_wished() -> None:
    both = threading.Barrier(2)
    stages: dict[str, list[str]] = {}

    def stubborn(agent: CallAgent) -> str:
        both.wait(20)
        assert agent.unwanted.wait(20)
        return "partial"

    def bad(agent: CallAgent) -> str:
        both.wait(20)
        raise ValueError("boom")

    agents = [CallAgent(stubborn, "long"), CallAgent(bad, "bad"), says("never", "waiting")]
    results = run_parallel(
        agents, 2, fail_fast=True, on_progress=lambda event: stages.setdefault(event.process_id, []).append(event.stage)
    )
    assert [(result.process_id, result.status) for result in results] == [("bad", "error"), ("long", "cancelled")]
    assert results[1].output == "partial"
    assert stages["waiting"] == ["waiting", "not_run"]
    assert not agents[2].is_done


def test_after_a_failure_of_the_only_worker_nothing_more_is_started() -> None:
    agents = [says("a", "a"), fails("b"), says("c", "c")]
    results = run_parallel(agents, 1, fail_fast=True)
    assert [result.process_id for result in results] == ["a", "b"]
    assert not agents[2].is_done


def test_every_program_is_ended_with_its_whole_tree(tmp_path: Path) -> None:
    # Both hold a lock through a child of theirs, too.
    script = "exec 9>lock-{0}; flock 9; (echo ready >ready-{0}; exec sleep 600) & wait"
    for number in range(2):
        os.mkfifo(tmp_path / f"ready-{number}")
    agents = [ShellAgent(script.format(number), str(number), working_dir=tmp_path) for number in range(2)]
    agents.append(ShellAgent("read a <ready-0; read b <ready-1; exit 4", "bad", timeout=20, working_dir=tmp_path))
    results = run_parallel(agents, fail_fast=True)
    assert [result.status for result in results] == ["failed", "cancelled", "cancelled"]
    locks = list(tmp_path.glob("lock-*"))
    assert len(locks) == 2
    for lock in locks:
        assert ShellAgent(f"flock -n {lock} true").run().exit_code == 0


def test_every_mistake_is_told_at_once() -> None:
    agent, done = says("a", "twice"), says("b", "done")
    done.run()
    with pytest.raises(ArgumentError) as caught:
        run_parallel([agent, 7, agent, done, CallAgent], 0, retry="3", on_progress=5)  # type: ignore[list-item, arg-type]
    once = "and a process runs once; give a copy, process.replace()"
    assert str(caught.value).split("\n") == [
        "run_parallel: processes[1]: 7 is no agent process; it has no " + ", ".join(_MEMBERS),
        f"run_parallel: processes[2]: it is the same object as processes[0] (process id 'twice'), {once}",
        f"run_parallel: processes[3]: process 'done' has run already, {once}",
        "run_parallel: processes[4]: CallAgent is a class; give an object of it",
        "run_parallel: max_workers: 0 is not a whole number of at least 1",
        "run_parallel: on_progress: 5 is not a function",
        "run_parallel: retry: '3' is not a RetryPolicy or a number of attempts of at least 1",
    ]
    assert not agent.is_done


@pytest.mark.parametrize("given", [None, "ab", {"a": 1}, {1}, 5])
def test_what_is_no_list_is_told_so(given: object) -> None:
    with pytest.raises(ArgumentError, match=r"processes: .* is no list; give it as a list of processes"):
        run_parallel(given)  # type: ignore[arg-type]


def test_a_lone_process_is_told_apart() -> None:
    with pytest.raises(ArgumentError, match=r"is no list; give it in a list of its own, \[process\]"):
        run_parallel(says("a"))  # type: ignore[arg-type]


def test_two_processes_may_have_one_id() -> None:
    assert [result.process_id for result in run_parallel([says("a", "same"), says("b", "same")])] == ["same", "same"]


async def _coroutine(event: object) -> None: ...


def test_a_coroutine_function_cannot_be_told_anything() -> None:
    with pytest.raises(ArgumentError, match=r"on_progress: .* is a coroutine function; give a plain one"):
        run_parallel([says("a")], on_progress=_coroutine)


def test_a_class_cannot_be_told_anything() -> None:
    with pytest.raises(ArgumentError, match=r"on_progress: LiveTable is a class; give an object of it, LiveTable\(\)"):
        run_parallel([says("a")], on_progress=LiveTable)  # type: ignore[arg-type]


def test_an_id_is_a_text() -> None:
    with pytest.raises(ArgumentError, match=r"processes\[0\].process_id: 7 is not a text"):
        run_parallel([says("a", 7)])  # type: ignore[arg-type]


def test_thousands_of_processes_cost_time_in_proportion() -> None:
    told: list[ProgressEvent] = []
    started = time.process_time()
    results = run_parallel([says("", str(number)) for number in range(3000)], on_progress=told.append)
    assert time.process_time() - started < 3
    assert (len(results), told[-1].ended, len(told)) == (3000, 3000, 9000)
