"""Which scripts can be started from a Python that waits before its script, and how they see themselves then."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ..core.names import escape_name, quote_name
from ..process.command import Warm
from ..quick_dataclasses import dataclass
from .header import parse_shebang, read_head
from .interpreter import NotStartableError

if TYPE_CHECKING:
    from collections.abc import Sequence

WARM = ("warm",)
"""``interpreter: warm`` starts this script warm, whatever the run says."""
PLAIN = ("plain",)
"""``interpreter: plain`` starts it as if the run said nothing."""

_PYTHON = re.compile(r"python(?:[0-9]+(?:\.[0-9]+)*t?)?")
_NAME_LENGTH = 15
"""Bytes of a process's name."""


@dataclass(frozen=True, slots=True)
class _Python:
    """The Python that a script is run with."""

    path: str
    word: str
    """As the kernel passes it."""
    options: tuple[str, ...]
    names_process: bool
    """Whether the process is called like the interpreter, and not like the script."""


def find_warm(
    argv: Sequence[str], args: Sequence[str], script: str, search_path: str, imports: Sequence[str], *, must: bool
) -> tuple[Warm | None, tuple[str, ...]]:
    """Return how ``script`` is started warm, and notes; None where it cannot be.

    ``argv`` is its command line up to the script, with the program's absolute path, ``args`` are its arguments.
    A script that is not Python's is passed over; with ``must`` NotStartableError is raised for it.
    """
    python = _python_of(argv, script, search_path)
    if python is None:
        if must:
            runner = "itself" if argv[0] == script else quote_name(os.path.basename(argv[0]))
            raise NotStartableError(
                f"`interpreter: warm` is for scripts that Python runs, and this one is run by {runner}:"
                " take it out, or name the interpreter"
            )
        return None, ()
    why = _objection(python)
    if why:
        return None, (f"not started warm: {why}",)
    words = (python.word, script, *args)
    name = b"" if python.names_process else os.fsencode(os.path.basename(script))[:_NAME_LENGTH]
    return Warm(os.fsencode(python.path), tuple(map(os.fsencode, words)), name, tuple(imports)), ()


def _python_of(argv: Sequence[str], script: str, search_path: str) -> _Python | None:
    if argv[0] != script:
        program = os.path.basename(argv[0])
        return _Python(argv[0], argv[0], tuple(argv[1:-1]), True) if _PYTHON.fullmatch(program) else None
    try:
        shebang = parse_shebang(read_head(script))
    except OSError:
        return None
    words = shebang.words if shebang is not None else ()
    if shebang is None or not words or not _PYTHON.fullmatch(os.path.basename(words[0])):
        return None
    if os.path.basename(shebang.interpreter) != "env":
        return _Python(words[0], words[0], words[1:], False)
    # Options of env itself, and variables that it sets, are as good as options of the interpreter.
    options = () if shebang.argument == words[0] else (shebang.argument or "",)
    return _Python(_found(words[0], search_path), words[0], options, True)


def _found(program: str, search_path: str) -> str:
    if "/" in program:
        return program
    for directory in search_path.split(os.pathsep):
        path = os.path.join(directory, program)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return program


def _objection(python: _Python) -> str:
    if python.options:
        return f"its interpreter is given options ({escape_name(' '.join(python.options))})"
    if not python.path.startswith("/"):
        return f"its interpreter {quote_name(python.path)} is not named by an absolute path"
    if _is_wrapper(python.path):
        return f"its interpreter {quote_name(python.path)} is a script that starts another: name that one"
    return ""


@lru_cache(maxsize=64)
def _is_wrapper(path: str) -> bool:
    try:
        return read_head(path, 2) == b"#!"
    except OSError:
        return False
