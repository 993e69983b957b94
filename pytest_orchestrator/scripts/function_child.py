"""What runs in the process of a function: find it, call it, and write down what came of it.

It imports nothing of this package but :mod:`.shipping`. It is started with the directory of the call as its only
argument; see :mod:`.function` for the files in it.
"""

from __future__ import annotations

import faulthandler
import importlib.machinery
import importlib.util
import inspect
import os
import pickle
import signal
import sys
import traceback
import types
from typing import TYPE_CHECKING, Any

from .shipping import CannotShipError, ship

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .shipping import Setup

SETUP, CALL, VALUE, REPORT, STACK = "setup", "call", "value", "report", "stack"
"""Names of the files of a call."""

RETURNED, RAISED, EXITED, NOT_FOUND, NOT_SENT = "returned", "raised", "exited", "not_found", "not_sent"
"""What a report can say came of the call."""

LONGEST_ERROR = 8 << 10
LONGEST_TRACEBACK = 64 << 10
"""Characters that are kept of an exception's message and of its traceback: of a longer one its start and its end."""

_loading = ""


def loading() -> str:
    """Return what this process is still importing in order to call a function; an empty text when it is not."""
    return _loading


class _ShippedModules:
    """Finds modules where the calling process found them, whatever it did to find them there."""

    def __init__(self, modules: dict[str, tuple[str | None, list[str] | None]]) -> None:
        self._modules = modules

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return where the module is; None for one that was not shipped."""
        del path, target
        if name not in self._modules:
            return None
        file, locations = self._modules[name]
        if file is not None:
            return importlib.util.spec_from_file_location(name, file, submodule_search_locations=locations)
        spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = locations or []
        return spec


def _import_main(path: str, package: str | None) -> None:
    """Execute the calling program's main file under another name, so that its ``__main__`` guard is false."""
    module = types.ModuleType("__mp_main__")
    module.__file__ = path
    module.__package__ = package
    sys.modules["__main__"] = sys.modules["__mp_main__"] = module
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec")
    exec(code, module.__dict__)


def _describe(error: BaseException) -> tuple[str, str]:
    """Return type and message of ``error`` in one line or more, and its traceback without our own frames."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename in (__file__, pickle.__file__):
        trace = trace.tb_next
    if isinstance(error, MemoryError):
        # What the function held is still in its frames, and without it there is no memory to tell of it.
        traceback.clear_frames(error.__traceback__)
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ not in ("builtins", "__main__", "__mp_main__"):
        name = f"{kind.__module__}.{name}"
    try:
        message = str(error)
    except BaseException as second:  # noqa: BLE001 - a __str__ of a user's exception may do anything
        message = f"(its message cannot be shown: {type(second).__name__})"
    text = "".join(traceback.format_exception(error.with_traceback(trace)))
    # Python itself leaves the name of the main module out.
    text = text.replace("__mp_main__.", "")
    return _clipped(f"{name}: {message}" if message else name, LONGEST_ERROR), _clipped(text, LONGEST_TRACEBACK)


def _clipped(text: str, longest: int) -> str:
    half = longest // 2
    if len(text) <= longest:
        return text
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters left out here …]\n{text[-half:]}"


class _Call:
    """One call, whose files are in ``directory``."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._home = os.getpid()

    def _path(self, name: str) -> str:
        return os.path.join(self._directory, name)

    def report(self, outcome: str, error: str | None = None, trace: str | None = None) -> None:
        """Write the report; it is there as a whole or not at all. A forked copy of the process writes none."""
        if os.getpid() != self._home:
            return
        temporary = self._path(f"{REPORT}.new")
        with open(temporary, "wb") as file:
            pickle.dump({"outcome": outcome, "error": error, "traceback": trace}, file)
        os.replace(temporary, self._path(REPORT))

    def show_stack_when_stopped(self) -> None:
        """Make the signal that comes at the time limit write down first where every thread is."""
        stack = os.open(self._path(STACK), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        faulthandler.register(signal.SIGTERM, file=stack, all_threads=True, chain=True)
        faulthandler.enable()

    def load(self) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """Return the function and its arguments."""
        global _loading  # noqa: PLW0603 - a state of the process
        with open(self._path(SETUP), "rb") as file:
            setup: Setup = pickle.load(file)
        # Its absence tells the caller that Python itself was able to start.
        os.unlink(self._path(SETUP))
        sys.path[:] = setup.path
        sys.argv[:] = setup.argv
        sys.meta_path.insert(0, _ShippedModules(setup.modules))
        _loading = setup.function
        if setup.main is not None:
            _import_main(*setup.main)
        with open(self._path(CALL), "rb") as file:
            loaded = pickle.load(file)
        os.unlink(self._path(CALL))
        _loading = ""
        function, args, kwargs = loaded
        return function, args, kwargs

    def send(self, value: object) -> None:
        """Write the value that the function returned. Raise CannotShipError when it cannot be."""
        if os.getpid() != self._home:
            return
        with open(self._path(VALUE), "wb") as file:
            ship({"the result": value}, file)


def _called(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    value = function(*args, **kwargs)
    if inspect.iscoroutine(value):
        import asyncio

        return asyncio.run(value)
    return value


def main(directory: str) -> None:
    """Make the call whose files are in ``directory``, write its report and leave with 0 if it returned."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A line that was printed is kept, whatever ends this process.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    call = _Call(directory)
    call.show_stack_when_stopped()
    try:
        function, args, kwargs = call.load()
    except BaseException as error:  # noqa: BLE001 - importing a user's module may raise anything
        call.report(NOT_FOUND, *_describe(error))
        sys.exit(1)
    try:
        value = _called(function, args, kwargs)
        del function, args, kwargs
        call.send(value)
    except CannotShipError as error:
        call.report(NOT_SENT, str(error))
        sys.exit(1)
    except SystemExit as error:
        call.report(EXITED, None if error.code in (None, 0) else f"sys.exit({error.code!r})", _describe(error)[1])
        raise
    except BaseException as error:  # noqa: BLE001 - whatever the function raised is the answer
        call.report(RAISED, *_describe(error))
        sys.exit(1)
    call.report(RETURNED)
