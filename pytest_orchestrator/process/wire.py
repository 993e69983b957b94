"""Messages between an engine and its supervisor: four bytes of length, then a marshalled tuple.

``marshal`` and not JSON, because both ends are the same interpreter (``sys.executable``), names and output are
bytes that need not be UTF-8, and it is several times faster. Nothing but our own child ever speaks on the socket.
This module is imported by the supervisor, so it imports next to nothing.
"""

from __future__ import annotations

import marshal
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

HEADER = 4
"""Bytes of a message's length."""
END = bytes(HEADER)
"""What follows the last message where they are not sent but noted in a file."""
READ_SIZE = 1 << 16
"""Bytes to ask for in one read of the socket."""


def pack(message: tuple[Any, ...]) -> bytes:
    """Return one message as bytes, ready to be written to the socket."""
    body = marshal.dumps(message)
    return len(body).to_bytes(HEADER, "little") + body


def noted(file: int) -> Iterator[tuple[Any, ...]]:
    """Yield the messages that were written to ``file`` with :data:`END` behind them."""
    data = os.pread(file, os.fstat(file).st_size, 0)
    start = 0
    while size := int.from_bytes(data[start : start + HEADER], "little"):
        yield marshal.loads(data[start + HEADER : start + HEADER + size])
        start += HEADER + size


class Unpacker:
    """Turns bytes as they arrive into messages."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Any, ...]]:
        """Add ``data`` and yield every message that is now complete."""
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= HEADER:
            end = start + HEADER + int.from_bytes(buffer[start : start + HEADER], "little")
            if len(buffer) < end:
                break
            message = marshal.loads(buffer[start + HEADER : end])
            start = end
            yield message
        if start:
            del buffer[:start]
