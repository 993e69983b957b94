"""Calls of strategies, told to the sessions whose processes they were given: what was planned can be taken up again."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..core.retry import RetryPolicy
    from .process import AgentProcess

ASYNC = "_async"
"""How the names of those strategies end that do the same for an event loop."""


@runtime_checkable
class Clerk(Protocol):
    """Whoever writes down calls: a session."""

    def note_call(self, strategy: str, processes: Sequence[AgentProcess], options: Mapping[str, Any]) -> None:
        """Take note that ``strategy`` was given these processes."""


def note_call(
    strategy: str, processes: Sequence[AgentProcess], policy: RetryPolicy, options: Mapping[str, Any], retry_on: object
) -> None:
    """Tell each session among ``processes`` which of its own were given to ``strategy``, with which options."""
    given = dict(options)
    if policy.max_attempts > 1:
        given |= {"retry": asdict(policy)}
    if retry_on is not None:
        given |= {"retry_on": retry_on}
    members: dict[int, tuple[Clerk, list[AgentProcess]]] = {}
    for process in processes:
        clerk = getattr(process, "observer", None)
        if isinstance(clerk, Clerk):
            members.setdefault(id(clerk), (clerk, []))[1].append(process)
    for clerk, own in members.values():
        clerk.note_call(strategy.removesuffix(ASYNC), own, given)
