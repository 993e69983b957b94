"""What a task writes while it runs: told as it comes, in whole lines."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

from ..core.names import decode_output
from ..process.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..process.command import Capture, Outcome
    from ..process.runs import Run

    Teller = Callable[[str, str], None]
    """Is told a stream (``stdout``, ``stderr``, ``text``) and what has come of it."""

    class OutputLog(Protocol):
        """Keeps what a task writes."""

        def output(self, stream: str, text: str) -> None:
            """Take what has come of a stream."""


MAX_TOLD = 8 << 20
"""Bytes of a stream that are told as they come. Of a longer one follows the end, when the program has ended."""
STEP = 0.05
LONGEST_STEP = 0.2
"""Seconds between two looks at what has been written: more of them the longer nothing has come."""
LONGEST_LINE = 1 << 16
"""Characters of a line after which it is told though it goes on."""
_BETWEEN = " \t,;\"'"
"""Signs behind which such a line is cut."""
_BREAK = re.compile(rb"[\s,;\"']")
_KEY_BEGINS, _KEY_ENDS = "-----BEGIN ", "-----END "
_LONGEST_KEY = 1 << 14

TELLER: ContextVar[Teller | None] = ContextVar("TELLER", default=None)
"""Who wants to know what the task writes that runs here; None for nobody."""


class _Lines:
    """Makes whole lines of bytes, as text. A private key, many lines, stays in one: so who redacts it knows it."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._rest = ""
        self.taken = 0
        """Bytes in all."""

    def feed(self, data: bytes, *, is_last: bool = False) -> str:
        self.taken += len(data)
        text = self._rest + self._decoder.decode(data, is_last)
        end = len(text) if is_last else text.rfind("\n") + 1
        if not end and len(text) > LONGEST_LINE:
            # Between two words if there are two: half a secret is known to nobody as one.
            end = max(map(text.rfind, _BETWEEN)) + 1 or len(text)
        begin = text.rfind(_KEY_BEGINS, 0, end)
        if begin >= 0 and not is_last and text.find(_KEY_ENDS, begin, end) < 0 and end - begin < _LONGEST_KEY:
            end = begin
        self._rest = text[end:]
        return text[:end]


class Following:
    """Tells what a run, of whose command ``whole_output`` is set, writes to standard output and standard error."""

    def __init__(self, run: Run, tellers: Sequence[Teller]) -> None:
        self._tellers = tellers
        self._tail = Tail(run)
        self._lines = {"stdout": _Lines(), "stderr": _Lines()}
        self._is_enough = {"stdout": False, "stderr": False}
        """Whether what comes next waits for the end."""

    async def until(self, ended: asyncio.Event) -> None:
        """Tell what comes until ``ended`` is set."""
        pause = STEP
        while not ended.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await ended.wait()
            new = self._tail.read()
            for stream, data in zip(self._lines, new, strict=True):
                self._take(stream, data)
            pause = STEP if any(new) else min(pause * 1.5, LONGEST_STEP)

    def finish(self, outcome: Outcome) -> None:
        """Tell the rest, when the run has ended."""
        for index, (stream, capture) in enumerate((("stdout", outcome.stdout), ("stderr", outcome.stderr))):
            if not self._is_enough[stream]:
                for data in self._tail.rest_of(index, capture):
                    self._take(stream, data)
                    if self._is_enough[stream]:
                        break
            lines = self._lines[stream]
            rest = lines.feed(b"", is_last=True)
            if self._is_enough[stream] and capture.size > lines.taken:
                rest = _with_end(rest, capture, lines.taken)
            self._tell(stream, rest)

    def close(self) -> None:
        """Close the files that were read."""
        self._tail.close()

    def _take(self, stream: str, data: bytes) -> None:
        lines = self._lines[stream]
        if not data or self._is_enough[stream]:
            return
        self._is_enough[stream] = lines.taken + len(data) > MAX_TOLD
        self._tell(stream, lines.feed(data))

    def _tell(self, stream: str, text: str) -> None:
        if text:
            for tell in self._tellers:
                tell(stream, text)


def _with_end(rest: str, capture: Capture, told: int) -> str:
    """Return ``rest`` and the end of a stream of which ``told`` bytes have been taken; say how much is missing between.

    What is cut in two there, a word or a key, is left out as well: it may be half a secret.
    """
    end = capture.tail[-(capture.size - told) :]
    left_out = capture.size - told - len(end)
    if not left_out:
        return rest + decode_output(end)
    key = rest.find(_KEY_BEGINS)
    keep = max(map(rest.rfind, f"\n{_BETWEEN}")) + 1 if key < 0 else key
    key_end = end.find(_KEY_ENDS.encode())
    is_in_key = key_end >= 0 and end.find(_KEY_BEGINS.encode(), 0, key_end) < 0
    begin = _BREAK.search(end, key_end if is_in_key else 0)
    skipped = 0 if begin is None else begin.end()
    left_out += len(rest[keep:].encode("utf-8", "surrogatepass")) + skipped
    return f"{rest[:keep]}\n[{left_out} bytes left out]\n{decode_output(end[skipped:])}"
