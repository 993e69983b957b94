"""Reports of plain result dictionaries, for programs that run scripts without pytest (seed 004)."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..config.given_arguments import Arguments
from ..core.document import end_line, result_line, run_line
from ..core.status import Status
from ..errors import ReportError
from .logs import result_id
from .marks import RESULTS, prepare_report_dir, refuse_foreign
from .writer import HISTORY, REPORT, SUMMARY, render_all, write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def _status(result: Mapping[str, Any], nodeid: str) -> Status:
    try:
        return Status(result.get("status", ""))
    except ValueError:
        allowed = ", ".join(Status)
        raise ReportError(
            f"the result of {nodeid!r} has the status {result.get('status')!r}: it must be one of {allowed}"
        ) from None


def _moment(result: Mapping[str, Any], key: str) -> float | None:
    try:
        return datetime.fromisoformat(result[key]).timestamp()
    except (KeyError, TypeError, ValueError):
        return None


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("pytest-orchestrator")
    except PackageNotFoundError:
        return ""


def _seconds(result: Mapping[str, Any]) -> float:
    seconds = result.get("execution_time")
    return float(seconds) if isinstance(seconds, int | float) else 0.0


def generate_report(results: Sequence[Mapping[str, Any]], output_dir: str | os.PathLike[str]) -> Path:
    """Write the reports of some results and return the path of ``report.md`` (seed 004, ``generate_report``).

    ``results`` are what ``run_script`` and ``run_function`` returned; ``output_dir`` gets the same files as a run
    with ``--orchestrate``: ``results.jsonl``, ``summary.json``, ``report.md``, ``history.jsonl`` and the logs. The
    run starts with the earliest ``start_time`` and ends with the latest ``end_time``.

    Raises :class:`~pytest_orchestrator.errors.ReportError` for a result without a name or with an unknown status,
    when ``output_dir`` is not one of ours and holds a file of such a name, and when a file cannot be written.
    """
    given = Arguments()
    given.mappings("results", results, "give the dictionaries that run_script or run_function returned")
    given.path("output_dir", output_dir)
    given.check()
    totals = dict.fromkeys(Status, 0)
    taken: set[str] = set()
    lines: list[str] = []
    for result in results:
        number = 1
        while (nodeid := result_id(result, number)) in taken:
            number += 1
        taken.add(nodeid)
        status = _status(result, nodeid)
        totals[status] += 1
        kind = "script" if "script" in result else str(result.get("type") or "function")
        lines.append(result_line(nodeid, kind, status, _seconds(result), None, result))
    started = min(filter(None, (_moment(result, "start_time") for result in results)), default=0.0)
    ended = max(filter(None, (_moment(result, "end_time") for result in results)), default=started)
    first = run_line(
        run_id=hashlib.sha256("".join(lines).encode()).hexdigest()[:12],
        started=started,
        rootdir_name=os.path.basename(os.getcwd()),
        command=(),
        version=_version(),
        python=platform.python_version(),
        pytest="",
        platform=sys.platform,
        jobs=1,
        workers=0,
        collected=len(lines),
    )
    bad = any(totals[status] for status in Status if status.is_bad)
    last = end_line(exit_status=int(bad), ended=ended, totals=totals, collected=len(lines))
    directory = prepare_report_dir(output_dir)
    # Not the logs: those of save_log may be there, and are these results' own.
    refuse_foreign(directory, (RESULTS, SUMMARY, REPORT, HISTORY), "give an empty or a new directory")
    write_atomically(directory / RESULTS, "".join([first, *lines, last]))
    render_all(directory)
    return directory / REPORT
