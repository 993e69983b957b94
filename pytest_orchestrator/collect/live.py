"""Output while programs run, for ``-s``: new bytes of their files, each line under the script's name if several run."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..process.command import Capture, Outcome
    from ..process.redaction import Redactor

SECONDS = 0.05
"""How often new output is looked for. Only with ``-s``."""


class LiveOutput:
    """Shows what running programs write."""

    def __init__(self, prefixed: bool) -> None:
        self._prefixed = prefixed
        self._shown: dict[int, list[int]] = {}
        self._partial: dict[tuple[int, int], str] = {}

    def show(self, ticket: int, name: str, files: tuple[bytes, bytes] | None, redactor: Redactor) -> None:
        """Show what the program of ``ticket`` wrote since the last look."""
        if files is None:
            return
        offsets = self._shown.setdefault(ticket, [0, 0])
        for stream, path in enumerate(files):
            try:
                with open(path, "rb") as file:
                    data = os.pread(file.fileno(), 1 << 20, offsets[stream])
            except OSError:
                continue
            offsets[stream] += len(data)
            self._write(ticket, stream, name, data.decode("utf-8", "backslashreplace"), redactor)

    def finish(self, ticket: int, name: str, outcome: Outcome, redactor: Redactor) -> None:
        """Show the rest of an ended program's output."""
        offsets = self._shown.pop(ticket, [0, 0])
        for stream, capture in enumerate((outcome.stdout, outcome.stderr)):
            unseen = _after(capture, offsets[stream])
            self._write(ticket, stream, name, unseen.decode("utf-8", "backslashreplace"), redactor)
            rest = self._partial.pop((ticket, stream), "")
            if rest:
                self._out(stream)(self._line(name, redactor.text(rest)) + "\n")
        sys.stdout.flush()
        sys.stderr.flush()

    def _write(self, ticket: int, stream: int, name: str, text: str, redactor: Redactor) -> None:
        text = self._partial.pop((ticket, stream), "") + text
        # Whole lines only: half a line of one script in another's is unreadable, and half a secret is no match.
        complete, newline, rest = text.rpartition("\n")
        if rest:
            self._partial[ticket, stream] = rest
        if newline:
            lines = redactor.text(complete).split("\n")
            self._out(stream)("".join(self._line(name, line) + "\n" for line in lines))

    def _line(self, name: str, line: str) -> str:
        return f"{name}: {line}" if self._prefixed else line

    @staticmethod
    def _out(stream: int) -> Callable[[str], int]:
        return sys.stderr.write if stream else sys.stdout.write


def _after(capture: Capture, offset: int) -> bytes:
    """Return the bytes of a stream from ``offset`` on, as far as they are known."""
    if not capture.was_cut:
        return capture.head[offset:]
    if capture.path is not None:
        with open(capture.path, "rb") as file:
            file.seek(offset)
            return file.read()
    return capture.tail[-max(0, capture.size - offset) :] if offset < capture.size else b""
