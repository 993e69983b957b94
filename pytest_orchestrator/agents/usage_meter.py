"""Tokens of a run, where the same reply of the model is told of more than once."""

from __future__ import annotations

from ..core.transcript import Usage

MAX_REPLIES = 1000
"""Replies that are remembered; those before them are not told of again."""


class UsageMeter:
    """Adds up the tokens of each reply once, until the total is told."""

    def __init__(self) -> None:
        self._replies: dict[str, Usage] = {}
        self._settled: set[str] = set()
        self._base = Usage()

    def note(self, reply: str, usage: Usage) -> None:
        """Take what was told of one reply; of what is told again, the larger number counts."""
        if reply in self._settled:
            return
        before = self._replies.get(reply, Usage())
        self._replies[reply] = Usage(
            max(before.input_tokens, usage.input_tokens),
            max(before.output_tokens, usage.output_tokens),
            max(before.cache_read_tokens, usage.cache_read_tokens),
            max(before.cache_creation_tokens, usage.cache_creation_tokens),
        )
        if len(self._replies) > MAX_REPLIES:
            oldest = next(iter(self._replies))
            self._base += self._replies.pop(oldest)

    def settle(self, total: Usage) -> None:
        """Take the total of everything up to now, which holds all the replies noted so far."""
        self._base = total
        self._settled = set(self._replies)
        self._replies.clear()

    @property
    def total(self) -> Usage:
        """Everything up to now."""
        total = self._base
        for usage in self._replies.values():
            total += usage
        return total
