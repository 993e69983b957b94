"""Messages between an engine and its supervisor: four bytes of length, then a marshalled tuple.

``marshal`` and not JSON, because both ends are the same interpreter (``sys.executable``), names and output are
bytes that need not be UTF-8, and it is several times faster. Nothing but our own child ever speaks on the socket.
This module is imported by the supervisor, so it imports next to nothing.
"""

from __future__ import annotations

import marshal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

HEADER = 4
"""Bytes of a message's length."""
READ_SIZE = 1 << 16
"""Bytes to ask for in one read of the socket."""


def pack(message: tuple[Any, ...]) -> bytes:
    """Return one message as bytes, ready to be written to the socket."""
    body = marshal.dumps(message)
    return len(body).to_bytes(HEADER, "little") + body


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
