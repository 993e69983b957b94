"""The items of workflow files: one for each file, or for each of its cases."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from ..core.kinds import WORKFLOW
from ..core.status import Reason, Status
from .base import OrchestratedItem
from .workflow_result import WorkflowResult

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..workflows.file import WorkflowFile
    from .orchestration import Orchestration


class WorkflowFailedError(Exception):
    """Raised by an item whose workflow did not pass, to tell pytest so."""

    def __init__(self, result: WorkflowResult) -> None:
        self.result = result
        super().__init__(result.error)


class WorkflowItem(OrchestratedItem):
    """One run of one workflow (or of one case of it). Its tasks are reported as subtests."""

    kind = WORKFLOW
    result: WorkflowResult | None

    def __init__(self, *, shown: str, file: WorkflowFile, case: str | None, skip: str | None, **kwargs: Any) -> None:
        super().__init__(shown=shown, heading=f"{shown} {workflow_part(case)}", **kwargs)
        self.file = file
        self.case = case
        if skip is not None:
            self.add_marker(pytest.mark.skip(reason=self.redacted(skip)))

    def runtest(self) -> None:
        """Run the workflow, and tell pytest of each task and of the whole."""
        from .workflow_execution import run_workflow_item

        self.result = run_workflow_item(self)
        if self.result.status is not Status.PASSED:
            raise WorkflowFailedError(self.result)
        assert self.result.report is not None
        self.add_report_section("call", "summary", self.result.report.summary)

    def not_executed(self, status: Status, error: str | None) -> WorkflowResult:
        """Return the record of an item that was never executed."""
        reason = Reason.INFRASTRUCTURE if status is Status.ERROR else None
        shown = None if error is None else self.redacted(error)
        now = time.time()
        return WorkflowResult(str(self.path), self.case, None, status, shown, reason, None, now, now)

    def failure_of(self, error: BaseException) -> Any:
        """Return what broke, if ``error`` says that something did."""
        from .workflow_failure import workflow_failure

        return workflow_failure(self, error.result) if isinstance(error, WorkflowFailedError) else None


def workflow_part(case: str | None) -> str:
    """Return what follows ``::`` in the id of a workflow."""
    return WORKFLOW if case is None else f"{WORKFLOW}[{case}]"


def _cases(file: WorkflowFile) -> list[str | None]:
    return list(file.cases) or [None]


def workflow_parts(path: str, orchestration: Orchestration) -> list[str]:
    """Return what follows ``::`` in the ids of the items of a workflow. Raise ConfigurationError if it is broken."""
    return [workflow_part(case) for case in _cases(orchestration.workflow(path))]


def workflow_items(
    parent: pytest.Collector, path: Path, orchestration: Orchestration, *, in_node: bool
) -> Iterator[WorkflowItem]:
    """Yield the items of a workflow file that were asked for."""
    text = str(path)
    shown = orchestration.shown(text)
    wanted = orchestration.scope.wanted_parts(text)
    file = orchestration.workflow(text)
    # A bare item has no node above it that would show which workflow it is.
    prefix = "" if in_node else f"{shown[shown.rfind('/') + 1 :]}::"
    skip = orchestration.shared(text).skip
    for case in _cases(file):
        part = workflow_part(case)
        if wanted is None or part in wanted or WORKFLOW in wanted:
            yield WorkflowItem.from_parent(
                parent,
                name=prefix + part,
                nodeid=f"{shown}::{part}",
                path=path,
                shown=shown,
                file=file,
                case=case,
                skip=skip,
            )
