"""Functions in executors of others: threads and processes."""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
from workflow_tasks import states

from pytest_orchestrator.workflows.errors import WorkflowFailedError
from pytest_orchestrator.workflows.retry import RetryPolicy
from pytest_orchestrator.workflows.threads import DaemonThreads
from pytest_orchestrator.workflows.workflow import Workflow

if TYPE_CHECKING:
    from collections.abc import Iterator


class OddError(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def raise_odd(code: int) -> None:
    raise OddError(code)


def where(base: int = 0) -> tuple[int, int]:
    return os.getpid(), base


def die() -> None:
    os._exit(9)


@pytest.fixture(params=["threads", "processes"])
def executor(request: pytest.FixtureRequest) -> Iterator[concurrent.futures.Executor]:
    kind: Any = concurrent.futures.ThreadPoolExecutor
    more: dict[str, Any] = {}
    if request.param == "processes":
        kind, more = concurrent.futures.ProcessPoolExecutor, {"mp_context": multiprocessing.get_context("forkserver")}
    with kind(2, **more) as made:
        yield made


def test_functions_run_in_the_executor_and_coroutines_here(executor: concurrent.futures.Executor) -> None:
    async def here(base: tuple[int, int]) -> int:
        return os.getpid() + base[1]

    workflow = Workflow("w", executor=executor).add_task("base", where, args=[5])
    workflow.add_task("here", here, ["base"]).map("there", where, [1, 2, 3])
    results = workflow.run_sync()
    assert results["here"] == os.getpid() + 5
    assert [number for _, number in results["there"]] == [1, 2, 3]
    is_elsewhere = isinstance(executor, concurrent.futures.ProcessPoolExecutor)
    assert all((pid != os.getpid()) is is_elsewhere for pid, _ in results["there"])


def test_exceptions_keep_their_type_and_what_they_carry(executor: concurrent.futures.Executor) -> None:
    with pytest.raises(WorkflowFailedError) as caught:
        Workflow("w", executor=executor).add_task("a", raise_odd, args=[7]).run_sync()
    error = caught.value.exceptions[0]
    assert isinstance(error, OddError)
    assert error.code == 7


def test_conditions_are_asked_in_this_process(executor: concurrent.futures.Executor) -> None:
    here = os.getpid()
    workflow = Workflow("w", executor=executor).add_task("a", where, condition=lambda: os.getpid() == here)
    assert workflow.run_sync()["a"][1] == 0


def test_a_worker_that_dies_is_a_failure_and_no_hang() -> None:
    context = multiprocessing.get_context("forkserver")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as executor:
        workflow = Workflow("w", executor=executor).add_task("a", die).add_task("b", where, ["a"])
        workflow.run_sync(raise_on_failure=False)
    assert states(workflow) == {"a": "failed", "b": "skipped (upstream_failed)"}
    assert isinstance(workflow.outcomes["a"].error, concurrent.futures.BrokenExecutor)


def test_an_executor_that_takes_nothing_any_more_is_a_failure() -> None:
    executor = concurrent.futures.ThreadPoolExecutor(1)
    executor.shutdown()
    workflow = Workflow("w", executor=executor).add_task("a", where)
    with pytest.raises(WorkflowFailedError, match="1 of 1 tasks failed"):
        workflow.run_sync()


def test_what_cannot_be_sent_to_a_process_is_a_failure() -> None:
    context = multiprocessing.get_context("forkserver")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as executor:
        workflow = Workflow("w", executor=executor).add_task("a", lambda: 1).add_task("b", where)
        assert set(workflow.run_sync(raise_on_failure=False)) == {"b"}
    assert states(workflow)["a"] == "failed"


def test_a_call_that_waits_in_an_executor_is_not_made_after_its_limit() -> None:
    made: list[int] = []
    let_go = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(1) as executor:
        workflow = Workflow("w", executor=executor).add_task("a", let_go.wait, args=[60], timeout=0.1)
        workflow.add_task("b", lambda: made.append(1), timeout=0.1, retry_policy=RetryPolicy(2))
        workflow.run_sync(raise_on_failure=False)
        let_go.set()
    assert states(workflow) == {"a": "timeout", "b": "timeout"}
    assert made == []


def test_own_threads_are_used_again_and_end_when_nobody_needs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_orchestrator.workflows.threads.IDLE_SECONDS", 0.05)
    threads = DaemonThreads()
    seen = {threads.submit(threading.current_thread).result() for _ in range(20)}
    for thread in seen:
        thread.join(20)
        assert not thread.is_alive()
    barrier = threading.Barrier(5)
    together = [threads.submit(barrier.wait, 20) for _ in range(5)]
    assert sorted(each.result() for each in together) == [0, 1, 2, 3, 4]
