"""Writing ``results.jsonl`` as items finish, in the process that the user started; the one module to know pytest."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
import time
from collections import Counter
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, TextIO
from uuid import uuid4

import pytest

from ..core.document import (
    NO_DATA,
    ResultRow,
    RunDocument,
    RunEnd,
    RunFacts,
    collection_error_line,
    end_line,
    result_line,
    run_line,
    section_line,
)  # fmt: skip
from ..core.jsontext import Members
from ..core.kinds import SCRIPT, kind_of
from ..core.names import escape_name
from ..core.status import Reason, Status
from ..errors import ReportError
from ..quick_dataclasses import dataclass
from .logs import write_log
from .marks import RESULTS
from .phases import expected_to_fail, status_of
from .reader import Gathering
from .rows import Pending, attempts_of, last_line, with_xfail
from .summary import summarize
from .writer import render_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .directory import ReportDirectory

RESULT_ATTRIBUTE = "orchestrator_result"
"""Attribute of a test report that carries the result dictionary, also from a worker to the controller."""
KIND_ATTRIBUTE = "orchestrator_kind"
FINAL_ATTRIBUTE = "orchestrator_final"
"""Set on the only report of an item that went the short way: no teardown follows."""


_Key = str | tuple[str, str]
"""An item: its id, with the worker where each runs them all."""


def _parts_of(key: _Key) -> tuple[str, str | None]:
    return key if isinstance(key, tuple) else (key, None)


@dataclass(slots=True)
class Recorder:
    """Appends one line per finished item, flushed; makes the other reports from the file when the run is over."""

    directory: ReportDirectory
    version: str
    rootdir_name: str
    jobs: int
    run_id: str = field(default_factory=lambda: uuid4().hex[:12])
    document: RunDocument | None = None
    """The whole run, once it is over."""
    summary: dict[str, Any] | None = None
    """What :func:`~.summary.summarize` says of it."""
    problem: str | None = None
    """What keeps the reports from being complete, in one line: a full disk, a directory that a script removed."""
    _file: TextIO | None = None
    _gathering: Gathering | None = None
    """What was written: every other report is made of it, as it would be of the file."""
    _end: str | None = None
    _pending: dict[_Key, Pending] = field(default_factory=dict)
    _done: dict[_Key, bool] = field(default_factory=dict)
    """Whether each item that was collected, or told of, has its row."""
    _totals: Counter[Status] = field(default_factory=Counter)
    _uncollected: int = 0
    _started: float = field(default_factory=time.time)
    _per_worker: bool = False
    _redacted: Callable[[str], str] = str

    def begin(
        self,
        command: Sequence[str],
        workers: int,
        *,
        per_worker: bool,
        redacted: Callable[[str], str],
        shard: str | None = None,
        divided_by: str | None = None,
        order: str | None = None,
    ) -> None:
        """Start the file.

        ``redacted`` takes the secrets out of what pytest says about an item; the other arguments are those of
        :func:`~pytest_orchestrator.core.document.run_line`.
        """
        self._per_worker, self._redacted = per_worker, redacted
        try:
            self._file = open(self.directory.path / RESULTS, "w", encoding="utf-8")  # noqa: SIM115 - closed in render()
        except OSError as error:
            self._give_up(self._unwritable(error))
        first = run_line(
            run_id=self.run_id,
            started=self._started,
            rootdir_name=self.rootdir_name,
            command=command,
            version=self.version,
            python=platform.python_version(),
            pytest=pytest.__version__,
            platform=sys.platform,
            jobs=self.jobs,
            workers=workers,
            per_worker=per_worker,
            shard=shard,
            divided_by=divided_by,
            order=order,
        )
        self._gathering = Gathering(RunFacts.from_json(json.loads(first)))
        self._append(first)

    def expect(self, nodeids: Iterable[str], worker: str | None) -> None:
        """Take note of the items that were collected."""
        for nodeid in nodeids:
            self._done.setdefault(self._key(nodeid, worker), False)

    def collection_error(self, report: pytest.CollectReport) -> None:
        """Take note of what could not be collected; under xdist pytest tells the controller of each once."""
        self._uncollected += 1
        self.write(collection_error_line(escape_name(report.nodeid), self._redacted(report.longreprtext)))

    def _key(self, nodeid: str, worker: str | None) -> _Key:
        return (nodeid, worker) if self._per_worker and worker is not None else nodeid

    def report(self, report: pytest.TestReport, worker: str | None) -> None:
        """Take in one phase of an item; its last one completes the row."""
        key = self._key(report.nodeid, worker)
        if not hasattr(report, KIND_ATTRIBUTE):
            if report.when not in ("setup", "call", "teardown") and key in self._done:
                self._crashed(key, report, worker)
            return
        pending = self._pending.setdefault(key, Pending())
        data: dict[str, Any] | None = getattr(report, RESULT_ATTRIBUTE, None)
        if data is not None:
            pending.data = data
        if report.when == "call":
            pending.was_called = True
            pending.duration = report.duration
        if str(report.outcome) == "rerun":  # of pytest-rerunfailures
            pending.comes_back = True
        else:
            status = status_of(report, data)
            if status is not Status.PASSED and not pending.status.is_bad:
                pending.status = status
            reason = expected_to_fail(report)
            if reason is not None:
                pending.xfail = self._redacted(reason)
        if report.when == "teardown" and report.failed and pending.data is not None and pending.data["error"] is None:
            why = self._redacted(f"a fixture failed when it was torn down: {last_line(report.longreprtext)}")
            pending.data = {**pending.data, "error": why, "reason": str(Reason.INFRASTRUCTURE)}
        if report.when == "teardown" or hasattr(report, FINAL_ATTRIBUTE):
            self._finish(key, pending, worker)

    def _finish(self, key: _Key, pending: Pending, worker: str | None) -> None:
        """Take in the end of one run of an item: its row, unless it is run again."""
        if pending.comes_back:
            self._pending[key] = Pending(attempts=[*pending.attempts, *attempts_of(pending.data)])
            return
        del self._pending[key]
        status = pending.status
        if status is Status.PASSED and not pending.was_called:
            status = Status.NOT_RUN  # --setup-only
        data = pending.data
        if data is not None and pending.attempts:
            data = {**data, "attempts": [*pending.attempts, *attempts_of(data)]}
        if data is not None and pending.xfail is not None:
            data = with_xfail(data, status, pending.xfail)
        self.row(_parts_of(key)[0], status, pending.duration, worker, data)

    def _crashed(self, key: _Key, report: pytest.TestReport, worker: str | None) -> None:
        pending = self._pending.pop(key, Pending())
        data = dict(pending.data or {})
        data.update(error=str(report.longrepr), reason=str(Reason.INFRASTRUCTURE))
        self.row(report.nodeid, Status.ERROR, pending.duration, worker, data)

    def row(
        self, nodeid: str, status: Status, duration: float, worker: str | None, data: dict[str, Any] | None
    ) -> None:
        """Write the line and the log of one item, unless it has them already."""
        key = self._key(nodeid, worker)
        if self._done.get(key):
            return
        self._done[key] = True
        self._notice_removal()
        self._totals[status] += 1
        members = None
        if data is not None:
            members = Members({**data, "status": str(status)})
            self._write_log(nodeid if key is nodeid else f"{nodeid}@{worker}", members)
        kind = kind_of(nodeid) or SCRIPT
        line = result_line(nodeid, kind, status, duration, worker, members)
        self.write(line, ResultRow(nodeid, kind, status, duration, worker or "", data or NO_DATA))

    def _notice_removal(self) -> None:
        """Give the reports up if somebody removed them: to write a log would make a directory that nobody knows."""
        if self.problem is None and self.directory.was_removed:
            self._give_up(
                ReportError(f"the report directory {str(self.directory.path)!r} was removed while scripts ran")
            )
            self._make_again()

    def _make_again(self) -> None:
        with contextlib.suppress(OSError):  # then the next run says what is wrong with it
            self.directory.make_again()

    def _write_log(self, log_id: str, data: Members) -> None:
        if self.problem is None:
            try:
                path = write_log(self.directory.path, log_id, data, old_logs=self.directory.old_logs)
                if self.directory.was_removed:  # since we looked: then this made a directory that nobody knows
                    with contextlib.suppress(OSError):
                        os.unlink(path)
                    self._notice_removal()
            except ReportError as error:
                self._give_up(error)

    def write(self, line: str, row: ResultRow | None = None) -> None:
        """Append a line, newline included; ``row`` is the result that it is about, if it is about one."""
        self._append(line)
        if self.problem is None and self._gathering is not None:
            self._gathering.take_written(line, row)

    def _append(self, line: str) -> None:
        if self.problem is None:
            assert self._file is not None
            try:
                self._file.write(line)
                self._file.flush()
            except OSError as error:
                self._give_up(self._unwritable(error))

    def _unwritable(self, error: OSError) -> ReportError:
        return ReportError(f"cannot write {str(self.directory.path / RESULTS)!r}: {error.strerror}")

    def _give_up(self, error: Exception) -> None:
        """Go on without reports: what pytest shows of the scripts is worth more than they are."""
        if self.problem is None:
            self.problem = f"the reports are not complete: {error}"

    def end(self, exit_status: int) -> None:
        """Write rows for what never finished, and settle what the last line will say."""
        for key, is_done in list(self._done.items()):
            if is_done:
                continue
            nodeid, worker = _parts_of(key)
            pending = self._pending.get(key)
            if pending is not None:
                status = pending.status if pending.was_called else Status.CANCELLED
                self.row(nodeid, status, pending.duration, worker, pending.data)
            else:
                self.row(nodeid, Status.NOT_RUN, 0.0, worker, None)
        collected = len(self._done)
        self._end = end_line(exit_status=exit_status, ended=time.time(), totals=self._totals, collected=collected)

    def counts(self) -> dict[str, Any]:
        """Return what :func:`~.terminal.counts_lines` shows, also of a run whose reports could not be written."""
        return {
            "totals": {str(status): number for status, number in self._totals.items()},
            "collected": len(self._done),
            "duration": time.time() - self._started,
            "crashed": False,
            "collection_errors": {"count": self._uncollected},
        }

    def read(self) -> RunDocument:
        """Return the run as it is known now."""
        if self.problem is not None or self._gathering is None:
            raise ReportError(self.problem or "there are no reports yet")
        document = self._gathering.document()
        return document if self._end is None else replace(document, end=RunEnd.from_json(json.loads(self._end)))

    def render(self, sections: Iterable[tuple[str, str]] = ()) -> None:
        """Add sections to the report, each a title and Markdown, and make every other report from the file."""
        self._notice_removal()
        for title, markdown in sections:
            self.write(section_line(title, markdown))
        if self._end is not None:
            self.write(self._end)
        if self.problem is None and self._gathering is not None:
            try:
                document = self._gathering.document()
                summary = summarize(document)
                render_document(document, self.directory.path, summary)
                self.document, self.summary = document, summary
            except (ReportError, OSError) as error:
                self._give_up(error)
        if self._file is not None:
            with contextlib.suppress(OSError):  # a full disk is told of already
                self._file.close()
        if self.directory.was_removed:
            self._make_again()  # it may have gone on when that was noticed
        self.directory.release()
