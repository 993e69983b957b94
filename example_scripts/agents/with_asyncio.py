"""Agents beside other work of an event loop, and a time limit on all of them together.

run_parallel_async: cancelling the task ends the agents, with everything that they have started, and waits for that.
"""

from __future__ import annotations

import asyncio

from offline import offline_session

from pytest_orchestrator import ModelRequest, run_parallel_async


def model(request: ModelRequest) -> object:
    return {"hang": True} if "for ever" in request.prompt else "Done."


async def count(ticks: list[int]) -> None:
    while True:
        ticks.append(len(ticks))
        await asyncio.sleep(0.01)


async def main() -> None:
    with offline_session("asyncio", model) as create_process:
        ticks: list[int] = []
        other_work = asyncio.create_task(count(ticks))
        results = await run_parallel_async([create_process("A short task.", f"quick-{number}") for number in range(3)])
        other_work.cancel()
        print(f"done: {len(results)}, the loop went on meanwhile: {len(ticks) > 1}")
        try:
            async with asyncio.timeout(1):
                await run_parallel_async([create_process("Think for ever.", "slow")])
        except TimeoutError:
            print("out of time: nothing is left running")


asyncio.run(main())
