"""Ctrl-C and other exceptions in the caller: what runs ends, what waits is not started, what has ended is kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from process_watch import new_mark, sleepers, until
from strategy_agents import CallAgent, ShellAgent, fails, own_threads, says, waits

from pytest_orchestrator.agents.strategies import run_batched, run_parallel, run_sequential, run_with_fallback

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_orchestrator.agents.progress import ProgressEvent

SUPPORT = Path(__file__).resolve().parents[1] / "support"


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_ends_what_runs_and_keeps_what_has_ended() -> None:
    has_ended = threading.Event()
    told: list[ProgressEvent] = []

    def interrupt() -> None:
        assert has_ended.wait(20)
        press_ctrl_c()

    def note(event: ProgressEvent) -> None:
        told.append(event)
        if event.stage == "ended":
            has_ended.set()

    with pytest.raises(KeyboardInterrupt) as caught:
        run_parallel([waits("b"), waits("c", interrupt), says("early", "a")], 3, on_progress=note)
    results = {result.process_id: result for result in caught.value.results}  # type: ignore[attr-defined]
    assert {name: str(result.status) for name, result in results.items()} == {
        "a": "passed",
        "b": "cancelled",
        "c": "cancelled",
    }
    assert results["b"].output == "stopped"
    assert sorted(event.process_id for event in told if event.stage == "ended") == ["a", "b", "c"]
    assert own_threads() == []


def test_what_waits_is_not_started_and_the_note_counts_all() -> None:
    agents = [says("early", "a"), waits("b", press_ctrl_c), *[says("never", f"n{number}") for number in range(7)]]
    with pytest.raises(KeyboardInterrupt) as caught:
        run_parallel(agents, 1)
    assert caught.value.__notes__ == [
        "run_parallel, 9 processes: 1 ended (a), 1 stopped (b), 7 not run (n0, n1, n2, n3, n4, …)"
    ]
    assert [agent.is_done for agent in agents] == [True, True, *[False] * 7]


@pytest.mark.parametrize(
    "strategy",
    [run_sequential, run_with_fallback, lambda agents: run_batched(agents, 1)],
    ids=["sequential", "fallback", "batched"],
)
def test_every_strategy_can_be_interrupted(strategy: Callable[[Any], Any]) -> None:
    def broken(agent: CallAgent) -> str:
        raise OSError("so that a fallback goes on")

    last = says("never", "c")
    with pytest.raises(KeyboardInterrupt) as caught:
        strategy([CallAgent(broken, "a"), waits("b", press_ctrl_c), last])
    assert [str(result.status) for result in caught.value.results] == ["error", "cancelled"]  # type: ignore[attr-defined]
    assert not last.is_done
    assert own_threads() == []


def test_an_exception_of_on_progress_is_raised_when_all_has_ended() -> None:
    calls: list[str] = []

    def note(event: ProgressEvent) -> None:
        calls.append(event.stage)
        if event.stage == "started":
            raise ZeroDivisionError

    agent = waits("a")
    with pytest.raises(ZeroDivisionError) as caught:
        run_parallel([agent, says("never", "b")], 1, on_progress=note)
    assert agent.unwanted.is_set()
    assert calls == ["waiting", "waiting", "started"]  # it hears no more
    assert caught.value.__notes__ == ["run_parallel, 2 processes: 1 stopped (a), 1 not run (b)"]
    assert own_threads() == []


def test_an_exception_before_anything_was_started_starts_nothing() -> None:
    def note(event: ProgressEvent) -> None:
        raise ZeroDivisionError

    agent = says("never")
    with pytest.raises(ZeroDivisionError):
        run_parallel([agent], on_progress=note)
    assert not agent.is_done


def test_an_exception_of_retry_on_is_raised_where_the_strategy_was_called() -> None:
    def again(result: object) -> bool:
        raise ZeroDivisionError

    stubborn = waits("b")
    with pytest.raises(ZeroDivisionError):
        run_parallel([stubborn, fails("a")], 2, retry=2, retry_on=again)
    assert stubborn.unwanted.is_set()
    assert own_threads() == []


def test_a_process_that_cannot_be_terminated_keeps_no_other_from_it(caplog: pytest.LogCaptureFixture) -> None:
    class Stubborn(CallAgent):
        def terminate(self) -> None:
            super().terminate()
            raise PermissionError("not me")

    work = waits().work
    with pytest.raises(KeyboardInterrupt) as caught:
        run_parallel([Stubborn(work, "a"), Stubborn(work, "b"), waits("c", press_ctrl_c)])
    assert len(caught.value.results) == 3  # type: ignore[attr-defined]
    assert sorted(record.getMessage() for record in caplog.records) == [
        "process 'a' cannot be terminated",
        "process 'b' cannot be terminated",
    ]


PROGRAM = """
import sys
sys.path.insert(0, {support!r})
from strategy_agents import ShellAgent
from pytest_orchestrator.agents.strategies import run_parallel
agents = [ShellAgent("echo begun; sleep {mark} & sleep {mark}; wait", str(number)) for number in range(3)]
try:
    run_parallel(agents, 2)
except KeyboardInterrupt as stop:
    print(*[result.status for result in stop.results], *[result.output.strip() for result in stop.results], end=" ")
    print(agents[2].is_done)
    raise
"""


def test_ctrl_c_in_a_terminal_leaves_no_process_of_any_program() -> None:
    mark = new_mark()
    program = PROGRAM.format(support=str(SUPPORT), mark=mark)
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    )
    until(lambda: len(sleepers(mark)) == 4, "both programs are at work, with their children")
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert out == "cancelled cancelled begun begun False\n"
    assert "run_parallel, 3 processes: 2 stopped (0, 1), 1 not run (2)" in err
    assert process.returncode == -signal.SIGINT
    assert sleepers(mark) == {}


IMPATIENT = """
import os, signal, sys, threading
sys.path.insert(0, {support!r})
from strategy_agents import CallAgent
from pytest_orchestrator.agents.strategies import run_parallel

def deaf(agent):
    os.kill(os.getpid(), signal.SIGINT)
    agent.unwanted.wait()
    os.kill(os.getpid(), signal.SIGINT)
    threading.Event().wait()

run_parallel([CallAgent(deaf, "deaf"), CallAgent(deaf, "later")], 1)
"""


def test_a_second_ctrl_c_does_not_wait_for_a_process_that_never_ends() -> None:
    program = IMPATIENT.format(support=str(SUPPORT))
    done = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == -signal.SIGINT
    assert done.stderr.count("KeyboardInterrupt") == 2
    assert "run_parallel, 2 processes: 1 still ending (deaf), 1 not run (later)" in done.stderr


def test_a_process_may_be_ended_by_itself_from_another_thread() -> None:
    agent = ShellAgent("echo begun; sleep 600", "long")
    other = CallAgent(lambda _: (agent.terminate(), "")[1], "other")  # type: ignore[func-returns-value]
    results = {result.process_id: result.status for result in run_parallel([agent, other])}
    assert results == {"long": "cancelled", "other": "passed"}
