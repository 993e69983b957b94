"""An answer as it goes over the wire, whatever the dialect."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .request import ModelRequest

_PIECE = 24
"""Characters of a text that one event of a stream carries."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

    data: Mapping[str, Any]
    """With its ``type``, which is the event's name too."""
    characters: int = 0
    """How many characters of the answer it carries; what a slow answer is paced by."""

    @property
    def wire(self) -> bytes:
        """The bytes of the event."""
        data = json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))
        return f"event: {self.data['type']}\ndata: {data}\n\n".encode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class Answer:
    """Either a stream of events or one JSON object."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    events: tuple[Event, ...] | None = None
    """The stream; None where the answer is ``body``."""
    body: Mapping[str, Any] = field(default_factory=dict)


def pieces(text: str) -> list[str]:
    """Return ``text`` in the pieces that events carry; none for an empty one."""
    return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]


def estimated_tokens(text: str | bytes) -> int:
    """Return about how many tokens ``text`` is: one for four characters, as a rule of thumb for English has it."""
    return max(1, len(text) // 4)


def input_tokens(request: ModelRequest) -> int:
    """Return about how many tokens ``request`` is."""
    return estimated_tokens(request.raw)
