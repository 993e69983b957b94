"""Documents for the tests of the reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_orchestrator.core.document import ResultRow, RunDocument, RunEnd, RunFacts
from pytest_orchestrator.core.status import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

RUN = RunFacts(
    run_id="r1",
    started="2026-01-02T03:04:05.000+00:00",
    rootdir_name="project",
    command=("pytest", "--orchestrate", "scripts/"),
    version="0.1",
    python="3.11",
    pytest="9.2",
    platform="Linux",
    jobs=2,
    workers=0,
)
ENDED = "2026-01-02T03:04:15.500+00:00"


def row(
    nodeid: str, status: Status = Status.PASSED, duration: float = 0.1, *, kind: str = "script", **data: Any
) -> ResultRow:
    """Return a row; an id without ``::`` gets ``::run``."""
    whole: Mapping[str, Any] = {"exit_code": 0, "command": ["sh", nodeid], "cwd": "/project", "timeout": 60.0, **data}
    return ResultRow(nodeid if "::" in nodeid else f"{nodeid}::run", kind, status, duration, "", whole)


def document(
    *rows: ResultRow, exit_status: int | None = 0, collected: int | None = None, crashed: bool = False
) -> RunDocument:
    """Return the document of a run with these rows."""
    end = None if crashed else RunEnd(exit_status, ENDED, len(rows) if collected is None else collected)
    return RunDocument(RUN, rows, end)
