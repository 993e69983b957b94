"""The engine's end of the socket: messages arrive whole and in order, also when an exception comes at any moment.

Ctrl-C, a SIGALRM of pytest-timeout: a signal's handler may raise between any two steps of Python code, and a byte
that was read or written and not accounted for would garble everything after it. Signals are handled between steps
of Python code only, never within one built-in function. So bytes are received, and the count of bytes sent is noted,
by ``list.extend``, which calls the socket and stores what it returns in one step. A message is forgotten only after
it was handled, so one may be handled twice; whoever handles them must not mind.
"""

from __future__ import annotations

import errno
import marshal
import os
import select
from typing import TYPE_CHECKING, Any

from .wire import HEADER, READ_SIZE, pack

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable


class Channel:
    """Sends and receives messages on a socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._receive = connection.recv
        self._send = connection.send
        self._poll = select.poll()  # select() refuses descriptors from 1024 on
        self._poll.register(connection, select.POLLIN)
        self._arrived: list[bytes] = []
        self._leaving: tuple[bytes, list[int]] = (b"", [])
        """Bytes to be sent, and how many were sent each time."""
        self._is_closed = False

    def send(self, *messages: tuple[Any, ...]) -> None:
        """Send ``messages``, waiting until the socket takes them. Raise OSError when the other end is closed."""
        if self._is_closed:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        self.put(*messages)
        self._flush()

    def put(self, *messages: tuple[Any, ...]) -> None:
        """Have ``messages`` sent with those of the next :meth:`send`, or before the next :meth:`receive` waits."""
        data, sent = self._leaving
        self._leaving = data[sum(sent) :] + b"".join(map(pack, messages)), []

    def _flush(self) -> None:
        data, sent = self._leaving
        while (done := sum(sent)) < len(data):
            sent.extend(map(self._send, (data[done:] if done else data,)))

    def receive(self, take: Callable[[tuple[Any, ...]], None], patience: float | None) -> bool:
        """Pass messages to ``take``, waiting for the first at most ``patience`` seconds (None: as long as it takes).

        Return False when the other end is closed.
        """
        if self._deliver(take):
            return True
        if self._is_closed:
            return False
        try:
            self._flush()  # what an exception kept from being sent
            if not self._poll.poll(None if patience is None else max(0.0, patience * 1000)):
                return True
            self._arrived.extend(map(self._receive, (READ_SIZE,)))
        except (BrokenPipeError, ConnectionResetError):
            return False
        if not self._arrived[-1]:
            return False
        self._deliver(take)
        return True

    def drain(self, take: Callable[[tuple[Any, ...]], None]) -> None:
        """Pass all that a dead peer has said to ``take``; what it was not told any more is dropped."""
        self._leaving = b"", []
        resets = 0
        while resets < 2 and not self._is_closed:
            try:
                self._arrived.extend(map(self._receive, (READ_SIZE,)))
            except ConnectionResetError:
                # Told once when the peer left something unread; what it wrote before can still be read.
                resets += 1
                continue
            if not self._arrived[-1]:
                return
            self._deliver(take)

    def has_more(self) -> bool:
        """Return whether :meth:`receive` would find something at once."""
        return self._is_closed or bool(self._poll.poll(0))

    def _deliver(self, take: Callable[[tuple[Any, ...]], None]) -> bool:
        """Pass what arrived completely to ``take``; return whether there was anything."""
        if not self._arrived:
            return False
        data = self._arrived[0] if len(self._arrived) == 1 else b"".join(self._arrived)
        position = 0
        while len(data) >= position + HEADER:
            end = position + HEADER + int.from_bytes(data[position : position + HEADER], "little")
            if len(data) < end:
                break
            take(marshal.loads(data[position + HEADER : end]))
            position = end
        if position:
            self._arrived[:] = [data[position:]] if position < len(data) else ()
        return position > 0

    def fileno(self) -> int:
        """Return the descriptor of our end."""
        return self._socket.fileno()

    def close(self) -> None:
        """Close our end; then there is nobody at the other."""
        self._is_closed = True
        self._socket.close()
