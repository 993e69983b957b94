"""A session at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.columns import cell_width, clip
from ..core.names import escape_name
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WIDEST = 60
"""Characters of a process id that are shown."""
_UNDER_WAY = ("running", "paused", "died")


@dataclass(frozen=True, slots=True)
class ProcessSummary:
    """One process of a session."""

    process_id: str
    state: str
    """A status; for what has none ``created``, ``running`` or ``paused``, or ``died``: it ran when its program died."""
    cli: str
    duration: float = 0.0
    """Seconds."""
    cost_usd: float | None = None
    tokens: int = 0
    error: str | None = None
    runs: int = 0
    """How often it was run: more than once when a strategy tried again, or when its session was resumed."""
    since: str | None = None
    """When its latest run began: UTC, ISO 8601."""

    @classmethod
    def of(cls, record: Mapping[str, Any], session_state: str) -> ProcessSummary:
        """Return what there is to say of the record of a process."""
        state = record["state"]
        if state == "running" and session_state in ("paused", "died"):
            state = session_state
        return cls(
            record["process_id"],
            state,
            record["cli"],
            record["duration"],
            record["cost_usd"],
            record["tokens"],
            record["error"],
            record["runs"],
            record.get("since"),  # not in the books of earlier versions
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """What became of a session so far. ``str()`` of it is for people."""

    session_id: str
    state: str
    started: str
    """UTC, ISO 8601."""
    processes: tuple[ProcessSummary, ...]
    budget: Mapping[str, Any] | None = None
    """Both bounds and what is spent, of all runs: ``usd``, ``tokens``, ``spent_usd``, ``spent_tokens``."""
    problem: str | None = None
    """Why what is on disk is not complete."""

    @property
    def counts(self) -> dict[str, int]:
        """How many processes are in each state."""
        counts: dict[str, int] = {}
        for process in self.processes:
            counts[process.state] = counts.get(process.state, 0) + 1
        return counts

    @property
    def cost_usd(self) -> float | None:
        """US dollars of all processes that told; None when none did."""
        costs = [process.cost_usd for process in self.processes if process.cost_usd is not None]
        return sum(costs) if costs else None

    @property
    def tokens(self) -> int:
        """Tokens of all processes."""
        return sum(process.tokens for process in self.processes)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "session_id": self.session_id,
            "state": self.state,
            "started": self.started,
            "counts": self.counts,
            "cost_usd": self.cost_usd,
            "tokens": self.tokens,
            "budget": None if self.budget is None else dict(self.budget),
            "problem": self.problem,
            "processes": [process.as_dict() for process in self.processes],
        }

    def __str__(self) -> str:
        counted = ", ".join(f"{count} {state}" for state, count in self.counts.items()) or "no process"
        lines = [f"session {self.session_id} ({self.state}), {counted}{_spent(self.cost_usd, self.tokens)}"]
        if self.budget is not None:
            bounds = [
                f"{spent} of {bound}"
                for spent, bound in (
                    (_dollars(self.budget["spent_usd"]), self.budget["usd"] and _dollars(self.budget["usd"])),
                    (f"{self.budget['spent_tokens']} tokens", self.budget["tokens"]),
                )
                if bound
            ]
            lines.append(f"  budget: {', '.join(bounds)}{self._uncounted}")
        if self.problem is not None:
            lines.append(f"  {self.problem}")
        names = {process.process_id: clip(escape_name(process.process_id), _WIDEST) for process in self.processes}
        width = max(map(cell_width, names.values()), default=0)
        for process in self.processes:
            name = names[process.process_id]
            what = f"  {name}{' ' * (width - cell_width(name))}  {process.state:<9}{_time(process)}"
            again = f", run {process.runs} times" if process.runs > 1 else ""
            why = f"  {escape_name(process.error)}" if process.error else ""
            lines.append(f"{what}{_spent(process.cost_usd, process.tokens)}{again}{why}".rstrip())
        return "\n".join(lines)

    @property
    def _uncounted(self) -> str:
        """What a budget of dollars knows nothing of."""
        silent = [process for process in self.processes if process.tokens and process.cost_usd is None]
        if self.budget is None or not self.budget["usd"] or not silent:
            return ""
        tokens = sum(process.tokens for process in silent)
        return f" (without {tokens} tokens of {len(silent)} that told no dollars)"


def summary_of(
    session_id: str,
    metadata: Mapping[str, Any],
    records: Sequence[Mapping[str, Any]],
    budget: Mapping[str, Any] | None,
    *,
    state: str | None = None,
    problem: str | None = None,
) -> SessionSummary:
    """Return the summary of a session from its books. ``state`` is what is known of it better than they do."""
    state = state or str(metadata["state"])
    processes = tuple(ProcessSummary.of(record, state) for record in records)
    return SessionSummary(session_id, state, metadata["started"], processes, budget, problem)


def _time(process: ProcessSummary) -> str:
    if process.state in _UNDER_WAY and process.since is not None:
        return f" since {process.since[11:19]}"
    return f" {process.duration:7.1f} s" if process.runs else ""


def _spent(cost: float | None, tokens: int) -> str:
    parts = [] if cost is None else [_dollars(cost)]
    if tokens:
        parts.append(f"{tokens} tokens")
    return f", {', '.join(parts)}" if parts else ""


def _dollars(amount: float) -> str:
    return f"{amount:.4f} USD"
