"""The shape of a workflow: everything that is wrong with it at once, and in which order it can be run."""

from __future__ import annotations

import graphlib
import itertools
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workflow_tasks import give

from pytest_orchestrator.workflows.errors import WorkflowError
from pytest_orchestrator.workflows.graph import cycles, in_order, problems_of
from pytest_orchestrator.workflows.task import Task
from pytest_orchestrator.workflows.workflow import Workflow


def test_everything_that_is_wrong_is_told_at_once() -> None:
    workflow = Workflow("deploy")
    workflow.add_task("build", give()).add_task("test", give(), ["biuld"]).add_task("test", give())
    workflow.add_task("self", give(), ["self"]).add_task("odd", give(), ["zzz"])
    workflow.add_task("a", give(), ["c"]).add_task("b", give(), ["a"]).add_task("c", give(), ["b"])
    with pytest.raises(WorkflowError) as caught:
        workflow.validate()
    assert caught.value.problems == (
        "task 'test': the name is taken by an earlier task",
        "task 'test': it needs 'biuld', which there is not; did you mean 'build'?",
        "task 'self': it needs itself",
        "task 'odd': it needs 'zzz', which there is not",
        "tasks wait for one another: 'a' -> 'c' -> 'b' -> 'a'",
    )
    assert str(caught.value).splitlines()[0] == "workflow 'deploy': task 'test': the name is taken by an earlier task"


def test_a_workflow_that_is_not_valid_runs_nothing() -> None:
    ran: list[int] = []
    workflow = Workflow("w").add_task("a", lambda: ran.append(1)).add_task("b", give(), ["nobody"])
    with pytest.raises(WorkflowError):
        workflow.run_sync()
    assert (ran, workflow.outcomes) == ([], {})


def test_a_valid_workflow_is_valid_however_often_it_is_asked() -> None:
    workflow = Workflow("w").add_task("b", give(), ["a"]).add_task("a", give())
    workflow.validate()
    workflow.validate()
    assert list(workflow.tasks) == ["b", "a"]


def test_a_long_chain_in_reverse_is_no_recursion() -> None:
    count = sys.getrecursionlimit() * 3
    workflow = Workflow("w")
    for number in reversed(range(count)):
        workflow.add_task(f"t{number}", give(number), [f"t{number - 1}"] if number else [])
    assert len(workflow.run_sync()) == count


def test_a_cycle_of_thousands_is_told_as_a_path() -> None:
    count = sys.getrecursionlimit() * 2
    found = cycles({f"t{number}": [f"t{(number + 1) % count}"] for number in range(count)})
    assert [len(cycle) for cycle in found] == [count + 1]
    assert found[0][0] == found[0][-1]


names = st.sampled_from("abcdefg")


@settings(max_examples=150, deadline=None, database=None)
@given(st.dictionaries(names, st.lists(names, unique=True, max_size=4), max_size=7))
def test_a_graph_has_problems_exactly_where_there_is_no_order(graph: dict[str, list[str]]) -> None:
    complete = {name: [other for other in needed if other in graph] for name, needed in graph.items()}
    tasks = {name: Task(name, give(), tuple(needed)) for name, needed in complete.items()}
    order = [task.name for task in in_order(tasks)]
    try:
        graphlib.TopologicalSorter(complete).prepare()
        has_order = True
    except graphlib.CycleError:
        has_order = False
    assert has_order is (len(order) == len(tasks)) is (problems_of(complete) == [])
    for name in order:
        assert all(order.index(other) < order.index(name) for other in complete[name])
    for cycle in cycles(complete):
        assert cycle[0] == cycle[-1]
        assert all(after in complete[before] for before, after in itertools.pairwise(cycle))


def test_unknown_names_are_told_for_each_task_that_needs_them() -> None:
    graph: dict[str, Any] = {"a": ["x", "x"], "b": ["x"]}
    assert problems_of(graph) == [
        "task 'a': it needs 'x', which there is not",
        "task 'b': it needs 'x', which there is not",
    ]
