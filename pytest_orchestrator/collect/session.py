"""The plugin that is registered when ``--orchestrate`` is given: the hooks of one session."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import pytest

from ..core.names import escape_name
from ..errors import ReportError, SupervisorError
from .agent_record import record_agents
from .base import GIVEN_UP, OrchestratedItem
from .directories import collect_directory
from .distribution import (
    CANCELLED,
    COLLECTED,
    Cancelled,
    XdistController,
    is_controller,
    tell_controller,
    worker_count,
    worker_of,
)
from .execution import EXECUTION, Execution
from .fast import FastProtocol
from .heap import spare, spare_no_more
from .hooks import report_sections
from .items import ScriptItem
from .nodes import file_nodes, is_ours
from .remote import keep_output
from .reporting import complete_report, restore_failure, shed_result
from .stopping import STEP, Stopping
from .terminal import TerminalOutput

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from ..core.result import RunResult
    from ..reports.recorder import Recorder
    from .orchestration import Orchestration
    from .recording import Recording
    from .sharding import Sharding
    from .workflow_result import WorkflowResult


class OrchestratorSession:
    """The hooks of one session."""

    def __init__(
        self,
        config: pytest.Config,
        orchestration: Orchestration,
        recorder: Recorder | None,
        recording: Recording,
        sharding: Sharding | None,
        workers: XdistController | None,
    ) -> None:
        self._config = config
        self._orchestration = orchestration
        self._recorder = recorder
        self._terminal = TerminalOutput(config, orchestration, recorder, sharding)
        config.pluginmanager.register(self._terminal, "orchestrator-terminal")
        self._recording = recording
        self._sharding = sharding
        self._workers = workers
        self._stopping = Stopping(config, orchestration)
        self._runs_items = not is_controller(config) and not config.getoption("collectonly")

    def pytest_plugin_registered(self) -> None:
        """Called for each plugin: a conftest changes what hooks there are for the items of its directory."""
        self._orchestration.hooks.clear()

    # -- collection -------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Take directories of scripts before pytest does."""
        return collect_directory(path, parent)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> Generator[None, list[Any], list[Any]]:
        """Take scripts in Python packages and outside the confcutdir, where the directory node is pytest's.

        Nobody else gets to see them there: importing a script to look for tests in it would run it.
        """
        others = yield
        if is_ours(str(file_path), file_path.name, self._orchestration):
            return list(file_nodes(parent, file_path, self._orchestration))
        return others

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Called before collection: start the supervisor now, so that it is ready when the first script is."""
        spare(self._config)
        if self._runs_items:
            try:
                self._orchestration.engine.start()
            except SupervisorError as error:
                raise pytest.UsageError(str(error)) from error

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Count our items before anyone deselects some."""
        self._orchestration.collected = sum(isinstance(item, OrchestratedItem) for item in items)
        tell_controller(self._config, COLLECTED, self._orchestration.collected)
        if self._orchestration.settings.update_baseline:
            self._orchestration.skills.refuse_update()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take note of what was collected and in which order it will run; first, because the terminal reports it."""
        ours = [item for item in session.items if isinstance(item, OrchestratedItem)]
        scripts = [item for item in ours if isinstance(item, ScriptItem)]
        for item in scripts:
            item.apply_markers()
        if not self._runs_items:
            return
        self._orchestration.is_collected = True
        if self._recorder is not None:
            self._recorder.expect((item.nodeid for item in ours), None)
        if scripts:
            execution = Execution(self._config, self._orchestration)
            self._config.stash[EXECUTION] = execution
            execution.ahead.begin(session.items, self._recording)
        if ours:
            ahead = self._config.stash[EXECUTION].ahead if scripts else None
            fast = FastProtocol(self._config, self._orchestration.worker, ahead)
            self._config.pluginmanager.register(fast, "orchestrator-fast")
        if len(ours) == len(session.items):
            spare(self._config)
        else:  # of tests, somebody may look for garbage that they have made
            spare_no_more(self._config)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Record what could not be collected."""
        if self._recorder is not None and report.failed:
            self._recorder.collection_error(report)

    def pytest_report_collectionfinish(self) -> str | None:
        """Say what keeps scripts from running at the same time, when that was asked for."""
        execution = self._config.stash.get(EXECUTION, None)
        reasons = [] if execution is None else execution.ahead.why_alone()
        if not reasons:
            return None
        return f"orchestrator: some scripts run alone, because of {', '.join(reasons)}"

    # -- running ----------------------------------------------------------------------------------------------

    def pytest_sessionstart(self) -> None:
        """Start the results file."""
        if self._recorder is not None:
            redactor = self._orchestration.context().redactor
            self._recorder.begin(
                ["pytest", *(redactor.text(escape_name(str(word))) for word in self._config.invocation_params.args)],
                workers=worker_count(self._config),
                per_worker=self._config.getoption("dist", "no") == "each",
                shard=None if self._sharding is None else str(self._sharding.shard),
                divided_by=None if self._sharding is None else self._sharding.divided_by,
                order=self._orchestration.settings.order,
                redacted=redactor.text,
            )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the result to the report, with the program's own times in place of pytest's waiting."""
        report = yield
        if isinstance(item, OrchestratedItem):
            complete_report(report, item)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None]:
        """Record a finished phase, in the process that the user started, before and after everyone else sees it."""
        worker = None if self._workers is None else worker_of(report)
        if self._orchestration.worker is None:
            restore_failure(report, self._config)
            self._terminal.note(report)
            self._keep_output(report, worker)
        yield
        if self._recorder is not None:
            self._recorder.report(report, worker)
            record_agents(report, worker, self._recorder)
        if self._orchestration.worker is None:
            self._recording.note(report)
            shed_result(report)

    def _keep_output(self, report: pytest.TestReport, worker: str | None) -> None:
        if worker is None:
            return
        per_worker = self._config.getoption("dist", "no") == "each"
        try:
            log_id = f"{report.nodeid}@{worker}" if per_worker else report.nodeid
            keep_output(report, self._orchestration.report_dir, log_id)
        except ReportError as error:
            self._terminal.problem = str(error)

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """Called after Ctrl-C and ``pytest.exit``, wherever it came: start nothing more."""
        self._stopping.begin(after_interrupt=True)
        if self._workers is not None:
            self._stopping.say(self._workers.stop())
        execution = self._config.stash.get(EXECUTION, None)
        if execution is not None:
            execution.withdraw()

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Generator[None, object, object]:
        """Stop everything, write what is missing, make the reports: before others end, but after xdist's workers.

        Last of all wrappers, because pytest's terminal is one, and writes the summary when it has ended.
        """
        if self._sharding is not None and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self._sharding.is_empty:
            session.exitstatus = exitstatus = pytest.ExitCode.OK  # others do all there is
        self._terminal.is_interrupted = exitstatus == pytest.ExitCode.INTERRUPTED
        cancelled = self._stop()
        if self._workers is None:
            self._finish(session, exitstatus, cancelled)
            return (yield)
        try:
            return (yield)
        finally:
            self._workers.finish()
            self._finish(session, exitstatus, ())

    def _finish(self, session: pytest.Session, exitstatus: int, cancelled: Iterable[Cancelled]) -> None:
        try:
            self._report(session, exitstatus, cancelled)
        finally:
            self._stopping.end()

    def _stop(self) -> list[Cancelled]:
        """Stop what still runs and return what was cancelled; a worker lets the controller know."""
        self._stopping.begin()
        execution = self._config.stash.get(EXECUTION, None)
        stopped = execution.close(self._stopping) if execution is not None else []
        if self._orchestration.has_engine:
            self._orchestration.engine.close(self._stopping.look, STEP)
        if self._orchestration.has_fence_files:
            self._orchestration.fence_files.close()
        worker = self._orchestration.worker
        given_up = self._config.stash.get(GIVEN_UP, None) or []
        rows: list[tuple[OrchestratedItem, RunResult | WorkflowResult]] = [*stopped, *given_up]
        cancelled = [
            Cancelled(item.nodeid, str(result.status), result.execution_time, worker, result.as_dict())
            for item, result in rows
        ]
        tell_controller(self._config, CANCELLED, [astuple(row) for row in cancelled])
        return cancelled

    def _report(self, session: pytest.Session, exitstatus: int, cancelled: Iterable[Cancelled]) -> None:
        if self._orchestration.worker is None:
            self._save_durations(session)
        if self._recorder is not None:
            for row in cancelled:
                row.record(self._recorder)
            self._recorder.end(int(exitstatus))
            sections, problem = report_sections(self._config, self._recorder.read, self._orchestration.redactor().text)
            self._terminal.problem = problem or self._terminal.problem
            self._recorder.render(sections)
            if self._recorder.problem is not None:
                self._terminal.problem = self._recorder.problem
                # A run without its reports is not a good one.
                session.exitstatus = int(exitstatus) or pytest.ExitCode.TESTS_FAILED

    def _save_durations(self, session: pytest.Session) -> None:
        try:
            self._recording.save({item.nodeid for item in session.items})
        except ReportError as error:
            self._terminal.problem = str(error)
