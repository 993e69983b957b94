"""Named locks that hold between programs, between workers and between sessions: one ``flock`` file per name.

The kernel drops them when the supervisor dies, so none can be left behind. A lock that another process holds is
awaited in a thread (``flock`` has no other way to wait than to block), which then wakes the event loop.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Locks:
    """The named locks that this process holds or waits for."""

    def __init__(self, directory: bytes, wake: Callable[[], None]) -> None:
        self._directory = directory
        self._wake = wake
        self._held: dict[str, int] = {}
        self._waiting: set[str] = set()
        self._arrived: dict[str, int] = {}
        self._guard = threading.Lock()

    def take(self, names: Sequence[str]) -> bool:
        """Take all of ``names`` or none; on False the event loop is woken when it is worth another try."""
        if any(name in self._held for name in names):
            return False
        taken: list[str] = []
        for name in names:
            fd = self._try(name)
            if fd is None:
                # Holding one while waiting for another is how dead-locks are made.
                self.release(taken)
                return False
            self._held[name] = fd
            taken.append(name)
        return True

    def release(self, names: Sequence[str]) -> None:
        """Give ``names`` back."""
        for name in names:
            os.close(self._held.pop(name))

    def give_back_unwanted(self) -> None:
        """Release locks that arrived from a waiting thread and that nobody took since."""
        with self._guard:
            arrived, self._arrived = self._arrived, {}
        for fd in arrived.values():
            os.close(fd)

    def _open(self, name: str) -> int:
        os.makedirs(self._directory, mode=0o700, exist_ok=True)
        # A lock may have any name; a file may not.
        safe = "".join(char if char.isalnum() or char in "-_." else f"%{ord(char):x}" for char in name)
        path = self._directory + b"/" + os.fsencode(safe) + b".lock"
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

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
            threading.Thread(target=self._wait, args=(name, fd), daemon=True).start()
            return None
        return fd

    def _wait(self, name: str, fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX)
        with self._guard:
            self._waiting.discard(name)
            self._arrived[name] = fd
        self._wake()
