"""For any graph, any outcome of tasks and any triggers: nothing hangs, everything ends, nothing begins too early."""

from __future__ import annotations

import asyncio
import heapq
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulated_time import simulated

from pytest_orchestrator.workflows.errors import TaskTimeoutError
from pytest_orchestrator.workflows.events import TaskFinished, TaskStarted, WorkflowEvent, WorkflowFinished
from pytest_orchestrator.workflows.outcome import SkipReason, TaskOutcome, TaskState
from pytest_orchestrator.workflows.retry import RetryPolicy
from pytest_orchestrator.workflows.task import Branch, Trigger
from pytest_orchestrator.workflows.workflow import Workflow

quick = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
NOT_PASSED = (TaskState.FAILED, TaskState.TIMEOUT, TaskState.CANCELLED)


@dataclass
class Step:
    """A task that a test made up."""

    name: str
    needs: list[str]
    seconds: float = 1.0
    does: str = "pass"
    trigger: Trigger = Trigger.ALL_SUCCESS
    attempts: int = 1
    pool: str | None = None
    priority: int = 0
    chooses: list[str] = field(default_factory=list)


@st.composite
def graphs(draw: st.DrawFn) -> list[Step]:
    count = draw(st.integers(1, 12))
    steps: list[Step] = []
    for number in range(count):
        earlier = [step.name for step in steps]
        needs = draw(st.lists(st.sampled_from(earlier), unique=True, max_size=4)) if earlier else []
        does = draw(st.sampled_from(["pass"] * 5 + ["fail", "late", "no", "odd condition", "flaky", "branch", "quit"]))
        steps.append(
            Step(
                f"t{number}", needs, draw(st.sampled_from([0.0, 1.0, 2.5, 4.0])), does,
                draw(st.sampled_from([Trigger.ALL_SUCCESS] * 3 + list(Trigger))),
                draw(st.sampled_from([1, 1, 3])), draw(st.sampled_from([None, None, "narrow"])),
                draw(st.integers(-1, 1)),
            )
        )  # fmt: skip
    for step in steps:
        dependents = [other.name for other in steps if step.name in other.needs]
        if step.does == "branch" and dependents:
            step.chooses = draw(st.lists(st.sampled_from(dependents), unique=True))
    return draw(st.permutations(steps))


def action(step: Step) -> Any:
    tries = 0

    async def act() -> Any:
        nonlocal tries
        tries += 1
        await asyncio.sleep(step.seconds)
        if step.does == "fail" or (step.does == "flaky" and tries < 3):
            raise OSError(step.name)
        if step.does == "late":
            await asyncio.sleep(60)
        if step.does == "quit":
            raise asyncio.CancelledError
        return Branch(*step.chooses) if step.does == "branch" else step.name

    return act


def refuse() -> bool:
    return False


async def break_down() -> bool:
    raise LookupError("the condition is odd")


class Watch:
    """Notes what happens, and complains at once about what must not."""

    def __init__(self, steps: list[Step], most: int | None, narrow: int) -> None:
        self.steps = {step.name: step for step in steps}
        self.most, self.narrow = most, narrow
        self.running: set[str] = set()
        self.ended: Counter[str] = Counter()
        self.finished: list[WorkflowFinished] = []
        self.workflow: Workflow | None = None
        self.faults: list[str] = []

    def __call__(self, event: WorkflowEvent) -> None:
        assert self.workflow is not None
        if isinstance(event, TaskStarted):
            self.running = {n for n in self.running if self.workflow.outcomes[n].state is TaskState.RUNNING}
            self.running.add(event.task)
            self._look_at_start(self.steps[event.task], self.workflow.outcomes)
        elif isinstance(event, TaskFinished):
            self.ended[event.outcome.name] += 1
            self.running.discard(event.outcome.name)
        elif isinstance(event, WorkflowFinished):
            self.finished.append(event)

    def _look_at_start(self, step: Step, outcomes: dict[str, TaskOutcome]) -> None:
        states = [outcomes[name].state for name in step.needs]
        fits = {
            Trigger.ALL_SUCCESS: all(state is TaskState.PASSED for state in states),
            Trigger.ALL_DONE: all(state.is_final for state in states),
            Trigger.ONE_SUCCESS: not states or TaskState.PASSED in states,
            Trigger.ONE_FAILED: not states or any(state in NOT_PASSED for state in states),
        }
        if not fits[step.trigger]:
            self.faults.append(f"{step.name} begins with {step.trigger} and {states}")
        if self.most is not None and len(self.running) > self.most:
            self.faults.append(f"{len(self.running)} run at a time")
        if sum(self.steps[name].pool is not None for name in self.running) > self.narrow:
            self.faults.append("the pool has more than its places")


@quick
@given(
    graphs(),
    st.sampled_from([None, 1, 2, 3]),
    st.sampled_from([1, 2]),
    st.booleans(),
    st.sampled_from([None, None, 3.0, 7.2]),
)
def test_every_task_of_any_graph_has_a_final_state_and_none_begins_before_its_time(
    steps: list[Step], most: int | None, narrow: int, fail_fast: bool, timeout: float | None
) -> None:
    watch = Watch(steps, most, narrow)
    workflow = Workflow(
        "any", timeout, fail_fast, most, pools={"narrow": narrow}, on_event=watch
    )  # fmt: skip
    watch.workflow = workflow
    for step in steps:
        workflow.add_task(
            step.name, action(step), step.needs, timeout=30, trigger=step.trigger, priority=step.priority,
            retry_policy=RetryPolicy(step.attempts, 0.5), pool=step.pool,
            # Conditions that are no coroutines run in threads, which have no place in simulated time.
            condition={"no": _async(refuse), "odd condition": break_down}.get(step.does),
        )  # fmt: skip
    results, _ = simulated(workflow.run(raise_on_failure=False))
    outcomes = workflow.outcomes
    assert watch.faults == []
    assert set(outcomes) == {step.name for step in steps} == set(watch.ended)
    assert set(watch.ended.values()) == {1}
    assert all(outcome.state.is_final for outcome in outcomes.values())
    assert set(results) == {name for name, outcome in outcomes.items() if outcome.state is TaskState.PASSED}
    assert len(watch.finished) == 1
    states = {name: outcome.state for name, outcome in outcomes.items()}
    assert watch.finished[0].passed is not any(state in NOT_PASSED for state in states.values())
    for step in steps:
        _look_at_end(step, outcomes, is_whole=not fail_fast and timeout is None)


def _async(function: Any) -> Any:
    async def ask() -> Any:
        return function()

    return ask


def _look_at_end(step: Step, outcomes: dict[str, TaskOutcome], *, is_whole: bool) -> None:
    outcome = outcomes[step.name]
    states = [outcomes[name].state for name in step.needs]
    if outcome.skip_reason is SkipReason.UPSTREAM_FAILED:
        assert any(state in NOT_PASSED for state in states)
    elif outcome.skip_reason is SkipReason.UPSTREAM_SKIPPED:
        assert TaskState.SKIPPED in states
    elif outcome.skip_reason is SkipReason.CONDITION:
        assert step.does == "no"
    if outcome.state is TaskState.PASSED:
        assert step.does in ("pass", "branch") or (step.does == "flaky" and outcome.attempts == 3)
    if not is_whole:
        return
    assert outcome.state is not TaskState.CANCELLED
    if step.trigger is Trigger.ALL_SUCCESS and set(states) <= {TaskState.PASSED} and outcome.skip_reason is None:
        wanted = {
            "pass": TaskState.PASSED, "branch": TaskState.PASSED, "fail": TaskState.FAILED, "quit": TaskState.FAILED,
            "late": TaskState.TIMEOUT, "odd condition": TaskState.FAILED,
            "flaky": TaskState.PASSED if step.attempts == 3 else TaskState.FAILED,
        }  # fmt: skip
        assert outcome.state is wanted[step.does]
        assert (outcome.error is None) is (outcome.state is TaskState.PASSED)
        assert isinstance(outcome.error, TaskTimeoutError) is (step.does == "late")


# -- how long everything takes -----------------------------------------------------------------------------------


def ideal(steps: list[Step], most: int) -> float:
    """Return the makespan of a list schedule: whenever a place is free, the first that is ready gets it."""
    left = {step.name: len(step.needs) for step in steps}
    of = {step.name: step for step in steps}
    ready = [(-step.priority, number, step.name) for number, step in enumerate(steps) if not step.needs]
    heapq.heapify(ready)
    number, now, running = len(steps), 0.0, list[tuple[float, str]]()
    while ready or running:
        while ready and len(running) < most:
            name = heapq.heappop(ready)[2]
            heapq.heappush(running, (now + of[name].seconds, name))
        now, ended = heapq.heappop(running)
        for step in steps:
            if ended in step.needs:
                left[step.name] -= 1
                if not left[step.name]:
                    number += 1
                    heapq.heappush(ready, (-step.priority, number, step.name))
    return now


@quick
@given(st.integers(0, 10**9), st.integers(1, 60), st.sampled_from([1, 2, 3, 8, 1000]))
def test_a_workflow_takes_as_long_as_an_ideal_list_schedule(seed: int, count: int, most: int) -> None:
    chance = random.Random(seed)
    steps: list[Step] = []
    for number in range(count):
        needs = chance.sample([step.name for step in steps], min(len(steps), chance.choice([0, 1, 1, 2, 4])))
        steps.append(Step(f"t{number}", needs, chance.uniform(0.1, 9), priority=chance.randrange(3)))
    workflow = Workflow("schedule", max_concurrency=None if most == 1000 else most)
    for step in steps:
        workflow.add_task(step.name, action(step), step.needs, priority=step.priority)
    _, seconds = simulated(workflow.run())
    assert seconds <= ideal(steps, most) * 1.05


def test_a_task_starts_the_moment_its_own_dependencies_have_ended() -> None:
    workflow = Workflow("no levels")
    workflow.add_task("slow", action(Step("slow", [], 1.0)))
    workflow.add_task("b", action(Step("b", [], 0.0))).add_task("c", action(Step("c", [], 1.0)), ["b"])
    assert simulated(workflow.run())[1] == 1.0
