"""An answer as it goes over the wire, whatever the dialect."""

from __future__ import annotations

import json
from dataclasses import field
from typing import TYPE_CHECKING, Any

from ..core.transcript import Usage
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .request import ModelRequest

_CHARACTERS_PER_TOKEN = 4
"""A rule of thumb for English."""
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
    characters: int = 0
    """How many characters the model says and gives to tools: what a slow answer is paced by."""


def pieces(text: str) -> list[str]:
    """Return ``text`` in the pieces that events carry; none for an empty one."""
    return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]


def estimated_usage(request: ModelRequest, characters: int) -> Usage:
    """Return about what an answer of so many ``characters`` uses."""
    return Usage(input_tokens(request), max(1, characters // _CHARACTERS_PER_TOKEN))


def input_tokens(request: ModelRequest) -> int:
    """Return about how many tokens ``request`` is."""
    return max(1, len(request.raw) // _CHARACTERS_PER_TOKEN)
