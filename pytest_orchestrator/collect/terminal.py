"""What the user sees in the terminal besides pytest's own output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import __version__
from ..core.status import Status
from ..reports.recorder import RESULT_ATTRIBUTE, Recorder
from ..reports.summary import summarize
from ..reports.terminal import closing_lines
from ..scripts.filter import describe
from .orchestration import Orchestration, shown_path

if TYPE_CHECKING:
    import pytest

TIMEOUT = str(Status.TIMEOUT)


class TerminalOutput:
    """The header line, the letter for timeouts, and the closing section."""

    def __init__(self, config: pytest.Config, orchestration: Orchestration, recorder: Recorder | None) -> None:
        self._config = config
        self._orchestration = orchestration
        self._recorder = recorder

    def header(self, *, is_controller: bool) -> str:
        """Return the header line."""
        orchestration = self._orchestration
        settings = orchestration.settings
        parts = [__version__]
        if is_controller:
            parts.append(
                "one script at a time per xdist worker"
                + (f" (--orchestrate-jobs {settings.jobs} does not apply)" if settings.jobs > 1 else "")
            )
            if self._config.getoption("dist", "no") == "loadgroup":
                parts.append("--dist loadgroup splits groups with this pytest: use resources:")
        else:
            parts.append(f"jobs {settings.jobs}")
        if settings.config is not None:
            parts.append(f"config {shown_path(settings.config, orchestration.rootdir)}")
        if settings.strict:
            parts.append("strict")
        if self._recorder is not None:
            shown = shown_path(self._recorder.directory.path, orchestration.rootdir)
            taken = self._recorder.directory.taken_by
            parts.append(f"reports {shown}" + (f" (process {taken} has the directory above)" if taken else ""))
        return "orchestrator: " + ", ".join(parts)

    def status(self, report: pytest.TestReport) -> tuple[str, str, tuple[str, dict[str, bool]]] | None:
        """Return category, letter and word for a timeout; None for the rest, which is pytest's business."""
        data = getattr(report, RESULT_ATTRIBUTE, None)
        if data is None or report.when != "call" or not report.failed or data["status"] != TIMEOUT:
            return None
        return TIMEOUT, "T", ("TIMEOUT", {"red": True})

    def summary(self, terminal: pytest.TerminalReporter) -> None:
        """Show timeouts in full, as pytest does failures, and the closing section."""
        self._show_timeouts(terminal)
        if self._recorder is not None and self._recorder.document is not None:
            shown = shown_path(self._recorder.directory.path, self._orchestration.rootdir)
            document = self._recorder.document
            ascii_only = not _can_show_unicode(self._config)
            width = self._config.get_terminal_writer().fullwidth
            lines = closing_lines(summarize(document), shown, width, ascii_only)
            if document.rows:
                terminal.write_sep("=", "orchestrator")
                for line in lines:
                    terminal.write_line(line)
        self._say_nothing_found(terminal)

    def _show_timeouts(self, terminal: pytest.TerminalReporter) -> None:
        timeouts = terminal.stats.get(TIMEOUT, [])
        if not timeouts:
            return
        # pytest calls a run red for the categories that it knows; an empty list counts nothing.
        terminal.stats.setdefault("failed", [])
        if self._config.getoption("tbstyle") == "no":
            return
        terminal.write_sep("=", "TIMEOUTS")
        for report in timeouts:
            if self._config.getoption("tbstyle") == "line":
                terminal.write_line(str(report.longreprtext).splitlines()[0])
                continue
            terminal.write_sep("_", report.head_line, red=True, bold=True)
            terminal.write_line(report.longreprtext)

    def _say_nothing_found(self, terminal: pytest.TerminalReporter) -> None:
        session = terminal._session  # noqa: SLF001 - no public way from the reporter to the session
        orchestration = self._orchestration
        roots = orchestration.scope.roots
        if session is None or session.testscollected or not roots:
            return
        places = [shown_path(root, orchestration.rootdir) for root in roots]
        known = [orchestration.places[root].settings for root in roots if root in orchestration.places]
        looked_for = describe(known[0]) if known else "scripts"
        terminal.write_line(
            f"orchestrator: no scripts found in {', '.join(places)}; looked for {looked_for}", yellow=True
        )


def _can_show_unicode(config: pytest.Config) -> bool:
    encoding = getattr(config.get_terminal_writer()._file, "encoding", None) or "ascii"  # noqa: SLF001
    return str(encoding).lower().replace("-", "").startswith("utf")
