"""The run document: what ``results.jsonl`` says about one run, and the only place that knows its format.

The file is JSON Lines: a ``run`` line, a ``result`` line per item, an ``end`` line, which a crash leaves out, and
perhaps ``collection_error`` lines (what kept items from being collected), ``agents`` lines (what agents did in a test)
and ``section`` lines (Markdown that a user's hook, which sees the whole run, adds to the report). Readers skip line
types and keys that they do not know, so both may be added without a new format number.
"""

from __future__ import annotations

import math
import sys
from dataclasses import field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass
from .jsontext import Members, compact
from .kinds import SCRIPT, SKILL, WORKFLOW
from .result import iso_time
from .run_facts import FORMAT, RunFacts, count_of, run_line, seconds_of, text_of
from .status import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .agent_row import AgentRow

__all__ = [
    "FORMAT", "NO_DATA", "TAIL_CHARS", "ResultRow", "RunDocument", "RunEnd", "RunFacts", "collection_error_line",
    "end_line", "result_line", "run_line", "section_line",
]  # fmt: skip

TAIL_CHARS = 4000
"""How much of each stream a digest keeps, in characters."""

NO_DATA: Mapping[str, Any] = MappingProxyType({})

_OF_SKILLS = ("findings", "profile", "profile_reason", "ignored", "baselined")
_OF_WORKFLOWS = ("name", "summary", "resume")
_OF_TASKS = ("name", "state", "needs", "duration", "start_time", "why", "error", "continue_on_error")
_ALWAYS_TOLD = ("left_processes", "attempts", "notes")
_TOLD_WHEN_NOT_PASSED = ("error", "changed_by", "limit", "xfail", *_ALWAYS_TOLD)
_TOLD_WHEN_BAD = (
    "exit_code", "reason", "signal", "timeout", "command", "cwd", "failures", "stdout_bytes", "stderr_bytes",
    "stdout_file", "stderr_file", "tmp", *_TOLD_WHEN_NOT_PASSED,
)  # fmt: skip


def result_line(
    nodeid: str,
    kind: str,
    status: Status,
    duration: float,
    worker: str | None,
    data: Mapping[str, Any] | Members | None,
) -> str:
    """Return the line of one finished item, newline included.

    ``duration`` is in seconds. ``worker`` is the xdist worker that ran it, None without xdist. ``data`` is the
    result dictionary (:meth:`~pytest_orchestrator.core.result.RunResult.as_dict` of a script); None for an item
    that never got one.
    """
    told = data.compact() if isinstance(data, Members) else compact(data)
    seconds = repr(duration) if math.isfinite(duration) else compact(duration)
    return (
        f'{{"type":"result","nodeid":{compact(nodeid)},"kind":{compact(kind)},"status":"{status}",'
        f'"duration":{seconds},"worker":{"null" if worker is None else compact(worker)},"data":{told}}}\n'
    )


def collection_error_line(nodeid: str, message: str) -> str:
    """Return the line about something that could not be collected, newline included: its id or path, and why."""
    return compact({"type": "collection_error", "nodeid": nodeid, "message": message}) + "\n"


def section_line(title: str, markdown: str) -> str:
    """Return the line that adds a section to ``report.md`` (and keeps it when the report is rendered again)."""
    return compact({"type": "section", "title": title, "markdown": markdown}) + "\n"


def end_line(*, exit_status: int, ended: float, totals: Mapping[Status, int], collected: int) -> str:
    """Return the last line, newline included: pytest's exit status, the time (seconds since the epoch), the counts."""
    counts = {str(status): totals.get(status, 0) for status in Status}
    facts = {"type": "end", "exit_status": exit_status, "ended": iso_time(ended), "totals": counts}
    return compact({**facts, "collected": collected}) + "\n"


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A ``result`` line."""

    nodeid: str
    kind: str
    status: Status
    duration: float
    """Seconds."""
    worker: str = ""
    data: Mapping[str, Any] = field(default_factory=lambda: NO_DATA)
    """The result dictionary; empty when there was none, or when the row is a digest with nothing to tell."""

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> ResultRow:
        """Return the row of a parsed ``result`` line; raises ``ValueError`` when it is none."""
        nodeid, data = line.get("nodeid"), line.get("data")
        if not isinstance(nodeid, str):
            raise ValueError(f"a result needs a nodeid, not {nodeid!r}")  # noqa: TRY004 (one error for every bad line)
        return cls(
            nodeid=nodeid,
            kind=sys.intern(text_of(line.get("kind")) or SCRIPT),
            status=Status(line.get("status", "")),
            duration=seconds_of(line.get("duration")),
            worker=text_of(line.get("worker")),
            data=data if isinstance(data, dict) else NO_DATA,
        )

    @property
    def path(self) -> str:
        """The path in the id, as in ``scripts/backup.sh``."""
        return self.nodeid.partition("::")[0]

    @property
    def directory(self) -> str:
        """The directory in the id, ``.`` for the rootdir itself."""
        head, slash, _ = self.path.rpartition("/")
        return head or (slash or ".")

    @property
    def error(self) -> str:
        """Why the status is not ``passed``; empty when nothing is known."""
        return text_of(self.data.get("error"))

    @property
    def is_flaky(self) -> bool:
        """Whether it passed, and not at the first attempt."""
        return self.status is Status.PASSED and len(self.entries("attempts")) > 1

    def entries(self, key: str) -> list[Any]:
        """Return the list under ``key`` of the data; an empty one when there is none."""
        value = self.data.get(key)
        return value if isinstance(value, list) else []

    def digest(self, *, output: bool = True) -> ResultRow:
        """Return the row with only what a report tells of it, so that 100 000 rows fit in memory.

        Of a pass that is retries, notes, left-behind processes and findings about a skill; of a failure also its
        output's last :data:`TAIL_CHARS` characters, unless ``output`` is false.
        """
        if self.status.is_bad:
            told: tuple[str, ...] = _TOLD_WHEN_BAD
        else:
            told = _ALWAYS_TOLD if self.status is Status.PASSED else _TOLD_WHEN_NOT_PASSED
        data = self.data
        kept = {key: data[key] for key in told if data.get(key) not in (None, [], "")}
        if self.kind == SKILL:
            kept |= {key: data[key] for key in _OF_SKILLS if data.get(key)}
        elif self.kind == WORKFLOW:
            kept |= {key: data[key] for key in _OF_WORKFLOWS if data.get(key)}
            tasks = [task for task in self.entries("tasks") if isinstance(task, dict)]
            kept["tasks"] = [{key: task[key] for key in _OF_TASKS if task.get(key)} for task in tasks]
        if output and self.status.is_bad:
            for key in ("stdout", "stderr"):
                if text := text_of(data.get(key)):
                    kept[key] = text[-TAIL_CHARS:]
        return ResultRow(self.nodeid, self.kind, self.status, self.duration, self.worker, kept or NO_DATA)


@dataclass(frozen=True, slots=True)
class RunEnd:
    """The ``end`` line."""

    exit_status: int | None
    ended: str
    collected: int | None

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> RunEnd:
        """Return the end of a run from a parsed ``end`` line."""
        return cls(count_of(line.get("exit_status")), text_of(line.get("ended")), count_of(line.get("collected")))


@dataclass(frozen=True, slots=True)
class RunDocument:
    """One run, as every report is made from it."""

    run: RunFacts
    rows: tuple[ResultRow, ...] = ()
    """In the order in which they finished."""
    end: RunEnd | None = None
    sections: tuple[tuple[str, str], ...] = ()
    """Title and Markdown of what hooks added."""
    unreadable: int = 0
    """Lines that could not be understood."""
    collection_errors: tuple[tuple[str, str], ...] = ()
    """Id or path and message of what could not be collected."""
    agents: tuple[AgentRow, ...] = ()
    """What agents did, test by test."""

    def log_id(self, row: ResultRow) -> str:
        """Return what the log of a row is named after: its id, and the worker where each worker ran every item."""
        return f"{row.nodeid}@{row.worker}" if self.run.per_worker and row.worker else row.nodeid

    @property
    def crashed(self) -> bool:
        """Whether the run ended without saying so (or has not ended yet), or shards of it are missing."""
        return self.end is None

    @property
    def collected(self) -> int:
        """How many items were collected; at least as many as there are rows."""
        known = self.end.collected if self.end is not None else self.run.collected
        return max(len(self.rows), known or 0)

    @property
    def unrecorded(self) -> int:
        """How many collected items have no row: a crash came first, or their line is unreadable."""
        return self.collected - len(self.rows)

    @property
    def duration(self) -> float | None:
        """Wall-clock seconds from start to end; None of a crashed run."""
        if self.end is None:
            return None
        try:
            return (datetime.fromisoformat(self.end.ended) - datetime.fromisoformat(self.run.started)).total_seconds()
        except (ValueError, TypeError):
            return None
