"""The reader for a command line that prints text and nothing else."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from ..core.transcript import Message, Transcript, Usage
from .stream import StreamEvent
from .tool_lines import printable

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_TEXT = 1 << 20
"""Characters that are kept; of a longer output the beginning and, twice as much, the end."""
MANY = 1000
"""More lines than this that come at once are one event."""


class PlainParser:
    """Takes everything that is printed for what the agent says."""

    def __init__(self, cli: str) -> None:
        self._cli = cli
        self._decode: Callable[..., str] = codecs.getincrementaldecoder("utf-8")("backslashreplace").decode
        self._head = ""
        self._tail = ""
        self._left_out = 0
        self._line = ""
        self._is_complete = False

    def feed(self, data: bytes) -> list[StreamEvent]:
        """Take the next bytes; return an event for each line that is complete, or one for all if there are many."""
        return self._take(self._decode(data))

    def close(self) -> list[StreamEvent]:
        """Take note that nothing more comes."""
        if self._is_complete:
            return []
        events = self._take(self._decode(b"", True))
        self._is_complete = True
        if self._line:
            events.append(StreamEvent("text", printable(self._line)))
            self._line = ""
        return events

    def _take(self, text: str) -> list[StreamEvent]:
        self._keep(text)
        lines, newline, last = text.rpartition("\n")
        if not newline:
            self._line = (self._line + text)[-MAX_TEXT:]
            return []
        lines = printable((self._line + lines).replace("\r\n", "\n").removesuffix("\r"))
        self._line = last[-MAX_TEXT:]
        if lines.count("\n") > MANY:
            return [StreamEvent("text", lines)]
        return [StreamEvent("text", line) for line in lines.split("\n")]

    def _keep(self, text: str) -> None:
        room = MAX_TEXT // 3 - len(self._head)
        self._head += text[: max(0, room)]
        self._tail += text[max(0, room) :]
        longest = MAX_TEXT - MAX_TEXT // 3
        if len(self._tail) > longest * 2:  # not each time: it is copied whole
            self._cut(longest)

    def _cut(self, longest: int) -> None:
        surplus = len(self._tail) - longest
        if surplus > 0:
            self._left_out += surplus
            self._tail = self._tail[surplus:]

    @property
    def text(self) -> str:
        """Everything, as far as it is kept."""
        self._cut(MAX_TEXT - MAX_TEXT // 3)
        gap = f"\n[{self._left_out} characters left out]\n" if self._left_out else ""
        return f"{self._head}{gap}{self._tail}"

    @property
    def transcript(self) -> Transcript:
        """One message with everything."""
        text = self.text
        messages = (Message("assistant", text, 1),) if text else ()
        return Transcript(
            self._cli, messages=messages, turns=len(messages), final_text=text, is_complete=self._is_complete
        )

    @property
    def usage(self) -> Usage:
        """Nothing: it says nothing of tokens."""
        return Usage()

    @property
    def cost_usd(self) -> float | None:
        """None: it says nothing of money."""
        return None
