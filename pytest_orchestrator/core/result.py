"""The record of one run of one item."""

from __future__ import annotations

import math
from dataclasses import field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from .status import Reason, Status


def iso_time(seconds: float) -> str:
    """Return seconds since the epoch as ISO 8601 with the UTC offset, to the millisecond."""
    whole = math.floor(seconds)
    before, after = _second(whole)
    return f"{before}.{int((seconds - whole) * 1000):03}{after}"


@lru_cache(maxsize=64)
def _second(whole: int) -> tuple[str, str]:
    """Return what stands before and after the fraction: many items start and end within one second."""
    text = datetime.fromtimestamp(whole, UTC).astimezone().isoformat()
    return text[:19], text[19:]


IN_SECONDS = ("timeout", "idle_timeout", "cpu_seconds")
"""Names of the limits whose value is in seconds."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that stopped a program."""

    name: str
    """``timeout``, ``idle_timeout``, or one of the keys of ``limits:``."""
    value: float
    """In the unit that the name says; seconds for the time limits."""
    source: str = ""
    """Who set it, ready to show: ``scripts/orchestrator.yaml``, ``--timeout``, ``default`` …"""

    def __str__(self) -> str:
        unit = " s" if self.name in IN_SECONDS else ""
        where = f" ({self.source})" if self.source else ""
        return f"{self.name} {self.value:g}{unit}{where}"


@dataclass(frozen=True, slots=True)
class LeftProcess:
    """A process that a script left behind."""

    pid: int
    command: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {"pid": self.pid, "command": self.command}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a script that may be tried again."""

    status: Status
    exit_code: int | None
    execution_time: float
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "status": str(self.status),
            "exit_code": self.exit_code,
            "execution_time": self.execution_time,
            "error": self.error,
        }


@dataclass(frozen=True, slots=True)
class RunResult:
    """What one run of a script gave. :meth:`as_dict` is the result dictionary of seed 004, then extras."""

    script: str
    """Full path, escaped as :func:`~pytest_orchestrator.core.names.escape_name` does."""
    name: str
    subdirectory: str
    """Name of the directory that holds the script."""
    started: float
    """Seconds since the epoch."""
    ended: float
    status: Status
    exit_code: int | None
    """The exit status; negative signal number when a signal ended it; None when it never ran."""
    execution_time: float
    """Seconds, from a monotonic clock."""
    stdout: str = ""
    stderr: str = ""
    error: str | None = None
    """One short sentence: why the status is not ``passed``."""
    reason: Reason | None = None
    case: str | None = None
    command: tuple[str, ...] = ()
    cwd: str = ""
    timeout: float | None = None
    """The time limit in force, in seconds; None when there was none."""
    limit: Limit | None = None
    """The limit that fired."""
    signal: str | None = None
    """Name of the signal that ended it, as in ``SIGSEGV``."""
    left_processes: tuple[LeftProcess, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    """Every attempt, the last included; empty when there was one only."""
    failures: tuple[str, ...] = ()
    """Expectations that did not hold, one sentence each."""
    notes: tuple[str, ...] = ()
    """Things worth knowing that change no verdict."""
    stdout_bytes: int = 0
    stderr_bytes: int = 0
    stdout_file: str | None = None
    """Where the whole output is when ``stdout`` was cut, relative to the report directory."""
    stderr_file: str | None = None
    cpu_time: float = 0.0
    """User plus system seconds of the program and the children it waited for."""
    max_rss_kb: int = 0
    tmp: str | None = None
    """The item's temporary directory, when it was kept."""
    changed_by: str | None = field(default=None)
    """Name of the plugin hook that changed the verdict, if one did."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types: seed 004's eleven keys in its order, then the extras."""
        return {
            "script": self.script,
            "name": self.name,
            "subdirectory": self.subdirectory,
            "start_time": iso_time(self.started),
            "end_time": iso_time(self.ended),
            "status": str(self.status),
            "exit_code": self.exit_code,
            "execution_time": round(self.execution_time, 6),
            "stdout": self.stdout,
            "stderr": self.stderr,
            "error": self.error,
            "reason": None if self.reason is None else str(self.reason),
            "case": self.case,
            "command": list(self.command),
            "cwd": self.cwd,
            "timeout": self.timeout,
            "limit": None
            if self.limit is None
            else {"name": self.limit.name, "value": self.limit.value, "source": self.limit.source},
            "signal": self.signal,
            "left_processes": [left.as_dict() for left in self.left_processes],
            "attempts": [attempt.as_dict() for attempt in self.attempts],
            "failures": list(self.failures),
            "notes": list(self.notes),
            "stdout_bytes": self.stdout_bytes,
            "stderr_bytes": self.stderr_bytes,
            "stdout_file": self.stdout_file,
            "stderr_file": self.stderr_file,
            "cpu_time": round(self.cpu_time, 6),
            "max_rss_kb": self.max_rss_kb,
            "tmp": self.tmp,
            "changed_by": self.changed_by,
        }
