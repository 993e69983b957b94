"""Real pytest sessions with misbehaving scripts, and a count of everything before and after."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from process_watch import (
    DEADLINE,
    WITH_USUAL_SIGNALS,
    Holdings,
    children,
    command_line,
    files_below,
    marked,
    new_mark,
    until,
    until_dead,
    with_environment,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JOBS_1 = ("--orchestrate-jobs=1",)
JOBS_4 = ("--orchestrate-jobs=4",)
WORKERS_2 = ("-n2",)
WAYS = {"jobs 1": JOBS_1, "jobs 4": JOBS_4, "-n2": WORKERS_2}

SECRET = "swordfish-swordfish"
HIDES = """\
sleep {mark} &
setsid sleep {mark} &
nohup sleep {mark} >/dev/null 2>&1 &
( setsid sh -c 'sleep {mark} & exec sleep {mark}' >/dev/null 2>&1 </dev/null & )
( env -i setsid sh -c 'sleep {mark} & exec sleep {mark}' >/dev/null 2>&1 </dev/null & )
"""
"""A child, one in its own session, a nohup one, a daemon, a daemon without environment."""
HIDDEN = 7
STUBBORN = "( env -i setsid sh -c 'trap \"\" TERM HUP INT; sleep {mark}' >/dev/null 2>&1 </dev/null & )\n"
"""A daemon that also ignores what it is asked: it costs the whole grace period."""

_NOT_OURS = ("PYTEST_", "ORCHESTRATOR_", "COVERAGE_", "COV_CORE", "CI", "GITHUB_")


@dataclass
class Torture:
    """A project in which pytest sessions run as processes of their own."""

    path: Path
    mark: str = field(default_factory=new_mark)
    """Known to nobody else: in the environment of everything that a session starts, and slept for."""

    def script(self, name: str, text: str) -> None:
        """Write ``scripts/name``; ``{mark}`` in the text is replaced."""
        path = self.path / "scripts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{mark}", self.mark))

    @property
    def reports(self) -> Path:
        """The report directory."""
        return self.path / ".orchestrator"

    @property
    def temporary(self) -> Path:
        """The directory for temporary files of everything that a session starts."""
        return self.path / "tmp"

    @contextmanager
    def session(self, *arguments: str, hiding: int = 0, **environment: str) -> Iterator[Session]:
        """Start ``pytest --orchestrate``, and hold that nothing of it is left when the block is left.

        ``hiding`` processes that the scripts hid are awaited first.
        """
        before = Holdings.now()
        self.temporary.mkdir(exist_ok=True)
        if not (self.path / "pytest.ini").exists():
            (self.path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
        kept |= {"TMPDIR": str(self.temporary), "TORTURE": self.mark, "MY_PASSWORD": SECRET, **environment}
        log = self.path / f"output-{new_mark()}"
        with open(log, "wb") as output:
            process = subprocess.Popen(
                [*WITH_USUAL_SIGNALS, sys.executable, "-m", "pytest", "--orchestrate", *arguments],
                cwd=self.path,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=kept,
                start_new_session=True,
            )
        session = Session(self, process, log)
        try:
            if hiding:
                session.until_hidden(hiding)
            yield session
            session.wait()
            session.assert_nothing_is_left()
        finally:
            process.kill()
            process.wait()
        after = Holdings.now()
        assert after.descriptors <= before.descriptors
        assert after.children <= before.children

    def rows(self) -> dict[str, dict[str, Any]]:
        """Return the rows of results.jsonl by the name of their script."""
        try:
            lines = (self.reports / "results.jsonl").read_text().splitlines()
        except FileNotFoundError:
            return {}
        rows = [json.loads(line) for line in lines if line.endswith("}")]
        return {name_of(row["nodeid"]): row for row in rows if row["type"] == "result"}

    def statuses(self) -> dict[str, str]:
        """Return the status of each script by its name."""
        return {name: row["status"] for name, row in self.rows().items()}


def name_of(nodeid: str) -> str:
    """Return the file name and the case of an id."""
    return nodeid.removesuffix("::run").removeprefix("scripts/")


@dataclass
class Session:
    """One pytest process."""

    project: Torture
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def output(self) -> str:
        """What pytest wrote so far."""
        return self.log.read_text(errors="backslashreplace")

    @property
    def sleepers(self) -> list[int]:
        """The processes that scripts hid."""
        return [pid for pid, command in marked(self.project.mark).items() if command == f"sleep {self.project.mark}"]

    def until_hidden(self, count: int) -> None:
        """Wait until scripts have hidden ``count`` processes."""

        def are_hidden() -> bool:
            assert self.process.poll() is None, self.output
            return len(self.sleepers) >= count

        until(are_hidden, f"{count} hidden processes, there are {marked(self.project.mark)}")

    def until_row(self, name: str) -> None:
        """Wait until results.jsonl has the row of a script."""
        until(lambda: name in self.project.rows(), f"the row of {name}: {self.project.rows().keys()}")

    def below(self, pid: int | None = None) -> dict[int, str]:
        """Return the commands of all processes that descend from this one (or from ``pid``)."""
        found: dict[int, str] = {}
        todo = [self.process.pid if pid is None else pid]
        while todo:
            for child in children(todo.pop()):
                found[child] = command_line(child)
                todo.append(child)
        return found

    def supervisors(self) -> list[int]:
        """Return the supervisors of all processes of the session."""
        return [pid for pid, command in self.below().items() if "supervisor.main" in command]

    def workers(self) -> list[int]:
        """Return the xdist workers."""
        return [pid for pid in children(self.process.pid) if "supervisor.main" not in command_line(pid)]

    def worker_that_hides(self) -> int:
        """Return the xdist worker whose script has hidden something."""
        for worker in self.workers():
            if set(self.below(worker)) & set(self.sleepers):
                return worker
        raise AssertionError(f"no worker hides anything: {self.below()}")

    def interrupt(self) -> None:
        """Press Ctrl-C: the terminal sends SIGINT to the whole foreground process group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def wait(self) -> int:
        """Return the exit status of pytest, which must end."""
        try:
            return self.process.wait(DEADLINE * 2)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"pytest hangs:\n{self.output}") from None

    def assert_nothing_is_left(self) -> None:
        """Hold that every process and every temporary file of the session is gone, or goes at once."""
        until_dead(self.process.pid)
        mark = self.project.mark
        until(lambda: not with_environment(f"TORTURE={mark}"), f"the end of {with_environment(f'TORTURE={mark}')}", 10)
        until(lambda: not marked(mark), f"the end of {marked(mark)}", 10)
        # Locks are shared by all sessions; what pytest's own tmp_path leaves is pytest's.
        assert [name for name in files_below(self.project.temporary) if "run-" in name or "engine-" in name] == []
        assert "INTERNALERROR" not in self.output, self.output
