"""The report directory of one session: nobody else writes into it while the session lasts."""

from __future__ import annotations

import fcntl
import os
import shutil
from typing import TYPE_CHECKING

from ..errors import ReportError
from .writer import prepare_report_dir

if TYPE_CHECKING:
    from pathlib import Path

LOCK = ".lock"
OF_ONE_RUN = ("logs", "work", "results.jsonl", "summary.json", "report.md")
"""What a new run replaces. ``history.jsonl`` stays."""


class ReportDirectory:
    """A report directory that this session holds. The kernel lets go of it when the session dies."""

    def __init__(self, path: Path, lock: int, holder: str | None) -> None:
        self.path = path
        self._lock = lock
        self.taken_by = holder
        """The process that holds the directory which was asked for, if this is a substitute below it."""

    @classmethod
    def claim(cls, wanted: Path) -> ReportDirectory:
        """Take ``wanted``, or a directory below it when another session has it; remove what an earlier run left.

        Raise ReportError when it cannot be made.
        """
        lock = cls._try(wanted)
        holder = None
        path = wanted
        if lock is None:
            holder = _read_holder(wanted)
            path = wanted / f"session-{os.getpid()}"
            lock = cls._try(path)
            if lock is None:
                message = f"cannot take the report directory {str(path)!r}: another session holds it"
                raise ReportError(message)
        _clean(path, remove_sessions=path == wanted)
        return cls(path, lock, holder)

    @staticmethod
    def _try(path: Path) -> int | None:
        try:
            prepare_report_dir(path)
            lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            message = (
                f"cannot write reports to {str(path)!r}: {error.strerror}; name another directory with "
                f"--orchestrate-report-dir or switch reports off with --orchestrate-reports=off"
            )
            raise ReportError(message) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        return lock

    def release(self) -> None:
        """Let another session have it."""
        os.close(self._lock)


def _read_holder(path: Path) -> str:
    try:
        return (path / LOCK).read_text().strip() or "?"
    except OSError:
        return "?"


def _clean(path: Path, *, remove_sessions: bool) -> None:
    for name in OF_ONE_RUN:
        _remove(path / name)
    if remove_sessions:
        for session in path.glob("session-*"):
            if _is_over(session):
                _remove(session)


def _is_over(session: Path) -> bool:
    """Return whether no process holds this directory of a session any more."""
    try:
        lock = os.open(session / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        message = f"cannot remove {str(path)!r} of an earlier run: {error.strerror}; remove it by hand"
        raise ReportError(message) from error
