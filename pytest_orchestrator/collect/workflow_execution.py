"""Running a workflow as an item: on an event loop of its own, with a subtest for each task that ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from ..core.names import escape_name
from ..core.status import Reason, Status
from ..errors import OrchestratorError
from ..process.pool import shared_pool
from ..workflow_kinds import register_kinds
from ..workflows.approval import Gate, in_ci, who
from ..workflows.events import TaskFinished
from ..workflows.file_run import FileRun
from ..workflows.outcome import TaskState
from ..workflows.run_files import WORKFLOWS, RunFiles, command_line
from .base import GIVEN_UP
from .internals import subtest_report
from .orchestration import KEY
from .stopping import STEP
from .timeouts import TIMEOUT_MARKER, marker_limit, session_limit, timed_by_us
from .workflow_failure import workflow_error
from .workflow_result import WorkflowResult

if TYPE_CHECKING:
    from ..workflows.events import WorkflowEvent
    from ..workflows.file_report import WorkflowReport
    from ..workflows.outcome import TaskOutcome
    from .workflow_items import WorkflowItem

_STATUS = {
    TaskState.PASSED: Status.PASSED,
    TaskState.FAILED: Status.FAILED,
    TaskState.TIMEOUT: Status.TIMEOUT,
    TaskState.CANCELLED: Status.FAILED,
}


def run_workflow_item(item: WorkflowItem) -> WorkflowResult:
    """Run the workflow of ``item`` and return what came of it."""
    register_kinds()
    item.config.add_cleanup(shared_pool().close_idle)
    orchestration = item.config.stash[KEY]
    inputs = dict(item.file.cases[item.case]) if item.case is not None else {}
    files = None
    if orchestration.report_dir is not None:
        case = item.case if not orchestration.per_worker else f"{item.case}@{orchestration.worker}"
        files = RunFiles(orchestration.report_dir / "workflows", item.file, case)
    subtests = Subtests(item)
    started = time.time()
    try:
        run = FileRun(
            item.file,
            inputs,
            journal=None if files is None else files.journal,
            logs=None if files is None else files.logs,
            gate=_gate(item, files),
            redactor=orchestration.context().redactor,
            on_event=subtests.note,
            timeout=_limit(item),
        )
        if files is not None:
            files.begin(run.inputs)
    except OrchestratorError as error:
        shown = item.redacted(str(error))
        return WorkflowResult(
            str(item.path), item.case, None, Status.ERROR, shown, Reason.CONFIGURATION, None, started, time.time()
        )
    subtests.run = run
    try:
        with timed_by_us(item):
            report = asyncio.run(_watched(run, item))
    except (KeyboardInterrupt, pytest.exit.Exception):
        result = _result(item, run.report(started), files)
        why = "stopped: the session was given up"
        item.config.stash.setdefault(GIVEN_UP, []).append(
            (item, replace(result, status=Status.CANCELLED, error=why, ended=time.time()))
        )
        raise
    return _result(item, report, files)


def _limit(item: WorkflowItem) -> float | None:
    """Return the limit in seconds that pytest-timeout has for ``item``; None without one."""
    if not item.config.pluginmanager.hasplugin("timeout"):
        return None
    mark = item.get_closest_marker(TIMEOUT_MARKER)
    limit = (None if mark is None else marker_limit(mark)) or session_limit(item.config)
    return limit.seconds if limit.seconds > 0 else None


async def _watched(run: FileRun, item: WorkflowItem) -> WorkflowReport:
    """Run the workflow, and stop it when the controller of xdist wants this worker to stop, or is no more."""
    orchestration = item.config.stash[KEY]
    if orchestration.worker is None:
        return await run.run()
    controller = os.getppid()
    running = asyncio.ensure_future(run.run())
    while not running.done():
        await asyncio.wait({running}, timeout=STEP)
        is_unwanted = orchestration.is_stop_requested or os.getppid() != controller
        if is_unwanted and not running.done():
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            raise KeyboardInterrupt
    return running.result()


def _result(item: WorkflowItem, report: WorkflowReport, files: RunFiles | None) -> WorkflowResult:
    error = None if report.passed else item.redacted(workflow_error(report))
    resume = None if report.passed or files is None else _command("resume", item, files)
    status = _STATUS[report.state]
    return WorkflowResult(str(item.path), item.case, report, status, error, None, resume, report.started, report.ended)


def _command(verb: str, item: WorkflowItem, files: RunFiles | None, *more: str) -> str:
    """Return a command about the run of ``item``, as it is given where pytest was started."""
    here = item.config.invocation_params.dir
    directory = WORKFLOWS if files is None else Path(os.path.relpath(files.base, here))
    return command_line(verb, os.path.relpath(item.path, here), *more, case=item.case, directory=directory)


def _gate(item: WorkflowItem, files: RunFiles | None) -> Gate:
    def tell(task: str, question: str) -> None:
        """Say outside of what pytest captures what is waited for."""
        capture = item.config.pluginmanager.get_plugin("capturemanager")
        terminal = item.config.pluginmanager.get_plugin("terminalreporter")
        with contextlib.nullcontext() if capture is None else capture.global_and_fixture_disabled():
            if terminal is not None:
                terminal.ensure_newline()
                terminal.write_line(f"{item.nodeid}: {task} waits for a person: {item.redacted(question)}")
                terminal.write_line(f"  answer with: {_command('approve', item, files, task)} [--reject]")

    settings = item.config.stash[KEY].settings
    return Gate(
        None if files is None else files.questions,
        auto=f"--orchestrate-approve by {who()}" if settings.approve else None,
        in_ci=in_ci(),
        prompt=tell,
    )


class Subtests:
    """Reports each task that has ended as a subtest of its item."""

    def __init__(self, item: WorkflowItem) -> None:
        self._item = item
        self.run: FileRun | None = None
        self._with_combinations: set[str] = set()
        self._hook = _hook_without_junit(item)

    def note(self, event: WorkflowEvent) -> None:
        """Take an event of the workflow."""
        if not isinstance(event, TaskFinished):
            return
        name = event.outcome.name
        parent, bracket, _ = name.partition("[")
        if bracket:
            self._with_combinations.add(parent)
        if self._hook is not None and name not in self._with_combinations:  # of which each has been reported
            self._report(event.outcome)

    def _report(self, outcome: TaskOutcome) -> None:
        assert self.run is not None
        item, state = self._item, self.run.ended.state(outcome.name)
        told: Any = None
        expected = None
        kind: Literal["passed", "failed", "skipped"] = "passed"
        if state in (TaskState.SKIPPED, TaskState.CANCELLED):
            kind = "skipped"
            told = (escape_name(str(item.path)), self._line(outcome.name), f"Skipped: {self._why(outcome)}")
        elif state.is_bad:
            kind = "failed"
            # The run knows secrets of its own: variables of the file and of its tasks.
            told = f"task {outcome.name}: {item.redacted(self.run.redactor.text(str(outcome.error)))}"
            if self.run.ended.forgives(outcome.name):
                expected = "continue_on_error"
            elif item.get_closest_marker("xfail") is not None:
                expected = "the workflow is expected to fail"
        report = pytest.TestReport(
            item.nodeid, item.location, {}, kind, told, "call",
            duration=outcome.duration, start=outcome.started or 0.0, stop=outcome.ended or 0.0,
        )  # fmt: skip
        subtest = subtest_report(report, outcome.name)
        if expected is not None:
            subtest.outcome, subtest.wasxfail = "skipped", f"{expected}: {told}"
        capture = item.config.pluginmanager.get_plugin("capturemanager")
        with contextlib.nullcontext() if capture is None else capture.global_and_fixture_disabled():
            assert self._hook is not None
            self._hook(report=subtest)

    def _line(self, name: str) -> int:
        return self._item.file.tasks[name.partition("[")[0]].line

    def _why(self, outcome: TaskOutcome) -> str:
        assert self.run is not None
        own = self.run.why.get(outcome.name)
        if outcome.name in self.run.ended.stopped:
            own = self.run.why_stopped()
        if own is not None:
            return self._item.redacted(self.run.redactor.text(own))
        return f"because of {outcome.because!r}" if outcome.because else str(outcome.skip_reason or outcome.state)


def _hook_without_junit(item: WorkflowItem) -> Any:
    """Return what reports subtests to all but JUnit XML; None where that cannot be left out.

    It knows no subtests: to it a workflow with a task that was skipped would be skipped itself, and one that failed
    would have failed twice.
    """
    if not item.config.pluginmanager.hasplugin("subtests"):
        return None  # pytest would take each of them for a test
    if not item.config.getoption("xmlpath", None):
        return item.ihook.pytest_runtest_logreport
    if item.config.stash[KEY].worker is not None:  # the controller tells everybody
        return None
    manager = item.config.pluginmanager
    writers = [plugin for plugin in manager.get_plugins() if type(plugin).__module__ == "_pytest.junitxml"]
    return manager.subset_hook_caller("pytest_runtest_logreport", writers)
