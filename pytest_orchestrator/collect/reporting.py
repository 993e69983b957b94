"""Test reports of our items: the result on its way to the recorder, and the program's own times."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ..core.names import escape_name
from ..core.result import RunResult
from ..core.status import Status
from ..reports.recorder import KIND_ATTRIBUTE, RESULT_ATTRIBUTE

if TYPE_CHECKING:
    import pytest

    from .base import OrchestratedItem


def complete_report(report: pytest.TestReport, item: OrchestratedItem) -> None:
    """Put the result into the report of a phase of ``item``, with its own times in place of pytest's waiting."""
    setattr(report, KIND_ATTRIBUTE, item.kind)
    if report.when == "call":
        if item.result is None and report.failed:
            # It was not the item that failed: a hook of the user, or pytest-timeout around a fixture.
            item.result = item.not_executed(Status.ERROR, _short(report))
        if item.result is not None:
            result = item.result
            setattr(report, RESULT_ATTRIBUTE, result.as_dict())
            item.complete(report)
            report.duration, report.start, report.stop = result.execution_time, result.started, result.ended
    elif report.when == "setup":
        if not report.passed:
            status = Status.SKIPPED if report.skipped else Status.ERROR
            setattr(report, RESULT_ATTRIBUTE, item.not_executed(status, _short(report)).as_dict())
    elif item.config.getoption("xmlpath", None):
        _add_for_junit(report, item)
    if report.skipped and isinstance(report.longrepr, tuple):
        # Where the item is, not where this plugin raised.
        report.longrepr = (escape_name(str(item.path)), (item.location[1] or 0) + 1, report.longrepr[2])


def _add_for_junit(report: pytest.TestReport, item: OrchestratedItem) -> None:
    """Add what JUnit XML takes from the last phase: properties, and the output of a failure."""
    from .workflow_result import WorkflowResult

    result = item.result
    if result is None:
        return
    report.user_properties = [
        *report.user_properties, (item.kind, item.location[0]), ("status", str(result.status)),
    ]  # fmt: skip
    if isinstance(result, WorkflowResult) and result.report is not None:
        report.user_properties += [(f"task.{task.name}", str(task.state)) for task in result.report.tasks]
    if isinstance(result, RunResult) and result.status is not Status.PASSED:
        # That of a pass is there already; in an earlier phase's report pytest would show it a second time.
        for name, text in (("stdout", result.stdout), ("stderr", result.stderr)):
            if text:
                report.sections.append((f"Captured {name} call", text))


def restore_failure(report: pytest.TestReport, config: pytest.Config) -> None:
    """Give a failure from a worker, which came as text, the form in which pytest takes one line of it."""
    if hasattr(report, RESULT_ATTRIBUTE) and report.failed and isinstance(report.longrepr, str):
        from .failure import script_failure

        report.longrepr = script_failure(report.longrepr, report.nodeid, config)  # type: ignore[assignment]  # as good as one of pytest's own


@cache
def _only_status(status: str) -> dict[str, str]:
    """Return what is left of a result: the same for all that have this status."""
    return {"status": status}


def shed_result(report: pytest.TestReport) -> None:
    """Take the recorded result out of the report, which pytest keeps to the end, all but the status."""
    data = getattr(report, RESULT_ATTRIBUTE, None)
    if data is not None:
        setattr(report, RESULT_ATTRIBUTE, _only_status(data["status"]))


def _short(report: pytest.TestReport) -> str:
    """Return one line that says why an item did not get as far as its script."""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(crash.message) if crash is not None else str(report.longrepr)
    return text.splitlines()[0] if text else "it could not be set up"
