"""One task of a file while its workflow runs: whether it runs at all, its attempts, and what it hands on."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import OrchestratorError
from .errors import TaskStoppedError, TaskTimeoutError
from .expression import ExpressionError
from .expression_tree import Call, walk
from .file_scope import rendered
from .file_texts import digest_of
from .grace import DEFAULT_GRACE, STOP_SLACK
from .handover import INPUTS, OUTPUT, OutputError, read_outputs, write_inputs
from .kinds import JUDGES, KINDS, TaskCall, TaskGave
from .program import ProgramFailedError, ProgramTimeoutError
from .shell_text import shell_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..process.redaction import Redactor
    from .expression import Template
    from .file import FileTask
    from .file_run import FileRun

KEPT = 100_000
"""Characters of its output that a task hands on."""


LAST = 200
"""Characters of its last line that the error of a program has."""


class TaskFailedError(OrchestratorError):
    """A task of a file failed."""


class FileCondition:
    """Whether a task runs, asked when all that it needs has ended."""

    def __init__(self, run: FileRun, task: FileTask) -> None:
        self._run = run
        self._task = task

    async def __call__(self) -> bool:
        """Return the answer; why it is no is told to the run."""
        run, task = self._run, self._task
        if run.stopped_by is not None and not outlives_failure(task):
            run.why[task.name] = run.why_stopped()
            return False
        status = run.ended.status_of(task)
        if task.condition is None or (not task.condition.asks_for_status and not status["success"]()):
            holds, why = status["success"](), run.why_not(task)
        else:
            try:
                holds = task.condition.holds(run.scope(task), status)
            except ExpressionError as error:
                raise TaskFailedError(f"{run.file.place_of(task)}: if: {error.problem}") from None
            why = f"its condition is not true: {task.condition.text.strip()}"
        if not holds:
            run.why[task.name] = why
        return holds


def outlives_failure(task: FileTask) -> bool:
    """Return whether a task may run although something failed that stops the others: its ``if`` asks for that."""
    if task.condition is None:
        return False
    names = {each.name for each in walk(task.condition.expression) if isinstance(each, Call)}
    return bool(names & {"failure", "always", "cancelled"})


class FileAction:
    """What a task does."""

    def __init__(self, run: FileRun, task: FileTask) -> None:
        self._run = run
        self._task = task
        self.stop_seconds = task.grace + STOP_SLACK
        no_limits = replace(task, timeout=None, grace=DEFAULT_GRACE, retry=None, pool=None)
        plain = replace(no_limits, line=0, condition=None, upstream=(), refers=())
        # Every task can read all inputs of the workflow.
        content = digest_of(run.file.texts.get(task.name, ()))
        known_by = [repr(plain), repr(sorted(run.file.env.items())), run.inputs, content]
        self.definition = json.dumps(known_by, sort_keys=True)

    async def __call__(self, *items: Any) -> dict[str, Any]:
        """Make one attempt and return what it gave, as plain JSON types; ``items`` is the combination, if any."""
        run, task = self._run, self._task
        name = task.name if not items else f"{task.name}[{items[0]['index']}]"
        if run.stopped_by is not None and not outlives_failure(task):
            run.ended.stopped.add(name)
            raise TaskStoppedError(run.why_stopped())
        me = asyncio.current_task()
        assert me is not None
        run.running[name] = me
        attempt = run.count_attempt(name)
        scope = run.scope(task, None if not items else items[0]["matrix"])
        try:
            approval = await self._approval(name, scope)
            return await self._attempt(name, attempt, scope, approval)
        except ExpressionError as error:
            raise TaskFailedError(f"{run.file.place_of(task)}: {error.problem}") from None
        except (asyncio.CancelledError, TaskTimeoutError):
            if name in run.ended.stopped:
                raise TaskStoppedError(run.why_stopped()) from None
            raise
        finally:
            run.running.pop(name, None)

    async def _approval(self, name: str, scope: Mapping[str, Any]) -> dict[str, Any] | None:
        if self._task.approve is None:
            return None
        question = self._run.redactor.text(self._task.approve.render(scope))
        timeout = self._task.timeout if self._task.kind == "approve" else None
        return await self._run.gate.ask(name, question, timeout)

    async def _attempt(
        self, name: str, attempt: int, scope: dict[str, Any], approval: dict[str, Any] | None
    ) -> dict[str, Any]:
        run, task = self._run, self._task
        if task.kind == "approve":
            return {"outputs": {}, "stdout": "", "exit_code": None, "approval": approval}
        kind = KINDS.get(task.kind)
        if kind is None:
            raise TaskFailedError(f"tasks of the kind {task.kind!r} are not known here")
        with tempfile.TemporaryDirectory(prefix="orchestrator-task-", ignore_cleanup_errors=True) as scratch:
            output = Path(scratch, "output")
            output.touch(0o600)
            call = self._call(name, Path(scratch), output, scope)
            log = run.log.begin(name, attempt, call.redactor)
            started = time.time()
            try:
                gave = await kind(replace(call, log=log))
                handed = {**gave.outputs, **self._read(output)}
            except BaseException as error:
                took = time.time() - started
                log.end(call.redactor.text(str(error)) or "it was stopped", took)
                if isinstance(error, (ProgramFailedError, ProgramTimeoutError)):
                    self._note_failure(name, error, output)
                    raise _telling(error, call.redactor) from None
                raise
        log.end("passed" if gave.exit_code is None else f"exit {gave.exit_code}", gave.duration)
        record = {"outputs": handed, "stdout": _kept(gave.stdout), "exit_code": gave.exit_code}
        if approval is not None:
            record["approval"] = approval
        if task.outputs:
            own = {**scope, **record}
            record["outputs"] = {**handed, **{key: value.value(own) for key, value in task.outputs.items()}}
        run.ended.records[name] = record
        self._judge(replace(gave, started=started), call.cwd)
        return record

    @staticmethod
    def _read(output: Path) -> dict[str, Any]:
        try:
            return read_outputs(output)
        except OutputError as error:
            raise TaskFailedError(str(error)) from None

    def _note_failure(self, name: str, error: ProgramFailedError | ProgramTimeoutError, output: Path) -> None:
        """Keep what a program gave that failed: tasks behind it may want to know."""
        result = error.result
        if result is None:
            return
        try:
            outputs = {**result.outputs, **read_outputs(output)}
        except OutputError:
            outputs = dict(result.outputs)
        self._run.ended.records[name] = {
            "outputs": outputs, "stdout": _kept(result.stdout), "stderr": _kept(result.stderr),
            "exit_code": result.exit_code,
        }  # fmt: skip

    def _judge(self, gave: TaskGave, cwd: str) -> None:
        if self._task.expect:
            failures = [failure for judge in JUDGES for failure in judge(self._task.expect, gave, cwd)]
            if failures:
                raise TaskFailedError("; ".join(failures))

    def _call(self, name: str, scratch: Path, output: Path, scope: dict[str, Any]) -> TaskCall:
        run, task = self._run, self._task
        environment = dict(scope["env"])
        for key, template in task.env.items():
            if template is None:
                environment.pop(key, None)
            else:
                environment[key] = template.render(scope)
        redactor = run.redactor = run.redactor.extended(environment)
        inputs = scratch / "inputs.json"
        write_inputs(inputs, run.handed_on(task, scope))
        environment |= {
            OUTPUT: str(output), INPUTS: str(inputs), "ORCHESTRATOR_WORKFLOW": run.file.name, "ORCHESTRATOR_TASK": name,
        }  # fmt: skip
        if task.kind == "run":
            action, variables = shell_text(task.action, scope)
            environment |= variables
        else:
            action = task.action.render(scope)
        return TaskCall(
            name=name,
            action=action,
            file=run.file,
            cwd=self._directory(scope),
            environment=environment,
            timeout=task.timeout,
            grace=task.grace,
            redactor=redactor,
            stdin=_text(task.stdin, scope),
            args=tuple(each.render(scope) for each in task.args),
            inputs=rendered(dict(task.inputs), scope),
            options=task.options,
            scratch=scratch,
            gate=run.gate,
            within=run.within,
            log_directory=run.log.directory,
        )

    def _directory(self, scope: Mapping[str, Any]) -> str:
        base = self._run.file.path.parent
        if self._task.cwd is None:
            return str(base)
        found = base / self._task.cwd.render(scope)
        if not found.is_dir():
            raise TaskFailedError(f"cwd: there is no directory {str(found)!r}")
        return str(found)


def _text(template: Template | None, scope: Mapping[str, Any]) -> str | None:
    return None if template is None else template.render(scope)


def _kept(text: str) -> str:
    """Return output as expressions see it: without the line ends behind it, and not without bounds."""
    return text.rstrip("\r\n")[-KEPT:]


def _telling(error: ProgramFailedError | ProgramTimeoutError, redactor: Redactor) -> Exception:
    """Return an error that says what the program said last: ``exit 1: no space left``."""
    lines = [] if error.result is None else error.result.stderr.strip().splitlines()
    if not lines or isinstance(error, ProgramTimeoutError):
        return error
    last = redactor.text(lines[-1].strip())
    return ProgramFailedError(f"{error}: {last if len(last) <= LAST else f'{last[:LAST]}…'}", error.result)
