"""Kill programs with sessions at random moments, go on with them, and look for what was run again or lost.

    python tests/soak/agent_sessions.py [--runs N] [--seed N]

Each run is one session of 21 agents. Its program is killed (SIGKILL, SIGTERM) or interrupted (SIGINT, up to three
times) again and again, and gone on with by itself or by what ``pytest-orchestrator sessions resume`` does, until all is
done.
An agent whose record said that it had finished must not have run again; none may be missing; nothing may be left
running. Ends with 1 otherwise.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from process_watch import new_mark, until, with_environment
from session_programs import HEAD, ROOT, SUPPORT

from pytest_orchestrator.agents.store import SESSIONS, SessionStore

AGENTS = 21
PROGRAM = """
with session(budget_tokens=10**6, resume=os.environ.get("RESUME")) as s:
    def one(number):
        script = f"echo {number} >> ran; cat > /dev/null; sleep 0.02; echo '# {number}'"
        return quiet(s, script, f"p{number}", pass_env=["MARK"])
    run_parallel([one(number) for number in range(8)], 3)
    run_sequential([one(number) for number in range(8, 13)], True)
    run_batched([one(number) for number in range(13, 21)], 3, pass_output=True)
"""
RESUMPTION = """
from pytest_orchestrator.agents.resumption import resume_session
resume_session(".orchestrator/sessions", os.environ["RESUME"])
"""


class Session:
    """One session through all its lives."""

    def __init__(self, directory: Path, chance: random.Random) -> None:
        self._directory = directory
        self._chance = chance
        self._name: str | None = None
        self._mark = new_mark()
        self.lives = 0
        self.problems: list[str] = []

    def live(self) -> bool:
        """Let a program work on it for a while; return whether it came to the end of its own."""
        self.lives += 1
        finished, before = self._finished(), self._ran()
        is_own = self._name is None or self._chance.random() < 0.6
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SUPPORT), str(ROOT)])}
        env |= {} if self._name is None else {"RESUME": self._name}
        program = subprocess.Popen(
            ["env", "--default-signal", sys.executable, "-c", HEAD + (PROGRAM if is_own else RESUMPTION)],
            cwd=self._directory,
            env={**env, "MARK": self._mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if is_own:
            assert program.stdout is not None
            self._name = program.stdout.readline().strip() or self._name
        try:
            program.wait(self._chance.random() * (0.5 if self.lives < 8 else 20))
        except subprocess.TimeoutExpired:
            number = self._chance.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGINT])
            for _ in range(1 if number != signal.SIGINT else self._chance.randint(1, 3)):
                program.send_signal(number)
        err = program.communicate()[1]
        until(lambda: not with_environment(f"MARK={self._mark}"), "the end of its agents")
        again = sorted(name for name in finished if self._ran()[name] != before[name])
        self.problems += [f"agent {name} had finished and was run again" for name in again]
        if program.returncode > 0:
            self.problems.append(f"exit code {program.returncode}: {err[-500:]}")
        return is_own and program.returncode == 0

    def end(self) -> None:
        """Look at what is on disk after its last life."""
        missing = {str(number) for number in range(AGENTS)} - set(self._ran())
        self.problems += [f"agent {name} never ran" for name in sorted(missing)]
        if len(self._finished()) != AGENTS:
            self.problems.append(f"{len(self._finished())} of {AGENTS} agents have finished")

    def _finished(self) -> frozenset[str]:
        if self._name is None:
            return frozenset()
        records = SessionStore(self._directory / SESSIONS / self._name).processes()
        return frozenset(record["process_id"].removeprefix("p") for record in records if record["state"] == "passed")

    def _ran(self) -> Counter[str]:
        path = self._directory / "ran"
        return Counter(path.read_text().split() if path.exists() else ())


def main() -> int:
    """Run as often as is asked for, and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    given = parser.parse_args()
    chance = random.Random(given.seed)
    problems = 0
    for number in range(1, given.runs + 1):
        with tempfile.TemporaryDirectory() as directory:
            session = Session(Path(directory), chance)
            while not session.live() and not session.problems:
                pass
            session.end()
            print(f"run {number}: {session.lives} lives {'; '.join(session.problems) or 'ok'}", flush=True)
            problems += len(session.problems)
    print(f"seed {given.seed}: {given.runs} sessions, {problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
