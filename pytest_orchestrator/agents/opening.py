"""Opening a session, new or not: its directory, its lock, its books, its budget. All of it, or none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..errors import AgentError
from ..quick_dataclasses import dataclass
from .books import Books
from .budget import Budget
from .store import SessionStore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Asked:
    """What a session is asked for."""

    pattern_name: str
    working_dir: Path
    base: Path
    """Where sessions are kept."""
    model: str | None
    cli: str
    budget_usd: float | None
    budget_tokens: int | None
    resume: str | None
    """The session to go on with."""
    secret_names: Sequence[str]
    """Globs for the names of variables whose values are not written down."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a session works with while it is open."""

    store: SessionStore
    lock: int
    """A descriptor: the session belongs to this program until it is closed."""
    books: Books
    budget: Budget | None


def open_session(asked: Asked) -> Opened:
    """Open a session. Raise AgentError when that cannot be done; it is free for others then."""
    if asked.resume is None:
        store = SessionStore.create(asked.base, asked.pattern_name)
    else:
        store = SessionStore.find(asked.base, asked.resume)
    lock = store.take()
    try:
        books = Books(store, asked.secret_names, resumed=asked.resume is not None)
        budget = _budget(asked, store, books)
        try:
            books.begin(asked.pattern_name, asked.working_dir, asked.model, asked.cli, budget)
        except OSError as error:
            problem = f"session {store.session_id!r} cannot be written to {str(store.path)!r}: {error.strerror}"
            raise AgentError(problem) from error
    except BaseException:
        os.close(lock)
        raise
    return Opened(store, lock, books, budget)


def _budget(asked: Asked, store: SessionStore, books: Books) -> Budget | None:
    """Return the budget; bounds that the same session had before hold unless others are given."""
    before = books.metadata.get("pattern_name", asked.pattern_name)
    if before != asked.pattern_name:
        problem = f"session {store.session_id!r} has pattern_name {before!r}, not {asked.pattern_name!r}"
        raise AgentError(problem)
    bounds = books.metadata.get("budget") or {}
    usd = bounds.get("usd") if asked.budget_usd is None else asked.budget_usd
    tokens = bounds.get("tokens") if asked.budget_tokens is None else asked.budget_tokens
    return None if usd is None and tokens is None else Budget(usd, tokens, store.ledger)
