"""The plugin that is registered when ``--orchestrate`` is given: one session from its arguments to its last line."""

from __future__ import annotations

from dataclasses import astuple, replace
from typing import TYPE_CHECKING, Any

import pytest

from .. import __version__
from ..config.options import by_name, flag
from ..core.names import escape_name
from ..errors import OrchestratorError, ReportError, SupervisorError
from ..reports.directory import ReportDirectory
from ..reports.recorder import Recorder
from .arguments import refuse_unknown_parts, refuse_unknown_subdirs, resolve_arguments
from .base import OrchestratedItem
from .directories import collect_directory
from .distribution import (
    CANCELLED,
    COLLECTED,
    ORDER,
    PER_WORKER,
    Cancelled,
    XdistController,
    is_controller,
    make_arguments_transferable,
    other_hosts,
    report_dir_of_worker,
    tell_controller,
    worker_count,
    worker_input,
    worker_of,
)
from .execution import EXECUTION, Execution
from .fast import FastProtocol
from .given import given_flags, given_ini, run_settings
from .hooks import report_sections
from .items import ScriptItem
from .nodes import file_nodes, is_ours
from .orchestration import KEY, Orchestration
from .order import RANDOM, new_seed
from .ownership import PytestFiles
from .recording import Recording
from .remote import Remote, keep_output, refuse_another_version
from .reporting import complete_report, restore_failure, shed_result
from .rootdir import refuse_misled_rootdir
from .sequence import ReportedSequence
from .sharding import Sharding, shared_durations
from .stop_request import StopRequests
from .stopping import STEP, Stopping
from .terminal import TerminalOutput
from .timeouts import TimeoutTakeover

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

_ONLY_SHOW = ("help", "version", "markers", "showfixtures", "show_fixtures_per_test", "cacheshow", "collectonly")
"""Options with which pytest runs nothing."""
_WITHOUT_COLLECTION = ("help", "version", "markers")


def activate(config: pytest.Config) -> None:
    """Read what was asked for and register what does it. Raise ``pytest.UsageError`` for what cannot be done."""
    if any(config.getoption(name, False) for name in _WITHOUT_COLLECTION):
        return
    given = worker_input(config)
    if given is None:
        refuse_misled_rootdir(config)
    else:
        refuse_another_version(given)
    elsewhere = other_hosts(config)
    flags, ini_layer = given_flags(config), given_ini(config)
    settings = run_settings(config, ini_layer, flags)
    arguments, scope = resolve_arguments(config, settings.paths)
    config.args[:] = arguments
    # One broken file must not keep the other scripts from running; the run fails all the same.
    config.option.continue_on_collection_errors = True
    if settings.order == RANDOM:
        settings = replace(settings, order=f"{RANDOM}:{new_seed()}")
    if given is not None:
        settings = replace(settings, order=given[ORDER])
    orchestration = Orchestration(
        rootdir=config.rootpath,
        settings=settings,
        scope=scope,
        pytests_own=PytestFiles(config),
        ini=ini_layer,
        flags=flags,
        here=config.invocation_params.dir,
        worker=None if given is None else str(given["workerid"]),
        remote=None if given is None else Remote.of(given),
        per_worker=given is not None and bool(given.get(PER_WORKER)),
    )
    config.stash[KEY] = orchestration
    if settings.update_baseline and (given is not None or is_controller(config)):
        option = flag(by_name("update_baseline"))
        raise pytest.UsageError(f"{option}: one process has to see all skills; run it without workers (-n0)")
    refuse_unknown_parts(orchestration)
    refuse_unknown_subdirs(orchestration)
    recorder = None
    if orchestration.remote is not None:
        orchestration.report_dir = orchestration.remote.report_dir()
    elif given is not None:
        orchestration.report_dir = report_dir_of_worker(given)
    elif settings.reports and not any(config.getoption(name, False) for name in _ONLY_SHOW):
        recorder = _start_recorder(config, orchestration)
    shared = shared_durations(settings.durations)
    sharding = None if settings.shard is None else Sharding(settings.shard, shared)
    recording = Recording(config, None if recorder is None else settings.report_dir, shared)
    register = config.pluginmanager.register
    if config.pluginmanager.hasplugin("timeout"):
        register(TimeoutTakeover(), "orchestrator-timeouts")
    workers = None
    if is_controller(config):
        make_arguments_transferable(config)
        workers = XdistController(orchestration, recorder, recording)
        register(workers, "orchestrator-xdist")
    if elsewhere is not None:
        register(elsewhere, "orchestrator-hosts")
    if given is not None:
        register(StopRequests(config, orchestration), "orchestrator-stop-requests")
    if sharding is not None:
        register(sharding, "orchestrator-shard")
    register(ReportedSequence(settings.order, recording), "orchestrator-order")
    register(OrchestratorSession(config, orchestration, recorder, recording, sharding, workers), "orchestrator-session")


def _start_recorder(config: pytest.Config, orchestration: Orchestration) -> Recorder:
    try:
        directory = ReportDirectory.claim(orchestration.settings.report_dir)
    except OrchestratorError as error:
        message = str(error)
        if "--orchestrate-report-dir" not in message:
            message += "; name another directory with --orchestrate-report-dir=DIR, or write none with "
            message += "--orchestrate-reports=off"
        raise pytest.UsageError(message) from error
    orchestration.report_dir = directory.path
    return Recorder(directory, __version__, escape_name(config.rootpath.name), orchestration.settings.jobs)


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
        self._orchestration.hooks = {}
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
        if self._orchestration.worker is None:
            restore_failure(report, self._config)
            self._terminal.note(report)
            self._keep_output(report)
        yield
        if self._recorder is not None:
            self._recorder.report(report, worker_of(report))
        if self._orchestration.worker is None:
            self._recording.note(report)
            shed_result(report)

    def _keep_output(self, report: pytest.TestReport) -> None:
        worker = worker_of(report)
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
        self._orchestration.fence_files.close()
        worker = self._orchestration.worker
        cancelled = [
            Cancelled(item.nodeid, str(result.status), result.execution_time, worker, result.as_dict())
            for item, result in stopped
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
