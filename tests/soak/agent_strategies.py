"""Run strategies again and again, interrupted at random moments, and count what is left, lost or doubled.

    python tests/soak/agent_strategies.py [--runs N] [--seed N]

Each run is one strategy with programs that really start, and with agents that are functions. Most are interrupted by a
signal that raises in the middle of whatever is going on, as Ctrl-C does. Afterwards those that ran, and no others, have
one result each, and no thread of a strategy and no program is left. Ends with 1 otherwise, or when this process holds
more descriptors than at the beginning.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from process_watch import marked, new_mark, until
from strategy_agents import CallAgent, ShellAgent, own_threads

from pytest_orchestrator import run_batched, run_parallel, run_sequential, run_with_fallback

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = new_mark()
STRATEGIES: list[Callable[[list[Any]], Any]] = [
    lambda agents: run_parallel(agents, 3),
    lambda agents: run_parallel(agents, 4, fail_fast=True, retry=2),
    lambda agents: run_batched(agents, 2, pass_output=True),
    run_sequential,
    run_with_fallback,
]


def interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


class Crowd:
    """The agents of one run, and which of them ran."""

    def __init__(self, chance: random.Random) -> None:
        self.ran: list[str] = []
        self._chance = chance
        self.agents = [self._agent(str(number)) for number in range(6)]

    def _agent(self, process_id: str) -> CallAgent:
        kind = self._chance.choice(["program", "quick", "quick", "raises", "raises", "long"])
        seconds = self._chance.random() * 0.01

        def work(agent: CallAgent) -> Any:
            self.ran.append(process_id)
            if kind == "program":
                program = ShellAgent(f"sleep {MARK} & sleep {seconds}", process_id)

                def end() -> None:
                    agent.unwanted.wait(20)
                    program.terminate()

                ender = threading.Thread(target=end)
                ender.start()
                result = program.run()
                agent.unwanted.set()
                ender.join()
                return result
            if kind == "raises":
                raise ValueError(process_id)
            agent.unwanted.wait(20 if kind == "long" else seconds)
            return ""

        return CallAgent(work, process_id)


def one_run(chance: random.Random) -> list[str]:
    """Run one strategy and return what is wrong."""
    crowd = Crowd(chance)
    delay = chance.random() * 0.05 + 1e-5
    results = None
    # A run without an end of its own is always interrupted.
    try:
        signal.setitimer(signal.ITIMER_REAL, delay)
        chance.choice(STRATEGIES)(crowd.agents)
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt as stop:
        results = getattr(stop, "results", None)
    wrong = []
    if results is not None and {result.process_id for result in results} != set(crowd.ran):
        wrong.append(f"ran {crowd.ran}, results {[result.process_id for result in results]}")
    if results is not None and len({result.process_id for result in results}) != len(results):
        wrong.append("a process has two results")
    # A thread that was just being started when the signal came needs a moment to see that nothing is left to do.
    try:
        until(lambda: not own_threads(), "no thread of a strategy is left", 5)
    except AssertionError as error:
        wrong.append(f"{error}: {own_threads()}")
    return wrong


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    signal.signal(signal.SIGALRM, interrupt)
    ShellAgent("true").run()  # the engine starts
    held, wrong, longest = len(os.listdir("/proc/self/fd")), 0, 0.0
    for number in range(options.runs):
        started = time.monotonic()
        for problem in one_run(chance):
            wrong += 1
            print(f"run {number}: {problem}")
        longest = max(longest, time.monotonic() - started)
    left, grown = marked(MARK), len(os.listdir("/proc/self/fd")) - held
    leaks = f"{len(left)} programs left, {grown} descriptors more"
    print(f"{options.runs} runs, {wrong} wrong, {leaks}, {longest:.2f} s at most")
    return 1 if wrong or left or grown > 0 else 0


if __name__ == "__main__":
    sys.exit(main())
