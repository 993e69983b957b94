"""What came of a workflow, ready to be shown and recorded: plain data."""

from __future__ import annotations

import time
from dataclasses import field
from typing import TYPE_CHECKING, Any

from ..core.result import iso_time
from ..quick_dataclasses import dataclass
from .expression import ExpressionError
from .outcome import TaskState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .file_run import FileRun
    from .outcome import TaskOutcome

FIRST_ERRORS = 5
"""Errors that a summary has."""
LONGEST = 10_000
"""Characters that a text among outputs has in a report; the journal has all."""
TAIL = 2000
"""Characters of the output of a failed task that a report has."""


@dataclass(frozen=True, slots=True)
class TaskReport:
    """One task, or one combination of it."""

    name: str
    kind: str
    state: TaskState
    needs: tuple[str, ...]
    attempts: int = 0
    started: float | None = None
    ended: float | None = None
    error: str | None = None
    """Why it is not passed."""
    why: str | None = None
    """Why it was skipped or stopped."""
    is_forgiven: bool = False
    """Whether it failed, and ``continue_on_error`` lets the workflow pass."""
    from_journal: bool = False
    was_interrupted: bool = False
    outputs: Mapping[str, Any] = field(default_factory=dict)
    approval: Mapping[str, Any] | None = None
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    log: str | None = None

    @property
    def duration(self) -> float:
        """Seconds from the first start to the end."""
        return 0.0 if self.started is None or self.ended is None else self.ended - self.started

    @property
    def is_bad(self) -> bool:
        """Whether the workflow fails for it."""
        return self.state.is_bad and not self.is_forgiven

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "name": self.name,
            "kind": self.kind,
            "state": str(self.state),
            "needs": list(self.needs),
            "attempts": self.attempts,
            "start_time": None if self.started is None else iso_time(self.started),
            "end_time": None if self.ended is None else iso_time(self.ended),
            "duration": round(self.duration, 6),
            "error": self.error,
            "why": self.why,
            "continue_on_error": self.is_forgiven,
            "from_journal": self.from_journal,
            "was_interrupted": self.was_interrupted,
            "outputs": dict(self.outputs),
            "approval": None if self.approval is None else dict(self.approval),
            "exit_code": self.exit_code,
            "stdout": self.stdout,
            "stderr": self.stderr,
            "log": self.log,
        }


@dataclass(frozen=True, slots=True)
class WorkflowReport:
    """A whole run."""

    name: str
    tasks: tuple[TaskReport, ...]
    """Each task, and behind it its combinations."""
    summary: str
    started: float
    ended: float

    @property
    def passed(self) -> bool:
        """Whether nothing failed, and nothing was stopped."""
        return not any(task.is_bad or task.state is TaskState.CANCELLED for task in self.tasks)

    @property
    def state(self) -> TaskState:
        """How it ended as a whole."""
        states = [task.state for task in self.tasks if task.is_bad]
        if states:
            return TaskState.TIMEOUT if all(state is TaskState.TIMEOUT for state in states) else TaskState.FAILED
        return TaskState.PASSED if self.passed else TaskState.CANCELLED

    @property
    def counts(self) -> dict[str, int]:
        """How many tasks ended how; those with combinations count as their combinations."""
        return counts_of(self.tasks)


def counts_of(tasks: tuple[TaskReport, ...]) -> dict[str, int]:
    """Return how many tasks ended how, by state, and ``total``."""
    leaves = leaves_of(tasks)
    names = ("passed", "failed", "timeout", "skipped", "cancelled")
    return {**{name: sum(task.state == name for task in leaves) for name in names}, "total": len(leaves)}


def leaves_of(tasks: Iterable[TaskReport]) -> list[TaskReport]:
    """Return ``tasks`` without those of which combinations are among them: these say more."""
    found = list(tasks)
    parents = {task.name.partition("[")[0] for task in found if "[" in task.name}
    return [task for task in found if task.name not in parents]


def errors_of(tasks: tuple[TaskReport, ...]) -> list[str]:
    """Return one line for each task that failed."""
    return [
        f"{task.name}: {(task.error or str(task.state)).partition(chr(10))[0]}"
        for task in leaves_of(task for task in tasks if task.state.is_bad)
    ]


def report_of(run: FileRun, outcomes: Mapping[str, TaskOutcome], started: float) -> WorkflowReport:
    """Return the report of a run."""
    children: dict[str, list[TaskOutcome]] = {}
    for outcome in outcomes.values():
        parent, bracket, _ = outcome.name.partition("[")
        if bracket:
            children.setdefault(parent, []).append(outcome)
    tasks = []
    for name in run.file.tasks:
        if name in outcomes:
            tasks += [_task(run, outcome) for outcome in (outcomes[name], *children.get(name, ()))]
    found = tuple(tasks)
    return WorkflowReport(run.file.name, found, run.redactor.text(_summary(run, found)), started, time.time())


def _task(run: FileRun, outcome: TaskOutcome) -> TaskReport:
    name = outcome.name
    task = run.file.tasks[name.partition("[")[0]]
    record = run.ended.records.get(name, {})
    state = run.ended.state(name) if outcome.state.is_final else outcome.state
    redacted = run.redactor.text
    why = None
    if state in (TaskState.SKIPPED, TaskState.CANCELLED):
        stopped = run.why_stopped() if name in run.ended.stopped else None
        why = redacted(stopped or run.why.get(name) or outcome.because or "nobody wanted it any more")
    log = run.log.path(name)
    return TaskReport(
        name=name,
        kind=task.kind,
        state=state,
        needs=task.needs,
        attempts=outcome.attempts,
        started=outcome.started,
        ended=outcome.ended,
        error=redacted(str(outcome.error)) if outcome.error is not None and state.is_bad else None,
        why=why,
        is_forgiven=task.continue_on_error and state.is_bad,
        from_journal=outcome.from_journal,
        was_interrupted=outcome.was_interrupted,
        outputs={key: _shown(value, redacted) for key, value in record.get("outputs", {}).items()},
        approval=record.get("approval"),
        exit_code=record.get("exit_code"),
        stdout=redacted(record.get("stdout", ""))[-TAIL:] if state.is_bad else "",
        stderr=redacted(record.get("stderr", ""))[-TAIL:] if state.is_bad else "",
        log=str(log) if log is not None and log.exists() else None,
    )


def _shown(value: Any, redacted: Callable[[str], str]) -> Any:
    """Return an output without secrets, its texts not without bounds."""
    if isinstance(value, str):
        text = redacted(value)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    if isinstance(value, dict):
        return {redacted(key): _shown(each, redacted) for key, each in value.items()}
    return [_shown(each, redacted) for each in value] if isinstance(value, list) else value


def _summary(run: FileRun, tasks: tuple[TaskReport, ...]) -> str:
    counts, errors = counts_of(tasks), errors_of(tasks)
    failed = any(task.is_bad or task.state is TaskState.CANCELLED for task in tasks)
    if run.file.summary is not None:
        scope = {
            "tasks": {name: run.ended.seen(name) for name in run.file.tasks},
            "inputs": run.inputs,
            "env": run.environment,
            "workflow": run.about,
            "counts": counts,
            "errors": errors[:FIRST_ERRORS],
            "result": "failed" if failed else "passed",
        }
        try:
            return run.file.summary.render(scope)
        except ExpressionError as error:
            return f"{_counted(run.file.name, counts)} (the summary cannot be worked out: {error.problem})"
    lines = [_counted(run.file.name, counts), *(f"  {error}" for error in errors[:FIRST_ERRORS])]
    if len(errors) > FIRST_ERRORS:
        lines.append(f"  … and {len(errors) - FIRST_ERRORS} more")
    return "\n".join(lines)


def _counted(name: str, counts: Mapping[str, int]) -> str:
    told = [f"{number} {state}" for state, number in counts.items() if number and state != "total"]
    return f"{name}: {', '.join(told) or 'no tasks'}"
