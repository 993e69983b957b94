"""``run_function`` of seed 004: one call of a Python function in a process of its own.

Each call has a directory with its files: ``setup`` and ``call`` go to the process, ``value`` and ``report`` come
back (a file takes a result of any size, a pipe would have to be read meanwhile), ``stack`` says where the function
was when it was stopped.
"""

from __future__ import annotations

import inspect
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.names import escape_name
from ..core.result import iso_time
from ..core.status import Reason, Status
from ..errors import ArgumentError, OrchestratorError, SupervisorError
from ..process.command import Command
from ..process.home import PACKAGE_PARENT
from ..process.pool import shared_pool
from ..quick_dataclasses import dataclass
from . import function_child as child
from .arguments import DEFAULT_TIMEOUT, Given, current_directory, library_context, name_of
from .judge import not_startable, result_of
from .prepare import Prepared
from .runner import Runner, Started
from .shipping import CannotShipError, receive, setup_of, ship
from .spec import ScriptSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..core.result import RunResult
    from .spec import RunContext

_PROGRAM = (
    "import sys; sys.path.append({!r}); from pytest_orchestrator.scripts.function_child import main; main(sys.argv[1])"
)


@dataclass(slots=True)
class _Answer:
    """What came of a call."""

    result: RunResult
    value: object = None
    traceback: str | None = None


def run_function(
    func: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    timeout: float | None = DEFAULT_TIMEOUT,
    memory_limit_mb: float | None = None,
) -> dict[str, Any]:
    """Call a function in a process of its own and return what came of it (seed 004).

    The process is a new Python, not a copy of this one: it imports the function by its name and gets copies of the
    arguments. When the time is over the whole tree of processes that the function started is stopped. A coroutine
    function is run with :func:`asyncio.run`. May be called from several threads at the same time.

    :param func: any callable that can be pickled: a function at the top level of a module or of the main program, a
        method of an object that can be pickled, a :func:`functools.partial`. Lambdas, functions inside functions and
        generator functions cannot be sent; the result then has status ``error`` and says what to do.
    :param args: a tuple or list of positional arguments.
    :param kwargs: keyword arguments.
    :param timeout: seconds, the start of the process included; None or 0 for no limit.
    :param memory_limit_mb: largest address space in MiB (RLIMIT_AS), that of Python itself included. Default: none.

    Returns a dictionary with the keys ``name``, ``type`` (``function``), ``status``, ``start_time``, ``end_time``,
    ``execution_time`` (seconds, the start of the process included), ``result``, ``error``, ``traceback``, ``stdout``,
    ``stderr``, then ``reason``, ``exit_code``, ``signal``, ``timeout``, ``limit``, ``left_processes``, ``notes``,
    ``stdout_bytes``, ``stderr_bytes``, ``cpu_time`` and ``max_rss_kb``, as in the result of a script. ``status`` is
    ``passed`` when the function returned (or called ``sys.exit(0)``), ``failed`` when it raised or its process ended
    otherwise, ``timeout``, or ``error`` when something could not be sent, imported or started. After a timeout
    ``traceback`` shows where the function was. Secrets are replaced in all texts, not in ``result``.

    Raises :class:`~pytest_orchestrator.errors.ArgumentError` for arguments that make no sense, and
    :class:`~pytest_orchestrator.errors.OrchestratorError` when called while the process of another call imports the
    module that calls it: a program that calls it needs an ``if __name__ == "__main__":``.
    """
    _refuse_recursion()
    given = Given("run_function")
    given.limits(timeout, memory_limit_mb)
    call = (func, _checked_arguments(func, args), _checked_keywords(kwargs))
    settings = given.checked()
    context = library_context(Path(current_directory()))
    spec = ScriptSpec(sys.executable, f"{escape_name(name_of(func))}()", settings)
    return _as_dict(name_of(func), _answer(spec, context, call), context)


def _refuse_recursion() -> None:
    if child.loading():
        message = (
            f"run_function was called while the process that is to call {child.loading()} still imports it, which "
            "would never end: put the call below 'if __name__ == \"__main__\":' or into a function"
        )
        raise OrchestratorError(message)


def _checked_arguments(func: object, args: object) -> tuple[Any, ...]:
    if not callable(func):
        raise ArgumentError(f"func: {func!r} is not callable; give the function itself, not its result")
    if not isinstance(args, tuple | list):
        raise ArgumentError(f"args: {args!r} is not a tuple or list; for one argument write args=({args!r},)")
    return tuple(args)


def _checked_keywords(kwargs: object) -> dict[str, Any]:
    if kwargs is None:
        return {}
    if not isinstance(kwargs, Mapping):
        raise ArgumentError(f"kwargs: {kwargs!r} is not a mapping; give names and values")
    odd = [name for name in kwargs if not isinstance(name, str)]
    if odd:
        raise ArgumentError(f"kwargs: {odd[0]!r} is not the name of an argument; names are texts")
    return dict(kwargs)


_Callable = tuple["Callable[..., Any]", tuple[Any, ...], dict[str, Any]]


def _answer(spec: ScriptSpec, context: RunContext, call: _Callable) -> _Answer:
    pool = shared_pool()
    with pool.directory() as directory:
        problem = _written(directory, call)
        if problem is not None:
            return _Answer(_not_run(spec, context, problem, Reason.NOT_STARTABLE))
        argv = (sys.executable, *_interpreter_flags(), "-c", _PROGRAM.format(PACKAGE_PARENT), str(directory))
        settings = spec.settings
        command = Command(
            argv=tuple(map(os.fsencode, argv)),
            cwd=os.fsencode(context.rootdir),
            base_env=context.environment,
            item=spec.item,
            timeout=settings.timeout,
            grace=settings.grace,
            limits=settings.limits,
        )
        try:
            with pool.engine(None) as engine:
                started = Started(spec, Prepared(command, argv), engine.submit(command), None, str(context.rootdir))
                result = Runner(engine).finish(started, context)
        except SupervisorError as error:
            return _Answer(_not_run(spec, context, str(error), Reason.INFRASTRUCTURE))
        return _judged(result, directory, settings.limits.memory_mb)


def _interpreter_flags() -> list[str]:
    """Return the flags of this interpreter, as multiprocessing gives them on, and one that keeps '' off sys.path."""
    flags: list[str] = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]  # noqa: SLF001
    return [*flags, "-P"]


def _written(directory: Path, call: _Callable) -> str | None:
    """Write the files of a call; return why it cannot be sent, if so."""
    func, args, kwargs = call
    if inspect.isgeneratorfunction(func) or inspect.isasyncgenfunction(func):
        return f"{name_of(func)} is a generator function, whose values cannot leave its process: return a list of them"
    parts = {
        name_of(func): func,
        **{f"args[{index}]": value for index, value in enumerate(args)},
        **{f"kwargs[{name!r}]": value for name, value in kwargs.items()},
    }
    try:
        with open(directory / child.CALL, "wb") as file:
            modules = ship(parts, file, call)
    except CannotShipError as error:
        return str(error)
    with open(directory / child.SETUP, "wb") as file:
        pickle.dump(setup_of(name_of(func), modules), file)
    return None


def _not_run(spec: ScriptSpec, context: RunContext, why: str, reason: Reason) -> RunResult:
    result = result_of(spec, context, None, not_startable(why), str(context.rootdir))
    return replace(result, error=why, reason=reason)


def _judged(result: RunResult, directory: Path, memory_limit: float | None) -> _Answer:
    """Return what the process and the files that it left say together."""
    if (directory / child.SETUP).exists():
        if result.status is Status.FAILED:
            error = f"Python could not start in its own process: {result.error}; see stderr"
            result = replace(result, status=Status.ERROR, reason=Reason.NOT_STARTABLE, error=error)
        return _Answer(result)
    try:
        with open(directory / child.REPORT, "rb") as file:
            report = pickle.load(file)
    except FileNotFoundError:
        return _without_report(result, directory, memory_limit)
    outcome, error, trace = report["outcome"], report["error"], report["traceback"]
    if outcome == child.RETURNED:
        return _returned(result, directory)
    if result.status is Status.TIMEOUT or (outcome == child.EXITED and result.status is Status.PASSED):
        return _Answer(result, traceback=trace if result.status is Status.TIMEOUT else None)
    if outcome == child.NOT_FOUND:
        error = f"it cannot be imported in a process of its own: {error}{_remedy(error)}"
        result = replace(result, status=Status.ERROR, reason=Reason.NOT_STARTABLE)
    elif outcome == child.NOT_SENT:
        result = replace(result, status=Status.ERROR, reason=Reason.CONFIGURATION)
    elif outcome == child.RAISED:
        result = replace(result, status=Status.FAILED, reason=None)
        if memory_limit is not None and error.startswith("MemoryError"):
            error += f" (memory_limit_mb {memory_limit:g})"
    return _Answer(replace(result, error=error or result.error), traceback=trace)


def _remedy(error: str) -> str:
    """Return how to make a function importable whose module was not found, as the end of a sentence."""
    if not error.startswith("ModuleNotFoundError"):
        return ""
    return "; its file must be in a directory on sys.path (PYTHONPATH) of this process, where it can still be imported"


def _without_report(result: RunResult, directory: Path, memory_limit: float | None) -> _Answer:
    if result.status is Status.TIMEOUT:
        return _Answer(result, traceback=_stack(directory / child.STACK))
    if result.status is Status.PASSED:
        error = "its process ended with exit status 0 before the function returned (os._exit does that)"
        return _Answer(replace(result, status=Status.FAILED, error=error))
    if result.status is Status.FAILED:
        killed = result.signal is not None
        how = f"was killed by {result.signal}" if killed else f"ended with exit status {result.exit_code}"
        limit = "" if memory_limit is None else f" (memory_limit_mb {memory_limit:g})"
        return _Answer(replace(result, error=f"its process {how} before the function returned{limit}"))
    return _Answer(result)


def _stack(path: Path) -> str | None:
    """Return where the function was when it was stopped, without our own frames."""
    try:
        text = path.read_text("utf-8", "backslashreplace")
    except FileNotFoundError:
        return None
    own = (f'File "{child.__file__}"', 'File "<string>"')
    return "".join(line for line in text.splitlines(keepends=True) if not line.strip().startswith(own)) or None


def _returned(result: RunResult, directory: Path) -> _Answer:
    if result.status is not Status.PASSED:
        result = replace(result, error=f"{result.error}, after the function had returned")
    try:
        with open(directory / child.VALUE, "rb") as file:
            return _Answer(result, receive(file))
    except Exception as error:  # noqa: BLE001 - classes of users take part and may raise anything
        problem = f"its result cannot be read in this process: {type(error).__name__}: {error}"
        return _Answer(replace(result, status=Status.ERROR, reason=Reason.CONFIGURATION, error=problem))


def _as_dict(name: str, answer: _Answer, context: RunContext) -> dict[str, Any]:
    result, clean = answer.result, context.redactor.text
    plain = result.as_dict()
    extras = (
        "reason", "exit_code", "signal", "timeout", "limit", "left_processes", "notes", "stdout_bytes",
        "stderr_bytes", "cpu_time", "max_rss_kb",
    )  # fmt: skip
    return {
        "name": name,
        "type": "function",
        "status": str(result.status),
        "start_time": iso_time(result.started),
        "end_time": iso_time(result.ended),
        "execution_time": plain["execution_time"],
        "result": answer.value,
        "error": None if result.error is None else clean(result.error),
        "traceback": None if answer.traceback is None else clean(answer.traceback),
        "stdout": result.stdout,
        "stderr": result.stderr,
        **{key: plain[key] for key in extras},
    }
