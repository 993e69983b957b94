"""What an agent asked of the model: one request, the same for every dialect."""

from __future__ import annotations

import json
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

Dialect = Literal["anthropic", "openai"]
"""Which API was spoken: Anthropic's Messages, or OpenAI's Responses."""

Purpose = Literal["turn", "side", "count_tokens", "models", "other"]
"""What for: a turn of a conversation (what a script answers), a side request of the CLI itself (titles, summaries,
checks of a quota), the counting of tokens, the list of models, or something that the endpoint does not know."""


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """The result of a tool call, as the agent handed it back to the model."""

    call_id: str
    text: str
    """What is text of it; images and the like are left out. Of Codex, what the program wrote."""
    is_error: bool
    """Whether the agent said so or, where its dialect has no word for that, ``head`` names another exit code than 0."""
    head: str = ""
    """What Codex itself says of the call before that: how long it took, and how it ended."""


@dataclass(frozen=True, slots=True)
class DeclaredTool:
    """A tool that the agent offers to the model."""

    name: str
    kind: Literal["function", "custom", "nested", "server"]
    """How it is called: with an object, with a text, from the code given to Codex's ``exec``, or by the model's own
    servers."""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One request. What is content of the conversation is read from its body; nothing depends on when it came."""

    method: str
    path: str
    """With its query."""
    dialect: Dialect = "anthropic"
    purpose: Purpose = "turn"
    client: str = "other"
    """``claude``, ``codex``, ``tiny`` or ``other``, by the user agent."""
    session: str = ""
    """What the client calls the conversation; empty where it says nothing."""
    model: str = ""
    prompt: str = ""
    """The first text of the user, without what the CLI itself adds to it."""
    user_text: str = ""
    """The latest text of the user, likewise."""
    turn: int = 1
    """1 + the number of the model's answers that the request repeats."""
    results: tuple[ToolAnswer, ...] = ()
    """Results of the tool calls of the model's latest answer."""
    tools: Mapping[str, DeclaredTool] = field(default_factory=dict)
    call_ids: tuple[str, ...] = ()
    """Ids of the tool calls that the request repeats, oldest first."""
    last_said: str = ""
    """The text of the model's latest answer."""
    working_directory: str = ""
    """Where the agent says that it works; empty where it does not."""
    is_stream: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case. Keys and cookies are left out."""
    raw: bytes = field(default=b"", repr=False)
    """The body, decompressed."""

    @property
    def body(self) -> Any:
        """The body as JSON; None where it is none. Read anew each time: bodies are large, and many are kept."""
        try:
            return json.loads(self.raw)
        except ValueError:
            return None

    @property
    def result(self) -> str:
        """The texts of ``results`` together, one after the other."""
        return "\n".join(answer.text for answer in self.results)

    @property
    def has_failed(self) -> bool | None:
        """Whether one of ``results`` is an error; None where there are none."""
        return any(answer.is_error for answer in self.results) if self.results else None


def in_order_of_calls(results: list[ToolAnswer], call_ids: tuple[str, ...]) -> tuple[ToolAnswer, ...]:
    """Return ``results`` in the order of the calls: agents give them back as they come."""
    places = {call_id: place for place, call_id in enumerate(call_ids)}
    return tuple(sorted(results, key=lambda answer: places.get(answer.call_id, -1)))
