"""What an agent said and did in one run, as plain typed data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, fields
from typing import Any, Literal, TypeVar, get_args

from ..quick_dataclasses import dataclass
from .tool_call import PermissionDenial, ToolCall

Role = Literal["assistant", "user", "system"]

ErrorKind = Literal[
    "rate_limit", "overloaded", "authentication", "billing", "network", "max_turns", "max_cost", "other"
]
"""Why an agent's run ended in an error."""

ERROR_KINDS: tuple[ErrorKind, ...] = get_args(ErrorKind)

INFRASTRUCTURE_KINDS: frozenset[ErrorKind] = frozenset(
    {"rate_limit", "overloaded", "authentication", "billing", "network"}
)
"""The kinds of error that say nothing of the agent or its skill: the run could not be judged."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens. Each token counts in one field only, whatever the model's provider adds together."""

    input_tokens: int = 0
    """Read by the model anew: neither from its cache nor put into it."""
    output_tokens: int = 0
    """Written by the model, reasoning included."""
    cache_read_tokens: int = 0
    cache_creation_tokens: int = 0

    @property
    def total(self) -> int:
        """All four together."""
        return self.input_tokens + self.output_tokens + self.cache_read_tokens + self.cache_creation_tokens

    def __add__(self, other: Usage) -> Usage:
        """Return the sums, field by field."""
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cache_read_tokens + other.cache_read_tokens,
            self.cache_creation_tokens + other.cache_creation_tokens,
        )

    def as_dict(self) -> dict[str, int]:
        """Return plain JSON types: the four fields, then ``total``."""
        return {
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cache_read_tokens": self.cache_read_tokens,
            "cache_creation_tokens": self.cache_creation_tokens,
            "total": self.total,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Usage:
        """Return what :meth:`as_dict` was made from. A ValueError or TypeError says what does not fit."""
        return cls(**{name: int(data.get(name, 0)) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Message:
    """One text that was said."""

    role: Role
    text: str
    turn: int
    """The model's turn that it belongs to, counted from 1; 0 before the first."""
    agent: str | None = None
    """Id of the tool call that started the sub-agent which said it; None for the main agent."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {"role": self.role, "text": self.text, "turn": self.turn, "agent": self.agent}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Message:
        """Return what :meth:`as_dict` was made from."""
        return cls(_one_of(data["role"], get_args(Role)), data["text"], data["turn"], data.get("agent"))


@dataclass(frozen=True, slots=True)
class SubAgent:
    """An agent that the agent started."""

    id: str
    """Id of the tool call that started it: the ``agent`` of its messages and tool calls."""
    kind: str
    """The name of its definition, as in ``general-purpose``; empty where the stream says none."""
    task: str
    """What it was asked to do."""

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {"id": self.id, "kind": self.kind, "task": self.task}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SubAgent:
        """Return what :meth:`as_dict` was made from."""
        return cls(data["id"], data["kind"], data["task"])


@dataclass(frozen=True, slots=True)
class Transcript:
    """What an agent said and did, in the order of its stream. Complete or not: see ``is_complete``."""

    cli: str
    """Name of the agent's command line: ``claude``, ``codex`` …"""
    version: str | None = None
    """The command line's own version, where its stream tells."""
    model: str | None = None
    session_id: str | None = None
    messages: tuple[Message, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage = Usage()
    cost_usd: float | None = None
    """US dollars, as the command line reckons them; None where it says nothing."""
    stop_reason: str | None = None
    """In the command line's own words, as in ``end_turn``."""
    denials: tuple[PermissionDenial, ...] = ()
    subagents: tuple[SubAgent, ...] = ()
    turns: int = 0
    """Turns of the model: the command line's own count, else the number of its replies to the main agent."""
    duration: float | None = None
    """Seconds, as the command line tells them."""
    final_text: str = ""
    """The agent's last word, as its plain output would show it; empty where there was none."""
    is_error: bool = False
    error: str | None = None
    """What went wrong, in the command line's own words."""
    error_kind: ErrorKind | None = None
    retries: int = 0
    """How often the command line asked the model again after trouble."""
    unknown: Mapping[str, int] = field(default_factory=dict)
    """How often each type of event came that the parser does not know."""
    unread: tuple[str, ...] = ()
    """The first few lines that were not understood, cut."""
    dropped: int = 0
    """Messages, tool calls and results that were left out because a bound was reached."""
    is_complete: bool = False
    """Whether the command line said itself that the run was over."""

    @property
    def is_infrastructure(self) -> bool:
        """Whether the error says nothing of the agent: rate limit, overload, login, billing, network."""
        return self.error_kind in INFRASTRUCTURE_KINDS

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types: one key for each field, in their order."""
        plain: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in _PARTS:
                plain[each.name] = [part.as_dict() for part in value]
            elif isinstance(value, tuple):
                plain[each.name] = list(value)
            elif isinstance(value, Mapping):
                plain[each.name] = dict(value)
            else:
                plain[each.name] = value.as_dict() if isinstance(value, Usage) else value
        return plain

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Transcript:
        """Return what :meth:`as_dict` was made from; fields that are missing have their defaults.

        Fields that this version does not know are left out. A KeyError, TypeError or ValueError says what does not
        fit.
        """
        given: dict[str, Any] = {}
        for each in fields(cls):
            if each.name not in data:
                continue
            value = data[each.name]
            if each.name in _PARTS:
                value = tuple(_PARTS[each.name].from_dict(part) for part in value)
            elif each.name == "usage":
                value = Usage.from_dict(value)
            elif each.name == "unread":
                value = tuple(map(str, value))
            elif each.name == "unknown":
                value = {str(name): int(count) for name, count in value.items()}
            elif each.name == "error_kind" and value is not None:
                value = _one_of(value, ERROR_KINDS)
            given[each.name] = value
        return cls(**given)


_PARTS: Mapping[str, Any] = {
    "messages": Message,
    "tool_calls": ToolCall,
    "denials": PermissionDenial,
    "subagents": SubAgent,
}


def _one_of(value: Any, allowed: Sequence[_T]) -> _T:
    for each in allowed:
        if value == each:
            return each
    message = f"{value!r} is not one of {', '.join(map(repr, allowed))}"
    raise ValueError(message)
