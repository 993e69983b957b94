"""The part of the report about workflows: how each went, and its graph."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ..core.kinds import WORKFLOW
from ..workflows.mermaid import GraphTask, mermaid
from .amounts import format_duration
from .quoting import cell, code, fence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..core.document import ResultRow

MOST_TASKS = 100
"""Rows of the table of a workflow."""


def workflow_rows(rows: Iterable[ResultRow]) -> list[ResultRow]:
    """Return the rows of workflows that ran, those that failed first."""
    found = [row for row in rows if row.kind == WORKFLOW and row.entries("tasks")]
    return sorted(found, key=lambda row: (not row.status.is_bad, row.nodeid))


def workflow_blocks(rows: Sequence[ResultRow]) -> Iterator[str]:
    """Yield the part of the report about each workflow, safe Markdown: its summary, its graph, its tasks."""
    for row in rows:
        parts = [f"### {code(row.nodeid, 500)}: {row.status}\n"]
        summary, resume = row.data.get("summary"), row.data.get("resume")
        if isinstance(summary, str) and summary:
            parts.append(fence(summary[:2000]))
        tasks = [task for task in row.entries("tasks") if isinstance(task, dict) and isinstance(task.get("name"), str)]
        parts.append(fence(mermaid(graph_tasks(tasks)), "mermaid"))
        parts.append(_table(tasks))
        if isinstance(resume, str) and resume:
            parts += ["Go on with it:\n", fence(resume, "sh")]
        yield "\n".join(parts).rstrip() + "\n\n"


def graph_tasks(tasks: Sequence[Mapping[str, Any]]) -> list[GraphTask]:
    """Return the tasks of a graph from the ``tasks`` of a row; combinations are counted with their task."""
    states: dict[str, Counter[str]] = {}
    for task in tasks:
        parent, bracket, _ = task["name"].partition("[")
        if bracket:
            states.setdefault(parent, Counter())[str(task.get("state"))] += 1
    return [
        GraphTask(
            task["name"],
            tuple(map(str, task.get("needs") or ())),
            str(task.get("state")),
            float(task.get("duration") or 0.0),
            states.get(task["name"]),
            "continue_on_error" if task.get("continue_on_error") else "",
        )
        for task in tasks
        if "[" not in task["name"]
    ]


def _table(tasks: Sequence[Mapping[str, Any]]) -> str:
    lines = ["| task | state | time | why |", "|---|---|---:|---|"]
    for task in tasks[:MOST_TASKS]:
        why = str(task.get("why") or task.get("error") or "").partition("\n")[0]
        seconds = task.get("duration")
        lasted = format_duration(seconds) if isinstance(seconds, int | float) and task.get("start_time") else ""
        told = cell(why, 200) if why else ""
        lines.append(f"| {cell(task['name'])} | {cell(str(task.get('state')), 40)} | {lasted} | {told} |")
    more = f"\n… and {len(tasks) - MOST_TASKS} more tasks, all in `results.jsonl`\n" if len(tasks) > MOST_TASKS else ""
    return "\n".join([*lines, more])
