"""Kill a workflow of two hundred tasks at random moments, resume it, and look for effects that are lost or doubled.

    python tests/soak/workflow_kills.py [--kills 50] [--seed N] [--interrupt]

With ``--interrupt`` each is interrupted as by Ctrl-C instead. Ends with 1 when a task that was committed was done
again, when one was done more often than it was interrupted, when one was lost, or when a program is left.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from killable_workflow import TASKS, Victim
from process_watch import marked


def main() -> int:
    """Kill as often as wanted; a workflow that has ended is followed by another."""
    parser = argparse.ArgumentParser(description="Kill workflows.")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--interrupt", action="store_true", help="send SIGINT, and not SIGKILL")
    given = parser.parse_args()
    number = signal.SIGINT if given.interrupt else signal.SIGKILL
    chance = random.Random(given.seed)
    kills = workflows = doubled = 0
    faults: list[str] = []
    while kills < given.kills:
        workflows += 1
        with tempfile.TemporaryDirectory() as directory:
            victim = Victim(Path(directory))
            committed: set[str] = set()
            before: Counter[str] = Counter()
            while kills < given.kills and len(committed) < TASKS - 20:
                victim.kill_once(chance, number)
                kills += 1
                faults += victim.faults(committed, before)
                committed, before = victim.committed(), Counter(victim.lines())
            outcomes = victim.finish().outcomes
            faults += victim.faults(committed, before)
            counts = Counter(victim.lines())
            doubled += sum(count > 1 for count in counts.values())
            if len(counts) != TASKS or len(outcomes) != TASKS:
                faults.append(f"{len(counts)} of {TASKS} tasks were done")
            faults += [f"left: {command}" for command in marked(victim.mark).values()]
    print(f"seed {given.seed}: {kills} kills of {workflows} workflows, {doubled} interrupted tasks done again, "
          f"{len(faults)} faults")  # fmt: skip
    print(*faults[:20], sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
