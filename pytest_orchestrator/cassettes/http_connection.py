"""One connection to the endpoint: HTTP/1.1 with keep-alive, chunked bodies both ways, compressed requests."""

from __future__ import annotations

import json
import select
import socket
import time
import zlib
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from .answer import Answer
    from .reply import Cut

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes of a request, as the Messages API allows."""

_LAST_CHUNK = b"0\r\n\r\n"
_GONE = select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)


class RefusedBodyError(Exception):
    """A request's body cannot be taken; carries the status and the reason to answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class HttpConnection(BaseHTTPRequestHandler):
    """Reads requests and writes answers, for the function that decides on them."""

    protocol_version = default_request_version = "HTTP/1.1"

    def __init__(self, connection: socket.socket, answer: Callable[[HttpConnection], None]) -> None:
        """Serve ``connection`` until its client has enough; ``answer`` is called for each request."""
        self._answer = answer
        # The base class wants a server, and asks it nothing.
        super().__init__(connection, connection.getpeername(), None)  # type: ignore[arg-type]

    def setup(self) -> None:
        """Send small pieces at once: a stream's events must not wait for one another."""
        self.connection = self.request
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        super().setup()

    def handle_one_request(self) -> None:
        """Read one request line and headers, and have it answered, whatever its method."""
        self.close_connection = True
        self.raw_requestline = self.rfile.readline(65537)
        if len(self.raw_requestline) > 65536:
            self.requestline = self.request_version = self.command = ""
            self.send_error(414)
        elif self.raw_requestline and self.parse_request():
            self._answer(self)
            self.wfile.flush()

    def version_string(self) -> str:
        """Return what the server calls itself."""
        return "pytest-orchestrator-model-endpoint"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: what came is kept by the endpoint."""

    def read_body(self) -> bytes:
        """Return the request's body, decompressed. Raises :class:`RefusedBodyError`."""
        try:
            data = self._read_framed()
        except RefusedBodyError:
            self.close_connection = True
            raise
        encoding = self.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding in ("", "identity"):
            return data
        if encoding in ("gzip", "deflate", "x-gzip"):
            return _inflated(data)
        if encoding == "zstd":
            return _unzstd(data)
        raise RefusedBodyError(415, f"content encoding {encoding!r} is not supported; send gzip, deflate or none")

    def _read_framed(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").strip().lower() == "chunked":
            return self._read_chunked()
        length = self.headers.get("Content-Length", "0")
        if not length.isascii() or not length.isdigit():
            raise RefusedBodyError(400, f"content-length {length!r} is not a number of bytes")
        if int(length) > LARGEST_BODY:
            raise RefusedBodyError(413, f"the request has {length} bytes; at most {LARGEST_BODY} are allowed")
        return self._exactly(int(length))

    def _read_chunked(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            line = self.rfile.readline(1024).partition(b";")[0].strip()
            try:
                length = int(line, 16)
            except ValueError:
                raise RefusedBodyError(400, f"{line[:40]!r} is not the length of a chunk") from None
            size += length
            if size > LARGEST_BODY or length < 0:
                raise RefusedBodyError(413, f"the request has more than {LARGEST_BODY} bytes")
            if not length:
                while self.rfile.readline(65537).strip():
                    pass
                return b"".join(parts)
            parts.append(self._exactly(length))
            self.rfile.readline(3)

    def _exactly(self, length: int) -> bytes:
        data = self.rfile.read(length)
        if len(data) < length:
            raise ConnectionResetError("the client went away in the middle of its request")
        return data

    def wait(self, seconds: float | None = None) -> None:
        """Wait so long, or without end. Raises ConnectionError once the client or the endpoint has closed."""
        poll = select.poll()
        poll.register(self.connection, _GONE)
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            # Polls know milliseconds of a C int only.
            if poll.poll(3_600_000 if left is None else min(left * 1000, 3_600_000)):
                raise ConnectionResetError("the connection was closed while it waited")
            if left is not None and left <= 3600:
                return

    def send(self, answer: Answer, slow: float | None = None, cut: Cut | None = None) -> None:
        """Write ``answer``: ``slow`` is its characters per second, ``cut`` where it ends too early."""
        if answer.events is None:
            body = json.dumps(answer.body, ensure_ascii=False).encode("utf-8", "backslashreplace")
            if slow:
                self.wait(answer.characters / slow)
            self._send_head(answer, "application/json", length=len(body))
            if self.command == "HEAD":
                return
            if cut is not None:
                self._cut_off(body[: cut.bytes if cut.bytes is not None else len(body) // 2])
            self.wfile.write(body)
            return
        self._send_head(answer, "text/event-stream; charset=utf-8", length=None)
        if not slow and cut is None:
            self.wfile.write(b"".join([*map(_chunk, (event.wire for event in answer.events)), _LAST_CHUNK]))
            return
        sent = 0
        for number, event in enumerate(answer.events):
            if cut is not None and cut.events is not None and number >= cut.events:
                self._cut_off(b"")
            if slow and event.characters:
                self.wait(event.characters / slow)
            wire = event.wire
            if cut is not None and cut.bytes is not None and sent + len(wire) > cut.bytes:
                wire = wire[: cut.bytes - sent]
                self._cut_off(_chunk(wire) if wire else b"")
            sent += len(wire)
            self.wfile.write(_chunk(wire))
        if cut is not None:
            self._cut_off(b"")
        self.wfile.write(_LAST_CHUNK)

    def _send_head(self, answer: Answer, content_type: str, length: int | None) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", content_type)
        if length is None:
            self.send_header("Transfer-Encoding", "chunked")
            self.send_header("Cache-Control", "no-cache")
        else:
            self.send_header("Content-Length", str(length))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _cut_off(self, rest: bytes) -> None:
        self.wfile.write(rest)
        self.wfile.flush()
        raise ConnectionAbortedError("cut off as the script says")


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        plain = inflater.decompress(data, LARGEST_BODY + 1)
    except zlib.error as error:
        raise RefusedBodyError(400, f"the body cannot be decompressed: {error}") from None
    if len(plain) > LARGEST_BODY:
        raise RefusedBodyError(413, f"the request has more than {LARGEST_BODY} bytes when decompressed")
    if not inflater.eof:
        raise RefusedBodyError(400, "the body cannot be decompressed: it ends too early")
    return plain


def _unzstd(data: bytes) -> bytes:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        message = "content encoding 'zstd' needs Python 3.14; send gzip, deflate or none"
        raise RefusedBodyError(415, message) from None
    plain: Any = zstd.ZstdDecompressor().decompress(data, LARGEST_BODY + 1)
    if len(plain) > LARGEST_BODY:
        raise RefusedBodyError(413, f"the request has more than {LARGEST_BODY} bytes when decompressed")
    return bytes(plain)
