"""A project in a directory of its own, pytest runs of it, and what came of them."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

# Imported once for all runs in this process: pytester forgets what a run imported first.
import pytest_orchestrator.collect.activation
import pytest_orchestrator.collect.execution
import pytest_orchestrator.config.yaml_source
import pytest_orchestrator.skills.checker  # noqa: F401

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pytest

WITHOUT_OTHERS = "-p no:hypothesispytest -p no:anyio"
"""Options for pytest runs of the tests: these plugins of our other dependencies take half of the time to start."""
STARTED = 'echo "$ORCHESTRATOR_ITEM" >> started.txt\n'
"""Shell line by which a script says that it was started."""
PYTEST = "$(cut -d' ' -f4 /proc/$(cut -d' ' -f4 /proc/$PPID/stat)/stat)"
"""Shell words for the pid of the pytest that a script runs in: above it are the supervisor, a guard, and pytest."""


@dataclass(frozen=True)
class Run:
    """One finished pytest run."""

    result: pytest.RunResult
    report_dir: Path

    @property
    def code(self) -> int:
        """pytest's exit code."""
        return int(self.result.ret)

    @cached_property
    def out(self) -> str:
        """Standard output, and standard error behind it."""
        return f"{self.result.stdout.str()}\n{self.result.stderr.str()}"

    @cached_property
    def lines(self) -> list[dict[str, Any]]:
        """The lines of ``results.jsonl``."""
        text = (self.report_dir / "results.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    @cached_property
    def results(self) -> list[dict[str, Any]]:
        """The result lines."""
        return [line for line in self.lines if line["type"] == "result"]

    @cached_property
    def rows(self) -> dict[str, dict[str, Any]]:
        """The result lines by id."""
        return {line["nodeid"]: line for line in self.results}

    @cached_property
    def statuses(self) -> dict[str, str]:
        """Status by id, without the directory and ``::run``: ``a.sh``, ``b.sh[case]``."""
        return {short(nodeid): row["status"] for nodeid, row in self.rows.items()}

    def data(self, name: str) -> dict[str, Any]:
        """Return the result dictionary of a script by its short id."""
        (row,) = [row for nodeid, row in self.rows.items() if short(nodeid) == name]
        data: dict[str, Any] = row["data"]
        return data

    @property
    def outcomes(self) -> dict[str, int]:
        """What pytest's last line counts."""
        return self.result.parseoutcomes()

    @property
    def summary_lines(self) -> list[str]:
        """The lines of the short test summary."""
        lines = self.result.outlines
        heads = [index for index, line in enumerate(lines) if "short test summary info" in line]
        if not heads:
            return []
        rest = lines[heads[0] + 1 :]
        return rest[: next((index for index, line in enumerate(rest) if line.startswith("=")), len(rest))]

    def assert_adds_up(self) -> None:
        """Assert that there is one row for each item that was collected, and that the counts are those of the rows."""
        (end,) = [line for line in self.lines if line["type"] == "end"]
        counted = Counter(line["status"] for line in self.results)
        assert {status: count for status, count in end["totals"].items() if count} == dict(counted)
        assert end["collected"] == len(self.results)
        assert end["exit_status"] == self.code
        summary = json.loads((self.report_dir / "summary.json").read_text())
        assert summary["collected"] == len(self.results)
        assert summary["totals"] == end["totals"]


def short(nodeid: str) -> str:
    """Return an id without directory and ``::run``."""
    path, _, part = nodeid.partition("::")
    return path.rpartition("/")[2] + part.removeprefix("run")


@dataclass
class Project:
    """Files to be collected, and pytest to do it."""

    pytester: pytest.Pytester
    report_dir: Path = field(init=False)

    def __post_init__(self) -> None:
        self.report_dir = self.path / ".orchestrator"

    @property
    def path(self) -> Path:
        """The rootdir."""
        return self.pytester.path

    def file(self, name: str | bytes, text: str = "", mode: int = 0o644) -> Path:
        """Write a file, its directory included."""
        path = self.path / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def files(self, texts: Mapping[str, str]) -> None:
        """Write files."""
        for name, text in texts.items():
            self.file(name, text)

    def ini(self, text: str) -> None:
        """Write ``pytest.ini``; each line is an option."""
        self.file("pytest.ini", f"[pytest]\n{text}\n")

    def run(self, *arguments: str | os.PathLike[str], orchestrate: bool = True) -> Run:
        """Run pytest in this process."""
        given = ["--orchestrate", *arguments] if orchestrate else arguments
        return Run(self.pytester.runpytest_inprocess(*given), self.report_dir)

    def run_process(self, *arguments: str | os.PathLike[str], orchestrate: bool = True) -> Run:
        """Run pytest in a process of its own."""
        given = ["--orchestrate", *arguments] if orchestrate else arguments
        return Run(self.pytester.runpytest_subprocess(*given), self.report_dir)

    def ids(self, *arguments: str) -> list[str]:
        """Return the ids that ``--collect-only -q`` prints."""
        return [line for line in self.run("--collect-only", "-q", *arguments).result.outlines if "::" in line]

    def started(self) -> list[str]:
        """Return the short ids of the scripts that said that they were started, and forget them."""
        path = self.path / "started.txt"
        if not path.exists():
            return []
        lines = path.read_text().splitlines()
        path.unlink()
        return [short(line) for line in lines]
