"""The kinds of tasks that need more than the room of workflows: scripts, agents, other workflows, expectations."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .agents.process import CliProcess
from .config.overlay import overlaid
from .config.settings import ScriptSettings
from .core.status import Status
from .errors import ConfigurationError
from .process.command import Capture, Outcome
from .scripts.expect import unmet_expectations
from .scripts.interpreter import NotStartableError
from .scripts.prepare import prepare
from .scripts.spec import RunContext, ScriptSpec
from .workflows.alone import run_alone
from .workflows.approval import Gate
from .workflows.errors import TaskTimeoutError
from .workflows.events import TaskOutput
from .workflows.file_run import FileRun
from .workflows.grace import STOP_SLACK
from .workflows.kinds import JUDGES, TaskGave, register_kind
from .workflows.loader import load_workflow_file
from .workflows.output import TELLER
from .workflows.program import (
    ProgramFailedError,
    ProgramResult,
    ProgramTimeoutError,
    run_program,
    waited,
)
from .workflows.task_log import plain_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .agents.result import ProcessResult
    from .agents.stream import StreamEvent
    from .workflows.events import WorkflowEvent
    from .workflows.file_report import WorkflowReport
    from .workflows.kinds import TaskCall

_OWN = "ORCHESTRATOR_"


def register_kinds() -> None:
    """Have workflow files know all kinds of tasks. May be called any number of times."""
    register_kind("script", _script)
    register_kind("claude", _agent("claude"))
    register_kind("codex", _agent("codex"))
    register_kind("workflow", _workflow)
    JUDGES[:] = [_judge]


def run_workflow_file(
    path: str | os.PathLike[str],
    inputs: Mapping[str, Any] | None = None,
    *,
    journal: str | os.PathLike[str] | None = None,
    logs: str | os.PathLike[str] | None = None,
    timeout: float | None = None,
    approved_by: str | None = None,
    on_event: Callable[[WorkflowEvent], None] | None = None,
) -> WorkflowReport:
    """Run the workflow file at ``path`` and return what came of it; tasks that failed are told there.

    ``inputs`` are values by the names of its inputs. ``journal`` is a file in which finished tasks are kept: with one
    of an earlier run, that is gone on with. ``logs`` is a directory for what tasks write; ``timeout`` is in seconds,
    for everything. ``approved_by`` says who has approved beforehand whatever tasks ask; without it a task that asks
    fails. ``on_event`` is called with each event.

    Raise ConfigurationError with all mistakes of the file, ArgumentError for inputs that it has not or that are
    missing, and WorkflowError where an event loop runs already.
    """
    register_kinds()
    file = load_workflow_file(path)
    run = FileRun(
        file,
        inputs,
        journal=journal,
        logs=None if logs is None else Path(logs),
        gate=Gate(None, auto=approved_by),
        timeout=timeout,
        on_event=on_event,
    )
    return run_alone(file.name, run.run())


async def _script(call: TaskCall) -> TaskGave:
    """Run a script as the items of scripts are run: by its shebang, then its extension."""
    path = os.path.join(call.file.path.parent, call.action)
    settings = ScriptSettings(
        timeout=call.timeout, args=call.args, stdin=call.stdin, cwd=call.cwd, grace=call.grace
    )  # fmt: skip
    environment = {os.fsencode(name): os.fsencode(value) for name, value in call.environment.items()}
    context = RunContext(
        rootdir=call.file.path.parent,
        python=sys.executable,
        redactor=call.redactor,
        environment=environment,
        search_path=call.environment.get("PATH", os.defpath),
    )
    item = f"{call.file.name}::{call.name}"
    try:
        prepared = prepare(ScriptSpec(path, item, settings), context)
    except NotStartableError as error:
        raise ProgramFailedError(str(error)) from None
    result = await run_program(prepared.command, call.log)
    return TaskGave(result.stdout, result.stderr, result.exit_code, duration=result.duration)


# -- agents ---------------------------------------------------------------------------------------------------


def _agent(cli: str) -> Any:
    async def run(call: TaskCall) -> TaskGave:
        assert call.scratch is not None
        own = {name: value for name, value in call.environment.items() if os.environ.get(name) != value}
        removed = {name: None for name in os.environ if name not in call.environment}
        process = CliProcess(
            call.action,
            f"{plain_name(call.name)}.agent",
            call.cwd,
            call.log_directory or call.scratch,
            timeout=call.timeout,
            grace=call.grace,
            stream_output=False,
            cli=cli,
            env={**removed, **own},
            on_event=_told_to(call),
            **call.options,
        )
        result = await _in_thread(process, call.grace)
        plain = ProgramResult(result.exit_code, result.output, result.stderr, result.duration)
        if result.status is Status.TIMEOUT:
            raise ProgramTimeoutError(result.error or "timed out", plain)
        if not result.ok:
            raise ProgramFailedError(result.error or f"exit {result.exit_code}", plain)
        return TaskGave(result.output, result.stderr, result.exit_code, duration=result.duration)

    return run


def _told_to(call: TaskCall) -> Callable[[StreamEvent], None]:
    """Return what puts what an agent says and does into the log of its task, and tells those who listen."""
    tell, log = TELLER.get(), call.log

    def take(event: StreamEvent) -> None:
        text = event.text.rstrip("\n") + "\n"
        if log is not None:
            log.output(event.kind.replace("_", " "), text)
        if tell is not None:
            tell("text", text)

    return take


async def _in_thread(process: CliProcess, grace: float) -> ProcessResult:
    """Run an agent in a thread of its own, and end it when nobody wants it any more."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[ProcessResult] = loop.create_future()

    def settle(result: ProcessResult | None, error: BaseException | None) -> None:
        if found.done():
            return
        if error is not None:
            found.set_exception(error)
        elif result is not None:
            found.set_result(result)

    def work() -> None:
        result, fault = None, None
        try:
            result = process.run()
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is waited for
            fault = error
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, fault)

    threading.Thread(target=work, name="workflow-agent", daemon=True).start()
    try:
        return await asyncio.shield(found)
    except asyncio.CancelledError:
        process.terminate()
        await waited(lambda: asyncio.wait({found}), grace + STOP_SLACK)
        raise


# -- other workflows ------------------------------------------------------------------------------------------


class _InnerGate:
    """Asks for the tasks of a workflow that is a task itself, under both names."""

    def __init__(self, gate: Gate | None, name: str) -> None:
        self._gate = gate
        self._name = name

    async def ask(self, task: str, question: str, timeout: float | None = None) -> dict[str, Any]:
        assert self._gate is not None
        return await self._gate.ask(f"{self._name}.{task}", question, timeout)


async def _workflow(call: TaskCall) -> TaskGave:
    path = Path(os.path.normpath(call.file.path.parent / call.action))
    if path in call.within:
        chain = " -> ".join(each.name for each in (*call.within, path))
        raise ProgramFailedError(f"the workflow runs itself: {chain}")
    shown_as = os.path.normpath(os.path.join(os.path.dirname(call.file.shown_as), call.action))
    try:
        file = load_workflow_file(path, shown_as)
    except ConfigurationError as error:
        raise ProgramFailedError(str(error)) from None
    tell = TELLER.get()

    def forward(event: WorkflowEvent) -> None:
        if tell is not None and isinstance(event, TaskOutput):
            tell(event.stream, event.text)

    run = FileRun(
        file,
        call.inputs,
        logs=None if call.log_directory is None else call.log_directory / plain_name(call.name),
        on_event=forward,
        gate=_InnerGate(call.gate, call.name),  # type: ignore[arg-type]  # it asks, which is all that is needed
        redactor=call.redactor,
        environment={name: value for name, value in call.environment.items() if not name.startswith(_OWN)},
        within=call.within,
    )
    try:
        async with asyncio.timeout(call.timeout):
            report = await run.run()
    except TimeoutError:
        assert call.timeout is not None
        raise TaskTimeoutError(f"timed out after {call.timeout:g} s") from None
    outputs = {task.name: dict(run.ended.seen(task.name)["outputs"]) for task in file.tasks.values()}
    result = ProgramResult(0 if report.passed else 1, report.summary, "", report.ended - report.started, outputs)
    if not report.passed:
        broken = [f"{task.name}: {task.error}" for task in report.tasks if task.is_bad]
        raise ProgramFailedError(f"in {path.name}: {'; '.join(broken[:3]) or 'it was stopped'}", result)
    return TaskGave(report.summary, "", 0, outputs, result.duration)


# -- expectations ---------------------------------------------------------------------------------------------


def _judge(expect: Mapping[str, Any], gave: TaskGave, cwd: str) -> tuple[str, ...]:
    expectation = overlaid(ScriptSettings(), {"expect": expect}, "the workflow").expect
    stdout, stderr = (text.encode("utf-8", "surrogateescape") for text in (gave.stdout, gave.stderr))
    outcome = Outcome(
        started=gave.started,
        ended=gave.started + gave.duration,
        duration=gave.duration,
        exit_code=gave.exit_code,
        stdout=Capture(stdout, b"", len(stdout)),
        stderr=Capture(stderr, b"", len(stderr)),
    )
    return unmet_expectations(expectation, outcome, cwd)
