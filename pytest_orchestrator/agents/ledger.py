"""The books of a budget: in memory, or in a file that several programs share."""

from __future__ import annotations

import contextlib
import copy
import json
import os
from dataclasses import asdict, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..process.workplace import held
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Entry:
    """What one run has taken so far, and what is kept for it."""

    usd: float = 0.0
    tokens: int = 0
    reserved_usd: float = 0.0
    reserved_tokens: int = 0
    """Both are given back when it ends."""
    owner: str = ""
    """The program that it belongs to."""

    @property
    def committed_usd(self) -> float:
        """Return what nobody else may have."""
        return max(self.usd, self.reserved_usd)

    @property
    def committed_tokens(self) -> int:
        """Return what nobody else may have."""
        return max(self.tokens, self.reserved_tokens)


@dataclass(slots=True)
class Accounts:
    """Everything: runs that have ended as one sum, so that a thousand of them cost nothing to look at."""

    usd: float = 0.0
    tokens: int = 0
    running: dict[str, Entry] = field(default_factory=dict)

    @property
    def spent(self) -> tuple[float, int]:
        """Return US dollars and tokens so far."""
        entries = self.running.values()
        return self.usd + sum(entry.usd for entry in entries), self.tokens + sum(entry.tokens for entry in entries)

    def committed(self, without: str | None = None) -> tuple[float, int]:
        """Return US dollars and tokens that are spent or kept, those of the run ``without`` left out."""
        entries = [entry for key, entry in self.running.items() if key != without]
        return (
            self.usd + sum(entry.committed_usd for entry in entries),
            self.tokens + sum(entry.committed_tokens for entry in entries),
        )

    def note(self, key: str, usd: float, tokens: int) -> None:
        """Note what a run has cost so far. It never becomes less."""
        entry = self.running.setdefault(key, Entry(owner=program()))
        entry.usd, entry.tokens = max(entry.usd, usd), max(entry.tokens, tokens)

    def settle(self, key: str) -> None:
        """Close the entry of a run: what was kept for it and it did not use is free again."""
        entry = self.running.pop(key, None)
        if entry is not None:
            self.usd += entry.usd
            self.tokens += entry.tokens

    def settle_the_dead(self) -> None:
        """Close the entries of programs that are gone: they cannot do it themselves."""
        alive: dict[str, bool] = {}
        for key, entry in list(self.running.items()):
            if not alive.setdefault(entry.owner, is_alive(entry.owner)):
                self.settle(key)


class Ledger:
    """Accounts that one may look at or hold. Not for several threads at a time."""

    def __init__(self, path: Path | None) -> None:
        """``path`` is a file, which need not be there; None for memory."""
        # Made whole now: the program may change its directory.
        self.path = None if path is None else Path(path).absolute()
        self._accounts = Accounts()
        self._seen: tuple[int, ...] | None = None
        """Which file it was that :attr:`_accounts` were read from."""

    def look(self) -> Accounts:
        """Return a copy of the accounts as they stand. Raise OSError or ValueError when they cannot be read."""
        self._read()
        return copy.deepcopy(self._accounts)

    @contextlib.contextmanager
    def hold(self) -> Iterator[Accounts]:
        """Hold the accounts; what was changed is written down before they are let go.

        Raise OSError when the file cannot be used, ValueError when it holds something else.
        """
        if self.path is None:
            yield self._accounts
            return
        # A file of its own is locked: the one with the books is replaced whole, so that none is ever half written.
        with held(self.path.with_name(f"{self.path.name}.lock")):
            self._read()
            accounts = copy.deepcopy(self._accounts)
            accounts.settle_the_dead()
            yield accounts
            if accounts != self._accounts:
                self._write(accounts)

    def _read(self) -> None:
        if self.path is None:
            return
        try:
            file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            self._accounts, self._seen = Accounts(), None
            return
        with open(file, "rb") as opened:
            state = os.fstat(file)
            seen = (state.st_dev, state.st_ino, state.st_mtime_ns, state.st_size)
            if seen != self._seen:
                self._accounts, self._seen = _accounts(opened.read()), seen

    def _write(self, accounts: Accounts) -> None:
        assert self.path is not None
        part = f"{self.path}.part"
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w") as file:
            json.dump(asdict(accounts), file)
        os.replace(part, self.path)


def _accounts(data: bytes) -> Accounts:
    try:
        found = json.loads(data)
        running = {key: Entry(**entry) for key, entry in found["running"].items()}
        return Accounts(float(found["usd"]), int(found["tokens"]), running)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        problem = f"it is no ledger of a budget: {error!r}"
        raise ValueError(problem) from error


def program() -> str:
    """Return what this program is known by: a pid alone may be another's tomorrow."""
    return _known_by(os.getpid()) or str(os.getpid())


def is_alive(name: str) -> bool:
    """Return whether the program of this name still runs."""
    pid = name.partition("@")[0]
    return pid.isdigit() and _known_by(int(pid)) == name


def _known_by(pid: int) -> str | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    return None if fields[0] in (b"Z", b"X") else f"{pid}@{fields[19].decode()}"
