"""Money and tokens that several processes share."""

from __future__ import annotations

import logging
import math
import threading
from typing import TYPE_CHECKING, Any

from ..config.given_arguments import Arguments
from ..core.result import Limit
from ..errors import AgentError
from .ledger import Accounts, Entry, Ledger, program

if TYPE_CHECKING:
    from pathlib import Path

_CENT_DUST = 1e-9
"""US dollars that are nothing: a sum of decimal fractions is seldom exact."""

logger = logging.getLogger("pytest_orchestrator.agents")


class Budget:
    """US dollars and tokens, shared by all processes that are given the same object.

    A process that would exceed it is not started; when it is exceeded, those that share it are stopped. What a
    process costs is known when its command line tells: tokens as it works, dollars often not before its end.

    With ``ledger``, a file, the books are kept there, and processes of several programs share one budget (the workers
    of pytest-xdist, or a session that is resumed). What a program that was killed has spent stays spent; what was kept
    free for it is free again.

    Its methods may be called from any thread.
    """

    def __init__(self, usd: float | None = None, tokens: int | None = None, ledger: Path | None = None) -> None:
        """Take the most US dollars and tokens; None for no bound. Raise ArgumentError for what is no such number."""
        arguments = Arguments()
        arguments.problems += budget_problems(usd=usd, tokens=tokens)
        if ledger is not None:
            arguments.path("ledger", ledger)
        arguments.check()
        self.usd = usd
        self.tokens = tokens
        self._ledger = Ledger(ledger)
        self._guard = threading.RLock()
        self._noted: dict[str, tuple[float, int]] = {}
        """What each run of this program has cost, as it was noted last."""
        self._late: dict[str, bool] = {}
        """Those of them that are not written down yet, and whether they have ended."""
        self.problem: str | None = None
        """Why the ledger cannot be written, since when what this program spends is known to it alone."""

    def __repr__(self) -> str:
        kept = "" if self._ledger.path is None else f", ledger={str(self._ledger.path)!r}"
        return f"Budget(usd={self.usd!r}, tokens={self.tokens!r}{kept})"

    def reserve(self, key: str, usd: float | None = None, tokens: int | None = None) -> Limit | None:
        """Keep ``usd`` and ``tokens`` free for the run ``key``; return the limit that does not allow it, if any.

        Raise AgentError when the ledger cannot be read or written: nobody knows then what is left.
        """
        with self._guard:
            try:
                with self._ledger.hold() as accounts:
                    self._apply_late(accounts)
                    spent_usd, spent_tokens = accounts.committed(without=key)
                    limit = self._limit(
                        spent_usd + (usd or 0.0),
                        spent_tokens + (tokens or 0),
                        at_most=bool(usd),
                        at_most_tokens=bool(tokens),
                    )
                    if limit is None:
                        entry = accounts.running.setdefault(key, Entry(owner=program()))
                        entry.reserved_usd, entry.reserved_tokens = usd or 0.0, tokens or 0
            except (OSError, ValueError) as error:
                why = getattr(error, "strerror", None) or error
                problem = f"the ledger of the budget, {str(self._ledger.path)!r}, cannot be used: {why}"
                raise AgentError(problem) from error
            self._forget_late()
            return limit

    def update(self, key: str, usd: float | None, tokens: int) -> None:
        """Note what the run ``key`` has cost so far."""
        with self._guard:
            cost = (usd or 0.0, tokens)
            if self._noted.get(key, (0.0, 0)) != cost:
                self._noted[key] = cost
                self._late[key] = False
                self._catch_up()

    def settle(self, key: str) -> None:
        """Take note that the run ``key`` has ended: what was kept for it and it did not use is free again."""
        with self._guard:
            self._late[key] = True
            self._catch_up()

    def exceeded(self) -> Limit | None:
        """Return the limit that is exceeded now; None when none is."""
        usd, tokens = self.spent
        return self._limit(usd, tokens, at_most=True, at_most_tokens=True)

    @property
    def spent(self) -> tuple[float, int]:
        """US dollars and tokens so far."""
        return self._accounts().spent

    @property
    def left_usd(self) -> float | None:
        """US dollars that are neither spent nor kept for a process; None without a bound."""
        return None if self.usd is None else max(0.0, self.usd - self._accounts().committed()[0])

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types: ``usd`` and ``tokens`` (the bounds), ``spent_usd`` and ``spent_tokens``."""
        usd, tokens = self.spent
        return {"usd": self.usd, "tokens": self.tokens, "spent_usd": usd, "spent_tokens": tokens}

    # -- the books --------------------------------------------------------------------------------------------

    def _accounts(self) -> Accounts:
        with self._guard:
            try:
                accounts = self._ledger.look()
            except (OSError, ValueError) as error:
                self._complain(error)
                accounts = Accounts()
            self._apply_late(accounts)
            return accounts

    def _catch_up(self) -> None:
        """Write down what is not yet. A run is not lost because its cost cannot be: that is told, and tried again."""
        try:
            with self._ledger.hold() as accounts:
                self._apply_late(accounts)
        except (OSError, ValueError) as error:
            self._complain(error)
            return
        self._forget_late()

    def _forget_late(self) -> None:
        for key, has_ended in self._late.items():
            if has_ended:
                self._noted.pop(key, None)
        self._late.clear()
        self.problem = None

    def _apply_late(self, accounts: Accounts) -> None:
        for key, has_ended in self._late.items():
            if key in self._noted:
                accounts.note(key, *self._noted[key])
            if has_ended:
                accounts.settle(key)

    def _complain(self, error: OSError | ValueError) -> None:
        if self.problem is None:
            self.problem = f"the ledger of the budget cannot be used: {getattr(error, 'strerror', None) or error}"
            logger.warning("%s (%s)", self.problem, self._ledger.path)

    def _limit(self, usd: float, tokens: int, *, at_most: bool, at_most_tokens: bool) -> Limit | None:
        """Return the limit that these sums exceed or, unless they may be ``at_most`` that much, reach."""
        if self.usd is not None and usd > self.usd + (_CENT_DUST if at_most else -_CENT_DUST):
            return Limit("budget_usd", self.usd)
        if self.tokens is not None and (tokens > self.tokens or (tokens == self.tokens and not at_most_tokens)):
            return Limit("budget_tokens", self.tokens)
        return None


def budget_problems(**bounds: object) -> list[str]:
    """Return a sentence for each bound that is neither None nor a number above 0; tokens are whole."""
    kinds = {name: (int, "whole number") if "tokens" in name else (int | float, "number") for name in bounds}
    return [
        f"{name}: {value!r} is not a {kinds[name][1]} greater than 0; give None for no bound"
        for name, value in bounds.items()
        if value is not None
        and (isinstance(value, bool) or not isinstance(value, kinds[name][0]) or not 0 < value < math.inf)
    ]
