"""Conditions in workflow files, held to a model of GitHub Actions: any graph, any outcomes, any conditions."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_orchestrator.workflows.file_run import FileRun
from pytest_orchestrator.workflows.kinds import KINDS, TaskCall, TaskGave
from pytest_orchestrator.workflows.loader import load_workflow_file
from pytest_orchestrator.workflows.program import ProgramFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

CONDITIONS = (
    None,
    "success()",
    "failure()",
    "always()",
    "cancelled()",
    "!cancelled()",
    "1 == 1",
    "failure() || 1 == 1",
)


async def _as_told(call: TaskCall) -> TaskGave:
    """Pass or fail as the words say, some of them later than others."""
    await asyncio.sleep(0.001 * (len(call.name) % 2))
    if call.action == "fail":
        raise ProgramFailedError("as told")
    return TaskGave("", "", 0)


@pytest.fixture(scope="module", autouse=True)
def _told_kind() -> Iterator[None]:
    before = KINDS.get("codex")
    KINDS["codex"] = _as_told
    yield
    if before is None:
        del KINDS["codex"]
    else:
        KINDS["codex"] = before


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    """Tasks that need earlier ones."""
    tasks: dict[str, dict[str, Any]] = {}
    for number in range(draw(st.integers(1, 9))):
        task: dict[str, Any] = {"codex": draw(st.sampled_from(["pass", "pass", "fail"]))}
        condition = draw(st.sampled_from(CONDITIONS))
        if condition is not None:
            task["if"] = condition
        if draw(st.integers(0, 4)) == 0:
            task["continue_on_error"] = True
        if tasks:
            task["needs"] = draw(st.lists(st.sampled_from(list(tasks)), max_size=3, unique=True))
        tasks["t" + "x" * number] = task
    return tasks


def expected(tasks: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Return how each task ends in GitHub Actions."""
    states: dict[str, str] = {}
    before: dict[str, set[str]] = {}
    for name, task in tasks.items():
        needs = task.get("needs", [])
        before[name] = {*needs, *(each for needed in needs for each in before[needed])}
        forgiven = {each for each in before[name] if tasks[each].get("continue_on_error")}
        failed = any(states[each] == "failed" for each in before[name] - forgiven)
        success = all(
            states[each] == "passed" or (states[each] == "failed" and each in forgiven) for each in before[name]
        )
        runs = {
            None: success, "success()": success, "1 == 1": success, "failure()": failed, "always()": True,
            "cancelled()": False, "!cancelled()": True, "failure() || 1 == 1": True,
        }[task.get("if")]  # fmt: skip
        states[name] = "skipped" if not runs else "failed" if task["codex"] == "fail" else "passed"
    return states


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_every_task_ends_as_it_would_in_github_actions(tasks: dict[str, dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "x.workflow.yaml")
        path.write_text(json.dumps({"tasks": tasks}))
        report = asyncio.run(FileRun(load_workflow_file(path)).run())
    found = {task.name: str(task.state) for task in report.tasks}
    wanted = expected(tasks)
    assert found == wanted
    bad = {name for name, state in wanted.items() if state == "failed" and not tasks[name].get("continue_on_error")}
    assert report.passed is not bool(bad)
    assert all(task.why for task in report.tasks if task.state == "skipped")


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_with_on_failure_stop_every_task_ends_and_only_what_asks_for_failures_runs_after_one(
    tasks: dict[str, dict[str, Any]],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "x.workflow.yaml")
        path.write_text(json.dumps({"on_failure": "stop", "tasks": tasks}))
        report = asyncio.run(FileRun(load_workflow_file(path)).run())
    found = {task.name: task for task in report.tasks}
    assert all(task.state.is_final for task in report.tasks)
    broken = [task.ended for task in report.tasks if task.is_bad and task.ended is not None]
    asks = ("failure()", "always()", "cancelled()")
    for name, task in found.items():
        if broken and task.started is not None and task.started > min(broken):
            assert any(word in tasks[name].get("if", "") for word in asks), name
