"""Interrupts runs as Ctrl-C does, at moments chosen at random, and looks for what is left of each.

    interrupted_anywhere.py DIRECTORY COUNT SEED

Prints what was found in the end: a line of JSON. Half of the moments are in the first milliseconds of a run.
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "support")]

from process_watch import descriptors, marked, new_mark  # noqa: E402 - found there

from pytest_orchestrator.agents.clis import AgentCli, register_agent_cli  # noqa: E402
from pytest_orchestrator.agents.plain_stream import PlainParser  # noqa: E402
from pytest_orchestrator.agents.process import CliProcess  # noqa: E402

EARLY, LATE = 0.006, 0.06
"""Seconds."""
LONGEST = 60.0
"""Seconds after which a run hangs, and where it does is told."""


def interrupt(*_: object) -> None:
    """What the handler of SIGINT does."""
    raise KeyboardInterrupt


def main() -> None:
    """Run, interrupt, look."""
    directory, count, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    mark, chosen = new_mark(), random.Random(seed)
    register_agent_cli(AgentCli("sleeps", "/bin/sh", lambda launch: ["-c", launch.extra_args[0]], PlainSleeper))
    signal.signal(signal.SIGALRM, interrupt)
    left: list[str] = []
    slowest, raised, before = 0.0, 0, 0
    for number in range(count):
        said = directory / f"said-{number}"
        process = CliProcess(
            "hello", "sleeper", directory, directory / "logs", None, False, 20.0, cli="sleeps",
            isolation=chosen.choice(["user", "fresh"]), extra_args=[f"echo hi; : > {said}; sleep {mark}"],
        )  # fmt: skip
        moment = chosen.uniform(0.00005, chosen.choice([EARLY, LATE]))
        faulthandler.dump_traceback_later(LONGEST, exit=True)
        begun = time.monotonic()
        try:
            signal.setitimer(signal.ITIMER_REAL, moment)
            process.run()
        except KeyboardInterrupt:
            raised += 1
        slowest = max(slowest, time.monotonic() - begun)
        left += [f"{number}, after {moment:g} s: {command}" for command in marked(mark).values()]
        if said.exists() and (process.log_path is None or b" out hi\n" not in process.log_path.read_bytes()):
            left.append(f"{number}, after {moment:g} s: nothing in its log of what it said")
        if number == count // 4:  # what is there once, the supervisor for one, is there by now
            before = len(descriptors(os.getpid()))
    after = len(descriptors(os.getpid()))
    well = CliProcess(
        "hello", "well", directory, directory / "logs", None, False, 20.0, cli="sleeps", extra_args=["echo well"]
    )
    told = {"raised": raised, "left": left, "slowest": slowest, "before": before, "after": after}
    print(json.dumps({**told, "output": well.run().output}))


class PlainSleeper(PlainParser):
    """Reads what it says."""

    def __init__(self) -> None:
        super().__init__("sleeps")


if __name__ == "__main__":
    main()
