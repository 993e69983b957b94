"""A worker on another host: where it keeps what scripts write, and how that comes back to the controller."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from .. import __version__
from ..errors import OrchestratorError, ReportError
from ..process.temporary import remove_tree
from ..quick_dataclasses import dataclass
from ..reports.directory import ReportDirectory
from ..reports.logs import output_files

if TYPE_CHECKING:
    from ..core.result import RunResult

Stream = Literal["stdout", "stderr"]

VERSION = "orchestrator_version"
"""Key of what the controller tells a worker: the version of this package there."""
HOST = "orchestrator_host"
"""Key of what the controller tells a worker: the name of the host that it runs on; None on the controller's own."""
SHOWN = "orchestrator_reports"
"""Key of what the controller tells a worker elsewhere: the report directory as the user sees it; None without one."""
OUTPUT_ATTRIBUTE = "orchestrator_output"
"""Attribute of a test report that carries whole outputs, as bytes by stream, to the controller."""
DIRECTORY = ".orchestrator-worker"
"""Where a worker elsewhere keeps output, below its working directory."""
SENT_BYTES = 8 << 20
"""Up to this size an output is sent to the controller. What is longer stays where it was written."""
STREAMS: tuple[Stream, Stream] = ("stdout", "stderr")


@dataclass(frozen=True, slots=True)
class Remote:
    """What a worker on another host knows of the controller."""

    host: str
    """The name of the host that this worker runs on."""
    reports: str | None
    """The controller's report directory, as the user sees it; None when reports are off."""

    @classmethod
    def of(cls, given: dict[str, Any]) -> Remote | None:
        """Return what the controller told; None for a worker on its host."""
        return None if given.get(HOST) is None else cls(given[HOST], given[SHOWN])

    def report_dir(self) -> Path | None:
        """Return a directory of this worker's own on this host. Raise ``pytest.UsageError`` if it cannot be made."""
        if self.reports is None:
            return None
        try:
            directory = ReportDirectory.claim(Path.cwd() / DIRECTORY)
        except OrchestratorError as error:
            advice = "name another directory with chdir= in --tx, or write no reports with --orchestrate-reports=off"
            message = f"a worker on {self.host} keeps output in {str(Path.cwd() / DIRECTORY)!r}: {error}; {advice}"
            raise pytest.UsageError(message) from error
        remove_tree(directory.old_logs)  # no log is written here that could use them again
        return directory.path

    def located(self, result: RunResult, report_dir: Path | None) -> RunResult:
        """Return ``result`` with the name of the host before every file that stays there."""
        if result.tmp is not None:
            result = replace(result, tmp=f"{self.host}:{result.tmp}")
        for stream in STREAMS:
            file: str | None = getattr(result, f"{stream}_file")
            if file is None or report_dir is None or _size(report_dir / file) <= SENT_BYTES:
                continue
            where = f"{self.host}:{report_dir / file}"
            text: str = getattr(result, stream)
            shown = text.replace(f" bytes are in {file} …]", f" bytes are in {where} …]")
            changes: dict[str, Any] = {stream: shown, f"{stream}_file": where}
            result = replace(result, **changes)
        return result

    def attach(self, report: pytest.TestReport, result: RunResult, report_dir: Path | None) -> None:
        """Put the whole outputs that are not too long into ``report``, and remove their files."""
        output = {}
        for stream in STREAMS:
            file: str | None = getattr(result, f"{stream}_file")
            if file is not None and report_dir is not None and not file.startswith(f"{self.host}:"):
                with contextlib.suppress(FileNotFoundError):  # a script can remove what it can find
                    output[stream] = (report_dir / file).read_bytes()
                    (report_dir / file).unlink()
        if output:
            setattr(report, OUTPUT_ATTRIBUTE, output)


def _size(path: Path) -> int:
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


def refuse_another_version(given: dict[str, Any]) -> None:
    """Raise ``pytest.UsageError`` unless the controller has this version too."""
    there = given.get(VERSION)
    if there != __version__:
        message = f"pytest-orchestrator is {__version__} here and {there or 'not in use'} where pytest was started"
        raise pytest.UsageError(f"{message}; install one version at both places")


def keep_output(report: pytest.TestReport, report_dir: Path | None, log_id: str) -> None:
    """Take whole outputs out of a report and write them beside the log. Raise ReportError when that fails."""
    output: dict[Stream, bytes] | None = report.__dict__.pop(OUTPUT_ATTRIBUTE, None)
    if output is None or report_dir is None:
        return
    for stream, name in zip(STREAMS, output_files(str(report_dir), log_id), strict=True):
        if stream in output:
            path = Path(os.fsdecode(name))
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)  # a script may have put a link there
                path.write_bytes(output[stream])
            except OSError as error:
                raise ReportError(f"cannot write {str(path)!r}: {error.strerror}") from error
