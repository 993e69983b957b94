"""Messages on their way to the engine."""

from __future__ import annotations

import os
import select
import time

from ..wire import END, pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


TOGETHER = 4
"""Ends of programs that the engine is told of at once, where it has no need to hurry."""
PATIENCE = 0.004
"""Most seconds that one of them waits for the others."""


class Outbox:
    """Sends what the socket takes now and never waits: the engine may itself be waiting for us to read."""

    def __init__(self, socket: int, poll: select.epoll, notes: int) -> None:
        """Take the socket, which does not block and is registered with ``poll``, and the file for :meth:`announce`."""
        self._socket = socket
        self._notes = notes
        self._noted = 0
        """Bytes of notes about what the engine has not been told."""
        self._poll = poll
        self._bytes = bytearray()
        self._ends = 0
        """Ends of programs that the engine has not been told of."""
        self._since = 0.0
        """When (by the monotonic clock) the first of them was."""
        self.is_blocked = False
        """Whether the socket has not taken everything yet."""

    def put(self, message: tuple[Any, ...]) -> None:
        """Add a message, of the end of a program or of our own, to what :meth:`flush` sends."""
        self._bytes += pack(message)
        if not self._ends:
            self._since = time.monotonic()
        self._ends += 1

    @property
    def may_wait(self) -> bool:
        """Whether there is little to tell, and that is new.

        To be told wakes the engine, which then takes a processor from the programs: of four at once, once.
        """
        return 0 < self._ends < TOGETHER and not self.is_blocked and time.monotonic() < self.due

    @property
    def due(self) -> float:
        """When (by the monotonic clock) the end of a program has waited long enough to be told of."""
        return self._since + PATIENCE

    def announce(self, message: tuple[Any, ...]) -> None:
        """Add a message about what is done next; the engine learns of it also if this process dies before it is sent.

        To send it first would wake the engine twice for each program, and let the place of the last one wait for that.
        """
        data = pack(message)
        os.pwrite(self._notes, data + END, self._noted)
        self._noted += len(data)
        self._bytes += data

    def flush(self) -> bool:
        """Send what the socket takes; be told when it takes more. Raise OSError when nobody is there.

        Return whether that was everything.
        """
        must_wait = False
        while self._bytes:
            try:
                del self._bytes[: os.write(self._socket, self._bytes)]
            except BlockingIOError:
                must_wait = True
                break
        if not must_wait:
            self._noted = 0
            self._ends = 0
        if must_wait != self.is_blocked:
            self.is_blocked = must_wait
            self._poll.modify(self._socket, select.EPOLLIN | (select.EPOLLOUT if must_wait else 0))
        return not must_wait

    def empty(self) -> None:
        """Send everything, however long it takes. Raise OSError when nobody is there."""
        os.set_blocking(self._socket, True)
        self.flush()
