"""The command ``pytest-orchestrator``: run, docs, report, schema, skills, sessions. What is heavy is imported late."""

from __future__ import annotations

import argparse
import errno
import os
import shlex
import sys
from typing import TYPE_CHECKING, NoReturn

from . import __version__
from .errors import OrchestratorError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

USAGE_ERROR = 2
MERGE = "merge"
"""The first word after ``report`` that makes one of several; a directory of that name is ``./merge``."""
BROKEN_PIPE = 128 + 13
"""What a shell says of a program that SIGPIPE ended."""
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)

_RUN = "run scripts as pytest items, and report"
_RUN_EPILOG = """\
Words after -- go to pytest as they are. Exit codes are pytest's: 0 all passed, 1 something failed, 2 interrupted (or
wrong options here), 3 internal error, 4 pytest was used wrongly (as with a path that does not exist), 5 no script
found. Options in ini files and orchestrator.yaml apply as they do with pytest --orchestrate."""


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_ERROR, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _value(name: str) -> Callable[[str], str]:
    """Return a check of a text for the option ``name`` of the option table."""

    def check(text: str) -> str:
        from .config.options import by_name
        from .config.parse import parse_text

        try:
            parse_text(by_name(name), text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error
        return text

    return check


def _add_run_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    # No short forms but -v: those of pytest, which this is, mean something else.
    add("paths", nargs="*", metavar="PATH", help="folders, scripts or ids; default: as for pytest --orchestrate")
    add("--scripts-dir", metavar="DIR", help="a folder of scripts, as PATH is")
    add("--subdirs", nargs="+", metavar="DIR", help="search only these sub-directories of the folder")
    add("--filter", metavar="GLOB", help="take only scripts whose name (with a /: path below the folder) matches")
    add("--timeout", type=_value("timeout"), metavar="SECONDS", help="time limit of each script; 0 for none")
    add("--max-depth", type=_value("max_depth"), metavar="N", help="levels of sub-directories to search; 0 for none")
    add("--output-dir", metavar="DIR", help="where logs and reports are written; default: .orchestrator")
    add("--jobs", type=_value("jobs"), metavar="N", help="scripts that run at the same time, or auto; default: 1")
    add("--dry-run", action="store_true", help="show what would be run, and how, without running it")
    add("-v", "--verbose", action="count", default=0, help="say more; may be given twice")


def _parse_run(prog: str, words: Sequence[str]) -> argparse.Namespace:
    usage = f"{prog} [options] [PATH ...] [-- PYTEST-ARGUMENT ...]"
    parser = _Parser(prog=prog, usage=usage, description=f"{_RUN.capitalize()}.", epilog=_RUN_EPILOG)
    _add_run_arguments(parser)
    return parser.parse_intermixed_args(words)


def _parser() -> _Parser:
    parser = _Parser(prog="pytest-orchestrator", description="Folders of scripts as pytest items.")
    parser.add_argument("--version", action="version", version=f"pytest-orchestrator {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)

    # Its words are read by a parser of its own: options and paths in any order are beyond sub-parsers.
    commands.add_parser("run", help=_RUN, add_help=False)
    commands.add_parser("skills", help="list, show, search, check and write skills", add_help=False)
    commands.add_parser("sessions", help="list, show, pause, resume and kill sessions of agents", add_help=False)
    commands.add_parser("workflow", help="run, resume, show, draw and approve workflow files", add_help=False)

    about = "Write a Markdown page about the scripts of a folder, read from their text and configuration. None is run."
    docs = commands.add_parser("docs", help="document the scripts of a folder without running any", description=about)
    docs.add_argument("scripts_dir", metavar="DIR", help="the folder of scripts")
    docs.add_argument("-o", "--output", metavar="FILE", required=True, help="the page to write")
    docs.set_defaults(function=_docs)

    about = "Write the reports of a run again, from its results.jsonl; or one report of several runs."
    usage = "pytest-orchestrator report DIR\n       pytest-orchestrator report merge DIR DIR ... -o DIR [--partial]"
    report = commands.add_parser(
        "report", help="write the reports of a run again, or of several as one", description=about, usage=usage
    )
    report.add_argument("directories", nargs="+", metavar="DIR", help="a report directory, as .orchestrator")
    report.add_argument("-o", "--output-dir", metavar="DIR", help="where the merged report is written")
    report.add_argument("--partial", action="store_true", help="merge although shards are missing")
    report.set_defaults(function=_report)

    about = "Print the JSON Schema of orchestrator.yaml, or of workflow files, for editors."
    schema = commands.add_parser("schema", help="print the JSON Schema of orchestrator.yaml", description=about)
    schema.add_argument("--workflow", action="store_true", help="that of *.workflow.yaml")
    schema.set_defaults(function=_schema)
    return parser


def _split(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the words before and after the first ``--``."""
    words = list(argv)
    if "--" not in words:
        return words, []
    at = words.index("--")
    return words[:at], words[at + 1 :]


def pytest_arguments(given: argparse.Namespace, extra: Sequence[str]) -> list[str]:
    """Return the command line for pytest that the options of ``run`` stand for."""
    # By the name of its entry point, so that it is there with PYTEST_DISABLE_PLUGIN_AUTOLOAD too, and only once.
    arguments = ["-p", "orchestrator", "--orchestrate"]
    if given.dry_run:
        arguments += ["-p", "pytest_orchestrator.collect.dry_run", "--collect-only", "--no-header", "-q"]
    values = {
        "subdirs": None if given.subdirs is None else shlex.join(given.subdirs),
        "include": None if given.filter is None else shlex.quote(given.filter),
        "timeout": given.timeout,
        "max-depth": given.max_depth,
        "report-dir": given.output_dir,
        "jobs": given.jobs,
    }
    arguments += [f"--orchestrate-{name}={value}" for name, value in values.items() if value is not None]
    if given.verbose and not given.dry_run:
        arguments.append("-" + "v" * given.verbose)
    paths = [*given.paths, *([] if given.scripts_dir is None else [given.scripts_dir])]
    return [*arguments, *extra, *paths]


def _nowhere() -> str | None:
    """Return what is wrong with the current directory; None if nothing is."""
    try:
        os.stat(os.path.join(os.getcwd(), os.curdir))
    except FileNotFoundError:
        why = "does not exist any more"
    except OSError as error:
        why = f"cannot be entered: {error.strerror}"
    else:
        return None
    return f"the current directory {why}; change to one that can be worked in"


def _run(given: argparse.Namespace, extra: Sequence[str]) -> int:
    from .collect.invocation import run_pytest

    problem = _nowhere()
    if problem is not None:  # in which pytest would end in a traceback, before any plugin of it
        raise OrchestratorError(problem)
    return run_pytest(pytest_arguments(given, extra))


def _docs(given: argparse.Namespace) -> int:
    from .scripts.library import generate_script_documentation

    print(generate_script_documentation(given.scripts_dir, given.output))
    return 0


def _report(given: argparse.Namespace) -> int:
    from .reports.merge import merge_reports
    from .reports.writer import render_all

    directories = given.directories
    if directories[0] == MERGE and len(directories) > 1:
        if given.output_dir is None:
            raise OrchestratorError("report merge needs --output-dir DIR: where the merged report is to be written")
        paths = merge_reports(directories[1:], given.output_dir, partial=given.partial)
    elif len(directories) > 1 or given.output_dir is not None or given.partial:
        raise OrchestratorError("report takes one DIR; to make one report of several: report merge DIR DIR ... -o DIR")
    else:
        paths = render_all(directories[0])
    for path in paths:
        print(path)
    return 0


def _schema(given: argparse.Namespace) -> int:
    import json

    from .config.schema import json_schema
    from .workflows.file_schema import workflow_schema

    print(json.dumps(workflow_schema() if given.workflow else json_schema(), indent=2))
    return 0


def _guarded(command: Callable[[], int], prog: str) -> int:
    """Return the exit code of ``command``; a mistake of the user is one line, a reader that went away none."""
    try:
        code = command()
        print(end="", flush=True)
    except SystemExit as error:  # how argparse ends
        return error.code if isinstance(error.code, int) else USAGE_ERROR
    except BrokenPipeError:
        _forget_output()
        return BROKEN_PIPE
    except OrchestratorError as error:
        print(f"{prog}: {error}", file=sys.stderr)
        return USAGE_ERROR
    except OSError as error:
        problem = _nowhere()
        if error.errno in _NO_ROOM and error.filename is None:
            _forget_output()
            problem = f"cannot write the output: {error.strerror}"
        if problem is None:
            raise
        print(f"{prog}: {problem}", file=sys.stderr)
        return USAGE_ERROR
    return code


def _forget_output() -> None:
    # What is still buffered would complain again when Python ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run_orchestrator(argv: Sequence[str] | None = None) -> int:
    """Run scripts as pytest items, with what ``pytest-orchestrator run`` takes, and return the exit code (seed 004).

    ``argv`` are the words of that command line after ``run``; by default those of this program.

    Returns pytest's exit code: 0 all passed, 1 something failed, 2 interrupted or wrong options, 3 internal error,
    4 wrong use of pytest, 5 no script found. Nothing is raised but KeyboardInterrupt, and
    :class:`~pytest_orchestrator.errors.ArgumentError` for an ``argv`` that is no list of texts. Works inside of a
    pytest session too: pytest then gets a process of its own, and so it does at any further call in the same program.
    """
    from .config.given_arguments import Arguments

    prog = "run_orchestrator"
    given = Arguments()
    given.words("argv", argv)
    given.check()
    words, extra = _split(sys.argv[1:] if argv is None else argv)
    return _guarded(lambda: _run(_parse_run(prog, words), extra), prog)


def main(argv: Sequence[str] | None = None) -> int:
    """Be the command ``pytest-orchestrator`` and return its exit code."""
    words, extra = _split(sys.argv[1:] if argv is None else argv)

    def command() -> int:
        if words[:1] == ["run"]:
            return _run(_parse_run("pytest-orchestrator run", words[1:]), extra)
        if words[:1] == ["skills"]:
            from .skill_commands import run_skills

            about = "The skills of a project: directories with a SKILL.md."
            parser = _Parser(prog="pytest-orchestrator skills", description=about)
            return run_skills(parser, [*words[1:], *(["--", *extra] if extra else [])])
        if words[:1] == ["sessions"]:
            from .session_commands import run_sessions

            about = "The sessions of agents: what runs, what ran, and what can be taken up again."
            return run_sessions(_Parser(prog="pytest-orchestrator sessions", description=about), [*words[1:], *extra])
        if words[:1] == ["workflow"]:
            from .workflow_commands import run_workflow_command

            about = "Workflow files: tasks that need one another."
            parser = _Parser(prog="pytest-orchestrator workflow", description=about)
            return run_workflow_command(parser, [*words[1:], *(["--", *extra] if extra else [])])
        parser = _parser()
        given = parser.parse_args(words)
        if extra:
            parser.error(f"{extra[0]!r}: only the command run takes words after --")
        return int(given.function(given))

    return _guarded(command, "pytest-orchestrator")
