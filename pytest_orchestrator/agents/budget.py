"""Money and tokens that several processes share."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ..core.result import Limit
from ..errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(slots=True)
class _Entry:
    """What one process has taken, and what is kept for it."""

    usd: float = 0.0
    tokens: int = 0
    reserved_usd: float = 0.0
    reserved_tokens: int = 0
    """Both are given back when it ends."""

    @property
    def committed_usd(self) -> float:
        return max(self.usd, self.reserved_usd)

    @property
    def committed_tokens(self) -> int:
        return max(self.tokens, self.reserved_tokens)


class Budget:
    """US dollars and tokens, shared by all processes that are given the same object.

    A process that would exceed it is not started; when it is exceeded, those that share it are stopped. What a
    process costs is known when its command line tells: tokens as it works, dollars often not before its end.

    With ``ledger``, a file, the books are kept there, and processes of several programs share one budget (the workers
    of pytest-xdist, or a session that is resumed).
    """

    def __init__(self, usd: float | None = None, tokens: int | None = None, ledger: Path | None = None) -> None:
        """Take the most US dollars and tokens; None for no bound. Raise ArgumentError for what is no such number."""
        problems = [
            f"{name}: {value!r} is not a number greater than 0; give None for no bound"
            for name, value in (("usd", usd), ("tokens", tokens))
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not value > 0)
        ]
        if problems:
            raise ArgumentError("\n".join(problems))
        self.usd = usd
        self.tokens = tokens
        self._ledger = ledger
        self._guard = threading.Lock()
        self._entries: dict[str, _Entry] = {}

    def reserve(self, key: str, usd: float | None = None, tokens: int | None = None) -> Limit | None:
        """Keep ``usd`` and ``tokens`` free for the process ``key``; return the limit that does not allow it, if any.

        ``key`` names one run of one process: a second one with the same key adds to the first.
        """
        with self._books() as entries:
            others = [entry for name, entry in entries.items() if name != key]
            limit = self._limit(
                sum(entry.committed_usd for entry in others) + (usd or 0.0),
                sum(entry.committed_tokens for entry in others) + (tokens or 0),
                at_most=bool(usd),
                at_most_tokens=bool(tokens),
            )
            if limit is None:
                entry = entries.setdefault(key, _Entry())
                entry.reserved_usd, entry.reserved_tokens = usd or 0.0, tokens or 0
            return limit

    def update(self, key: str, usd: float | None, tokens: int) -> None:
        """Note what the process ``key`` has cost so far."""
        with self._books() as entries:
            entry = entries.setdefault(key, _Entry())
            entry.usd, entry.tokens = max(entry.usd, usd or 0.0), max(entry.tokens, tokens)

    def settle(self, key: str) -> None:
        """Give back what was kept for the process ``key`` and it did not use."""
        with self._books() as entries:
            if key in entries:
                entries[key].reserved_usd, entries[key].reserved_tokens = 0.0, 0

    def exceeded(self) -> Limit | None:
        """Return the limit that is exceeded now; None when none is."""
        usd, tokens = self.spent
        return self._limit(usd, tokens, at_most=True, at_most_tokens=True)

    @property
    def spent(self) -> tuple[float, int]:
        """US dollars and tokens so far."""
        with self._books() as entries:
            return sum(entry.usd for entry in entries.values()), sum(entry.tokens for entry in entries.values())

    @property
    def left_usd(self) -> float | None:
        """US dollars that are neither spent nor kept for a process; None without a bound."""
        if self.usd is None:
            return None
        with self._books() as entries:
            return max(0.0, self.usd - sum(entry.committed_usd for entry in entries.values()))

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types: both bounds, what is spent, and what each process spent."""
        usd, tokens = self.spent
        with self._books() as entries:
            each = {key: {"usd": entry.usd, "tokens": entry.tokens} for key, entry in entries.items()}
        return {"usd": self.usd, "tokens": self.tokens, "spent_usd": usd, "spent_tokens": tokens, "processes": each}

    def _limit(self, usd: float, tokens: int, *, at_most: bool, at_most_tokens: bool) -> Limit | None:
        """Return the limit that these sums exceed or, unless they may be ``at_most`` that much, reach."""
        if self.usd is not None and (usd > self.usd or (usd == self.usd and not at_most)):
            return Limit("budget_usd", self.usd)
        if self.tokens is not None and (tokens > self.tokens or (tokens == self.tokens and not at_most_tokens)):
            return Limit("budget_tokens", self.tokens)
        return None

    @contextlib.contextmanager
    def _books(self) -> Iterator[dict[str, _Entry]]:
        """Hold the books; what was changed is written down before they are let go."""
        with self._guard:
            if self._ledger is None:
                yield self._entries
                return
            # A file of its own is locked: the one with the books is replaced whole, so that none is ever half written.
            lock = os.open(f"{self._ledger}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                before = self._read()
                entries = {key: _Entry(**values) for key, values in before.items()}
                yield entries
                after = {key: asdict(entry) for key, entry in entries.items()}
                if after != before:
                    self._write(after)
            finally:
                os.close(lock)

    def _read(self) -> dict[str, dict[str, Any]]:
        assert self._ledger is not None
        try:
            return dict(json.loads(self._ledger.read_bytes()))
        except FileNotFoundError:
            return {}

    def _write(self, entries: dict[str, dict[str, Any]]) -> None:
        part = f"{self._ledger}.part"
        with open(part, "w", encoding="utf-8") as file:
            json.dump(entries, file)
        os.replace(part, str(self._ledger))
