"""What a process of an agent costs beyond its command line run by hand: interleaved rounds, medians.

    python tests/benchmarks/agent_overhead.py [--rounds N] [--real claude] [--real codex] [--crowd N]

Every program is run by ``subprocess.run``, with the same words, environment and prompt, and as a process of this
package, with the user's home and with a fresh one; they take turns, and one round before the first is not counted. The
table shows medians of milliseconds, and of the differences to the run by hand in the same round; below it, how much of
a process was not between the start and the end of the program, which says more where that is never twice the same.
Programs: ``/bin/cat`` as plain text, and a shell script that prints what Claude Code prints for one turn; with --real
an installed command line that asks a scripted model on the loopback interface, also by hand with a fresh home, which is
made and removed. The first process of a program needs a supervisor: that is measured in processes of their own, from
the import to the result. With --crowd, so many at once.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_orchestrator.agents.claude_stream import ClaudeParser
from pytest_orchestrator.agents.clis import AgentCli, agent_cli, register_agent_cli
from pytest_orchestrator.agents.environment import agent_environment
from pytest_orchestrator.agents.plain_stream import PlainParser
from pytest_orchestrator.agents.process import CliProcess
from pytest_orchestrator.agents.settings import AgentSettings, Extras, Launch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROMPT = "Count the services, and say how many there are. " * 20
EVENTS = [
    {"type": "system", "subtype": "init", "session_id": "1", "model": "none", "tools": ["Bash"]},
    {"type": "assistant", "message": {"id": "m", "role": "assistant", "content": [{"type": "text", "text": "Three."}]}},
    {"type": "result", "subtype": "success", "is_error": False, "result": "Three.", "total_cost_usd": 0.01},
]
STREAM = "cat > /dev/null; " + "; ".join(f"echo '{json.dumps(event)}'" for event in EVENTS)

FIRST = """
import sys, time
begun = time.perf_counter()
from pytest_orchestrator.agents.claude import ClaudeProcess
from pytest_orchestrator.agents.clis import AgentCli, register_agent_cli
from pytest_orchestrator.agents.plain_stream import PlainParser
from pytest_orchestrator.agents.process import CliProcess
register_agent_cli(AgentCli("cat", "/bin/cat", lambda launch: [], lambda: PlainParser("cat")))
imported = time.perf_counter()
times = [begun, imported]
for number in range(2):
    assert CliProcess("hi", "x", sys.argv[1], sys.argv[1], None, False, 30, cli="cat").run().ok
    times.append(time.perf_counter())
print(*(b - a for a, b in zip(times, times[1:])))
"""


class NoEndpoint:
    """Stands for the lack of one."""

    def agent_settings(self, name: str) -> AgentSettings:
        """Return nothing."""
        return AgentSettings()


@dataclass(frozen=True)
class Program:
    """A command line, and what it is pointed at."""

    name: str
    endpoint: Any = NoEndpoint()
    own: list[float] = field(default_factory=list)
    """Seconds of each process that were not the program's."""

    def by_hand(self, directory: Path, home: Path | None) -> float:
        """Run it without this package; return the seconds that it took."""
        cli = agent_cli(self.name)
        settings = self.endpoint.agent_settings(self.name)
        environment = agent_environment(cli, Extras(endpoint=self.endpoint), os.environ, home)
        executable = shutil.which(cli.executable)
        assert executable is not None, f"{cli.executable} is not on PATH; install it with: {cli.install}"
        words = [executable, *cli.arguments(Launch(None, (), None, settings.extra_args, None))]
        begun = time.perf_counter()
        ran = subprocess.run(words, input=PROMPT.encode(), capture_output=True, cwd=directory, env=environment)
        seconds = time.perf_counter() - begun
        assert ran.returncode == 0, ran
        return seconds

    def as_process(self, directory: Path, isolation: str) -> float:
        """Run it as a process; return the seconds that it took."""
        process = CliProcess(
            PROMPT, "x", directory, directory / "logs", None, False, 300.0, cli=self.name, isolation=isolation,
            endpoint=self.endpoint,
        )  # fmt: skip
        begun = time.perf_counter()
        result = process.run()
        seconds = time.perf_counter() - begun
        assert result.ok, result
        self.own.append(seconds - result.duration)
        return seconds


def rows(program: Program, rounds: int, directory: Path, *, fresh_only: bool) -> Iterator[tuple[str, list[float]]]:
    """Yield the names of the ways to run it, and the seconds of each round."""
    times: dict[str, list[float]] = {}

    def by_hand() -> float:
        if not fresh_only:
            return program.by_hand(directory, None)
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory() as home:
            program.by_hand(directory, Path(home))
        return time.perf_counter() - begun

    ways = {"by hand": by_hand}
    if not fresh_only:
        ways["run(), the user's home"] = lambda: program.as_process(directory, "user")
    ways["run(), a fresh home"] = lambda: program.as_process(directory, "fresh")
    for number in range(rounds + 1):
        # Each comes first as often as last.
        for name, way in list(ways.items())[:: -1 if number % 2 else 1]:
            seconds = way()
            if number:
                times.setdefault(name, []).append(seconds)
    yield from ((name, times[name]) for name in ways)


def table(program: Program, measured: Sequence[tuple[str, list[float]]]) -> None:
    """Print the medians, and those of the differences to the first row."""
    print(f"\n{program.name}\n| way | ms | fastest | median of differences |\n|---|---:|---:|---:|")
    first = measured[0][1]
    for name, seconds in measured:
        more = statistics.median(own - hand for own, hand in zip(seconds, first, strict=True))
        shown = "" if seconds is first else f"{more * 1000:.1f}"
        print(f"| {name} | {statistics.median(seconds) * 1000:.1f} | {min(seconds) * 1000:.1f} | {shown} |", flush=True)
    print(f"of a process, not the program's own: {statistics.median(program.own) * 1000:.1f} ms")


def first_process(rounds: int, directory: Path) -> None:
    """Print what the first process of a program costs."""
    told: list[list[float]] = []
    for _ in range(rounds):
        ran = subprocess.run([sys.executable, "-c", FIRST, str(directory)], capture_output=True, text=True, check=True)
        told.append([float(word) * 1000 for word in ran.stdout.split()])
    imported, first, second = (statistics.median(column) for column in zip(*told, strict=True))
    print(f"\nin a new process: import {imported:.1f} ms, first run() {first:.1f} ms, second {second:.1f} ms")


def crowd(number: int, directory: Path) -> None:
    """Print how long so many take at once, by hand and as processes."""
    program = Program("stream")
    with ThreadPoolExecutor(number) as pool:
        for name, work in (
            ("by hand", lambda _: program.by_hand(directory, None)),
            ("as processes", lambda _: program.as_process(directory, "user")),
        ):
            list(pool.map(work, range(number)))
            begun, used = time.perf_counter(), time.process_time()
            list(pool.map(work, range(number)))
            seconds, used = time.perf_counter() - begun, time.process_time() - used
            print(f"{number} at once, {name}: {seconds * 1000:.0f} ms, CPU time of this process {used * 1000:.0f} ms")


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=21, metavar="N")
    parser.add_argument("--real", action="append", default=[], choices=["claude", "codex"])
    parser.add_argument("--crowd", type=int, default=0, metavar="N")
    options = parser.parse_args()
    register_agent_cli(AgentCli("cat", "/bin/cat", lambda _: [], lambda: PlainParser("cat")))
    register_agent_cli(AgentCli("stream", "/bin/sh", lambda _: ["-c", STREAM], ClaudeParser))
    with tempfile.TemporaryDirectory() as work:
        directory = Path(work) / "work"
        # A temporary directory of its own: in one that has seen a million files, new ones take longer.
        temporary = Path(work) / "tmp"
        for each in (directory, temporary):
            each.mkdir()
        os.environ["TMPDIR"] = tempfile.tempdir = str(temporary)
        for name in ("cat", "stream"):
            program = Program(name)
            table(program, list(rows(program, options.rounds, directory, fresh_only=False)))
        first_process(min(options.rounds, 11), directory)
        if options.crowd:
            crowd(options.crowd, directory)
        for name in options.real:
            from pytest_orchestrator.cassettes.endpoint import ModelEndpoint

            with ModelEndpoint(["Three."]) as endpoint:
                program = Program(name, endpoint)
                table(program, list(rows(program, options.rounds, directory, fresh_only=True)))


if __name__ == "__main__":
    main()
