"""Functions on the workers of dask.distributed, two real processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import distributed
import pytest
from process_watch import until
from workflow_tasks import states

from pytest_orchestrator.scripts.library import run_script
from pytest_orchestrator.workflows.workflow import Workflow

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.timeout(120)]


class OddError(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with (
        distributed.LocalCluster(2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        distributed.Client(cluster) as made,
    ):
        yield made


@pytest.fixture
def executor(client: Any) -> Any:
    from pytest_orchestrator.workflows.dask_executor import DaskExecutor

    return DaskExecutor(client)


def test_functions_run_on_workers_and_get_results(executor: Any) -> None:
    import os

    workflow = Workflow("w", executor=executor).add_task("a", lambda: (os.getpid(), 5))
    workflow.map("m", lambda item, a: item * a[1], range(8), ["a"]).add_task("sum", lambda m: sum(m, 0), ["m"])
    results = workflow.run_sync()
    assert results["a"][0] != os.getpid()
    assert results["sum"] == 140


def test_equal_calls_are_each_made(executor: Any, tmp_path: Path) -> None:
    trace = str(tmp_path / "trace")
    Workflow("w", executor=executor).map("m", _note, [trace] * 6).run_sync()
    assert len(Path(trace).read_text().split()) == 6


def _note(trace: str) -> None:
    with open(trace, "a", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\n")


def test_exceptions_keep_their_type_and_what_they_carry(executor: Any) -> None:
    def odd() -> None:
        raise OddError(7)

    workflow = Workflow("w", executor=executor).add_task("a", odd)
    workflow.run_sync(raise_on_failure=False)
    error = workflow.outcomes["a"].error
    assert type(error).__name__ == "OddError"
    assert getattr(error, "code", None) == 7


def test_a_function_is_not_called_again_when_its_worker_dies(executor: Any, tmp_path: Path) -> None:
    from pytest_orchestrator.workflows.dask_executor import CalledBeforeError

    trace = str(tmp_path / "trace")

    def die() -> None:
        with open(trace, "a", encoding="utf-8") as file:
            file.write("called\n")
        os.kill(os.getpid(), signal.SIGKILL)

    workflow = Workflow("w", executor=executor).add_task("a", die).add_task("b", lambda: 1, ["a"], trigger="all_done")
    assert workflow.run_sync(raise_on_failure=False) == {"b": 1}
    assert states(workflow)["a"] == "failed"
    assert isinstance(workflow.outcomes["a"].error, CalledBeforeError)
    assert Path(trace).read_text() == "called\n"


def test_what_waits_for_a_worker_is_not_begun_when_the_workflow_has_failed(
    executor: Any, client: Any, tmp_path: Path
) -> None:
    trace = str(tmp_path / "trace")

    def fails() -> None:
        raise OddError(1)

    def slow() -> None:
        with open(trace, "a", encoding="utf-8") as file:
            file.write("begun\n")
        time.sleep(0.1)

    workflow = Workflow("w", fail_fast=True, executor=executor).add_task("bad", fails)
    for number in range(40):
        workflow.add_task(f"t{number}", slow)
    workflow.run_sync(raise_on_failure=False)
    assert states(workflow)["bad"] == "failed"
    until(lambda: not client.run_on_scheduler(_unfinished), "dask still has calls to make")
    begun = Path(trace).read_text().count("begun") if Path(trace).exists() else 0
    assert begun < 40


def _unfinished(dask_scheduler: Any) -> int:
    return sum(task.state in ("queued", "processing", "waiting") for task in dask_scheduler.tasks.values())


def test_limits_of_a_script_hold_on_the_worker(executor: Any, tmp_path: Path) -> None:
    script = tmp_path / "slow.sh"
    script.write_text("echo begun\nsleep 60 &\nsleep 60\n")
    begun = time.monotonic()
    workflow = Workflow("w", executor=executor).add_task("a", run_script, args=[str(script)], kwargs={"timeout": 0.5})
    result = workflow.run_sync()["a"]
    assert (result["status"], result["stdout"]) == ("timeout", "begun\n")
    assert time.monotonic() - begun < 40
