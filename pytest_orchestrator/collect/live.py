"""Output while programs run, for ``-s``: new bytes of their files, each line under the script's name if several run."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from ..core.names import decode_output
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..process.command import Capture, Outcome
    from ..process.engine import Engine
    from ..process.redaction import Redactor

BLOCK = 256 << 10
"""Bytes that are shown in one go, and the longest line that is shown whole."""
MARGIN = 4 << 10
"""Bytes of a longer line that wait for what comes: a secret or a character may go on there."""


@dataclass(slots=True)
class _Shown:
    """What was shown of one stream."""

    offset: int = 0
    line: bytes = b""
    """The start of a line whose end has not come yet."""

    def take(self, data: bytes, redactor: Redactor) -> bytes:
        """Return the lines that are whole now."""
        # Half a line of one script in another's is unreadable, half a secret is no match, half a character none.
        self.offset += len(data)
        whole, newline, self.line = (self.line + data).rpartition(b"\n")
        if len(self.line) > BLOCK:
            cut = redactor.cut_before(self.line, len(self.line) - MARGIN)
            whole, newline, self.line = whole + newline + self.line[:cut], b"\n", self.line[cut:]
        return whole + newline


class LiveOutput:
    """Shows what programs write, while they do."""

    def __init__(self, prefixed: bool) -> None:
        self._prefixed = prefixed
        self._shown: dict[int, tuple[_Shown, _Shown]] = {}

    def show(self, ticket: int, name: str, engine: Engine, redactor: Redactor) -> None:
        """Show what the running program of ``ticket`` wrote since the last look."""
        shown = self._shown.setdefault(ticket, (_Shown(), _Shown()))
        data = engine.new_output(ticket, (shown[0].offset, shown[1].offset), BLOCK)
        for stream in (0, 1):
            self._write(stream, name, shown[stream].take(data[stream], redactor), redactor)

    def finish(self, ticket: int, name: str, outcome: Outcome, redactor: Redactor) -> None:
        """Show the rest of an ended program's output."""
        shown = self._shown.pop(ticket, (_Shown(), _Shown()))
        for stream, capture in enumerate((outcome.stdout, outcome.stderr)):
            for data in _after(capture, shown[stream].offset):
                self._write(stream, name, shown[stream].take(data, redactor), redactor)
            if shown[stream].line:
                self._write(stream, name, shown[stream].line + b"\n", redactor)
        sys.stdout.flush()
        sys.stderr.flush()

    def _write(self, stream: int, name: str, lines: bytes, redactor: Redactor) -> None:
        if lines:
            text = redactor.text(decode_output(lines.removesuffix(b"\n")))
            self._out(stream)("".join(self._line(name, line) + "\n" for line in text.split("\n")))

    def _line(self, name: str, line: str) -> str:
        return f"{name}: {line}" if self._prefixed else line

    @staticmethod
    def _out(stream: int) -> Callable[[str], int]:
        return sys.stderr.write if stream else sys.stdout.write


def _after(capture: Capture, offset: int) -> Iterator[bytes]:
    """Yield the bytes of a stream from ``offset`` on, as far as they are known."""
    if not capture.was_cut:
        yield capture.head[offset:]
        return
    if capture.path is not None:
        with contextlib.suppress(FileNotFoundError), open(capture.path, "rb", buffering=0) as file:
            while data := os.pread(file.fileno(), BLOCK, offset):
                yield data
                offset += len(data)
            return
        # Somebody removed it.
    if offset < capture.size:
        yield capture.tail[-(capture.size - offset) :]
