"""The part of ``report.md`` about agents: what each did in which test, and what it cost."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from .amounts import format_duration, plural
from .quoting import cell, code

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..core.agent_row import AgentRow

_HEADER = (
    "| test | agent | status | time | turns | tools | tokens | cost | files |\n"
    "|---|---|---|---:|---:|---:|---:|---:|---|\n"
)


def agents_section(rows: Sequence[AgentRow], limit: int) -> str:
    """Return the section as Markdown, its table of at most ``limit`` bytes; empty where there were no agents."""
    if not rows:
        return ""
    lines = list(_lines(rows))
    shown = 0
    while shown < len(lines) and (limit := limit - len(lines[shown].encode())) >= 0:
        shown += 1
    more = len(lines) - shown
    rest = f"\n… and {plural(more, 'more run')}, all in `results.jsonl`\n" if more else ""
    return f"{_summary(rows)}\n{_HEADER}{''.join(lines[:shown])}{rest}"


def _summary(rows: Sequence[AgentRow]) -> str:
    runs = [run for row in rows for run in row.runs]
    statuses = Counter(str(run["status"]) for run in runs)
    told = ", ".join(f"{count} {code(status, 40)}" for status, count in sorted(statuses.items()))
    costs = [run["cost_usd"] for run in runs if isinstance(run["cost_usd"], int | float)]
    facts = [f"{plural(len(runs), 'run')} in {plural(len(rows), 'test')}{f' ({told})' if told else ''}"]
    facts.append(f"{sum(run['tokens'] for run in runs)} tokens")
    facts += [f"{_dollars(sum(costs))} as far as known"] if costs else []
    unexpected = sum(row.unexpected for row in rows)
    facts += [plural(unexpected, "unexpected call") + " of fake commands"] if unexpected else []
    return ", ".join(facts) + "\n"


def _lines(rows: Sequence[AgentRow]) -> Iterator[str]:
    # Tests that did not pass come first.
    for row in sorted(rows, key=lambda row: (row.outcome == "passed", row.nodeid)):
        test = f"{cell(row.nodeid)} {row.outcome if row.outcome.isalpha() else ''}"
        files = _files(row)
        for run in row.runs or ({},):
            yield f"| {test} | {_run(run)} | {files} |\n"
            files = ""


def _run(run: Mapping[str, Any]) -> str:
    if not run:
        return " | ".join(["none", *[""] * 6])
    agent = cell(f"{run['process_id']} ({', '.join(str(run[name]) for name in ('cli', 'model') if run[name])})", 100)
    error = f": {cell(str(run['error']), 200)}" if run["error"] else ""
    seconds = run["duration"]
    time = format_duration(seconds) if isinstance(seconds, int | float) else ""
    cost = _dollars(run["cost_usd"]) if isinstance(run["cost_usd"], int | float) else ""
    numbers = [str(run[name]) if isinstance(run[name], int) else "" for name in ("turns", "tools", "tokens")]
    return " | ".join([agent, f"{cell(str(run['status']), 40)}{error}", time, *numbers, cost])


def _dollars(amount: float) -> str:
    return f"${amount:.2f}" if amount >= 1 else f"${amount:.4f}"


def _files(row: AgentRow) -> str:
    told = []
    for workspace in row.workspaces:
        for name, (count, names) in workspace.items():
            if count:
                shown = ", ".join(map(str, names[:3]))
                told.append(f"{count} {name}: {cell(shown + (' …' if count > 3 else ''), 120)}")
    return "<br>".join(told)
