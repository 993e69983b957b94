"""Where the tasks of the last run of a workflow file are, by its journal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .config.options import by_name
from .process.redaction import Redactor
from .workflows.approval import questions
from .workflows.journal import JournalError, read_journal
from .workflows.mermaid import GraphTask, mermaid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .workflows.file import WorkflowFile
    from .workflows.run_files import RunFiles


def last_states(file: WorkflowFile, files: RunFiles) -> tuple[bool, list[dict[str, Any]]]:
    """Return whether a run goes on, and where each task and combination is: plain JSON types, without secrets.

    Raise JournalError when there was no run.
    """
    _, rows, is_running = read_journal(files.journal)
    waiting = questions(files.questions) if is_running else {}
    known = {row["name"]: row for row in rows}
    # The journal keeps everything as it is.
    redacted = Redactor(by_name("redact").default, os.environ).text
    told = []
    for name in _in_order(file, known):
        row = known.get(name, {})
        state = _state(row, is_running) or "pending"
        error = row.get("error")
        told.append(
            {
                "name": name,
                "state": "waiting" if name in waiting else state,
                "attempts": row.get("attempts", 0),
                "duration": _seconds(row),
                "error": None if error is None else redacted(error),
                "question": waiting.get(name),
            }
        )
    return is_running, told


def _in_order(file: WorkflowFile, known: Iterable[str]) -> Iterator[str]:
    """Yield the tasks, and behind each its combinations."""
    children: dict[str, list[str]] = {}
    for name in known:
        parent, bracket, _ = name.partition("[")
        if bracket:
            children.setdefault(parent, []).append(name)
    for name in file.tasks:
        yield name
        yield from children.get(name, ())


def last_graph(file: WorkflowFile, files: RunFiles) -> str:
    """Return the graph as Mermaid, with states and times of the last run if there was one. Raise JournalError."""
    rows: list[dict[str, Any]] = []
    is_running = False
    try:
        _, rows, is_running = read_journal(files.journal)
    except JournalError:
        if files.journal.exists():
            raise
    known = {row["name"]: row for row in rows}
    tasks = []
    for name, task in file.tasks.items():
        row = known.get(name, {})
        children = [_state(each, is_running) or "" for each in rows if each["name"].startswith(f"{name}[")]
        counted = {each: children.count(each) for each in dict.fromkeys(children)}
        tasks.append(GraphTask(name, task.needs, _state(row, is_running), _seconds(row), counted))
    return mermaid(tasks)


def _state(row: dict[str, Any], is_running: bool) -> str | None:
    """Return where a task is; None where nothing is known of it."""
    state: str | None = row.get("state")
    return "interrupted" if state in ("running", "retrying") and not is_running else state


def _seconds(row: dict[str, Any]) -> float | None:
    started, ended = row.get("started"), row.get("ended")
    return None if started is None or ended is None else round(float(ended) - float(started), 3)
