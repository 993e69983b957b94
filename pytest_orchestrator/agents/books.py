"""What a session knows of its processes, in memory and on disk at the same time."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any

from ..core.status import Status
from ..process.redaction import Redactor
from .log import next_log_path, utc_time
from .records import cleaned, digest, environment_of, record_of
from .replay import Replay, has_finished
from .store import FORMAT, LOG, controller, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from .budget import Budget
    from .process import CliProcess
    from .result import ProcessResult
    from .store import SessionStore

logger = logging.getLogger("pytest_orchestrator.agents")

NEW: Mapping[str, Any] = {
    "state": "created",
    "runs": 0,
    "since": None,
    "duration": 0.0,
    "cost_usd": None,
    "tokens": 0,
    "error": None,
    "log": None,
    "finished": [],
}
"""What the record of a process says of its runs before the first."""


class Books:
    """Records of the processes of a session. Its methods may be called from any thread.

    Nothing here raises because the disk is full or its directory gone: a result is worth more than its record. What
    cannot be written stays in memory, is told once, and is written as soon as that is possible.
    """

    def __init__(self, store: SessionStore, secret_names: Sequence[str], *, resumed: bool) -> None:
        """Begin with nothing or, for a session that is ``resumed``, with what is on disk.

        Values of variables whose names match the globs ``secret_names`` are not written down.

        Raise AgentError when that cannot be read.
        """
        self._store = store
        self._guard = threading.RLock()
        self._redactor = Redactor(secret_names, os.environ)
        self.metadata: dict[str, Any] = store.read() if resumed else {}
        self._records: dict[str, dict[str, Any]] = {
            record["process_id"]: record for record in (store.processes() if resumed else ())
        }
        self._replay = Replay(store, self._records.values())
        self._unwritten: dict[Path, dict[str, Any]] = {}
        self.problem: str | None = None
        """Why the books on disk are not complete."""

    @property
    def records(self) -> list[dict[str, Any]]:
        """A copy of the records, in the order in which processes were created."""
        with self._guard:
            return [dict(record) for record in sorted(self._records.values(), key=lambda record: record["number"])]

    # -- the session ------------------------------------------------------------------------------------------

    def begin(self, pattern_name: str, working_dir: Path, model: str | None, cli: str, budget: Budget | None) -> None:
        """Write down who runs the session now. Raise OSError when that cannot be done."""
        before = self.metadata
        self.metadata = {
            "format": FORMAT,
            "session_id": self._store.session_id,
            "pattern_name": pattern_name,
            "working_dir": str(working_dir),
            "model": model,
            "cli": cli,
            "started": before.get("started") or utc_time(time.time()),
            "state": "running",
            "ended": None,
            **cleaned(controller(), self._redactor),
            "times_resumed": before.get("times_resumed", -1) + 1,
            "budget": None if budget is None else {"usd": budget.usd, "tokens": budget.tokens},
            "calls": [],
            # A program that goes on makes its calls again. Those that it has not made yet are still to be made.
            "calls_before": [*before.get("calls", []), *before.get("calls_before", [])],
        }
        write_json(self._store.metadata_path, self.metadata)

    def set_state(self, state: str) -> None:
        """Write down the state of the session."""
        with self._guard:
            self.metadata["state"] = state
            self.metadata["ended"] = utc_time(time.time()) if state in ("closed", "killed") else None
            self._keep(self._store.metadata_path, self.metadata)

    def end(self) -> None:
        """Write down that the session is over, and nothing of it runs."""
        with self._guard:
            for record in list(self._records.values()):
                if record["state"] == "running":  # Ctrl-C came when its end was to be written down
                    self._put({**record, "state": str(Status.CANCELLED), "error": "interrupted"})
            self.set_state("killed" if self.metadata["state"] == "killed" else "closed")

    def called(self, strategy: str, processes: Sequence[CliProcess], options: Mapping[str, Any]) -> None:
        """Write down a call of a strategy. Options that are no plain data are named, and nothing else."""
        with self._guard:
            plain = {name: value for name, value in options.items() if _is_plain(value)}
            lost = sorted(options.keys() - plain.keys())
            for process in processes:
                if process.process_id not in self._records:
                    self.created(process)
                elif self._records[process.process_id]["prompt_sha256"] != digest(process.prompt):
                    lost.append(f"a copy of {process.process_id!r} with another prompt")
            process_ids = [process.process_id for process in processes]
            call = {"strategy": strategy, "processes": process_ids, "options": plain, "lost": lost}
            before: list[dict[str, Any]] = self.metadata["calls_before"]
            for index, earlier in enumerate(before):
                if (earlier["strategy"], earlier["processes"]) == (strategy, process_ids):
                    del before[index]
                    break
            self.metadata["calls"].append(call)
            self._keep(self._store.metadata_path, self.metadata)

    def log(self, message: str, level: str) -> None:
        """Add to ``session.log``, a line for each of ``message``; secrets are replaced."""
        moment = utc_time(time.time())
        text = self._redactor.text(message)
        lines = "".join(f"{moment} {level} {line}\n" for line in text.splitlines() or [""])
        data = lines.encode("utf-8", "backslashreplace")
        try:
            file = os.open(self._store.path / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.write(file, data)  # at once: lines of several threads are not mixed
            finally:
                os.close(file)
        except OSError as error:
            self._complain(error)

    # -- its processes ----------------------------------------------------------------------------------------

    def created(self, process: CliProcess) -> None:
        """Write down a process that has not run, or that the resumed session knows already."""
        with self._guard:
            self._redactor = self._redactor.extended(environment_of(process))
            before = self._records.get(process.process_id)
            record = {**NEW, "number": len(self._records) + 1, **(before or {}), **record_of(process, self._redactor)}
            if before is not None and not self._replay.knows(process.process_id):
                record["state"] = "created"
            self._put(record)

    def recall(self, process: CliProcess) -> ProcessResult | None:
        """Return the result of ``process`` if it had finished before the session was resumed, with the same prompt.

        Raise AgentError when it had, and its result cannot be read.
        """
        with self._guard:
            return self._replay.take(process.process_id, self._known_by(process))

    def started(self, process: CliProcess) -> None:
        """Write down that a process runs now."""
        with self._guard:
            if process.process_id not in self._records:  # a copy with an id of its own
                self.created(process)
            # What came there since the session began is passed on, too.
            self._redactor = self._redactor.extended(os.environ)
            record = self._records[process.process_id]
            now = utc_time(time.time())
            self._put({**record, "state": "running", "since": now, "runs": record["runs"] + 1, "error": None})

    def ended(self, process: CliProcess, result: ProcessResult | None) -> None:
        """Write down what came of a process; ``result`` is None when it was interrupted."""
        with self._guard:
            record = self._records[process.process_id]
            run = record["runs"]
            if process.log_path is not None:
                record = {**record, "log": process.log_path.name}
            if result is None:
                self._put({**record, "state": str(Status.CANCELLED), "error": "interrupted"})
                return
            self._keep(self._store.result_path(process.process_id, run), cleaned(result.as_dict(), self._redactor))
            costs = [cost for cost in (record["cost_usd"], result.cost_usd) if cost is not None]
            record |= {
                "state": str(result.status),
                "duration": record["duration"] + result.duration,
                "cost_usd": sum(costs) if costs else None,
                "tokens": record["tokens"] + result.usage.total,
                "error": None if result.error is None else self._redactor.text(result.error),
            }
            if has_finished(result):
                record["finished"] = [*record["finished"], {"run": run, "prompt": self._known_by(process)}]
            self._put(record)  # after its result, which it tells of

    def refused(self, process: CliProcess) -> None:
        """Write down that a process was not allowed to start any more."""
        with self._guard:
            if process.process_id in self._records:
                self._put({**self._records[process.process_id], "state": str(Status.CANCELLED)})

    def log_path(self, process_id: str) -> Path:
        """Return the path of the log of a process: of its latest run, or where that of its first will be."""
        with self._guard:
            name = self._records.get(process_id, NEW)["log"]
        return next_log_path(self._store.path, process_id) if name is None else self._store.path / name

    def _known_by(self, process: CliProcess) -> str:
        # Without secrets: what is passed on from a result that was read again has none.
        return digest(self._redactor.text(process.prompt))

    # -- the disk ---------------------------------------------------------------------------------------------

    def flush(self) -> None:
        """Write what could not be written, if that is possible now."""
        with self._guard:
            try:
                while self._unwritten:
                    path, data = next(iter(self._unwritten.items()))
                    write_json(path, data)
                    del self._unwritten[path]
            except OSError as error:
                self._complain(error)
            else:
                self.problem = None

    def _put(self, record: dict[str, Any]) -> None:
        self._records[record["process_id"]] = record
        self._keep(self._store.record_path(record["process_id"]), record)

    def _keep(self, path: Path, data: dict[str, Any]) -> None:
        self._unwritten.pop(path, None)
        self._unwritten[path] = data
        self.flush()

    def _complain(self, error: OSError) -> None:
        if self.problem is None:
            self.problem = f"not all is on disk: {error.strerror} ({str(self._store.path)!r})"
            logger.warning("session %s: %s", self._store.session_id, self.problem)


def _is_plain(value: object) -> bool:
    try:
        return bool(json.loads(json.dumps(value)) == value)
    except (TypeError, ValueError, RecursionError):
        return False
