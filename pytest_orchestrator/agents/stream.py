"""What every reader of an agent's output stream does, and how it is fed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from ..core.transcript import Transcript, Usage

MAX_LINE = 16 * 1024 * 1024
"""Bytes of the longest line that is read. A longer one is counted and skipped."""

EventKind = Literal["text", "tool_call", "tool_result", "error"]


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """Something worth showing while the agent works."""

    kind: EventKind
    """``text`` is what the agent says, whole; the others are one line each."""
    text: str
    agent: str | None = None
    """Id of the tool call that started the sub-agent it came from; None for the main agent."""


class StreamParser(Protocol):
    """Reads the standard output of one run of an agent's command line, piece by piece.

    It never raises, whatever bytes come, and its memory is bounded whatever their number.
    """

    def feed(self, data: bytes) -> list[StreamEvent]:
        """Take the next bytes, cut anywhere, and return what the lines that are now complete have to show."""

    def close(self) -> list[StreamEvent]:
        """Say that no more bytes come: a last line without its newline is read now. Closing twice is harmless."""

    @property
    def transcript(self) -> Transcript:
        """What came so far; may be asked at any time."""

    @property
    def text(self) -> str:
        """What the command line's plain output would show: its final text, else what the agent has said so far."""

    @property
    def usage(self) -> Usage:
        """Tokens used so far."""

    @property
    def cost_usd(self) -> float | None:
        """US dollars spent so far, as the command line reckons them; None where it has not said."""
