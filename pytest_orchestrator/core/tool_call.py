"""What an agent did with its tools: calls, what they gave back, and those that it was not allowed to make."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOWN_BESIDE_BASE64 = 4096
"""Characters of text that stand beside bytes which are no UTF-8: the base64 holds them all."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool gave back to the model."""

    data: bytes
    """The bytes: text as UTF-8, blocks of a list one after the other with a newline between, images decoded."""
    is_error: bool = False
    truncated: bool = False
    """Whether ``data`` is only the beginning, because a bound was reached here."""
    whole_size: int | None = None
    """Bytes that the tool gave back, where ``data`` was cut."""

    @property
    def size(self) -> int:
        """Bytes that the tool gave back, those that were cut off included."""
        return len(self.data) if self.whole_size is None else self.whole_size

    @property
    def text(self) -> str:
        r"""The bytes as text; a byte that is no UTF-8 is shown as ``\xNN``."""
        return self.data.decode("utf-8", "backslashreplace")

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types. Bytes that are no UTF-8 stand whole in ``base64``, their beginning in ``text``."""
        try:
            shown = {"text": self.data.decode(), "base64": None}
        except UnicodeDecodeError:
            encoded = base64.b64encode(self.data).decode()
            shown = {"text": self.data[:SHOWN_BESIDE_BASE64].decode("utf-8", "backslashreplace"), "base64": encoded}
        return {**shown, "is_error": self.is_error, "truncated": self.truncated, "size": self.size}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ToolResult:
        """Return what :meth:`as_dict` was made from."""
        encoded = data.get("base64")
        held = data["text"].encode() if encoded is None else base64.b64decode(encoded, validate=True)
        size = data.get("size", len(held))
        return cls(held, data.get("is_error", False), data.get("truncated", False), None if size == len(held) else size)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One use of a tool by an agent."""

    id: str
    name: str
    """As the agent calls it: ``Bash``, ``Write``, ``mcp__files__read``; for Codex see the reference page."""
    input: Mapping[str, Any]
    turn: int
    agent: str | None = None
    """Id of the tool call that started the sub-agent which made it; None for the main agent."""
    result: ToolResult | None = None
    """None while there is none: the run was stopped, or the stream ended before."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "id": self.id,
            "name": self.name,
            "input": dict(self.input),
            "turn": self.turn,
            "agent": self.agent,
            "result": None if self.result is None else self.result.as_dict(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ToolCall:
        """Return what :meth:`as_dict` was made from."""
        result = data.get("result")
        return cls(
            data["id"],
            data["name"],
            dict(data["input"]),
            data["turn"],
            data.get("agent"),
            None if result is None else ToolResult.from_dict(result),
        )


@dataclass(frozen=True, slots=True)
class PermissionDenial:
    """A tool call that the agent was not allowed to make."""

    tool: str
    input: Mapping[str, Any]
    call_id: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {"tool": self.tool, "input": dict(self.input), "call_id": self.call_id}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PermissionDenial:
        """Return what :meth:`as_dict` was made from."""
        return cls(data["tool"], dict(data["input"]), data["call_id"])
