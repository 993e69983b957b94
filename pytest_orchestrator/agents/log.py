"""The log of one process: a head, every byte of output with its time, and the result. Written as it happens."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ..process.redaction import Redactor

logger = logging.getLogger("pytest_orchestrator.agents")

MAX_PIECE = 1 << 18
"""Bytes of a line of the log. A longer line of output is several, marked ``out+`` and ``err+`` from the second on."""
MANY = 4096
SHORT = 16
"""More than so many lines that came at once, on average shorter than so many bytes, are one line of the log."""
_HARMLESS = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 100


def file_name(process_id: str) -> str:
    """Return a file name for ``process_id``: itself where that is harmless, else changed and told apart by a hash.

    No id leads out of its directory: slashes and leading dots are replaced.
    """
    harmless = _HARMLESS.sub("_", process_id)[:_LONGEST_NAME]
    if harmless == process_id and not process_id.startswith("."):
        return process_id
    digest = hashlib.sha256(process_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{harmless.lstrip('._').rstrip('_') or 'process'}-{digest}"


def utc_time(seconds: float) -> str:
    """Return seconds since the epoch in UTC, ISO 8601, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def create_log_file(log_dir: Path, process_id: str) -> Path:
    """Make a new, private file for the log of ``process_id`` and return its path; none that is there is used again.

    Raise OSError when it cannot be made.
    """
    try:
        log_dir.mkdir(parents=True, exist_ok=True)
        while True:
            path = next_log_path(log_dir, process_id)
            # No bare descriptor (nor an opener, which has one): Ctrl-C may come before it is closed. Another thread
            # may have been faster.
            with contextlib.suppress(FileExistsError), open(path, "xb", buffering=0) as file:
                os.fchmod(file.fileno(), 0o600)  # nothing is in it yet
                return path
    except OSError as error:
        why = f"the log of process {process_id!r} cannot be made: {error.strerror}; name another place, log_dir"
        raise OSError(error.errno, why, str(log_dir)) from error


def next_log_path(log_dir: Path, process_id: str) -> Path:
    """Return where the log of the next run of ``process_id`` is going to be."""
    name = file_name(process_id)
    path, count = log_dir / f"{name}.log", 1
    while os.path.lexists(path):
        count += 1
        path = log_dir / f"{name}.{count}.log"
    return path


class ProcessLog:
    r"""Writes a log. Every line is ``TIME KIND TEXT``, with the time in UTC.

    The kinds: ``log`` what happened, ``out`` and ``err`` a line of standard output and standard error, ``out+`` and
    ``err+`` more of the same line, ``end`` the result as JSON. ``out*`` and ``err*`` are many short lines that came at
    once, with ``\n`` between them, and each backslash doubled. Secrets are replaced, all other bytes are as they came.
    """

    def __init__(self, path: Path, redactor: Redactor) -> None:
        """Open the file, which is there. Raise OSError when that cannot be done."""
        self.path = path
        self._redactor = redactor
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115 - closed by close()
        self._rest = {b"out": b"", b"err": b""}
        """What came of a line that is not complete."""
        self._goes_on = {b"out": False, b"err": False}
        self.problem: str | None = None
        """Why something is missing in it: the disk is full."""

    def note(self, text: str) -> None:
        """Write what happened, a line for each of ``text``."""
        for line in text.splitlines() or [""]:
            self._write([self._line(b"log", line.encode("utf-8", "backslashreplace"))])

    def output(self, stdout: bytes, stderr: bytes) -> None:
        """Write output, in lines as far as they are complete."""
        now = _stamp()
        for kind, data in ((b"out", stdout), (b"err", stderr)):
            if data:
                self._write(self._lines(kind, data, now))

    def result(self, text: str) -> None:
        """Write the result, after what is left of the output."""
        self._finish()
        self._write([self._line(b"end", text.encode("utf-8", "backslashreplace"))])

    def close(self) -> None:
        """Write what is left of the output, and close the file."""
        self._finish()
        self._file.close()

    def _finish(self) -> None:
        now = _stamp()
        for kind, rest in self._rest.items():
            if rest:
                self._rest[kind] = b""
                self._write([self._piece(kind, rest, now)])

    def _lines(self, kind: bytes, data: bytes, now: bytes) -> Iterator[bytes]:
        data = self._rest[kind] + data
        start = 0
        while start < len(data):
            end = data.rfind(b"\n", start, start + MAX_PIECE + 1)
            if end >= 0:
                yield from self._whole(kind, data[start:end], now)
                start = end + 1
            elif len(data) - start > MAX_PIECE:
                cut = self._cut(data[start : start + 2 * MAX_PIECE])
                yield self._piece(kind, data[start : start + cut], now)
                start += cut
            else:
                break
        self._rest[kind] = data[start:]

    def _whole(self, kind: bytes, lines: bytes, now: bytes) -> Iterator[bytes]:
        """Yield complete lines, together no longer than a piece; the last one's newline is left out."""
        if self._goes_on[kind]:
            line, newline, lines = lines.partition(b"\n")
            yield self._piece(kind, line, now)
            self._goes_on[kind] = False
            if not newline:
                return
        count = lines.count(b"\n") + 1
        if count > MANY and len(lines) < count * SHORT:
            # Each with its time would be many times as long, and take as much longer.
            clean = self._clean(lines).replace(b"\\", b"\\\\").replace(b"\n", b"\\n")
            yield b"%s %s* %s\n" % (now, kind, clean)
        else:
            head = b"%s %s " % (now, kind)
            yield b"%s%s\n" % (head, self._clean(lines).replace(b"\n", b"\n" + head))

    def _cut(self, data: bytes) -> int:
        """Return where to cut ``data``: not within a secret, of which the halves would not be known."""
        return self._redactor.cut_before(data, MAX_PIECE) or MAX_PIECE

    def _piece(self, kind: bytes, data: bytes, now: bytes) -> bytes:
        mark = kind + b"+" if self._goes_on[kind] else kind
        self._goes_on[kind] = True
        return self._line(mark, data, now)

    def _line(self, kind: bytes, data: bytes, now: bytes | None = None) -> bytes:
        return b"%s %s %s\n" % (now or _stamp(), kind, self._clean(data))

    def _clean(self, data: bytes) -> bytes:
        text = data.decode("utf-8", "surrogateescape")
        clean = self._redactor.text(text)
        return data if clean is text else clean.encode("utf-8", "surrogateescape")

    def _write(self, lines: Iterable[bytes]) -> None:
        with contextlib.suppress(ValueError):  # closed
            for line in lines:
                try:
                    rest = memoryview(line)
                    while rest:
                        rest = rest[self._file.write(rest) :]
                except OSError as error:  # a run is not lost because its log is
                    if self.problem is None:
                        self.problem = f"the log {str(self.path)!r} is not complete: {error.strerror}"
                        logger.warning("%s", self.problem)
                    return


def _stamp() -> bytes:
    return utc_time(time.time()).encode()
