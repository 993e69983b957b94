"""What agents did in one test, as a line of ``results.jsonl`` and as reports tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..quick_dataclasses import dataclass
from .jsontext import compact
from .run_facts import text_of

_OF_RUNS = (
    "process_id",
    "cli",
    "model",
    "status",
    "reason",
    "error",
    "duration",
    "turns",
    "tools",
    "cost_usd",
    "log_path",
)
_OF_WORKSPACES = ("created", "modified", "deleted")
MOST_NAMES = 20
"""Names of files that a digest keeps, of each list."""


def agents_line(nodeid: str, worker: str | None, evidence: Mapping[str, Any]) -> str:
    """Return the line about the agents of one test, newline included.

    ``evidence`` is plain JSON types: ``outcome`` (pytest's word for how the test ended, ``error`` where its agents
    could not be judged), ``runs``, ``workspaces``, ``commands`` and ``totals``.
    """
    return compact({"type": "agents", "nodeid": nodeid, "worker": worker, "data": evidence}) + "\n"


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An ``agents`` line, without transcripts."""

    nodeid: str
    outcome: str
    runs: tuple[Mapping[str, Any], ...]
    """Of each run what a table tells, and ``tokens``."""
    workspaces: tuple[Mapping[str, Any], ...]
    """Of each workspace the numbers of files that were ``created``, ``modified`` and ``deleted``, with some names."""
    calls: int = 0
    """Calls of fake commands."""
    unexpected: int = 0
    """Those of them that were refused."""

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> AgentRow:
        """Return the row of a parsed ``agents`` line; raises ``ValueError`` when it is none."""
        nodeid, data = line.get("nodeid"), line.get("data")
        if not isinstance(nodeid, str) or not isinstance(data, Mapping):
            raise ValueError("a line about agents needs a nodeid and data")  # noqa: TRY004 (one error for a bad line)
        commands = data.get("commands")
        commands = commands if isinstance(commands, Mapping) else {}
        return cls(
            nodeid=nodeid,
            outcome=text_of(data.get("outcome")),
            runs=tuple(map(_run, _objects(data.get("runs")))),
            workspaces=tuple(map(_workspace, _objects(data.get("workspaces")))),
            calls=_count(commands.get("count")),
            unexpected=_count(commands.get("unexpected")),
        )


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def _run(run: Mapping[str, Any]) -> dict[str, Any]:
    usage = run.get("usage")
    tokens = _count(usage.get("total")) if isinstance(usage, Mapping) else 0
    return {**{name: run.get(name) for name in _OF_RUNS}, "tokens": tokens}


def _workspace(workspace: Mapping[str, Any]) -> dict[str, Any]:
    lists = {name: workspace.get(name) for name in _OF_WORKSPACES}
    return {
        name: (len(names), names[:MOST_NAMES]) if isinstance(names, list) else (0, []) for name, names in lists.items()
    }
