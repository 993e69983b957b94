"""What a script answers to one request."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.transcript import Usage
    from .condition import When


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A call of the tool ``name``, as the agent itself calls it."""

    name: str
    input: Mapping[str, Any] | str = field(default_factory=dict)
    """A mapping; a text for tools that take one, such as Codex's ``apply_patch``."""


@dataclass(frozen=True, slots=True)
class Run:
    """A shell command, with whatever tool the agent has for it."""

    command: str


@dataclass(frozen=True, slots=True)
class Write:
    """A file with this content, with whatever tool the agent has for it."""

    path: str
    """Relative to the agent's working directory, or absolute."""
    content: str


Call = ToolUse | Run | Write


@dataclass(frozen=True, slots=True)
class ModelError:
    """An error in place of an answer."""

    status: int = 500
    """Of HTTP, 400 to 599."""
    type: str = ""
    """The API's word for it, as in ``rate_limit_error``; by default the one that belongs to the status."""
    message: str = ""
    retry_after: float | None = None
    """Seconds, in the header of that name; None leaves it out."""
    in_stream: bool = False
    """Whether it comes as an event behind what was said, under status 200, as errors in the middle of an answer do."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where the connection ends in the middle of the answer. One of the two is given."""

    events: int | None = None
    """After this many events of the stream."""
    bytes: int | None = None
    """After this many bytes of the body."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of a script: something said, tools called, or trouble; and when it is for."""

    say: str = ""
    calls: tuple[Call, ...] = ()
    usage: Usage | None = None
    """None: an estimate of a token for four characters of the request and the answer."""
    stop: str = ""
    """Why the model stopped: ``end_turn``, ``tool_use``, ``max_tokens``, ``stop_sequence`` or ``refusal``. By default
    the first or, with calls, the second."""
    error: ModelError | None = None
    delay: float = 0.0
    """Seconds before anything is sent."""
    slow: float | None = None
    """Characters per second; None sends everything at once."""
    cut: Cut | None = None
    hang: bool = False
    """Whether nothing is ever sent."""
    when: When | None = None
    """What must hold of the request; None: anything."""
    times: int | None = 1
    """How often it is used in one conversation; None: without end."""
    total: int | None = None
    """How often it is used in all conversations together; None: without end."""
