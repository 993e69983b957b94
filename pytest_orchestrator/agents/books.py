"""What a session knows of its processes, in memory and on disk at the same time."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import TYPE_CHECKING, Any

from ..config.options import by_name
from ..core.status import Status
from ..process.redaction import Redactor
from .log import file_name, utc_time
from .records import digest, record_of
from .result import ProcessResult
from .store import controller

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .budget import Budget
    from .process import CliProcess
    from .store import SessionStore

FINISHED = frozenset({Status.PASSED, Status.FAILED, Status.TIMEOUT})
"""A process with one of these is not run again when its session is resumed: it ended by itself, or at its limit."""


class Books:
    """Records of the processes of a session. Its methods may be called from any thread."""

    def __init__(self, store: SessionStore, *, resumed: bool) -> None:
        """Begin with nothing or, for a session that is ``resumed``, with what is on disk."""
        self._store = store
        self._guard = threading.RLock()
        self.metadata: dict[str, Any] = store.read() if resumed else {}
        self._records: dict[str, dict[str, Any]] = {}
        self._earlier: dict[str, str] = {}
        """Processes that had finished when the session was resumed, with what their prompt is known by."""
        self.earlier_calls: list[dict[str, Any]] = self.metadata.get("calls", [])
        """The calls of strategies that were made before the session was resumed."""
        self._budget: Budget | None = None
        for record in store.processes() if resumed else ():
            self._records[record["process_id"]] = record
            if record["state"] in FINISHED:
                self._earlier[record["process_id"]] = record["ran_sha256"]

    @property
    def records(self) -> list[dict[str, Any]]:
        """A copy of the records, in the order in which processes were created."""
        with self._guard:
            return [dict(record) for record in sorted(self._records.values(), key=lambda record: record["number"])]

    def begin(self, pattern_name: str, working_dir: Path, model: str | None, cli: str, budget: Budget | None) -> None:
        """Write down who runs the session now."""
        with self._guard:
            self._budget = budget
            self.metadata = {
                "session_id": self._store.session_id,
                "pattern_name": pattern_name,
                "working_dir": str(working_dir),
                "model": model,
                "cli": cli,
                "started": self.metadata.get("started") or utc_time(time.time()),
                "state": "running",
                "ended": None,
                **controller(),
                "times_resumed": self.metadata.get("times_resumed", -1) + 1,
                "calls": [],  # a program that goes on makes its calls again
                "budget": None,
            }
            self._write()

    def set_state(self, state: str) -> None:
        """Write down the state of the session."""
        with self._guard:
            self.metadata["state"] = state
            self.metadata["ended"] = utc_time(time.time()) if state in ("closed", "killed") else None
            self._write()

    def called(self, strategy: str, process_ids: Sequence[str], options: Mapping[str, Any]) -> None:
        """Write down a call of a strategy. Options that are no plain data are named, and nothing else."""
        with self._guard:
            plain = {name: value for name, value in options.items() if _is_plain(value)}
            lost = sorted(options.keys() - plain.keys())
            call = {"strategy": strategy, "processes": list(process_ids), "options": plain, "lost": lost}
            self.metadata["calls"].append(call)
            self._write()

    def created(self, process: CliProcess) -> None:
        """Write down a process that has not run, or that the resumed session knows already."""
        with self._guard:
            before = self._records.get(process.process_id)
            record = {
                "number": len(self._records) + 1,
                "state": "created",
                "runs": 0,
                "duration": 0.0,
                "cost_usd": None,
                "tokens": 0,
                "error": None,
                "log": None,
                "ran_sha256": None,
                **(before or {}),
                **record_of(process),
            }
            if before is not None and process.process_id not in self._earlier:
                record["state"] = "created"
            self._put(record)

    def recall(self, process: CliProcess) -> ProcessResult | None:
        """Return the result of ``process`` if it had finished before the session was resumed, with the same prompt."""
        with self._guard:
            if self._earlier.pop(process.process_id, None) != digest(process.prompt):
                return None
            return ProcessResult.from_dict(self._store.read_result(process.process_id))

    def started(self, process: CliProcess) -> None:
        """Write down that a process runs now."""
        with self._guard:
            record = self._records[process.process_id]
            self._put(
                {
                    **record,
                    "state": "running",
                    "runs": record["runs"] + 1,
                    "error": None,
                    "ran_sha256": digest(process.prompt),
                }
            )

    def ended(self, process: CliProcess, result: ProcessResult | None) -> None:
        """Write down what came of a process; ``result`` is None when it was interrupted."""
        with self._guard:
            record = self._records[process.process_id]
            log = None if process.log_path is None else process.log_path.name
            if result is None:
                self._put({**record, "state": str(Status.CANCELLED), "error": "interrupted", "log": log})
                return
            self._store.write_result(process.process_id, _without_secrets(result.as_dict()))
            self._put(
                {
                    **record,
                    "state": str(result.status),
                    "duration": result.duration,
                    "cost_usd": result.cost_usd,
                    "tokens": result.usage.total,
                    "error": result.error,
                    "log": log,
                }
            )
            if self._budget is not None:
                self._write()

    def log_path(self, process_id: str) -> Path:
        """Return the path of the log of a process: of its latest run, or where that of its first will be."""
        with self._guard:
            name = self._records.get(process_id, {}).get("log") or f"{file_name(process_id)}.log"
        return self._store.path / name

    def _put(self, record: dict[str, Any]) -> None:
        self._records[record["process_id"]] = record
        self._store.write_process(record["process_id"], record)

    def _write(self) -> None:
        self.metadata["budget"] = None if self._budget is None else self._budget.as_dict()
        self._store.write(self.metadata)


def _is_plain(value: object) -> bool:
    try:
        return bool(json.loads(json.dumps(value)) == value)
    except (TypeError, ValueError, RecursionError):
        return False


def _without_secrets(data: dict[str, Any]) -> dict[str, Any]:
    redactor = Redactor(by_name("redact").default, os.environ)

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return redactor.text(value)
        if isinstance(value, dict):
            return {name: clean(each) for name, each in value.items()}
        return [clean(each) for each in value] if isinstance(value, list) else value

    return dict(clean(data))
