"""The report directory: made once, rendered from ``results.jsonl`` as often as one likes, always the same bytes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.jsontext import readable
from ..errors import ReportError
from .history import append_history, history_entry
from .logs import LOGS, write_log
from .markdown import render_markdown
from .marks import RESULTS
from .reader import iter_results, read_results
from .summary import summarize

if TYPE_CHECKING:
    from ..core.document import RunDocument

SUMMARY = "summary.json"
REPORT = "report.md"
HISTORY = "history.jsonl"


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that whoever reads it sees the old text or the new, never a part.

    Raises :class:`~pytest_orchestrator.errors.ReportError` when it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            with open(temporary, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ReportError(f"cannot write the report {os.fspath(path)!r}: {error.strerror}") from error


def render_all(report_dir: str | os.PathLike[str], *, logs: bool = True) -> list[Path]:
    """Write every report that is made from ``results.jsonl`` in ``report_dir`` and return their paths.

    These are ``summary.json``, ``report.md``, the line in ``history.jsonl`` and, unless ``logs`` is false (for a
    caller that wrote them item by item), the JSON logs below ``logs/``, which stand for one path together.
    The same results give the same bytes.

    Raises :class:`~pytest_orchestrator.errors.ReportError` when the results cannot be read or a file not written.
    """
    directory = Path(report_dir)
    document = read_results(directory / RESULTS)
    written = render_document(document, directory)
    if logs:
        for row in iter_results(directory / RESULTS):
            if row.data:
                write_log(directory, document.log_id(row), row.data)
        written.append(directory / LOGS)
    return written


def render_document(
    document: RunDocument, report_dir: str | os.PathLike[str], summary: dict[str, Any] | None = None
) -> list[Path]:
    """Write ``summary.json``, ``report.md`` and the line in ``history.jsonl`` of a document; return their paths.

    For a caller that has read the results already, and perhaps made the ``summary`` of them; otherwise as
    :func:`render_all` without logs.
    Raises :class:`~pytest_orchestrator.errors.ReportError` when a file cannot be written.
    """
    directory = Path(report_dir)
    if summary is None:
        summary = summarize(document)
    write_atomically(directory / SUMMARY, readable(summary))
    write_atomically(directory / REPORT, render_markdown(document, summary))
    append_history(directory / HISTORY, history_entry(summary))
    return [directory / SUMMARY, directory / REPORT, directory / HISTORY]
