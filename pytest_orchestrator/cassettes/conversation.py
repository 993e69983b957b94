"""Which conversation a request belongs to, told by what it says, never by when it came."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import field
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from .request import ModelRequest

_MOST = 10_000
"""Conversations that are remembered; the oldest are forgotten."""


@dataclass(slots=True, eq=False)
class Conversation:
    """What one conversation has had from the script."""

    name: str
    """Made of its prompt, and of how many others began with the same one."""
    prompt: str
    session: str
    used: Counter[int] = field(default_factory=Counter)
    """How often each reply was used, by its place in the script."""
    answers: int = 0
    last_said: str = ""
    has_run: bool = False
    """Whether its latest answer ran a shell command."""
    is_in_trouble: bool = False
    """Whether its latest answer was none that a client can go on with: an error, a cut stream, silence."""


class Conversations:
    """All conversations with one endpoint."""

    def __init__(self) -> None:
        self._all: dict[str, Conversation] = {}
        self._by_session: dict[tuple[str, str], Conversation] = {}
        self._namesakes: Counter[str] = Counter()

    def of(self, request: ModelRequest) -> Conversation:
        """Return the conversation that ``request`` goes on with, or begins."""
        key = (request.session, request.prompt)
        if request.session and key in self._by_session:
            return self._by_session[key]
        found = self._by_calls(request) or (None if request.session else self._by_words(request)) or self._new(request)
        if request.session:
            self._by_session[key] = found
        return found

    def _by_calls(self, request: ModelRequest) -> Conversation | None:
        """Ids of tool calls are made of the name of the conversation that they were given to."""
        for call_id in reversed(request.call_ids):
            found = self._all.get(call_id.partition("_")[2].partition("_")[0])
            if found is not None and found.prompt == request.prompt:
                return found
        return None

    def _by_words(self, request: ModelRequest) -> Conversation | None:
        alike = [known for known in self._all.values() if known.prompt == request.prompt and not known.session]
        if request.turn == 1:
            return next((known for known in alike if known.is_in_trouble), None)
        said = [known for known in alike if known.last_said == request.last_said]
        return next(iter([*said[-1:], *alike[-1:]]), None)

    def _new(self, request: ModelRequest) -> Conversation:
        digest = hashlib.sha256(request.prompt.encode("utf-8", "surrogatepass")).hexdigest()[:10]
        self._namesakes[digest] += 1
        conversation = Conversation(f"{digest}x{self._namesakes[digest]}", request.prompt, request.session)
        self._all[conversation.name] = conversation
        if len(self._all) > _MOST:
            forgotten = self._all.pop(next(iter(self._all)))
            self._by_session.pop((forgotten.session, forgotten.prompt), None)
        return conversation
