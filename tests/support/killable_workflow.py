"""A workflow of two hundred small effects that survives being killed, as a program and as a witness of what it did.

As a program: ``python killable_workflow.py JOURNAL EFFECTS MARK``.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from process_watch import DEADLINE, marked, new_mark, until

from pytest_orchestrator.workflows.journal import read_journal
from pytest_orchestrator.workflows.shell import Shell
from pytest_orchestrator.workflows.workflow import Workflow

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

TASKS = 200
AT_WORK = ("running", "retrying", "cancelled")
"""States of what may have been done, and is not known to be."""
WIDTH = 10


def note(effects: str, name: str) -> str:
    """Have an effect: a line in a file, written at once."""
    file = os.open(effects, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, f"{name}\n".encode())
    finally:
        os.close(file)
    return name


async def note_here(effects: str, name: str) -> str:
    """Have the effect in a coroutine that is interrupted before it and after it."""
    await asyncio.sleep(0.001)
    note(effects, name)
    await asyncio.sleep(0.001)
    return name


def made(journal: str, effects: str, mark: str) -> Workflow:
    """Return the workflow: layers of coroutines, functions and programs."""
    workflow = Workflow("killable", max_concurrency=8, journal=journal)
    for number in range(TASKS):
        name = f"t{number:03}"
        needed = [f"t{(number // WIDTH - 1) * WIDTH + (number + step) % WIDTH:03}" for step in range(3)]
        action: Any = note if number % 3 else note_here
        args = [effects, name]
        if number % 20 == 7:
            action, args = Shell(f"echo {name} >> '{effects}'; (setsid sleep {mark} &) ; exit 0"), []
        workflow.add_task(name, action, needed if number >= WIDTH else (), args=args)
    return workflow


class Victim:
    """Runs the workflow in a program of its own, kills it, and looks at what it left."""

    def __init__(self, directory: Path) -> None:
        self.journal, self.effects, self.mark = directory / "journal", directory / "effects", new_mark()
        self.interrupted: Counter[str] = Counter()
        """How often a kill met each task at work."""
        self.kills = 0

    def lines(self) -> list[str]:
        """Return the effects so far, in their order."""
        return self.effects.read_text().split() if self.effects.exists() else []

    def committed(self) -> set[str]:
        """Return the tasks that have finished, as the journal tells."""
        return {row["name"] for row in read_journal(self.journal)[1] if row["state"] == "passed"}

    def begin(self) -> subprocess.Popen[bytes]:
        """Start the program."""
        words = ["env", "--default-signal", sys.executable, __file__, str(self.journal), str(self.effects), self.mark]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        return subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL)

    def kill_once(self, chance: Random, number: signal.Signals = signal.SIGKILL) -> None:
        """Start it and send it ``number`` when it has had a random number of effects more, or has ended."""
        before = len(self.lines())
        more = chance.randrange(1, max(2, (TASKS - before) // 2))
        program = self.begin()
        try:
            until(lambda: len(self.lines()) >= before + more or program.poll() is not None, f"{more} effects")
        finally:
            program.send_signal(number)
            program.wait(DEADLINE)
            program.kill()
        self.kills += 1
        until(lambda: not marked(self.mark), "no program left")
        rows = read_journal(self.journal)[1]
        self.interrupted.update(row["name"] for row in rows if row["state"] in AT_WORK and row["attempts"])

    def finish(self) -> Workflow:
        """Resume it here, to its end."""
        workflow = made(str(self.journal), str(self.effects), self.mark)
        workflow.run_sync()
        return workflow

    def faults(self, committed: set[str], before: Counter[str]) -> list[str]:
        """Return what is wrong now; ``committed`` had finished when its effects were those of ``before``."""
        counts = Counter(self.lines())
        wrong = [f"{name}: {before[name]} effects when it was committed" for name in committed if not before[name]]
        wrong += [f"{name}: done again" for name in committed if counts[name] != before[name]]
        wrong += [
            f"{name}: {count} effects, {self.interrupted[name]} times interrupted"
            for name, count in counts.items()
            if count > 1 + self.interrupted[name]
        ]
        return wrong


if __name__ == "__main__":
    made(*sys.argv[1:]).run_sync()
