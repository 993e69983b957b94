"""A transcript that grows while an agent works, within bounds."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..core.tool_call import PermissionDenial, ToolCall, ToolResult
from ..core.transcript import Message, SubAgent, Transcript
from .event_lines import clean, mapping, plain, text_of, to_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sized

    from ..core.transcript import Role

MAX_RESULT = 1024 * 1024
"""Bytes of one tool result that are kept."""

MAX_HELD = 32 * 1024 * 1024
"""Bytes of texts, inputs and results that are kept of one run."""

MAX_ENTRIES = 20_000
"""Messages, tool calls, denials and sub-agents, each, that are kept of one run."""

MAX_UNREAD = 10
"""Lines that were not understood which are kept of one run."""

MAX_TYPES = 100
"""Types of unknown events that are counted each for itself."""

OTHER_TYPES = "(other)"
"""What the types beyond those are counted as."""


class TranscriptBuilder:
    """Collects messages, tool calls and their results in the order in which they come."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._calls: list[ToolCall] = []
        self._places: dict[str, int] = {}
        self._denials: dict[str, PermissionDenial] = {}
        self._subagents: dict[str, SubAgent] = {}
        self._unknown: Counter[str] = Counter()
        self._unread: list[str] = []
        self._dropped = 0
        self._held = 0

    def say(self, role: Role, text: str, turn: int, agent: str | None = None) -> None:
        """Add a message."""
        if self._has_room(self._messages, len(text)):
            self._messages.append(Message(role, text, turn, agent))

    def call(self, call_id: str, name: str, given: object, turn: int, agent: str | None = None) -> None:
        """Add a tool call. ``given`` is its input as it came; what is no object is kept under ``value``."""
        kept = plain(given)
        if not isinstance(kept, dict):
            kept = {} if kept is None else {"value": kept}
        if self._has_room(self._calls, _weight(kept) + len(call_id) + len(name)):
            self._places[call_id] = len(self._calls)
            self._calls.append(ToolCall(call_id, name, kept, turn, agent))

    def change(self, call_id: str, given: object) -> None:
        """Give a tool call another input, as far as there is room for it."""
        call, kept = self.called(call_id), plain(given)
        if call is not None and isinstance(kept, dict) and kept != call.input and self._has_room((), _weight(kept)):
            self._calls[self._places[call_id]] = replace(call, input=kept)

    def called(self, call_id: str) -> ToolCall | None:
        """Return the last call of that id."""
        place = self._places.get(call_id)
        return None if place is None else self._calls[place]

    def answer(self, call_id: str, data: bytes, is_error: bool, turn: int, agent: str | None = None) -> bool:
        """Add the result of a tool call, and return whether it was the first one.

        A call that was never seen, because its line could not be read, is added without a name.
        """
        call = self.called(call_id)
        if call is None:
            self.call(call_id, "", None, turn, agent)
            call = self.called(call_id)
            if call is None:
                return True
        if call.result is not None:
            return False
        kept = _beginning(data, MAX_RESULT)
        if not self._has_room((), len(kept)):
            kept = b""
        is_cut = len(kept) < len(data)
        result = ToolResult(kept, is_error, is_cut, len(data) if is_cut else None)
        self._calls[self._places[call_id]] = replace(call, result=result)
        return True

    def deny(self, call_id: str, tool: str, given: object = None) -> None:
        """Add a tool call that was not allowed; one that is there already is completed."""
        before, call = self._denials.get(call_id), self.called(call_id)
        kept = dict(mapping(plain(given)))
        if not kept:
            kept = dict(before.input if before else call.input if call else {})
        tool = tool or (before.tool if before else call.name if call else "")
        if before is not None or self._has_room(self._denials, _weight(kept) + len(call_id) + len(tool)):
            self._denials[call_id] = PermissionDenial(tool, kept, call_id)

    def start_agent(self, call_id: str, kind: str = "", task: str = "") -> None:
        """Add a sub-agent; what is not given is looked up in the call that started it."""
        before, call = self._subagents.get(call_id), self.called(call_id)
        given = {} if call is None else call.input
        kind = kind or (before.kind if before else "") or text_of(given.get("subagent_type"))
        task = task or (before.task if before else "") or text_of(given.get("prompt"))
        if before is not None or self._has_room(self._subagents, len(task) + len(kind) + len(call_id)):
            self._subagents[call_id] = SubAgent(call_id, kind, task)

    def unknown(self, kind: str, line: str, count: int = 1) -> None:
        """Count something that is not known, and keep the beginning of its line."""
        kind = clean(kind)[:80]
        self._unknown[kind if kind in self._unknown or len(self._unknown) < MAX_TYPES else OTHER_TYPES] += count
        if line and len(self._unread) < MAX_UNREAD:
            self._unread.append(line)

    def said(self, agent: str | None = None) -> list[str]:
        """Return what an agent has said so far."""
        return [each.text for each in self._messages if each.role == "assistant" and each.agent == agent]

    def build(self, cli: str, begun: Message | None = None, **facts: Any) -> Transcript:
        """Return everything collected, ``begun`` (a message still being written), and the ``facts`` beside it."""
        return Transcript(
            cli,
            messages=(*self._messages, begun) if begun else tuple(self._messages),
            tool_calls=tuple(self._calls),
            denials=tuple(self._denials.values()),
            subagents=tuple(self._subagents.values()),
            unknown=dict(self._unknown),
            unread=tuple(self._unread),
            dropped=self._dropped,
            **facts,
        )

    def _has_room(self, collection: Sized, size: int) -> bool:
        """Take the room for one more in ``collection``, of ``size`` bytes, and return whether there was so much."""
        if len(collection) >= MAX_ENTRIES or self._held + size > MAX_HELD:
            self._dropped += 1
            return False
        self._held += size
        return True


def result_bytes(content: object) -> bytes:
    """Return what a tool gave back: a text, or a list of blocks, as its bytes.

    Blocks stand one after the other with a newline between; an image or a document that came as base64 is decoded, a
    block of another kind is kept as JSON.
    """
    if isinstance(content, str):
        return to_bytes(content)
    if isinstance(content, list):
        return b"\n".join(map(_block_bytes, content))
    return b"" if content is None else _json(content)


def _block_bytes(block: object) -> bytes:
    if isinstance(block, str):
        return to_bytes(block)
    told = mapping(block)
    if isinstance(told.get("text"), str):
        return to_bytes(told["text"])
    source = mapping(told.get("source")) or told
    encoded = source.get("data")
    if isinstance(encoded, str) and told.get("type") in ("image", "document", "audio"):
        if source.get("type") == "text":
            return to_bytes(encoded)
        try:
            return base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return to_bytes(encoded)
    return _json(block)


def _json(value: object) -> bytes:
    from ..core.jsontext import compact

    return to_bytes(compact(plain(value)))


def _weight(value: Mapping[str, Any]) -> int:
    return len(_json(value))


def _beginning(data: bytes, size: int) -> bytes:
    """Return at most ``size`` bytes, without half a character of UTF-8 at their end."""
    if len(data) <= size:
        return data
    end = size
    while end > size - 4 and data[end] & 0xC0 == 0x80:
        end -= 1
    return data[:end]
