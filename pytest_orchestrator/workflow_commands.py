"""The commands ``pytest-orchestrator workflow …``: run, resume, status, graph, approve."""

from __future__ import annotations

import asyncio
import io
import json
import os
import select
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .core.names import escape_name
from .errors import ArgumentError
from .reports.quoting import clean
from .workflow_kinds import register_kinds
from .workflow_state import last_graph, last_states
from .workflows.approval import ApprovalError, Gate, answer, in_ci, questions, who
from .workflows.events import TaskFinished
from .workflows.file import REQUIRED
from .workflows.file_report import FIRST_ERRORS, errors_of
from .workflows.file_run import FileRun
from .workflows.journal_lock import is_held
from .workflows.loader import load_workflow_file
from .workflows.run_files import WORKFLOWS, RunFiles, command_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from .workflows.events import WorkflowEvent
    from .workflows.file import WorkflowFile
    from .workflows.file_report import WorkflowReport

FAILED = 1
INTERRUPTED = 130
"""What a shell says of a program that SIGINT ended."""
_EPILOG = """\
Exit codes: 0 all tasks passed or were skipped, 1 one failed or was stopped, 2 a mistake in the file, the inputs or the
command, 130 interrupted with Ctrl-C; what had not finished can be resumed after each of them but 2."""


def run_workflow_command(parser: argparse.ArgumentParser, words: Sequence[str]) -> int:
    """Carry out the ``words`` behind ``workflow``, which ``parser`` is to read, and return the exit code.

    0 when everything passed, 1 when a task failed, 130 after Ctrl-C. Raises
    :class:`~pytest_orchestrator.errors.OrchestratorError` for a mistake of the user.
    """
    commands = _add_commands(parser)
    # Asked itself, the parser of a command sees the "--" before a FILE that begins with "-"; argparse takes it away.
    command = commands.get(words[0]) if words else None
    given = parser.parse_args(words) if command is None else command.parse_args(words[1:])
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    register_kinds()
    return int(given.function(given))


def _add_commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Add the commands and return the parser of each."""
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=type(parser))
    told: dict[str, tuple[str, str, Callable[[argparse.Namespace], int]]] = {
        "run": ("run a workflow file", "Run a workflow file from its beginning, and print its summary.", _run),
        "resume": (
            "go on with a run that failed or was killed",
            "Go on with the last run of a workflow file: what has finished with the same inputs is not run again.",
            _resume,
        ),
        "status": (
            "show the tasks of the last run",
            "Show the tasks of the last run, and what waits for you.",
            _status,
        ),
        "graph": (
            "print the graph as Mermaid",
            "Print the graph as Mermaid, with states and times of the last run.",
            _graph,
        ),
        "approve": (
            "answer a task that waits",
            "Say yes to a task that waits for a person, in another terminal.",
            _approve,
        ),
    }
    for name, (text, about, function) in told.items():
        command = commands.add_parser(
            name, help=text, description=about, epilog=_EPILOG if name in ("run", "resume") else None
        )
        command.add_argument("file", metavar="FILE", help="a *.workflow.yaml")
        command.add_argument("--case", metavar="NAME", help="a case of the file, as in its id ::workflow[NAME]")
        command.add_argument(
            "--dir", type=Path, default=WORKFLOWS, metavar="DIR", help=f"where runs are kept; default: {WORKFLOWS}"
        )
        command.set_defaults(function=function)
        if name in ("run", "resume"):
            command.add_argument(
                "--input", "-i", action="append", default=[], metavar="NAME=VALUE", help="an input; may be repeated"
            )
            command.add_argument("--orchestrate-approve", action="store_true", help="approve everything beforehand")
            command.add_argument("-v", "--verbose", action="store_true", help="a line for each task that ended")
        if name == "run":
            command.add_argument("--no-journal", action="store_true", help="keep nothing: the run cannot be resumed")
        if name == "status":
            command.add_argument("--json", action="store_true", help="print JSON")
        if name == "approve":
            command.add_argument("task", metavar="TASK", help="the task that waits")
            command.add_argument("--reject", action="store_true", help="say no: the task fails")
    return dict(commands.choices)


def _loaded(given: argparse.Namespace) -> tuple[WorkflowFile, RunFiles]:
    file = load_workflow_file(given.file)
    if given.case is not None and given.case not in file.cases:
        there = ", ".join(file.cases) or "none"
        raise ArgumentError(f"{given.file}: there is no case {given.case!r}; there is {there}")
    return file, RunFiles(given.dir.absolute(), file, given.case)


def _inputs(file: WorkflowFile, case: str | None, given: Sequence[str]) -> dict[str, Any]:
    """Return the inputs of a command line: texts, or JSON where the default of an input is no text."""
    found = dict(file.cases[case]) if case is not None else {}
    for word in given:
        name, equals, text = word.partition("=")
        if not equals:
            raise ArgumentError(f"--input {word!r}: write NAME=VALUE")
        default = file.inputs[name].default if name in file.inputs else None
        if default is None or default is REQUIRED or isinstance(default, str):
            found[name] = text
            continue
        try:
            found[name] = json.loads(text)
        except ValueError:
            kind = type(default).__name__
            raise ArgumentError(f"--input {name}: {text!r} is no JSON, and the default is no text but {kind}") from None
    return found


def _run(given: argparse.Namespace) -> int:
    file, files = _loaded(given)
    inputs = _inputs(file, given.case, given.input)
    FileRun(file, inputs)  # what is wrong with the inputs is told before anything is forgotten
    if given.no_journal:
        return _go(given, file, inputs, None)
    files.begin(inputs)
    return _go(given, file, inputs, files)


def _resume(given: argparse.Namespace) -> int:
    file, files = _loaded(given)
    known = {name: value for name, value in files.last_inputs().items() if name in file.inputs}
    return _go(given, file, {**known, **_inputs(file, given.case, given.input)}, files)


def _go(given: argparse.Namespace, file: WorkflowFile, inputs: dict[str, Any], files: RunFiles | None) -> int:
    def show(event: WorkflowEvent) -> None:
        if isinstance(event, TaskFinished):
            outcome = event.outcome
            again = ", finished before" if outcome.from_journal else ""
            state = run.ended.state(outcome.name)
            print(f"{outcome.name}: {state}{again} ({outcome.duration:.2f} s)", file=sys.stderr, flush=True)

    run = FileRun(
        file,
        inputs,
        journal=None if files is None else files.journal,
        logs=None if files is None else files.logs,
        gate=_gate(given, files),
        on_event=show if given.verbose else None,
    )
    try:
        report = asyncio.run(run.run())
    except KeyboardInterrupt:
        print(f"{file.name}: interrupted{_remedy(given, files)}", file=sys.stderr)
        return INTERRUPTED
    print(clean(report.summary), flush=True)
    for line in _more(report, given, files):
        print(line, file=sys.stderr)
    return 0 if report.passed else FAILED


def _more(report: WorkflowReport, given: argparse.Namespace, files: RunFiles | None) -> list[str]:
    """Return what broke, where the summary does not say so, where to look and what to do."""
    if report.passed:
        return []
    lines = [f"  {clean(error)}" for error in errors_of(report.tasks) if error not in report.summary][:FIRST_ERRORS]
    if files is not None:
        lines += [f"logs:   {_shown(files.logs)}", f"resume: {_command('resume', given)}"]
    return lines


def _command(verb: str, given: argparse.Namespace, *more: str) -> str:
    return command_line(verb, given.file, *more, case=given.case, directory=given.dir)


def _remedy(given: argparse.Namespace, files: RunFiles | None) -> str:
    return "" if files is None else f"; go on with: {_command('resume', given)}"


def _shown(path: Path) -> str:
    relative = os.path.relpath(path)
    return escape_name(str(path) if relative.startswith("..") else relative)


def _gate(given: argparse.Namespace, files: RunFiles | None) -> Gate:
    def prompt(task: str, question: str) -> None:
        print(f"{task}: {clean(question)} [y/n] ", end="", file=sys.stderr, flush=True)

    def tell(task: str, question: str) -> None:
        print(f"{task} waits for a person: {clean(question)}", file=sys.stderr)
        print(f"  answer with: {_command('approve', given, task)} [--reject]", file=sys.stderr, flush=True)

    is_terminal = sys.stdin is not None and sys.stdin.isatty()
    return Gate(
        None if files is None else files.questions,
        auto=f"--orchestrate-approve by {who()}" if given.orchestrate_approve else None,
        in_ci=in_ci(),
        prompt=prompt if is_terminal else tell,
        read=_typed if is_terminal else None,
    )


def _typed() -> str | None:
    readable, _, _ = select.select([sys.stdin], [], [], 0)
    return sys.stdin.readline() if readable else None


# -- looking --------------------------------------------------------------------------------------------------


def _status(given: argparse.Namespace) -> int:
    file, files = _loaded(given)
    if given.case is None and file.cases and not files.journal.exists():
        raise ArgumentError(f"{given.file}: it was never run without a case; say which: --case {'|'.join(file.cases)}")
    is_running, told = last_states(file, files)
    if given.json:
        print(json.dumps({"workflow": file.name, "running": is_running, "tasks": told}, indent=2))
        return 0
    print(f"{file.name}: {'running' if is_running else 'not running'}")
    if file.description:
        print(f"  {clean(file.description).strip()}")
    for task in told:
        seconds = "" if task["duration"] is None else f"  {task['duration']:.2f} s"
        more = clean(str(task["question"] or task["error"] or "")).partition("\n")[0]
        print(f"  {task['name']:<24} {task['state']}{seconds}{f'  {more}' if more else ''}")
    return 0


def _graph(given: argparse.Namespace) -> int:
    print(last_graph(*_loaded(given)), end="")
    return 0


def _approve(given: argparse.Namespace) -> int:
    _, files = _loaded(given)
    if given.task in questions(files.questions) and not is_held(files.journal):
        message = f"the run whose task {given.task!r} waited is over: {_command('resume', given)} lets it ask again"
        raise ApprovalError(message)
    question = answer(files.questions, given.task, approved=not given.reject)
    print(f"{given.task}: {'rejected' if given.reject else 'approved'} by {who()}: {clean(question)}")
    return 0
