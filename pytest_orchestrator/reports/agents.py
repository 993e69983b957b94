"""The part of ``report.md`` about agents: what each did in which test, and what it cost."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from .amounts import format_duration, plural
from .quoting import cell, code, link

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ..core.agent_row import AgentRow

_HEADER = (
    "| test | agent | status | time | turns | tools | tokens | cost | log | files |\n"
    "|---|---|---|---:|---:|---:|---:|---:|---|---|\n"
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
    first = agents_line(agents_summary(rows), code, known=" as far as known")
    return f"{first}\n\n{_HEADER}{''.join(lines[:shown])}{rest}"


def agents_summary(rows: Sequence[AgentRow]) -> dict[str, Any]:
    """Return what agents did in all tests, as plain JSON types.

    ``tests`` and their ``outcomes``, ``runs`` and their ``statuses`` (numbers by name), ``tokens``, ``cost_usd`` (None
    where it is not known of any), ``unexpected`` (calls of fake commands).
    """
    runs = [run for row in rows for run in row.runs]
    costs = [run["cost_usd"] for run in runs if isinstance(run["cost_usd"], int | float)]
    return {
        "tests": len(rows),
        "outcomes": dict(sorted(Counter(row.outcome for row in rows).items())),
        "runs": len(runs),
        "statuses": dict(sorted(Counter(str(run["status"]) for run in runs).items())),
        "tokens": sum(run["tokens"] for run in runs),
        "cost_usd": round(sum(costs), 6) if costs else None,
        "unexpected": sum(row.unexpected for row in rows),
    }


def agents_line(summary: Mapping[str, Any], quoted: Callable[[str, int], str], known: str = "") -> str:
    """Return one line about a summary of agents.

    ``quoted`` makes of a status what is shown of it, ``known`` is put behind US dollars.
    """
    told = ", ".join(f"{count} {quoted(status, 40)}" for status, count in summary["statuses"].items())
    tests = plural(summary["tests"], "test")
    facts = [
        f"{plural(summary['runs'], 'run')} in {tests}{f' ({told})' if told else ''}",
        f"{summary['tokens']} tokens",
    ]
    if summary["cost_usd"] is not None:
        facts.append(f"{_dollars(summary['cost_usd'])}{known}")
    if summary["unexpected"]:
        facts.append(plural(summary["unexpected"], "unexpected call") + " of fake commands")
    return ", ".join(facts)


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
        return " | ".join(["none", *[""] * 7])
    agent = cell(f"{run['process_id']} ({', '.join(str(run[name]) for name in ('cli', 'model') if run[name])})", 100)
    error = f": {cell(str(run['error']), 200)}" if run["error"] else ""
    seconds = run["duration"]
    time = format_duration(seconds) if isinstance(seconds, int | float) else ""
    cost = _dollars(run["cost_usd"]) if isinstance(run["cost_usd"], int | float) else ""
    numbers = [str(run[name]) if isinstance(run[name], int) else "" for name in ("turns", "tools", "tokens")]
    return " | ".join([agent, f"{cell(str(run['status']), 40)}{error}", time, *numbers, cost, _log(run["log_path"])])


def _log(path: object) -> str:
    """Return a link to the log of a run where it lies below the report; the path of one that does not."""
    if not isinstance(path, str) or not path:
        return ""
    return cell(path) if path.startswith("/") else link("log", path)


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
