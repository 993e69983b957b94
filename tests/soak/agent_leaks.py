"""Run agents' processes that misbehave, many of them, and count what is left of them.

    python tests/soak/agent_leaks.py [--runs N] [--seed N] [--sessions N] [--interrupts N] [--no-floods]

Runs N processes (200) of the misbehaving family, four at a time, each in a way and with an end chosen at random: by
itself, at a time limit, terminated, and one in ten by Ctrl-C in a process of its own; with the prompt on standard input
or a terminal there, with the user's home or a fresh one, as plain text or a stream of events. Before and after it
counts processes, zombies, descriptors (its own and its supervisor's), threads, terminals, and files in a temporary
directory of its own. Before that as many sessions as --sessions (50) run at the same time, and the memory of this
process is measured; after it what writes or forks without measure is run to each end, and as many runs as --interrupts
(300) are interrupted, as Ctrl-C does it, at moments chosen at random. Ends with 1 if anything is left or takes too
long, or the memory is above 100 MiB.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "support")]

from misbehaving_agents import HEAVY, WAYS, Way, family_cli, process  # noqa: E402 - found there
from process_watch import children, descriptors, marked, new_mark, resident_kb, until  # noqa: E402

from pytest_orchestrator.agents.session import OrchestratorSession  # noqa: E402
from pytest_orchestrator.agents.strategies import run_parallel  # noqa: E402

DRIVER = TESTS / "agents/misbehaving/misbehaving_driver.py"
INTERRUPTED = DRIVER.with_name("interrupted_anywhere.py")
MOST_MIB = 100
"""Mebibytes that the process with all sessions may have resident."""
WARM_UP = 8
"""Runs before the first count: what is there once, a supervisor for one, is no leak."""
FLOOD_SECONDS = 25.0
"""Most seconds of a run that writes as fast as it can."""
TALKS = "for i in $(seq 1 20); do echo line $i of what an agent says; sleep 0.1; done"


@dataclass(frozen=True)
class Count:
    """What there is now."""

    processes: int
    """That descend from this one: the supervisor and its guard."""
    zombies: int
    descriptors: int
    their_descriptors: int
    threads: int
    terminals: int
    all_terminals: int
    """Of the whole machine: others may open some."""
    files: int
    """Below the temporary directory."""

    @classmethod
    def now(cls, temporary: Path) -> Count:
        """Count."""
        states = descendants(os.getpid())
        own = list(descriptors(os.getpid()).values())
        theirs = [path for pid, state in states.items() if state != "Z" for path in descriptors(pid).values()]
        return cls(
            len(states),
            sum(state == "Z" for state in states.values()),
            len(own),
            len(theirs),
            len(os.listdir("/proc/self/task")),
            sum(path.startswith(("/dev/pts/", "/dev/ptmx")) for path in own + theirs),
            int(Path("/proc/sys/kernel/pty/nr").read_text()),
            sum(len(names) + len(files) for _, names, files in os.walk(temporary)),
        )


def descendants(pid: int) -> dict[int, str]:
    """Return every process that descends from ``pid``, with its state."""
    found: dict[int, str] = {}
    todo = [pid]
    while todo:
        below = children(todo.pop())
        found |= below
        todo += below
    return found


class Runs:
    """Runs the family in a directory."""

    def __init__(self, directory: Path, seed: int) -> None:
        self._directory = directory
        self._random = random.Random(seed)
        self._guard = threading.Lock()
        self._number = 0
        self.mark = new_mark()
        self.seen: Counter[str] = Counter()

    def one(self, _: object = None) -> None:
        """Run one, in a way chosen at random."""
        with self._guard:
            self._number += 1
            directory = self._directory / str(self._number)
            way = self._random.choice(WAYS)
            end = self._random.choice(["by itself"] * 4 + ["time limit"] * 3 + ["terminated"] * 2 + ["Ctrl-C"])
            stream, fresh = self._random.random() < 0.3, self._random.random() < 0.5
            timeout = self._random.uniform(0.05, 0.8)
        if end == "Ctrl-C" and not way.dies:
            told = self._interrupted(directory, way)
        else:
            told = self._run(directory, way, end, timeout, stream=stream, fresh=fresh)
        with self._guard:
            self.seen[told] += 1

    def _run(self, directory: Path, way: Way, end: str, timeout: float, *, stream: bool, fresh: bool) -> str:
        run = process(
            directory,
            way.name,
            self.mark,
            hang=end != "by itself",
            stream=stream,
            terminal=way.terminal,
            prompt=way.prompt,
            timeout=timeout if end == "time limit" else 60.0,
            isolation="fresh" if fresh else "user",
            grace=0.3,
        )
        ender = threading.Timer(timeout, run.terminate) if end == "terminated" else None
        if ender is not None:
            ender.start()
        result = run.run()
        if ender is not None:
            ender.join()
        return f"{end}: {result.status}"

    def _interrupted(self, directory: Path, way: Way) -> str:
        word = way.name + ":terminal" * way.terminal
        command = [sys.executable, str(DRIVER), "each", str(directory), self.mark, word]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as driver:
            assert driver.stdin is not None
            driver.stdin.write("\n")
            driver.stdin.flush()
            until((directory / way.name / "ready").exists, f"{way.name} to misbehave")
            driver.send_signal(signal.SIGINT)
            output, _ = driver.communicate()
        return "Ctrl-C: " + ("raised" if '"interrupted": true' in output else "not raised")


def leaks(directory: Path, temporary: Path, runs: int, seed: int) -> list[str]:
    """Run that many and return what is left."""
    family = Runs(directory, seed)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(family.one, range(WARM_UP)))
    family.seen.clear()
    before, memory = Count.now(temporary), resident_kb(os.getpid())
    begun = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(family.one, range(runs)))
    after = Count.now(temporary)
    print(f"{runs} runs in {time.monotonic() - begun:.0f} s: {dict(sorted(family.seen.items()))}")
    print(f"before {before}\nafter  {after}")
    print(f"resident before {memory >> 10} MiB, after {resident_kb(os.getpid()) >> 10} MiB")
    left = [
        f"{name}: {getattr(before, name)} before, {getattr(after, name)} after"
        for name in Count.__dataclass_fields__
        if name != "all_terminals" and getattr(after, name) > getattr(before, name)
    ]
    left += [f"still runs: {command}" for command in marked(family.mark).values() if str(DRIVER.parent) in command]
    return left


def floods(directory: Path) -> list[str]:
    """Run those that write or fork without measure, each to every end; return what took too long or is left."""
    mark, wrong = new_mark(), []
    for way in HEAVY:
        for end in ("by itself", "time limit", "terminated"):
            run = process(
                directory / end / way, way, mark, hang=end != "by itself", timeout=2.0 if end == "time limit" else 60.0
            )
            ender = threading.Timer(1.0, run.terminate) if end == "terminated" else None
            if ender is not None:
                ender.start()
            begun = time.monotonic()
            result = run.run()
            seconds = time.monotonic() - begun
            if ender is not None:
                ender.join()
            assert result.log_path is not None
            size = result.log_path.stat().st_size >> 20
            result.log_path.unlink()
            print(f"{way}, {end}: {result.status}, {seconds:.1f} s, {size} MiB in its log")
            if seconds > FLOOD_SECONDS:
                wrong.append(f"{way}, {end}: {seconds:.1f} s")
    print(f"resident after that {resident_kb(os.getpid()) >> 10} MiB")
    return wrong + [f"still runs: {command}" for command in marked(mark).values()]


def interrupts(directory: Path, number: int, seed: int) -> list[str]:
    """Interrupt so many runs and return what is left."""
    directory.mkdir()
    command = [sys.executable, str(INTERRUPTED), str(directory), str(number), str(seed)]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    print(f"{told['raised']} runs interrupted, the slowest took {told['slowest']:.2f} s")
    wrong = [f"left by {each}" for each in told["left"]]
    if (told["raised"], told["after"], told["output"]) != (number, told["before"], "well\n"):
        wrong.append(f"interrupted: {told}")
    return wrong


def crowd(directory: Path, number: int) -> list[str]:
    """Run so many sessions at once, each with a process that talks for two seconds; return what is wrong."""
    from pytest_orchestrator.agents.clis import AgentCli, register_agent_cli
    from pytest_orchestrator.agents.plain_stream import PlainParser

    register_agent_cli(AgentCli("talks", "/bin/sh", lambda _: ["-c", TALKS], lambda: PlainParser("talks")))
    family_cli(stream=True)
    with contextlib.ExitStack() as stack:
        sessions = [
            stack.enter_context(OrchestratorSession("crowd", base_log_dir=directory, cli="talks"))
            for _ in range(number)
        ]
        processes = [session.create_process("hello", f"talker-{place}") for place, session in enumerate(sessions)]
        begun, used = time.monotonic(), time.process_time()
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            results = run_parallel(processes, max_workers=number)
        seconds, used = time.monotonic() - begun, time.process_time() - used
        memory = resident_kb(os.getpid()) >> 10
    longest = max(result.duration for result in results)
    print(
        f"{number} sessions at once: {seconds:.1f} s, the longest process {longest:.1f} s; "
        f"this process used {used:.2f} s of CPU time, and has {memory} MiB resident"
    )
    wrong = [f"{result.process_id}: {result.error}" for result in results if not result.ok]
    if len(results) != number or shown.getvalue().count("of what an agent says") != 20 * number:
        wrong.append("something was not shown")
    if memory > MOST_MIB:
        wrong.append(f"memory: {memory} MiB, {MOST_MIB} are allowed")
    return wrong


def main() -> int:
    """Read the command line, run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200, metavar="N", help="processes to run one after another")
    parser.add_argument("--seed", type=int, default=30, metavar="N", help="of what is chosen at random")
    parser.add_argument("--sessions", type=int, default=50, metavar="N", help="sessions to run at the same time")
    parser.add_argument("--interrupts", type=int, default=300, metavar="N", help="runs to interrupt")
    parser.add_argument("--floods", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="leaks-") as work, tempfile.TemporaryDirectory(prefix="tmp-") as temporary:
        # Everything temporary of this process, and of the programs that it starts, is made there.
        os.environ["TMPDIR"] = tempfile.tempdir = temporary
        # First: memory that was used once is not always given back.
        wrong = crowd(Path(work) / "sessions", options.sessions)
        wrong += leaks(Path(work), Path(temporary), options.runs, options.seed)
        if options.floods:
            wrong += floods(Path(work) / "floods")
        if options.interrupts:
            wrong += interrupts(Path(work) / "interrupted", options.interrupts, options.seed)
    for each in wrong:
        print(f"wrong: {each}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
