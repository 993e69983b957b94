"""What the user sees in the terminal besides pytest's own output."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .. import __version__
from ..config.options import by_name
from ..core.status import Status
from ..errors import ConfigurationError
from ..reports.recorder import RESULT_ATTRIBUTE, Recorder
from ..reports.terminal import closing_lines, counts_lines, standing_out
from ..scripts.filter import describe
from .distribution import is_controller
from .internals import show_in_red
from .orchestration import Orchestration, shown_path
from .report_paths import shown_report_path
from .standouts import Standouts

if TYPE_CHECKING:
    from collections.abc import Generator

    from .sharding import Sharding

TIMEOUT = str(Status.TIMEOUT)


class TerminalOutput:
    """The header line, the letter for timeouts, and the closing section."""

    def __init__(
        self,
        config: pytest.Config,
        orchestration: Orchestration,
        recorder: Recorder | None,
        sharding: Sharding | None,
    ) -> None:
        self._config = config
        self._sharding = sharding
        self._orchestration = orchestration
        self._recorder = recorder
        self.problem: str | None = None
        """What went wrong while the reports were made, in one line."""
        self.is_interrupted = False
        """Whether the session was given up, perhaps before anything was found."""
        self._standouts = Standouts()
        self._runs_items = not config.getoption("collectonly", False)
        show_in_red(TIMEOUT)

    def pytest_report_header(self) -> list[str]:
        """Say in one line what is on, and in others what a script-first configuration asks for."""
        orchestration = self._orchestration
        settings = orchestration.settings
        parts = [__version__]
        if is_controller(self._config):
            parts.append(
                "one script at a time per xdist worker"
                + (f" (--orchestrate-jobs {settings.jobs} does not apply)" if settings.jobs > 1 else "")
            )
            if self._config.getoption("dist", "no") == "loadgroup":
                parts.append("--dist loadgroup splits groups with this pytest: use resources:")
        else:
            parts.append(f"jobs {settings.jobs}")
        if settings.order != by_name("order").default:
            parts.append(f"order {settings.order}")
        if self._sharding is not None:
            parts.append(self._sharding.describe())
        if settings.config is not None:
            parts.append(f"config {shown_path(settings.config, orchestration.rootdir)}")
        if settings.strict:
            parts.append("strict")
        if self._recorder is not None:
            shown = shown_report_path(self._recorder.directory.path, self._config)
            taken = self._recorder.directory.taken_by
            parts.append(f"reports {shown}" + (f" (process {taken} has the directory above)" if taken else ""))
        return ["orchestrator: " + ", ".join(parts), *orchestration.codex_files.header()]

    def pytest_report_teststatus(
        self, report: pytest.TestReport
    ) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Give timeouts a category, a letter and a word of their own."""
        if is_timeout(report):
            return TIMEOUT, "T", ("TIMEOUT", {"red": True})
        return None

    def note(self, report: pytest.TestReport) -> None:
        """Take note of a report before pytest does: a run with a timeout is red from then on."""
        self._standouts.add(report)
        if report.failed and is_timeout(report):
            terminal: pytest.TerminalReporter | None = self._config.pluginmanager.get_plugin("terminalreporter")
            if terminal is not None:
                # pytest calls a run red for the categories that it knows; an empty list counts nothing.
                terminal.stats.setdefault("failed", [])

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, exitstatus: int) -> Generator[None]:
        """Let pytest show timeouts wherever it shows failures, count them on their own, and add a short section."""
        stats = terminalreporter.stats
        failed, timeouts = stats.get("failed", []), stats.get(TIMEOUT, [])
        if timeouts:
            stats["failed"], stats[TIMEOUT] = [*failed, *timeouts], []
        try:
            yield
        finally:
            if timeouts:
                stats["failed"], stats[TIMEOUT] = failed, timeouts
        self._close(terminalreporter, exitstatus)

    def _close(self, terminal: pytest.TerminalReporter, exitstatus: int) -> None:
        """Write the closing section; with -q only what stands out and where the report is, with -qq nothing."""
        verbosity = self._config.get_verbosity()
        lines = self._closing_lines(terminal, brief=verbosity < 0) if verbosity > -2 else []
        if self._runs_items and self._orchestration.settings.update_baseline:
            lines += self._orchestration.skills.written()
        if lines and verbosity >= 0 and not self._config.getoption("no_summary", False):
            terminal.write_sep("=", "orchestrator")
        for line in lines:
            terminal.write_line(line)
        if self.problem is not None:
            terminal.write_line(f"orchestrator: {self.problem}", red=True)
        # Of a usage error pytest speaks last, and nothing was looked for.
        if not terminal.stats.get("deselected") and exitstatus != pytest.ExitCode.USAGE_ERROR:
            self._say_nothing_found(terminal)

    def _closing_lines(self, terminal: pytest.TerminalReporter, *, brief: bool) -> list[str]:
        recorder = self._recorder
        ascii_only = not _can_show_unicode(terminal)
        width = self._config.get_terminal_writer().fullwidth
        if recorder is None or recorder.document is None or recorder.summary is None:
            counted = [] if recorder is None or brief else counts_lines(recorder.counts(), width)
            return [*counted, *standing_out(self._standouts.summary(), width, ascii_only)]
        document = recorder.document
        if not document.rows and not document.collection_errors and not document.agents:
            return []
        shown = shown_report_path(recorder.directory.path, self._config)
        return closing_lines(recorder.summary, shown, width, ascii_only, brief=brief)

    def _say_nothing_found(self, terminal: pytest.TerminalReporter) -> None:
        orchestration = self._orchestration
        roots = orchestration.scope.roots
        if self.is_interrupted or orchestration.collected or not roots or terminal.stats.get("error"):
            return
        if self._recorder is not None and self._recorder.document is not None and self._recorder.document.agents:
            return
        places = ", ".join(shown_path(root, orchestration.rootdir) for root in roots)
        try:
            looked_for = describe(orchestration.root_place(roots[0]).settings)
        except ConfigurationError:  # which has been reported
            return
        message = f"orchestrator: no scripts found in {places}; looked for {looked_for}; no SKILL.md either"
        terminal.write_line(message, yellow=True)


def is_timeout(report: pytest.TestReport) -> bool:
    """Return whether a report is about a script that a time limit stopped, and counts as a failure."""
    if report.when != "call" or not report.failed:
        return False
    data = getattr(report, RESULT_ATTRIBUTE, None)
    return data is not None and data["status"] == TIMEOUT


def _can_show_unicode(terminal: pytest.TerminalReporter) -> bool:
    encoding = getattr(terminal._tw._file, "encoding", None) or "ascii"  # noqa: SLF001 - nothing public tells
    return str(encoding).lower().replace("-", "").startswith("utf")
