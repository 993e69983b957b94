"""The plugin that is registered when ``--orchestrate`` is given: one session from its arguments to its last line."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .. import __version__
from ..core.status import Status
from ..errors import OrchestratorError, SupervisorError
from ..reports.directory import ReportDirectory
from ..reports.recorder import KIND, KIND_ATTRIBUTE, RESULT_ATTRIBUTE, Recorder
from .arguments import resolve_arguments
from .execution import EXECUTION, Execution
from .nodes import ITEM_NAME, ScriptItem, collect_directory, is_script, script_nodes
from .options import given_flags, given_ini, run_settings
from .orchestration import KEY, Orchestration
from .terminal import TerminalOutput
from .timeouts import TimeoutTakeover

if TYPE_CHECKING:
    from collections.abc import Generator

WORKER_REPORT_DIR = "orchestrator_report_dir"


def activate(config: pytest.Config) -> None:
    """Read what was asked for and register what does it. Raise ``pytest.UsageError`` for what cannot be done."""
    flags, ini_layer = given_flags(config), given_ini(config)
    settings = run_settings(config, ini_layer, flags)
    arguments, scope = resolve_arguments(config, settings.paths)
    config.args[:] = arguments
    # One broken file must not keep the other scripts from running; the run fails all the same.
    config.option.continue_on_collection_errors = True
    worker_input: dict[str, Any] | None = getattr(config, "workerinput", None)
    orchestration = Orchestration(
        rootdir=config.rootpath,
        settings=settings,
        scope=scope,
        ini=ini_layer,
        flags=flags,
        worker=None if worker_input is None else str(worker_input["workerid"]),
    )
    config.stash[KEY] = orchestration
    recorder = None
    if worker_input is not None:
        given = worker_input.get(WORKER_REPORT_DIR)
        orchestration.report_dir = None if given is None else Path(given)
    elif settings.reports and not config.getoption("collectonly"):
        recorder = _start_recorder(config, orchestration)
    if config.pluginmanager.hasplugin("timeout"):
        config.pluginmanager.register(TimeoutTakeover(), "orchestrator-timeouts")
    if config.pluginmanager.hasplugin("xdist") and worker_input is None:
        config.pluginmanager.register(XdistController(orchestration, recorder), "orchestrator-xdist")
    config.pluginmanager.register(OrchestratorSession(config, orchestration, recorder), "orchestrator-session")


def _start_recorder(config: pytest.Config, orchestration: Orchestration) -> Recorder:
    try:
        directory = ReportDirectory.claim(orchestration.settings.report_dir)
    except OrchestratorError as error:
        raise pytest.UsageError(str(error)) from error
    orchestration.report_dir = directory.path
    return Recorder(directory, __version__, config.rootpath.name, orchestration.settings.jobs)


def is_our_id(nodeid: str) -> bool:
    """Return whether an id is one of a script: the controller of xdist knows ids only."""
    _, separator, part = nodeid.partition("::")
    return bool(separator) and (part == ITEM_NAME or part.startswith(f"{ITEM_NAME}["))


class XdistController:
    """What only the controller of xdist sees."""

    def __init__(self, orchestration: Orchestration, recorder: Recorder | None) -> None:
        self._orchestration = orchestration
        self._recorder = recorder

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Called before a worker starts: tell it where to keep output."""
        directory = self._orchestration.report_dir
        node.workerinput[WORKER_REPORT_DIR] = None if directory is None else str(directory)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """Called when a worker has collected: all collect the same."""
        if self._recorder is not None:
            self._recorder.expect(filter(is_our_id, ids), node.gateway.id)


class OrchestratorSession:
    """The hooks of one session."""

    def __init__(self, config: pytest.Config, orchestration: Orchestration, recorder: Recorder | None) -> None:
        self._config = config
        self._orchestration = orchestration
        self._recorder = recorder
        self._terminal = TerminalOutput(config, orchestration, recorder)
        self._is_controller = (
            orchestration.worker is None
            and config.getoption("dist", "no") != "no"
            and bool(config.getoption("tx", None))
        )

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
        if is_script(str(file_path), file_path.name, self._orchestration, self._config):
            return list(script_nodes(parent, str(file_path), self._orchestration))
        return others

    def pytest_collection(self) -> None:
        """Called before collection: start the supervisor now, so that it is ready when the first script is."""
        if not self._is_controller and not self._config.getoption("collectonly"):
            try:
                self._orchestration.engine.start()
            except SupervisorError as error:
                raise pytest.UsageError(str(error)) from error

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take note of what was collected and in which order it will run."""
        if self._is_controller or self._config.getoption("collectonly"):
            return
        scripts = [item for item in session.items if isinstance(item, ScriptItem)]
        self._check_configuration()
        if self._recorder is not None:
            self._recorder.expect((item.nodeid for item in scripts), None)
        if scripts:
            execution = Execution(self._config, self._orchestration)
            self._config.stash[EXECUTION] = execution
            execution.ahead.begin(session.items)

    def _check_configuration(self) -> None:
        """Warn of paths in configuration files that name nothing; with --orchestrate-strict, fail."""
        mistakes = [
            str(mistake) for project in self._orchestration.loaded_projects() for mistake in project.unmatched_paths()
        ]
        if mistakes and self._orchestration.settings.strict:
            raise pytest.UsageError("\n".join([*mistakes, "(an error because of --orchestrate-strict)"]))
        for mistake in mistakes:
            warnings.warn(pytest.PytestWarning(mistake), stacklevel=2)

    # -- running ----------------------------------------------------------------------------------------------

    def pytest_sessionstart(self) -> None:
        """Start the results file."""
        if self._recorder is not None:
            tx = self._config.getoption("tx", None) or []
            self._recorder.begin(
                ["pytest", *map(str, self._config.invocation_params.args)],
                workers=len(tx) if self._is_controller else 0,
                per_worker=self._config.getoption("dist", "no") == "each",
            )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the result to the report, with the program's own times in place of pytest's waiting."""
        report = yield
        if not isinstance(item, ScriptItem):
            return report
        setattr(report, KIND_ATTRIBUTE, KIND)
        if call.when == "call" and item.result is None and report.failed:
            # It was not the script that failed: a marker, a hook of the user, pytest-timeout around a fixture.
            item.result = self._config.stash[EXECUTION].not_executed(item, Status.ERROR, _short(report))
        if call.when == "call" and item.result is not None:
            result = item.result
            setattr(report, RESULT_ATTRIBUTE, result.as_dict())
            report.duration, report.start, report.stop = result.execution_time, result.started, result.ended
        elif call.when == "setup" and not report.passed:
            status = Status.SKIPPED if report.skipped else Status.ERROR
            execution = self._config.stash[EXECUTION]
            data = execution.not_executed(item, status, _short(report)).as_dict()
            setattr(report, RESULT_ATTRIBUTE, data)
        if report.skipped and isinstance(report.longrepr, tuple):
            # Where the script is, not where this plugin raised.
            report.longrepr = (str(item.path), 1, report.longrepr[2])
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record a finished phase, in the process that the user started."""
        if self._recorder is not None:
            self._recorder.report(report, getattr(report, "worker_id", None))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Stop everything, write what is missing, make the reports."""
        execution = self._config.stash.get(EXECUTION, None)
        cancelled = execution.close() if execution is not None else []
        if self._orchestration.has_engine:
            self._orchestration.engine.close()
        if self._recorder is not None:
            for item, result in cancelled:
                self._recorder.row(item.nodeid, result.status, result.execution_time, None, result.as_dict())
            self._recorder.end(int(exitstatus))
            self._recorder.render(self._config)

    # -- the terminal -----------------------------------------------------------------------------------------

    def pytest_report_header(self) -> str | None:
        """Say what is on."""
        return self._terminal.header(is_controller=self._is_controller)

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Give timeouts a letter and a category of their own."""
        return self._terminal.status(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show timeouts as pytest shows failures, then a short closing section."""
        self._terminal.summary(terminalreporter)


def _short(report: pytest.TestReport) -> str:
    """Return one line that says why an item did not get as far as its script."""
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    text = str(crash.message) if crash is not None else str(report.longrepr)
    return text.splitlines()[0] if text else "it could not be set up"
