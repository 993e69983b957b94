"""The journal of a workflow: which tasks have finished, in a file that survives whoever runs it."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sqlite3
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import OrchestratorError
from .fingerprint import NotPlainError, decoded, digest_of, encoded, fingerprint
from .journal_lock import holder, is_held, take_lock
from .outcome import TaskState, shown

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
_AT_WORK = (TaskState.RUNNING, TaskState.RETRYING, TaskState.CANCELLED)


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
        self._workflow = workflow
        self._lock = self._locked()
        try:
            # Results may hold what is nobody else's business. What sqlite puts beside it has the same permissions.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._database = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            try:
                self._begin(sync)
            except BaseException:
                self._database.close()
                raise
        except (sqlite3.Error, OSError, JournalError) as error:
            self._unlock()
            if isinstance(error, JournalError):
                raise
            raise self.fault(error) from error
        _open_ones.add(self)

    def _locked(self) -> int:
        """Return a descriptor of the lock file, which is locked as long as this or a copy of it is open."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return take_lock(self.path)
        except BlockingIOError:
            message = f"the journal {str(self.path)!r} is in use by process {holder(self.path)}"
            raise JournalError(message) from None
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise JournalError(f"cannot open the journal {str(self.path)!r}: {why}") from error

    def _unlock(self) -> None:
        if self._lock >= 0:
            fcntl.flock(self._lock, fcntl.LOCK_UN)  # a process that was just forked may have it open as well
            self.let_go()

    def let_go(self) -> None:
        """Close the lock file without unlocking it: it is another process that holds it."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _begin(self, sync: str) -> None:
        run = self._database.execute
        tables = {name for (name,) in run("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if tables and not {"about", "tasks"} <= tables:
            raise JournalError(f"{str(self.path)!r} is no journal but another database; name another file")
        run("PRAGMA journal_mode=WAL")
        run(f"PRAGMA synchronous={'FULL' if sync == 'full' else 'NORMAL'}")
        self._database.executescript(_SCHEMA)
        about = dict(run("SELECT name, value FROM about"))
        if about and (about.get("format") != FORMAT or about.get("workflow") != _text(self._workflow)):
            whose = f"workflow {about.get('workflow')!r}, format {about.get('format')}"
            raise JournalError(f"the journal {str(self.path)!r} is that of {whose}; name another file")
        run("INSERT OR REPLACE INTO about VALUES ('format', ?), ('workflow', ?)", (FORMAT, _text(self._workflow)))
        self._rows: list[tuple[Any, ...]] = []
        self.load()

    def load(self) -> None:
        """Look up what earlier runs have finished."""
        self._finished: dict[str, str] = {}
        self._interrupted: set[str] = set()
        for name, state, known, attempts in self._database.execute(
            "SELECT name, state, fingerprint, attempts FROM tasks"
        ):
            if state == TaskState.PASSED and known is not None:
                self._finished[name] = known
            elif state in _AT_WORK and attempts:
                self._interrupted.add(name)

    # -- what the scheduler tells -----------------------------------------------------------------------------

    def fingerprint(self, task: Task, upstream: Mapping[str, str]) -> str:
        """Return what ``task`` is known by. Raise NotPlainError when an argument cannot be written down."""
        return fingerprint(task, upstream)

    def recall(self, name: str, known: str) -> tuple[str, Any] | None:
        """Return the digest and value of the result of a task that finished before, with the fingerprint ``known``."""
        if self._finished.pop(_text(name), None) != known:
            return None
        query = "SELECT encoding, result FROM tasks WHERE name = ?"
        try:
            encoding, data = self._database.execute(query, (_text(name),)).fetchone()
            return digest_of(encoding, data), decoded(encoding, data)
        except (NotPlainError, sqlite3.Error) as error:
            logger.warning("task %r runs again: its result in the journal cannot be read: %s", name, error)
            return None

    def was_interrupted(self, name: str) -> bool:
        """Return whether a task was at work when the last run was killed or stopped."""
        return _text(name) in self._interrupted

    def put(
        self, outcome: TaskOutcome, known: str | None = None, encoding: str | None = None, data: bytes = b""
    ) -> None:
        """Write down where a task is; with :meth:`commit` it is there for good."""
        why = None if outcome.error is None else _text(shown(outcome.error))
        because = None if outcome.because is None else _text(outcome.because)
        self._rows.append(
            (_text(outcome.name), str(outcome.state), known, encoding, data or None, why, because, outcome.attempts,
             outcome.started, outcome.ended)
        )  # fmt: skip

    def put_passed(self, outcome: TaskOutcome, known: str | None) -> str | None:
        """Write down that a task has passed, and return the digest of its result, None when that cannot be kept.

        ``known`` is its fingerprint; without one it will run again.
        """
        try:
            encoding, data = encoded(outcome.result)
        except NotPlainError as error:
            self.warn(outcome.name, error)
            self.put(outcome)
            return None
        if known is None:
            self.put(outcome)
        else:
            self.put(outcome, known, encoding, data)
        return digest_of(encoding, data)

    def warn(self, name: str, error: NotPlainError) -> None:
        """Tell that a task will not be recalled."""
        logger.warning("task %r will run again when its workflow is resumed: %s", name, error)

    def commit(self) -> None:
        """Commit what was put. Raise sqlite3.Error when that is not possible."""
        if not self._rows:
            return
        rows, self._rows = self._rows, []
        self._database.execute("BEGIN")
        try:
            self._database.executemany("INSERT OR REPLACE INTO tasks VALUES (?,?,?,?,?,?,?,?,?,?)", rows)
            self._database.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise

    def fault(self, error: Exception) -> JournalError:
        """Return what says that the file cannot be used."""
        return JournalError(f"{str(self.path)!r} cannot be used as a journal: {error}")

    def close(self) -> None:
        """Commit and close the file, and let another process have it."""
        if self._lock < 0:
            return
        try:
            self.commit()
        except sqlite3.Error as error:
            raise self.fault(error) from error
        finally:
            with contextlib.suppress(sqlite3.Error):
                self._database.close()
            self._unlock()


_open_ones: weakref.WeakSet[Journal] = weakref.WeakSet()


def _let_go() -> None:
    """Close the locks in a process that was forked: it must not hold them when this one is gone."""
    for journal in _open_ones:
        journal.let_go()


os.register_at_fork(after_in_child=_let_go)


def _text(value: str) -> str:
    """Return what sqlite takes: no half characters, as there are in names of files."""
    return value.encode("utf-8", "backslashreplace").decode()


def read_journal(path: str | os.PathLike[str]) -> tuple[str, list[dict[str, Any]], bool]:
    """Return the name of a workflow, the rows of its tasks, and whether a process runs it now; from its journal.

    Raise JournalError when there is none at ``path``.
    """
    if not os.path.isfile(path):
        raise JournalError(f"there is no journal {os.fspath(path)!r}")
    try:
        uri = f"{Path(path).absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as database:
            database.row_factory = sqlite3.Row
            about = dict(database.execute("SELECT name, value FROM about").fetchall())
            rows = [
                dict(row) for row in database.execute("SELECT * FROM tasks ORDER BY started IS NULL, started, name")
            ]
    except sqlite3.Error as error:
        raise JournalError(f"{os.fspath(path)!r} is no journal: {error}") from error
    if "workflow" not in about:
        raise JournalError(f"{os.fspath(path)!r} is no journal: it does not say of which workflow")
    return about["workflow"], rows, is_held(path)
