"""The journal of a workflow: which tasks have finished, in a file that survives whoever runs it."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import OrchestratorError
from .fingerprint import NotPlainError, decoded, encoded, fingerprint
from .outcome import TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .outcome import TaskOutcome
    from .task import Task

logger = logging.getLogger("pytest_orchestrator.workflows")

FORMAT = "1"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tasks (
    name TEXT PRIMARY KEY, state TEXT NOT NULL, fingerprint TEXT, encoding TEXT, result BLOB, error TEXT, because TEXT,
    attempts INTEGER NOT NULL, started REAL, ended REAL
) WITHOUT ROWID;
"""


class JournalError(OrchestratorError):
    """A journal cannot be used: it is another workflow's, open elsewhere, or no journal."""


class Journal:
    """A file (sqlite, WAL) with a row for each task.

    A task counts as finished when its row is committed, which is before anything that needs it starts. It is known by
    its definition, its inputs and the results that it builds on: when one of these is another, it runs again.
    """

    def __init__(self, path: str | os.PathLike[str], workflow: str, sync: str = "normal") -> None:
        """Open the file, or make it. ``sync="full"`` lets a commit survive a loss of power as well.

        Raise JournalError when it cannot be used, or another process uses it.
        """
        self.path = Path(path)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise JournalError(f"cannot open the journal {str(self.path)!r}: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._lock, 32, 0).decode("ascii", "replace").strip()
            os.close(self._lock)
            raise JournalError(f"the journal {str(self.path)!r} is in use by process {holder or '?'}") from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, b"%d\n" % os.getpid(), 0)
        try:
            self._database = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            self._begin(workflow, sync)
        except (sqlite3.Error, JournalError) as error:
            os.close(self._lock)
            if isinstance(error, JournalError):
                raise
            raise JournalError(f"{str(self.path)!r} cannot be used as a journal: {error}") from error

    def _begin(self, workflow: str, sync: str) -> None:
        run = self._database.execute
        run("PRAGMA journal_mode=WAL")
        run(f"PRAGMA synchronous={'FULL' if sync == 'full' else 'NORMAL'}")
        self._database.executescript(_SCHEMA)
        about = dict(run("SELECT name, value FROM about"))
        if about and (about.get("format") != FORMAT or about.get("workflow") != workflow):
            whose = f"workflow {about.get('workflow')!r}, format {about.get('format')}"
            raise JournalError(f"the journal {str(self.path)!r} is that of {whose}; name another file")
        run("INSERT OR REPLACE INTO about VALUES ('format', ?), ('workflow', ?)", (FORMAT, workflow))
        self._finished: dict[str, tuple[str, str, bytes]] = {}
        self.interrupted: set[str] = set()
        """Tasks that were running when the last run was killed: what they do may have happened already."""
        for name, state, known, encoding, result in run("SELECT name, state, fingerprint, encoding, result FROM tasks"):
            if state == TaskState.PASSED and known is not None:
                self._finished[name] = known, encoding, result
            elif state in (TaskState.RUNNING, TaskState.RETRYING):
                self.interrupted.add(name)
        self._rows: list[tuple[Any, ...]] = []

    # -- what the scheduler tells -----------------------------------------------------------------------------

    def recall(self, task: Task, upstream: Mapping[str, Any]) -> tuple[bool, Any]:
        """Return whether ``task`` has finished in an earlier run with the same inputs, and its result."""
        found = self._finished.pop(task.name, None)
        if found is None:
            return False, None
        known, encoding, result = found
        with contextlib.suppress(NotPlainError):
            if fingerprint(task, upstream) == known:
                return True, decoded(encoding, result)
        return False, None

    def put(self, outcome: TaskOutcome, task: Task | None = None, upstream: Mapping[str, Any] | None = None) -> None:
        """Write down where a task is; with :meth:`commit` it is there for good.

        ``task`` and ``upstream`` are given for one that has passed.
        """
        known = encoding = result = None
        if task is not None:
            try:
                known = fingerprint(task, upstream or {})
                encoding, result = encoded(outcome.result)
            except NotPlainError as error:
                known = None
                logger.warning("task %r will run again when its workflow is resumed: %s", task.name, error)
        why = None if outcome.error is None else f"{type(outcome.error).__name__}: {outcome.error}"
        self._rows.append(
            (
                outcome.name,
                str(outcome.state),
                known,
                encoding,
                result,
                why,
                outcome.because,
                outcome.attempts,
                outcome.started,
                outcome.ended,
            )
        )

    def commit(self) -> None:
        """Commit what was put."""
        if not self._rows:
            return
        rows, self._rows = self._rows, []
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR REPLACE INTO tasks VALUES (?,?,?,?,?,?,?,?,?,?)", rows)
        self._database.execute("COMMIT")

    def close(self) -> None:
        """Commit and close the file, and let another process have it."""
        if self._lock >= 0:
            self.commit()
            self._database.close()
            os.close(self._lock)
            self._lock = -1


def read_journal(path: str | os.PathLike[str]) -> tuple[str, list[dict[str, Any]], bool]:
    """Return the name of a workflow, the rows of its tasks, and whether a process runs it now; from its journal.

    Raise JournalError when there is none at ``path``.
    """
    if not os.path.isfile(path):
        raise JournalError(f"there is no journal {os.fspath(path)!r}")
    try:
        with contextlib.closing(sqlite3.connect(f"file:{os.fspath(path)}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            about = dict(database.execute("SELECT name, value FROM about").fetchall())
            rows = [
                dict(row) for row in database.execute("SELECT * FROM tasks ORDER BY started IS NULL, started, name")
            ]
    except sqlite3.Error as error:
        raise JournalError(f"{os.fspath(path)!r} is no journal: {error}") from error
    return about["workflow"], rows, _is_held(path)


def _is_held(path: str | os.PathLike[str]) -> bool:
    try:
        lock = os.open(f"{os.fspath(path)}.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
