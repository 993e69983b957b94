"""A script in play: which reply a request gets."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass
from .conversation import Conversations
from .portable import waiting_call
from .reply import Reply, Run, ToolUse, Write
from .script_reader import as_reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .conversation import Conversation
    from .request import ModelRequest

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Picked:
    """The reply to a request, and what ids in the answer are made of."""

    reply: Reply
    answer_id: str


class Script:
    """Answers each conversation from one list of replies, or from a function."""

    def __init__(self, source: Sequence[Reply] | Callable[[ModelRequest], object]) -> None:
        self._replies = () if callable(source) else tuple(source)
        self._function = source if callable(source) else None
        self._lock = threading.Lock()
        self._conversations = Conversations()
        self._totals: Counter[int] = Counter()

    def pick(self, request: ModelRequest) -> Picked | None:
        """Return the reply to ``request``; None when the script has none for it.

        Of a list that is the first one that is not used up in the conversation and whose conditions hold.
        """
        # A user's function may take its time, and others of its calls may be what it waits for.
        made = as_reply(self._function(request)) if self._function is not None else None
        with self._lock:
            conversation = self._conversations.of(request)
            waiting = waiting_call(request) if conversation.has_run else None
            if waiting is not None:
                conversation.answers += 1
                return Picked(Reply(calls=(waiting,)), f"{conversation.name}_{conversation.answers}")
            place, reply = 0, made
            if self._function is None:
                found = next(
                    (place for place in range(len(self._replies)) if self._fits(place, conversation, request)), None
                )
                if found is not None:
                    place, reply = found, self._replies[found]
            if reply is None:
                return None
            conversation.used[place] += 1
            self._totals[place] += 1
            conversation.answers += 1
            conversation.last_said = reply.say
            conversation.has_run = any(isinstance(call, Run) for call in reply.calls)
            conversation.is_in_trouble = reply.error is not None or reply.cut is not None or reply.hang
            return Picked(reply, f"{conversation.name}_{conversation.answers}")

    def explain(self, request: ModelRequest) -> str:
        """Return why the script has no reply for ``request``: what was asked, and what the script had."""
        asked = f"turn {request.turn} of the conversation {_shown(request.prompt)}"
        if request.user_text != request.prompt:
            asked += f", in which the user last said {_shown(request.user_text)}"
        if request.results:
            asked += f", after the tool result{' (an error)' if request.has_failed else ''} {_shown(request.result)}"
        asked += f", asked by {request.client} of model {request.model!r}"
        if self._function is not None:
            return f"the script's function returned no reply for {asked}"
        with self._lock:
            conversation = self._conversations.of(request)
            lines = [
                f"  {place + 1}. {_summary(reply)}: {self._why_not(place, conversation)}"
                for place, reply in enumerate(self._replies)
            ]
        return "\n".join(
            [f"the script has no reply for {asked}. It has:", *lines, "Add a reply, or raise times: of one."]
        )

    def _fits(self, place: int, conversation: Conversation, request: ModelRequest) -> bool:
        reply = self._replies[place]
        return (
            (reply.times is None or conversation.used[place] < reply.times)
            and (reply.total is None or self._totals[place] < reply.total)
            and (reply.when is None or reply.when.holds(request))
        )

    def _why_not(self, place: int, conversation: Conversation) -> str:
        reply = self._replies[place]
        if reply.times is not None and conversation.used[place] >= reply.times:
            return "used up in this conversation"
        if reply.total is not None and self._totals[place] >= reply.total:
            return "used up"
        return "its conditions do not hold"


def _summary(reply: Reply) -> str:
    said = [f"say {_shown(reply.say)}"] if reply.say else []
    for call in reply.calls:
        if isinstance(call, ToolUse):
            said.append(f"tool {call.name}")
        elif isinstance(call, Run):
            said.append(f"run {_shown(call.command)}")
        elif isinstance(call, Write):
            said.append(f"write {call.path!r}")
    if reply.error is not None:
        said.append(f"error {reply.error.status}")
    return ", ".join(said) or ("hang" if reply.hang else "say nothing")


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")
