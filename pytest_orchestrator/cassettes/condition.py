"""When a reply of a script is for a request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from .request import ModelRequest


@dataclass(frozen=True, slots=True)
class TextTest:
    """What a text must be. Everything that is given must hold."""

    contains: str | None = None
    matches: str | None = None
    """A regular expression, found anywhere; ``^`` and ``$`` mean lines."""
    equals: str | None = None
    lacks: str | None = None

    def holds(self, text: str) -> bool:
        """Return whether ``text`` is so."""
        return (
            (self.contains is None or self.contains in text)
            and (self.matches is None or re.search(self.matches, text, re.MULTILINE) is not None)
            and (self.equals is None or text.strip() == self.equals.strip())
            and (self.lacks is None or self.lacks not in text)
        )


@dataclass(frozen=True, slots=True)
class When:
    """What must hold of a request. Everything that is given must hold; a text of the tests stands for ``contains``."""

    prompt: TextTest | str | None = None
    """The first text of the user."""
    user: TextTest | str | None = None
    """The latest text of the user."""
    result: TextTest | str | None = None
    """The results of the latest tool calls; never holds where there are none."""
    model: TextTest | str | None = None
    failed: bool | None = None
    """Whether a latest tool call failed; never holds where there are none."""
    turn: int | None = None
    """1 for the first request of a conversation."""
    tools: tuple[str, ...] = ()
    """Tools that the agent must offer."""
    cli: str | None = None
    """``claude``, ``codex``, ``tiny`` or ``other``."""
    within: When | None = None
    """What must hold as well: the condition of the group that a reply is in."""

    def holds(self, request: ModelRequest) -> bool:
        """Return whether ``request`` is so."""
        tests = (
            (self.prompt, request.prompt),
            (self.user, request.user_text),
            (self.result, request.result if request.results else None),
            (self.model, request.model),
        )
        return (
            all(test is None or (text is not None and as_test(test).holds(text)) for test, text in tests)
            and (self.failed is None or request.has_failed is self.failed)
            and (self.turn is None or request.turn == self.turn)
            and all(name in request.tools for name in self.tools)
            and (self.cli is None or request.client == self.cli)
            and (self.within is None or self.within.holds(request))
        )


def as_test(test: TextTest | str) -> TextTest:
    """Return ``test``, of which a text means that it is contained."""
    return TextTest(contains=test) if isinstance(test, str) else test
