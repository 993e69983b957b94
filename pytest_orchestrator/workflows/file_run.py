"""Running the workflow of a file: from what it says to tasks of the engine, and to a report."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from ..config.options import by_name
from ..errors import ArgumentError
from ..process.redaction import Redactor
from .approval import Gate
from .events import TaskFinished
from .expression import ExpressionError
from .file import REQUIRED
from .file_action import FileAction, FileCondition, outlives_failure
from .file_report import WorkflowReport, report_of
from .file_scope import Ended
from .matrix import Combinations
from .outcome import TaskState
from .task import Trigger
from .task_log import TaskLog
from .task_programs import register_programs
from .workflow import Workflow

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .events import WorkflowEvent
    from .file import FileTask, WorkflowFile
    from .journal import Journal


class FileRun:
    """One run of one workflow file."""

    def __init__(
        self,
        file: WorkflowFile,
        inputs: Mapping[str, Any] | None = None,
        *,
        journal: Journal | str | os.PathLike[str] | None = None,
        logs: Path | None = None,
        gate: Gate | None = None,
        redactor: Redactor | None = None,
        environment: Mapping[str, str] | None = None,
        timeout: float | None = None,
        on_event: Callable[[WorkflowEvent], None] | None = None,
        within: tuple[Path, ...] = (),
    ) -> None:
        """Prepare a run.

        ``inputs`` are values by the names of the file's inputs; ``journal`` is where finished tasks are kept; ``logs``
        is the directory for what tasks write; ``gate`` asks people (default: nobody can be asked); ``environment``
        is what programs start from (default: that of this process); ``timeout`` is in seconds, for everything: the
        smaller of it and that of the file holds. Raise ArgumentError for inputs that the file has not, and for those
        that are missing.
        """
        register_programs()
        self.file = file
        self.inputs = _checked_inputs(file, inputs or {})
        self.about = {"name": file.name, "directory": str(file.path.parent)}
        """What expressions see as ``workflow``."""
        self.within = (*within, file.path)
        self.gate = gate or Gate(None)
        self.log = TaskLog(logs)
        self.ended = Ended(file)
        self.running: dict[str, asyncio.Task[Any]] = {}
        self.stopped_by: str | None = None
        """The task whose failure stops everything."""
        self.why: dict[str, str] = {}
        """Why tasks were skipped, where that was decided here."""
        base = dict(os.environ if environment is None else environment)
        self.redactor = redactor or Redactor(by_name("redact").default, base)
        self.environment = self._with_own(base)
        self.redactor = self.redactor.extended(self.environment)
        self._attempts: dict[str, int] = {}
        limits = [limit for limit in (file.timeout, timeout) if limit]
        self._workflow = self._made(journal, min(limits, default=None))
        if on_event is not None:
            self._workflow.subscribe(on_event)

    def _with_own(self, base: dict[str, str]) -> dict[str, str]:
        scope = {"inputs": self.inputs, "env": dict(base), "workflow": self.about}
        for name, template in self.file.env.items():
            if template is None:
                base.pop(name, None)
                continue
            try:
                base[name] = template.render(scope)
            except ExpressionError as error:
                raise ArgumentError(f"{self.file.shown_as}: env.{name}: {error.problem}") from None
        return base

    def _made(self, journal: Journal | str | os.PathLike[str] | None, timeout: float | None) -> Workflow:
        file = self.file
        workflow = Workflow(
            file.name,
            timeout=timeout,
            max_concurrency=file.max_concurrency,
            pools=file.pools,
            journal=journal,
            on_event=self._note,
        )
        for task in file.tasks.values():
            needed = dict.fromkeys((*task.needs, *task.refers))
            common: dict[str, Any] = {
                "condition": FileCondition(self, task),
                "trigger": Trigger.ALL_DONE,  # the condition says the rest, of all that came before
                "retry_policy": task.retry,
                "pool": task.pool,
            }
            action = FileAction(self, task)
            if task.matrix is None:
                workflow.add_task(task.name, action, needed, **common)
            else:
                over = Combinations(task, file.place_of(task), lambda task=task: self.scope(task))  # type: ignore[misc]
                workflow.map(task.name, action, over, needed, **common)
        return workflow

    # -- while it runs ----------------------------------------------------------------------------------------

    def scope(self, task: FileTask, matrix: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return what the expressions of a task see."""
        found = {
            "tasks": {name: self.ended.seen(name) for name in task.refers},
            "inputs": self.inputs,
            "env": self.environment,
            "workflow": self.about,
        }
        return found if matrix is None else {**found, "matrix": dict(matrix)}

    def handed_on(self, task: FileTask, scope: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a program finds in the file that ``$ORCHESTRATOR_INPUTS`` names."""
        tasks = {**{name: self.ended.seen(name) for name in task.needs}, **scope["tasks"]}
        return {"inputs": self.inputs, "tasks": tasks, "matrix": scope.get("matrix", {})}

    def why_not(self, task: FileTask) -> str:
        """Return which task before ``task`` is the reason that it does not run, back to where that began."""
        nearest = None
        each = task
        while True:
            # What failed is more to blame than what was skipped.
            needs = sorted(each.needs, key=lambda name: not self.ended.is_after_failure(name))
            bad = next((name for name in needs if not self.ended.has_passed(name)), None)
            if bad is None:
                # What it needs passed; something before that did not.
                bad = next((name for name in needs if not self.ended.is_clean(name)), None)
                if bad is None:
                    return "nothing before it is to blame"
                each = self.file.tasks[bad]
                continue
            state = self.ended.state(bad)
            nearest = nearest or bad
            each = self.file.tasks[bad]
            if state is not TaskState.SKIPPED or each.condition is not None or not each.needs:
                break
        how = {TaskState.SKIPPED: "was skipped", TaskState.TIMEOUT: "timed out", TaskState.CANCELLED: "was stopped"}
        ending = f"'{bad}' {how.get(state, 'failed')}"
        return ending if nearest == bad else f"'{nearest}' was skipped, because {ending}"

    def why_stopped(self) -> str:
        """Return why nothing more is wanted."""
        return f"'{self.stopped_by}' failed, and the workflow stops on failure"

    def count_attempt(self, name: str) -> int:
        """Return the number of the attempt that begins."""
        self._attempts[name] = self._attempts.get(name, 0) + 1
        return self._attempts[name]

    def _note(self, event: WorkflowEvent) -> None:
        if not isinstance(event, TaskFinished):
            return
        outcome = event.outcome
        self.ended.add(outcome)
        task = self.file.tasks[outcome.name.partition("[")[0]]
        is_failure = outcome.state.is_bad and not task.continue_on_error
        if is_failure and self.file.stops_on_failure and self.stopped_by is None:
            self.stopped_by = outcome.name
            self._stop_others(outcome.name)

    def _stop_others(self, failed: str) -> None:
        """Stop what runs, and have what waits to be tried again hear of it at once."""

        def is_unwanted(name: str) -> bool:
            return name != failed and not outlives_failure(self.file.tasks[name.partition("[")[0]])

        for name, running in list(self.running.items()):
            if is_unwanted(name):
                self.ended.stopped.add(name)
                running.cancel()
        self._workflow.hasten(is_unwanted)

    # -- from outside -----------------------------------------------------------------------------------------

    async def run(self) -> WorkflowReport:
        """Run everything and return the report. Cancelled, stop everything first."""
        started = time.time()
        await self._workflow.run(raise_on_failure=False)
        return self.report(started)

    def report(self, started: float) -> WorkflowReport:
        """Return what there is to tell; ``started`` is when it began, in seconds since the epoch."""
        return report_of(self, self._workflow.outcomes, started)


def _checked_inputs(file: WorkflowFile, given: Mapping[str, Any]) -> dict[str, Any]:
    from ..config.phrases import suggestion

    problems = []
    for name in given:
        if name not in file.inputs:
            hint = suggestion(name, file.inputs).replace("known keys are", "there is") or "it has none"
            problems.append(f"there is no input {name!r}; {hint}")
    for name in file.missing_inputs:
        if name not in given:
            about = file.inputs[name].description
            problems.append(f"input {name!r} is missing; give it a value{about and f': {about}'}")
    for name, value in given.items():
        try:
            json.dumps(value, allow_nan=False, sort_keys=True)
        except (TypeError, ValueError, RecursionError) as error:
            problems.append(f"input {name!r} cannot be written as JSON: {error}; give a text")
    if problems:
        raise ArgumentError("\n".join(f"workflow {file.name!r}: {problem}" for problem in problems))
    defaults = {each.name: each.default for each in file.inputs.values() if each.default is not REQUIRED}
    return {name: given.get(name, defaults.get(name)) for name in file.inputs}
