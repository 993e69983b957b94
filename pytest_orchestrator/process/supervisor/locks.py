"""Named locks that hold between programs, between workers and between sessions: one ``flock`` file per name.

The kernel drops them when the supervisor dies, so none can be left behind. A lock that another process holds is
awaited in a thread (``flock`` has no other way to wait than to block), which then wakes the event loop.
"""

from __future__ import annotations

import errno
import fcntl
import os
from _thread import allocate_lock, start_new_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
_LONGEST = 200
_READABLE = 100


class Locks:
    """The named locks that this process holds or waits for."""

    def __init__(self, directory: bytes, wake: Callable[[], None]) -> None:
        self._directory = directory
        self._wake = wake
        self._held: dict[str, int] = {}
        self._waiting: set[str] = set()
        self._arrived: dict[str, int] = {}
        self._guard = allocate_lock()

    def take(self, names: Sequence[str]) -> bool:
        """Take all of ``names`` or none; on False the event loop is woken when it is worth another try."""
        if any(name in self._held for name in names):
            return False
        taken: list[str] = []
        try:
            for name in names:
                fd = self._try(name)
                if fd is None:
                    break
                self._held[name] = fd
                taken.append(name)
        finally:
            if len(taken) < len(names):
                # Holding one while waiting for another is how dead-locks are made.
                self.release(taken)
        return len(taken) == len(names)

    def release(self, names: Sequence[str]) -> None:
        """Give ``names`` back."""
        for name in names:
            os.close(self._held.pop(name))

    def give_back_unwanted(self) -> None:
        """Release locks that arrived from a waiting thread and that nobody took since."""
        if not self._arrived:  # what comes in this moment wakes us
            return
        with self._guard:
            arrived, self._arrived = self._arrived, {}
        for fd in arrived.values():
            os.close(fd)

    def _open(self, name: str) -> int:
        os.makedirs(self._directory, mode=0o700, exist_ok=True)
        return os.open(b"%s/%s.lock" % (self._directory, file_name(name)), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _try(self, name: str) -> int | None:
        with self._guard:
            if name in self._arrived:
                return self._arrived.pop(name)
            if name in self._waiting:
                return None
        fd = self._open(name)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                os.close(fd)
                raise
            with self._guard:
                self._waiting.add(name)
            start_new_thread(self._wait, (name, fd))
            return None
        return fd

    def _wait(self, name: str, fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX)
        with self._guard:
            self._waiting.discard(name)
            self._arrived[name] = fd
        self._wake()


def file_name(name: str) -> bytes:
    """Return the name of a lock's file: readable, of bounded length, never the same for two locks."""
    raw = name.encode("utf-8", "surrogatepass")
    safe = b"".join(bytes((byte,)) if byte in _PLAIN else b"%%%02x" % byte for byte in raw)
    if len(safe) <= _LONGEST:
        return safe
    from hashlib import sha256

    return safe[:_READABLE] + b"%-" + sha256(raw).hexdigest().encode()


def share_lock(path: bytes) -> None:
    """Share the lock ``path`` with others for as long as this process lives. It may be gone, with who wanted us."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    fcntl.flock(fd, fcntl.LOCK_SH)
