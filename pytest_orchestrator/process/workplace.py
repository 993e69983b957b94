"""Directories for short-lived files and locks: private to the user, and swept of what killed processes left."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = "run-"
_LOCK = ".lock"


def user_directory() -> Path | None:
    """Return the directory in the system's temporary one that all processes of this user share, and create it.

    None when something that is not ours has its name: whoever can write there could swap our files.
    """
    path = Path(tempfile.gettempdir()) / f"pytest-orchestrator-{os.getuid()}"
    try:
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
        status = os.lstat(path)
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            return None
        if status.st_mode & 0o077:
            path.chmod(0o700)
    except OSError:
        return None
    return path


def lock_directory(rootdir: Path) -> Path:
    """Return the directory of the named locks of ``rootdir``: the same one for every process of this user."""
    name = sha256(os.fsencode(rootdir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"pytest-orchestrator-{os.getuid()}" / name


class Workplace:
    """A directory of this process's own.

    It is marked by a lock that the kernel drops when the process dies, however that happens. So the next process
    knows which directories nobody uses any more (a pid would not do: containers may share a temporary directory).
    The lock is shared with those who still work there when this process has been killed: its supervisors.
    """

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._lock: int | None
        shared = user_directory()
        if shared is None:
            self.path = Path(tempfile.mkdtemp(prefix="pytest-orchestrator-"))
            self._lock = _shared(self.lease)
            return
        with held(shared / _LOCK):
            _remove_abandoned(shared)
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=shared))
            self._lock = _shared(self.lease)

    @property
    def lease(self) -> Path:
        """The file that whoever shares the directory has to hold the lock of."""
        return self.path / _LOCK

    def close(self) -> None:
        """Remove the directory with all that is in it. In a forked copy of the process, only forget it."""
        if os.getpid() == self._owner:
            shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _shared(path: Path) -> int:
    """Open ``path`` and share its lock."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def _locked(path: Path) -> int | None:
    """Open ``path`` and lock it; None when another process has it."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock ``path``, a file that is made if it is not there, waiting for it. Raise OSError when that fails."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        # Closing alone is not enough when another thread has forked meanwhile: the copy would go on holding it.
        fcntl.flock(lock, fcntl.LOCK_UN)
        os.close(lock)


def _remove_abandoned(shared: Path) -> None:
    """Remove the directories of processes that are gone."""
    for path in shared.glob(f"{_PREFIX}*"):
        try:
            lock = _locked(path / _LOCK)
        except OSError:
            continue
        if lock is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)
