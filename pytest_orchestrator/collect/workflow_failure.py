"""What a workflow in which something broke looks like in pytest's output."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..core.names import escape_name
from ..reports.quoting import clean
from ..workflows.file_report import leaves_of
from ..workflows.outcome import TaskState
from .failure import LINE_CHARS, ScriptFailure, script_failure
from .harmless import harmless_line
from .report_paths import shown_report_path

if TYPE_CHECKING:
    import pytest

    from ..workflows.file_report import TaskReport, WorkflowReport
    from .workflow_items import WorkflowItem
    from .workflow_result import WorkflowResult

TAIL_LINES = 20
"""Lines of the output of a task that are shown; the log has all."""
MOST = 10
"""Tasks that are shown with their output, and as many without."""


def workflow_error(report: WorkflowReport) -> str:
    """Return in one line what broke: ``task 'verify' failed: exit 1``."""
    broken = broken_tasks(report)
    if not broken:
        stopped = [task for task in report.tasks if task.state is TaskState.CANCELLED]
        return f"{len(stopped)} tasks were stopped: {stopped[0].why}" if stopped else "nothing is known of it"
    if len(broken) > 1:
        return f"{len(broken)} tasks broke: {', '.join(task.name for task in broken[:5])}"
    return f"task '{broken[0].name}' {_how(broken[0])}"


def broken_tasks(report: WorkflowReport) -> list[TaskReport]:
    """Return the tasks that the workflow fails for; of one with combinations those of them that broke."""
    return leaves_of(task for task in report.tasks if task.is_bad)


def _how(task: TaskReport) -> str:
    word = "timed out" if task.state is TaskState.TIMEOUT else "failed"
    tried = f" after {task.attempts} attempts" if task.attempts > 1 else ""
    return f"{word}{tried}: {(task.error or '?').partition(chr(10))[0]}"


def workflow_failure(item: WorkflowItem, result: WorkflowResult) -> ScriptFailure:
    """Return the failure that ``result`` is: what broke, what was skipped because of it and why, how to resume."""
    name = escape_name(os.path.basename(result.path)) + (f"[{result.case}]" if result.case else "")
    lines = [f"{name}: {clean(result.error or str(result.status))}"]
    report = result.report
    if report is not None:
        broken = broken_tasks(report)
        for task in broken[:MOST]:
            lines += task_lines(task, item.config)
        lines += [f"  … and {len(broken) - MOST} more that broke"] * (len(broken) > MOST)
        idle = [task for task in report.tasks if task.why is not None]
        lines += [f"{task.state}:  {task.name}: {clean(task.why or '')}" for task in idle[:MOST]]
        lines += [f"  … and {len(idle) - MOST} more that did not run"] * (len(idle) > MOST)
        lines += [f"summary:  {line}" for line in clean(report.summary).splitlines()[:MOST]]
    if result.resume is not None:
        lines.append(f"resume:   {result.resume}")
    return script_failure("\n".join(lines), item.nodeid, item.config)


def task_lines(task: TaskReport, config: pytest.Config) -> list[str]:
    """Return what there is to tell of a task that broke."""
    lines = [f"{task.state}:  {task.name} {clean(_how(task))}, {task.duration:.2f} s"]
    for stream in ("stderr", "stdout"):
        text = getattr(task, stream).splitlines()
        if text:
            left_out = f", last {TAIL_LINES} lines" if len(text) > TAIL_LINES else ""
            lines.append(f"  {stream}{left_out}:")
            lines += [f"    {harmless_line(line[:LINE_CHARS])}" for line in text[-TAIL_LINES:]]
    if task.log is not None:
        from pathlib import Path

        lines.append(f"  log: {shown_report_path(Path(task.log), config)}")
    return lines
