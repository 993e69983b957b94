"""Runs processes of the misbehaving family in its main thread, to be interrupted by SIGINT.

    misbehaving_driver.py (each | parallel) DIRECTORY MARK WAY...

With ``each`` they run one after another, and it waits for a line on standard input before each. A WAY may be
``way:terminal``, ``way:long`` (a prompt of 5 MB), ``way:ends`` (it does not hang) or ``way:ahead`` (what it has written
may be 32 MiB ahead of what has been read, in place of 128), or ``way:patient`` (its grace period is long). It prints a
line of JSON for each: what ``run()`` returned or raised, and how many bytes of memory this process had at most.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "support")]

from misbehaving_agents import GRACE, LONG_PROMPT, process  # noqa: E402 - found there

from pytest_orchestrator.agents import following  # noqa: E402
from pytest_orchestrator.agents.strategies import run_parallel  # noqa: E402

if TYPE_CHECKING:
    from pytest_orchestrator.agents.process import CliProcess


def made(directory: Path, mark: str, word: str) -> CliProcess:
    """Return the process that a word stands for."""
    way, *options = word.split(":")
    prompt = LONG_PROMPT if "long" in options else "hello"
    return process(
        directory,
        way,
        mark,
        hang="ends" not in options,
        terminal="terminal" in options,
        prompt=prompt,
        grace=20.0 if "patient" in options else GRACE,
    )


def tell(**told: object) -> None:
    """Print a line."""
    # Not that of getrusage(), which counts what this process was before it became this program.
    most = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    print(json.dumps({**told, "bytes": int(most.split()[1]) << 10}), flush=True)


def main() -> None:
    """Read the command line and run."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    how, directory, mark, *words = sys.argv[1:]
    processes = [made(Path(directory), mark, word) for word in words]
    tell(way="ready")
    if how == "parallel":
        try:
            run_parallel(processes, max_workers=len(processes))
        except KeyboardInterrupt as error:
            for result in error.results:  # type: ignore[attr-defined]
                tell(way=result.process_id, interrupted=True, result=result.as_dict())
        tell(way="over")
        return
    for each, word in zip(processes, words, strict=True):
        sys.stdin.readline()
        following.MAX_BACKLOG = (32 if word.endswith(":ahead") else 128) << 20
        begun = time.monotonic()
        try:
            result = each.run()
        except KeyboardInterrupt:
            tell(way=each.process_id, interrupted=True, seconds=time.monotonic() - begun)
        else:
            tell(way=each.process_id, interrupted=False, result=result.as_dict(), seconds=time.monotonic() - begun)


if __name__ == "__main__":
    main()
