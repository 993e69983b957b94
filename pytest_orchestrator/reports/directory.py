"""The report directory of one session: nobody else writes into it while the session lasts."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from typing import TYPE_CHECKING

from ..errors import ReportError
from ..process.temporary import remove_tree
from .logs import LOGS
from .marks import LOCK, LOCK_MARK, RESULTS, is_ours, mark, prepare_report_dir, refuse_foreign
from .writer import HISTORY, REPORT, SUMMARY

if TYPE_CHECKING:
    from pathlib import Path

OLD_LOGS = ".old-logs"
"""Where the logs of the run before are until this one has ended: its files are used again, log by log."""
WORK = "work"
OF_ONE_RUN = (WORK, RESULTS, SUMMARY, REPORT, OLD_LOGS)
"""What a new run replaces, besides the logs. ``history.jsonl`` stays."""
_REMEDY = "name an empty or a new directory with --orchestrate-report-dir"
_SUPERVISOR = re.compile(r"\d+-\d+")
"""What the directory of a supervisor in ``work`` is named like."""
_OUTPUT = (".stdout", ".stderr", ".part")
ATTEMPTS = 100
"""How often a directory is made again that others remove."""


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

        Raise ReportError when it cannot be made, or when somebody else's files would have to give way in it.
        """
        lock = cls._try(wanted)
        holder = None
        path = wanted
        if lock is None:
            holder = _read_holder(wanted)
            path = wanted / f"session-{os.getpid()}"
            lock = cls._try(path, wait=True)
            if lock is None:
                message = f"cannot take the report directory {str(path)!r}: another session holds it"
                raise ReportError(message)
        _clean(path, remove_sessions=path == wanted)
        return cls(path, lock, holder)

    @classmethod
    def _try(cls, path: Path, *, wait: bool = False) -> int | None:
        """Return the lock of ``path``; None when another session has it (with ``wait``: keeps disappearing)."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                prepare_report_dir(path)
                refuse_foreign(path, (LOGS, *OF_ONE_RUN, HISTORY, LOCK), _REMEDY)
                lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except (OSError, ReportError) as error:
                if wait and attempt < ATTEMPTS:
                    continue  # whoever has the directory above has just removed this one as an earlier session's
                if isinstance(error, ReportError):
                    raise
                raise _unwritable(path, error) from error
            if not _locked(lock, wait=wait):
                return None
            if _is_there(lock, path / LOCK):
                try:
                    _sign(lock)
                except OSError as error:  # the disk is full
                    os.close(lock)
                    raise _unwritable(path, error) from error
                return lock
            os.close(lock)
        return None

    @property
    def old_logs(self) -> str:
        """Where the logs of the run before are, laid out as the new ones; it need not exist."""
        return f"{self.path}/{OLD_LOGS}"

    @property
    def was_removed(self) -> bool:
        """Whether somebody removed the directory, or at least the lock in it."""
        return os.fstat(self._lock).st_nlink == 0

    def make_again(self) -> None:
        """Make the removed directory again for what still runs, so that the next session knows it as ours.

        Unless there is something again that is not certainly of this session. Raise OSError when it cannot be made.
        """
        os.makedirs(self.path, exist_ok=True)
        if all(_is_of_running(self.path, name) for name in os.listdir(self.path)):
            mark(self.path)

    def release(self) -> None:
        """Remove what is left of the run before, and let another session have the directory."""
        remove_tree(self.old_logs)
        os.close(self._lock)


def _is_of_running(path: Path, name: str) -> bool:
    """Return whether an entry of a directory that was removed is what a supervisor or a worker made there since."""
    if name == WORK:
        return all(_SUPERVISOR.fullmatch(entry) for entry in os.listdir(path / name))
    return name == LOGS and all(file.endswith(_OUTPUT) for *_, files in os.walk(path / name) for file in files)


def _unwritable(path: Path, error: OSError) -> ReportError:
    return ReportError(
        f"cannot write reports to {str(path)!r}: {error.strerror}; name another directory with "
        f"--orchestrate-report-dir or switch reports off with --orchestrate-reports=off"
    )


def _sign(lock: int) -> None:
    # Written over and then cut: who looks meanwhile always sees whose it is.
    holder = b"%d\n%s\n" % (os.getpid(), LOCK_MARK)
    os.pwrite(lock, holder, 0)
    os.ftruncate(lock, len(holder))


def _read_holder(path: Path) -> str:
    try:
        return (path / LOCK).read_text().partition("\n")[0].strip() or "?"
    except OSError:
        return "?"


def _locked(lock: int, *, wait: bool) -> bool:
    """Lock the open file ``lock``; close it and return False when another process has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(lock)
        return False
    return True


def _is_there(lock: int, path: Path) -> bool:
    """Return whether the open file is still the one at ``path``, and was not removed before it was locked."""
    try:
        return os.path.samestat(os.fstat(lock), os.stat(path))
    except FileNotFoundError:
        return False


def _clean(path: Path, *, remove_sessions: bool) -> None:
    for name in OF_ONE_RUN:
        _remove(path / name)
    logs = path / LOGS
    if logs.is_dir() and not logs.is_symlink():
        try:
            os.rename(logs, path / OLD_LOGS)
        except OSError as error:
            raise _unwritable(path, error) from error
    else:
        _remove(logs)
    if remove_sessions:
        for session in path.glob("session-*"):
            _remove_session(session)


def _remove_session(session: Path) -> None:
    """Remove a directory of a session unless one holds it. Its lock is held until it is gone."""
    if not is_ours(session):
        return
    try:
        lock = os.open(session / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return
    if _locked(lock, wait=False):
        # What a session that is about to take it puts there meanwhile stays; it begins again.
        shutil.rmtree(session, ignore_errors=True)
        os.close(lock)


def _remove(path: Path) -> None:
    # Scripts lock directories, and what one left in its temporary directory must not stop every later run.
    if not remove_tree(str(path)):
        message = f"cannot remove {str(path)!r} of an earlier run; remove it by hand"
        raise ReportError(message)
