"""The lock beside a journal: one process at a time uses it, and whoever looks at it disturbs nobody."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time

_TRIES = 10
_PAUSE = 0.01
"""Seconds between two tries: who only looks whether it is held, has it for a moment."""


def lock_path(journal: str | os.PathLike[str]) -> str:
    """Return the path of the lock file of a journal."""
    return f"{os.fspath(journal)}.lock"


def take_lock(journal: str | os.PathLike[str]) -> int:
    """Return a descriptor of the lock file, which is locked as long as this or a copy of it is open.

    Raise BlockingIOError when another process has it, and OSError when it cannot be had for another reason.
    """
    lock = os.open(lock_path(journal), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        for number in range(_TRIES):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if number == _TRIES - 1:
                    raise
            time.sleep(_PAUSE)
    except BaseException:
        os.close(lock)
        raise
    with contextlib.suppress(OSError):  # on a full disk it is held all the same, and does not say by whom
        os.ftruncate(lock, 0)
        os.pwrite(lock, b"%d\n" % os.getpid(), 0)
    return lock


def holder(journal: str | os.PathLike[str]) -> str:
    """Return the id of the process that has the lock, as it said; ``?`` where it is not known."""
    try:
        with open(lock_path(journal), encoding="ascii", errors="replace") as file:
            return file.read(32).strip() or "?"
    except OSError:
        return "?"


def is_held(journal: str | os.PathLike[str]) -> bool:
    """Return whether a process uses a journal now."""
    try:
        lock = os.open(lock_path(journal), os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
