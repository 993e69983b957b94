"""The strategies with asyncio: the same results, a loop that stays free, and tasks that can be cancelled."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest
from strategy_agents import CallAgent, ShellAgent, echoes, fails, own_threads, says, waits

from pytest_orchestrator import ArgumentError
from pytest_orchestrator.agents import asynchronous, strategies

if TYPE_CHECKING:
    from pytest_orchestrator.agents.progress import ProgressEvent

TWINS = ("run_parallel", "run_sequential", "run_with_fallback", "run_batched")


@pytest.mark.parametrize("name", TWINS)
def test_twins_take_and_give_the_same(name: str) -> None:
    ours = inspect.signature(getattr(asynchronous, f"{name}_async"))
    assert ours == inspect.signature(getattr(strategies, name))
    assert inspect.iscoroutinefunction(getattr(asynchronous, f"{name}_async"))


def test_all_four_do_what_their_twins_do() -> None:
    async def main() -> list[Any]:
        parallel = await asynchronous.run_parallel_async([ShellAgent("echo a"), fails("b")])
        sequential = await asynchronous.run_sequential_async([says("one", "a"), echoes("b", "two")], pass_output=True)
        fallback = await asynchronous.run_with_fallback_async([fails("a"), says("fine", "b")], 5)
        batched = await asynchronous.run_batched_async([says("1", "a"), says("2", "b"), echoes("c", "sum")], 2, True)
        return [sorted(result.status for result in parallel), sequential[1].output, fallback.output, batched[2].output]

    assert asyncio.run(main()) == [
        ["failed", "passed"],
        "--- Output of a ---\none\n\n--- New task ---\ntwo",
        "fine",
        "--- Output of a ---\n1\n\n--- Output of b ---\n2\n\n--- New task ---\nsum",
    ]
    assert own_threads() == []


def test_nothing_gives_nothing_and_mistakes_are_told() -> None:
    assert asyncio.run(asynchronous.run_parallel_async([])) == []
    with pytest.raises(ArgumentError, match="run_batched_async: batch_size: 0 is not a whole number of at least 1"):
        asyncio.run(asynchronous.run_batched_async([], 0))


def test_more_strategies_run_at_once_than_the_executor_of_the_loop_has_threads() -> None:
    # Each process waits for all of them: with threads that are shared none would ever end.
    count = 60
    together = threading.Barrier(count)

    async def main() -> int:
        agents = [CallAgent(lambda agent: str(together.wait(30)), str(number)) for number in range(count)]
        results = await asyncio.gather(*[asynchronous.run_parallel_async([agent]) for agent in agents])
        return len({result.output for (result,) in results})

    assert asyncio.run(main()) == count


def test_the_loop_goes_on_while_processes_run() -> None:
    async def main() -> str:
        go = threading.Event()
        task = asyncio.create_task(asynchronous.run_parallel_async([CallAgent(lambda agent: str(go.wait(20)))]))
        await asyncio.sleep(0)
        go.set()
        return (await task)[0].output

    assert asyncio.run(main()) == "True"


def test_progress_is_told_in_the_thread_of_the_loop() -> None:
    threads = set()
    told: list[ProgressEvent] = []

    def note(event: ProgressEvent) -> None:
        threads.add(threading.current_thread())
        told.append(event)

    asyncio.run(asynchronous.run_parallel_async([says("a")], on_progress=note))
    assert threads == {threading.main_thread()}
    assert [event.stage for event in told] == ["waiting", "started", "ended"]


def test_cancelling_ends_what_runs_and_waits_for_it() -> None:
    async def main() -> None:
        begun = asyncio.Event()
        told: list[ProgressEvent] = []

        def note(event: ProgressEvent) -> None:
            told.append(event)
            if event.stage == "started":
                begun.set()

        agents: list[CallAgent | ShellAgent] = [ShellAgent("echo begun; sleep 600", "a"), says("never", "b")]
        task = asyncio.create_task(asynchronous.run_parallel_async(agents, 1, on_progress=note))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        assert caught.value.__notes__ == ["run_parallel_async, 2 processes: 1 stopped (a), 1 not run (b)"]
        assert [(event.process_id, event.stage) for event in told[-2:]] == [("a", "ended"), ("b", "not_run")]
        assert told[-2].result is not None
        assert told[-2].result.status == "cancelled"
        assert not agents[1].is_done
        assert own_threads() == []

    asyncio.run(main())


def test_cancelling_twice_still_waits_for_the_end() -> None:
    async def main() -> None:
        may_end = threading.Event()
        ended: list[bool] = []

        def work(agent: CallAgent) -> str:
            agent.unwanted.wait(20)
            loop.call_soon_threadsafe(unwanted.set)
            ended.append(may_end.wait(20))
            return ""

        loop, unwanted, begun = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(
            asynchronous.run_sequential_async(
                [CallAgent(work)], on_progress=lambda event: begun.set() if event.stage == "started" else None
            )
        )
        await begun.wait()
        task.cancel()
        await unwanted.wait()
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended == [True]
        assert own_threads() == []

    asyncio.run(main())


def test_a_time_limit_of_asyncio_ends_processes() -> None:
    async def main() -> None:
        agents = [ShellAgent("sleep 600", str(number)) for number in range(3)]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await asynchronous.run_parallel_async(agents)
        assert own_threads() == []

    asyncio.run(main())


def test_a_failure_in_a_group_of_tasks_ends_the_processes_of_the_others() -> None:
    async def main() -> None:
        begun = asyncio.Event()

        async def fail() -> None:
            await begun.wait()
            raise ZeroDivisionError

        async def both() -> None:
            async with asyncio.TaskGroup() as group:
                work = asynchronous.run_parallel_async([waits("a")], on_progress=lambda event: begun.set())
                group.create_task(work)
                group.create_task(fail())

        with pytest.raises(ExceptionGroup) as caught:
            await both()
        assert [type(error) for error in caught.value.exceptions] == [ZeroDivisionError]
        assert own_threads() == []

    asyncio.run(main())


def test_an_exception_of_on_progress_is_raised_when_all_has_ended() -> None:
    def note(event: ProgressEvent) -> None:
        if event.stage == "started":
            raise ZeroDivisionError

    agent = waits("a")
    with pytest.raises(ZeroDivisionError):
        asyncio.run(asynchronous.run_batched_async([agent], 1, on_progress=note))
    assert agent.unwanted.is_set()
    assert own_threads() == []


def test_a_loop_that_is_closed_in_the_middle_leaves_nothing_running() -> None:
    begun = threading.Event()
    agent = waits("a", begun.set)
    loop = asyncio.new_event_loop()
    coroutine = asynchronous.run_parallel_async([agent])
    task = loop.create_task(coroutine)
    loop.call_soon(loop.stop)
    loop.run_forever()
    assert begun.wait(20)
    loop.close()
    task._log_destroy_pending = False  # type: ignore[attr-defined] # what asyncio says of it is true, and not our point
    del task
    coroutine.close()
    del coroutine
    gc.collect()
    assert agent.unwanted.wait(20)


def test_ctrl_c_ends_what_a_loop_runs() -> None:
    def press() -> None:
        os.kill(os.getpid(), signal.SIGINT)

    async def main() -> None:
        await asynchronous.run_parallel_async([ShellAgent("sleep 600", "a"), waits("b", press)])

    with pytest.raises(KeyboardInterrupt) as caught:
        asyncio.run(main())
    cancelled = caught.value.__context__
    assert isinstance(cancelled, asyncio.CancelledError)
    assert [result.status for result in cancelled.results] == ["cancelled"] * 2  # type: ignore[attr-defined]
    assert own_threads() == []
