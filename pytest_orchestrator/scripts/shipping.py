"""Functions, arguments and results on their way to another process and back: what can be sent, and why not.

Functions and classes travel by name: the other process imports them. So those without a name that can be imported
are refused with a sentence that says what to do. Imported by the function's process too, so it imports little.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
from dataclasses import field
from types import FunctionType
from typing import IO, TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAINS = ("__main__", "__mp_main__")


class CannotShipError(Exception):
    """Something cannot be sent to another process. The message says what, why, and what to do."""


@dataclass
class Setup:
    """What the other process needs to know before it can load a call."""

    function: str
    path: list[str]
    argv: list[str]
    modules: dict[str, tuple[str | None, list[str] | None]]
    """File and, for a package, the places of its modules, by name of a module."""
    main: tuple[str, str | None] | None
    """File and package of the main program, when the call uses something that is defined there."""


@dataclass
class _Names:
    """What was sent by name."""

    modules: set[str] = field(default_factory=set)

    def note(self, thing: FunctionType | type) -> None:
        """Take note of a function or class. Raise CannotShipError when it cannot be found by name."""
        name, module = thing.__qualname__, thing.__module__
        kind = "class" if isinstance(thing, type) else "function"
        if name.rpartition(".")[2] == "<lambda>":
            raise CannotShipError(
                "a lambda has no name by which another process could find it: "
                "write it with def at the top level of a module"
            )
        if "<locals>" in name:
            raise CannotShipError(
                f"the {kind} {name!r} is defined inside a function, where no other process can find it: move it to "
                "the top level of a module, and give it as arguments what it takes from around it"
            )
        if module in _MAINS and _main_file() is None:
            raise CannotShipError(
                f"the {kind} {name!r} is defined in an interactive session (or by python -c), which no other process "
                "can import: write it into a module and import it from there"
            )
        if isinstance(module, str):
            if _has_no_file(sys.modules.get(module)):
                raise CannotShipError(
                    f"the {kind} {name!r} is defined in the module {module!r}, which was made at run time and has no "
                    "file that another process can import: write it into one"
                )
            self.modules.add(module)


class _Pickler(pickle.Pickler):
    def __init__(self, file: IO[bytes], names: _Names) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._names = names

    def reducer_override(self, thing: object) -> Any:
        if isinstance(thing, FunctionType | type):
            self._names.note(thing)
        return NotImplemented


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        # The function's process has imported our main program under another name.
        known = "__main__" if module == "__mp_main__" and module not in sys.modules else module
        return super().find_class(known, name)


class _Nowhere(io.BytesIO):
    def write(self, data: object) -> int:
        del data
        return 0


def ship(parts: Mapping[str, object], file: IO[bytes], whole: object = None) -> set[str]:
    """Write ``whole`` (default: the only one of ``parts``) to ``file`` and return the modules that it names.

    ``parts`` are what it consists of, by the name that an error message gives to each. Raise CannotShipError when
    one of them cannot be sent.
    """
    if whole is None:
        (whole,) = parts.values()
    names = _Names()
    try:
        _Pickler(file, names).dump(whole)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a __reduce__ or __getstate__ of a user's object may raise anything
        raise CannotShipError(_explain(parts, error)) from None
    return names.modules


def _explain(parts: Mapping[str, object], error: Exception) -> str:
    for name, part in parts.items():
        try:
            _Pickler(_Nowhere(), _Names()).dump(part)
        except CannotShipError as reason:
            return f"{name} cannot be sent to another process: {reason}"
        except Exception as reason:  # noqa: BLE001 - see above
            return f"{name} ({type(part).__name__}) cannot be sent to another process: {_cause(reason)}"
    return _cause(error)


def _cause(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply to be pickled"
    text = str(error) or type(error).__name__
    if "generator" in text:
        return f"{text}: return a list of what it yields"
    if "not the same object" in text:
        return f"{text}: something replaced it under its name (a decorator without functools.wraps, a reload)"
    return text


def receive(file: IO[bytes]) -> Any:
    """Return what was written by :func:`ship`. May raise anything: the classes of users take part."""
    return _Unpickler(file).load()


def setup_of(function: str, modules: set[str]) -> Setup:
    """Return what another process needs to load a call of ``function`` that names ``modules``."""
    main = None
    if not modules.isdisjoint(_MAINS):
        spec = getattr(sys.modules["__main__"], "__spec__", None)
        package = getattr(sys.modules["__main__"], "__package__", None) if spec is None else spec.parent
        path = _main_file()
        assert path is not None
        main = (path, package)
    known: dict[str, tuple[str | None, list[str] | None]] = {}
    for name in modules.difference(_MAINS):
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            _note_place(".".join(parts[:count]), known)
    return Setup(function, [entry for entry in sys.path if isinstance(entry, str)], list(sys.argv), known, main)


def _note_place(name: str, known: dict[str, tuple[str | None, list[str] | None]]) -> None:
    module = sys.modules.get(name)
    if module is None:
        return
    file = getattr(module, "__file__", None)
    places = [str(place) for place in getattr(module, "__path__", ())]
    if isinstance(file, str) and os.path.exists(file):
        known[name] = (os.path.abspath(file), places or None)
    elif file is None and getattr(getattr(module, "__spec__", None), "origin", None) is None:
        # A package without a file of its own; pytest makes such ones up for its import mode importlib.
        known[name] = (None, places)


def _has_no_file(module: object) -> bool:
    """Return whether ``module`` is one that no import made."""
    names = ("__file__", "__path__", "__spec__")
    return module is not None and all(getattr(module, name, None) is None for name in names)


def _main_file() -> str | None:
    """Return the absolute path of the main program's file; None when it has none."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    if not isinstance(file, str):
        return None
    path = os.path.abspath(file)
    return path if os.path.isfile(path) else None
