"""Time limits, retries, failing fast, and being cancelled: what is ended has ended."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from process_watch import DEADLINE, marked, new_mark, until
from simulated_time import simulated
from workflow_tasks import fail, give, played, states

from pytest_orchestrator.errors import ArgumentError
from pytest_orchestrator.workflows.errors import TaskTimeoutError, WorkflowError, WorkflowFailedError
from pytest_orchestrator.workflows.events import TaskFinished, TaskRetrying, WorkflowEvent
from pytest_orchestrator.workflows.program import waited
from pytest_orchestrator.workflows.retry import RetryPolicy
from pytest_orchestrator.workflows.shell import Shell
from pytest_orchestrator.workflows.workflow import Workflow

# -- retries -----------------------------------------------------------------------------------------------------


def flaky(times: int, error: type[Exception] = OSError) -> Any:
    tries = 0

    async def act() -> int:
        nonlocal tries
        tries += 1
        if tries <= times:
            raise error(tries)
        return tries

    return act


def delays_of(policy: RetryPolicy, times: int = 99) -> list[float]:
    events: list[WorkflowEvent] = []
    played(Workflow("w", on_event=events.append).add_task("a", flaky(times), retry_policy=policy))
    return [event.delay for event in events if isinstance(event, TaskRetrying)]


def test_delays_grow_to_their_bound() -> None:
    assert delays_of(RetryPolicy(6, initial_delay=1.0, factor=3.0, max_delay=10.0)) == [1.0, 3.0, 9.0, 10.0, 10.0]


def test_jitter_makes_a_delay_shorter_by_chance() -> None:
    delays = delays_of(RetryPolicy(40, initial_delay=8.0, factor=1.0, jitter=0.5))
    assert all(4.0 <= delay <= 8.0 for delay in delays)
    assert len(set(delays)) > 10


def test_a_task_that_passes_at_last_has_passed() -> None:
    workflow = Workflow("w").add_task("a", flaky(2), retry_policy=RetryPolicy(5, 1.0)).add_task("b", lambda: 1, ["a"])
    assert workflow.outcomes == {}
    workflow = Workflow("w").add_task("a", flaky(2), retry_policy=RetryPolicy(5, 1.0))
    assert simulated(workflow.run()) == ({"a": 3}, 3.0)
    assert (workflow.outcomes["a"].attempts, workflow.outcomes["a"].error) == (3, None)


@pytest.mark.parametrize(
    ("policy", "attempts"),
    [
        (RetryPolicy(3, retry_on=(KeyError,)), 1),
        (RetryPolicy(3, retry_on=(OSError,)), 3),
        (RetryPolicy(3, give_up_on=(OSError,)), 1),
        (RetryPolicy(9, retry_if=lambda error: error.args[0] < 4), 4),
        (RetryPolicy(9, initial_delay=2.0, factor=1.0, budget=7.0), 4),
        (RetryPolicy(1), 1),
    ],
)
def test_a_policy_says_what_is_tried_again(policy: RetryPolicy, attempts: int) -> None:
    workflow = Workflow("w").add_task("a", flaky(99), retry_policy=policy)
    assert played(workflow)[0] == {"a": "failed"}
    assert workflow.outcomes["a"].attempts == attempts


def test_a_retry_if_that_raises_is_the_failure_of_its_task() -> None:
    def odd(_: BaseException) -> bool:
        raise LookupError("retry_if is odd")

    workflow = Workflow("w").add_task("a", fail(OSError("first")), retry_policy=RetryPolicy(5, retry_if=odd))
    assert played(workflow)[0] == {"a": "failed"}
    error = workflow.outcomes["a"].error
    assert isinstance(error, LookupError)
    assert isinstance(error.__context__, OSError)


def test_an_attempt_that_waits_for_its_delay_can_be_hastened() -> None:
    ends: dict[str, float] = {}

    def note(event: WorkflowEvent) -> None:
        if isinstance(event, TaskFinished):
            ends[event.outcome.name] = asyncio.get_running_loop().time()

    async def hasten() -> None:
        await asyncio.sleep(7)
        for _ in range(2):  # twice is no more than once
            workflow.hasten(lambda name: name != "late")

    workflow = Workflow("w", on_event=note).add_task("hasten", hasten)
    for name in ("soon", "late"):
        workflow.add_task(name, flaky(1), retry_policy=RetryPolicy(2, 100.0, 100.0))
    assert played(workflow)[0] == {"hasten": "passed", "soon": "passed", "late": "passed"}
    assert ends == {"hasten": 7.0, "soon": 7.0, "late": 100.0}
    assert workflow.outcomes["soon"].attempts == 2


def test_all_mistakes_of_a_policy_are_told_at_once() -> None:
    with pytest.raises(ArgumentError) as caught:
        RetryPolicy(0, -1, -1, 0.5, jitter=2, retry_on=OSError, give_up_on=(3,), retry_if=3, budget=-1)  # type: ignore[arg-type]
    assert [line.split(": ")[1] for line in str(caught.value).splitlines()] == [
        "max_attempts", "initial_delay", "max_delay", "factor", "jitter", "budget", "retry_on", "give_up_on",
        "retry_if",
    ]  # fmt: skip


# -- time limits -------------------------------------------------------------------------------------------------


def test_a_limit_ends_an_attempt_to_the_second() -> None:
    workflow = Workflow("w").add_task("a", give(seconds=60.0), timeout=2.5).add_task("b", give(), ["a"])
    assert played(workflow) == ({"a": "timeout", "b": "skipped (upstream_failed)"}, 2.5)
    assert isinstance(workflow.outcomes["a"].error, TaskTimeoutError)
    assert str(workflow.outcomes["a"].error) == "timed out after 2.5 s"


def test_each_attempt_has_the_whole_limit() -> None:
    tries = 0

    async def slow_at_first() -> str:
        nonlocal tries
        tries += 1
        await asyncio.sleep(5.0 if tries == 1 else 1.5)
        return "in time"

    workflow = Workflow("w").add_task("a", slow_at_first, timeout=2.0, retry_policy=RetryPolicy(2))
    assert simulated(workflow.run()) == ({"a": "in time"}, 3.5)


def test_the_limit_of_an_attempt_begins_when_its_condition_has_been_asked() -> None:
    workflow = Workflow("w").add_task("a", give(1, 2.0), condition=give(1, 2.0), timeout=3.0)
    assert simulated(workflow.run()) == ({"a": 1}, 4.0)


def test_a_coroutine_that_does_not_let_itself_be_cancelled_is_not_waited_for() -> None:
    async def stubborn() -> str:
        for _ in range(3):
            try:
                await asyncio.sleep(30.0)
            except asyncio.CancelledError:
                continue
        return "late"

    workflow = Workflow("w").add_task("a", stubborn, timeout=1.0).add_task("b", give("b"), ["a"], trigger="all_done")
    result, seconds = played(workflow)
    assert result == {"a": "timeout", "b": "passed"}
    assert seconds == 2.0
    assert workflow.outcomes["a"].result is None


def test_a_limit_holds_for_a_function_in_a_thread_too() -> None:
    let_go = threading.Event()
    workflow = Workflow("w").add_task("a", let_go.wait, timeout=0.05, args=[60])
    begun = time.monotonic()
    workflow_states = workflow.run_sync(raise_on_failure=False)
    let_go.set()
    assert workflow_states == {}
    assert states(workflow) == {"a": "timeout"}
    assert time.monotonic() - begun < 30


def test_the_limit_of_the_whole_ends_everything() -> None:
    workflow = Workflow("w", timeout=3.0).add_task("quick", give(1, 1.0)).add_task("slow", give(seconds=60.0))
    workflow.add_task("never", give(), ["slow"])
    with pytest.raises(WorkflowFailedError) as caught:
        simulated(workflow.run())
    assert [str(error) for error in caught.value.exceptions] == ["the workflow timed out after 3 s"]
    assert states(workflow) == {"quick": "passed", "slow": "timeout", "never": "cancelled"}
    assert workflow.outcomes["never"].because == "the workflow timed out after 3 s"


def test_the_limit_of_the_whole_is_a_failure_also_while_a_task_waits_to_be_tried_again() -> None:
    workflow = Workflow("w", timeout=3.0).add_task("a", fail(), retry_policy=RetryPolicy(9, 60.0))
    assert played(workflow) == ({"a": "timeout"}, 3.0)


def test_the_limit_of_the_whole_is_a_failure_also_while_a_condition_is_asked() -> None:
    workflow = Workflow("w", timeout=3.0).add_task("a", give(), condition=give(1, 60.0))
    assert played(workflow) == ({"a": "timeout"}, 3.0)


def test_a_limit_ends_a_whole_tree_of_programs() -> None:
    mark = new_mark()
    script = f"(setsid sleep {mark} &) ; sleep {mark} & sleep {mark}"
    workflow = Workflow("w").add_task("tree", Shell(script, grace=0.1), timeout=0.5)
    workflow.run_sync(raise_on_failure=False)
    assert states(workflow) == {"tree": "timeout"}
    assert marked(mark) == {}


def test_the_next_attempt_of_a_program_does_not_meet_the_one_before(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    # It takes its time to end, as programs do that clean up.
    script = (
        f"trap 'sleep 0.3; echo end >> {trace}; exit 1' TERM; echo begin >> {trace}; while :; do sleep 60 & wait; done"
    )
    workflow = Workflow("w").add_task("a", Shell(script, grace=10.0), timeout=0.4, retry_policy=RetryPolicy(2))
    workflow.add_task("after", Shell(f"echo after >> {trace}"), ["a"], trigger="one_failed")
    workflow.run_sync(raise_on_failure=False)
    *words, last = trace.read_text().split()
    # On a busy machine an attempt may be over before it has begun, but no two are there at a time.
    assert words in [["begin", "end"] * count for count in range(3)]
    assert last == "after"
    assert states(workflow) == {"a": "timeout", "after": "passed"}


# -- failing fast ------------------------------------------------------------------------------------------------


def test_fail_fast_cancels_what_runs_and_begins_nothing_more() -> None:
    was_cancelled: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            was_cancelled.append("slow")
            raise

    workflow = Workflow("w", fail_fast=True, max_concurrency=2)
    workflow.add_task("bad", fail(seconds=1.0)).add_task("slow", slow).add_task("waiting", give())
    workflow.add_task("after", give(), ["slow"])
    assert played(workflow) == (
        {"bad": "failed", "slow": "cancelled", "waiting": "cancelled", "after": "cancelled"}, 1.0,
    )  # fmt: skip
    assert was_cancelled == ["slow"]
    assert workflow.outcomes["waiting"].because == "'bad' failed, and the workflow fails fast"
    assert workflow.outcomes["waiting"].attempts == 0


def test_fail_fast_lets_run_what_is_there_for_failures() -> None:
    workflow = Workflow("deploy", fail_fast=True, max_concurrency=1)
    workflow.add_task("deploy", give()).add_task("verify", fail(), ["deploy"])
    workflow.add_task("announce", give(), ["verify"])
    workflow.add_task("roll back", give("back"), ["verify"], trigger="one_failed")
    workflow.add_task("clean up", give("clean"), ["announce", "roll back"], trigger="all_done")
    assert simulated(workflow.run(raise_on_failure=False))[0] == {
        "deploy": None,
        "roll back": "back",
        "clean up": "clean",
    }
    assert states(workflow)["announce"] == "cancelled"


def test_fail_fast_ends_trees_of_programs_before_it_cleans_up(tmp_path: Path) -> None:
    mark, seen = new_mark(), tmp_path / "seen"
    started = tmp_path / "started"
    tree = f"sleep {mark} & (setsid sleep {mark} &); touch {started}; wait"
    wait = f"while [ ! -e {started} ]; do sleep 0.02; done; exit 3"
    look = f"pgrep -f '[s]leep {mark}' > {seen}; true"
    workflow = Workflow("w", fail_fast=True).add_task("tree", Shell(tree, grace=0.2)).add_task("bad", Shell(wait))
    workflow.add_task("look", Shell(look), ["tree"], trigger="all_done")
    workflow.run_sync(raise_on_failure=False)
    assert states(workflow) == {"tree": "cancelled", "bad": "failed", "look": "passed"}
    assert seen.read_text() == ""
    assert marked(mark) == {}


class Slow:
    """An action that needs its time to end, as programs do."""

    stop_seconds = 10.0

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.calls: list[str] = []

    async def __call__(self) -> str:
        self.calls.append("begin")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(self.seconds)
            self.calls.append("end")
            raise
        return "done"


def test_what_is_being_ended_at_its_limit_ends_so_whatever_fails_meanwhile() -> None:
    workflow = Workflow("w", fail_fast=True).add_task("late", Slow(3.0), timeout=1.0, retry_policy=RetryPolicy(2))
    workflow.add_task("bad", fail(seconds=2.0))
    assert played(workflow) == ({"late": "timeout", "bad": "failed"}, 4.0)
    assert workflow.outcomes["late"].attempts == 1


def test_an_action_that_takes_longer_to_end_than_it_said_is_given_up() -> None:
    stubborn, begun = Slow(50.0), []

    async def after() -> None:
        begun.append(asyncio.get_running_loop().time())

    workflow = Workflow("w").add_task("a", stubborn, timeout=1.0).add_task("b", after, ["a"], trigger="all_done")
    assert played(workflow)[0] == {"a": "timeout", "b": "passed"}
    assert begun == [11.0]
    assert stubborn.calls == ["begin"]


def test_an_action_that_finishes_while_it_is_being_ended_has_not_passed() -> None:
    class Stubborn(Slow):
        async def __call__(self) -> str:
            try:
                return await super().__call__()
            except asyncio.CancelledError:
                return "anyway"

    workflow = Workflow("w").add_task("a", Stubborn(2.0), timeout=1.0)
    assert played(workflow) == ({"a": "timeout"}, 3.0)
    assert workflow.outcomes["a"].result is None


def test_fail_fast_leaves_no_place_to_those_that_are_cancelled() -> None:
    workflow = Workflow("w", fail_fast=True, pools={"db": 1}).add_task("bad", fail(seconds=1.0), pool="db", priority=2)
    workflow.add_task("waits", give(), pool="db", priority=1)
    workflow.add_task("cleans", give(), pool="db", trigger="all_done")
    assert played(workflow) == ({"bad": "failed", "waits": "cancelled", "cleans": "passed"}, 1.0)


def test_fail_fast_tries_nothing_again_but_what_is_there_for_failures() -> None:
    workflow = Workflow("w", fail_fast=True)
    workflow.add_task("retried", fail(), retry_policy=RetryPolicy(9, 10.0)).add_task("bad", fail(seconds=5.0))
    workflow.add_task("cleaning", flaky(1), ["bad"], trigger="one_failed", retry_policy=RetryPolicy(2))
    assert played(workflow) == ({"retried": "cancelled", "bad": "failed", "cleaning": "passed"}, 5.0)


def test_a_task_that_is_added_after_the_first_failure_is_cancelled() -> None:
    workflow = Workflow("w", fail_fast=True).add_task("bad", fail())

    async def grow() -> None:
        workflow.add_task("late", give()).add_task("late cleaning", give(), ["late"], trigger="all_done")

    workflow.add_task("grow", grow, ["bad"], trigger="one_failed")
    assert played(workflow)[0] == {"bad": "failed", "grow": "passed", "late": "cancelled", "late cleaning": "passed"}


# -- being cancelled ---------------------------------------------------------------------------------------------


def test_a_timeout_around_run_stops_everything_first() -> None:
    cleaned: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.5)
            cleaned.append("cleaned")

    async def main() -> None:
        async with asyncio.timeout(2.0):
            await workflow.run()

    workflow = Workflow("w").add_task("slow", slow).add_task("after", give(), ["slow"])
    with pytest.raises(TimeoutError):
        simulated(main())
    assert cleaned == ["cleaned"]
    assert states(workflow) == {"slow": "cancelled", "after": "cancelled"}
    assert workflow.outcomes["slow"].because == "the workflow was cancelled"


def test_a_workflow_that_was_cancelled_runs_again() -> None:
    workflow = Workflow("w").add_task("a", give(1, 2.0))

    async def main() -> Any:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(workflow.run(), 1.0)
        return await workflow.run()

    assert simulated(main())[0] == {"a": 1}


def test_what_is_waited_for_in_spite_of_cancellation_is_not_waited_for_without_end() -> None:
    waits: list[float] = []

    async def stubborn() -> None:
        loop = asyncio.get_running_loop()
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            begun = loop.time()
            await waited(asyncio.Event().wait, 10.0)
            waits.append(loop.time() - begun)

    async def cancelled_often() -> None:
        task = asyncio.ensure_future(stubborn())
        for _ in range(3):
            await asyncio.sleep(1)
            task.cancel()
        await task

    simulated(cancelled_often())
    assert waits == [10.0]


def test_a_program_that_is_being_ended_is_waited_for_though_the_workflow_ends_meanwhile(tmp_path: Path) -> None:
    script = tmp_path / "slow.sh"
    script.write_text("trap 'sleep 1.5; touch gone; exit 0' TERM\nwhile :; do sleep 0.05; done\n")
    # Its own limit comes first; that of the workflow while it takes its grace period.
    workflow = Workflow("w", timeout=1.5).add_task("a", Shell(["bash", str(script)], cwd=tmp_path), timeout=1.0)
    workflow.run_sync(raise_on_failure=False)
    assert (tmp_path / "gone").exists()
    assert states(workflow) == {"a": "timeout"}


def test_cancelling_run_ends_trees_of_programs() -> None:
    mark = new_mark()

    async def main() -> None:
        running = asyncio.create_task(workflow.run())
        while not marked(mark):
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    workflow = Workflow("w").add_task("tree", Shell(f"sleep {mark} & (setsid sleep {mark} &); wait", grace=0.2))
    asyncio.run(main())
    assert states(workflow) == {"tree": "cancelled"}
    assert marked(mark) == {}


_PROGRAM = """
import json, sys, time
from pathlib import Path
from pytest_orchestrator.workflows.shell import Shell
from pytest_orchestrator.workflows.workflow import Workflow

mark, trace = sys.argv[1], Path(sys.argv[2])
workflow = Workflow("w")
workflow.add_task("tree", Shell(f"sleep {mark} & (setsid sleep {mark} &); touch {trace}.up; wait", grace=0.2))
workflow.add_task("thread", lambda: time.sleep(600))
workflow.add_task("after", print, ["tree"])
try:
    workflow.run_sync()
except KeyboardInterrupt:
    trace.write_text(json.dumps({name: outcome.state for name, outcome in workflow.outcomes.items()}))
    raise
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_real_program_that_is_interrupted_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    mark, trace = new_mark(), tmp_path / "trace"
    program = subprocess.Popen(
        ["env", "--default-signal", sys.executable, "-c", _PROGRAM, mark, str(trace)], stderr=subprocess.PIPE, text=True
    )
    try:
        until(lambda: Path(f"{trace}.up").exists(), "the tree")
        os.kill(program.pid, number)
        _, errors = program.communicate(timeout=DEADLINE)
    finally:
        program.kill()
    until(lambda: not marked(mark), "no program left")
    if number is signal.SIGINT:
        assert program.returncode in (-signal.SIGINT, 130), errors
        assert "KeyboardInterrupt" in errors
        assert trace.read_text() == '{"tree": "cancelled", "thread": "cancelled", "after": "cancelled"}'


def test_a_coroutine_that_never_lets_itself_be_cancelled_holds_nobody_up_for_ever(tmp_path: Path) -> None:
    program = """
import asyncio
from pytest_orchestrator import Workflow

async def stubborn():
    while True:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            pass

workflow = Workflow("w").add_task("a", stubborn, timeout=0.1)
workflow.run_sync(raise_on_failure=False)
print(workflow.outcomes["a"].state)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=DEADLINE, check=True)
    assert done.stdout == "timeout\n"
    assert "workflow 'w': stubborn does not let itself be cancelled; it was left" in done.stderr


def test_run_sync_where_an_event_loop_runs_says_what_to_do_and_leaves_no_coroutine() -> None:
    async def inside() -> None:
        with pytest.raises(WorkflowError, match="an event loop runs here already: use 'await"):
            Workflow("w").run_sync()

    asyncio.run(inside())


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"command": 5}, "command: 5 is neither words for a shell nor a list"),
        ({"command": ""}, "command: '' is neither"),
        ({"command": []}, "command: [] is neither"),
        ({"command": ["a", 5]}, "command: ['a', 5] is neither"),
        ({"command": "a\0b"}, "has a NUL character"),
        ({"command": "x", "cwd": 3}, "cwd: 3 is not a path"),
        ({"command": "x", "env": {"A": 5}}, "env: {'A': 5} is not a mapping of names to texts"),
        ({"command": "x", "stdin": b"x"}, "stdin: b'x' is not a text"),
        ({"command": "x", "timeout": "a", "grace": -1}, "timeout: 'a' is not a number of seconds above 0"),
        ({"command": "x", "timeout": "a", "grace": -1}, "grace: -1 is not a number of seconds, 0 or more"),
        ({"command": "x", "limits": 5}, "limits: 5 is not Limits"),
    ],
)
def test_wrong_arguments_of_a_program_are_refused_when_it_is_made(arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(problem)):
        Shell(**arguments)
