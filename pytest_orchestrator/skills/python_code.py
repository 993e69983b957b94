"""What is wrong with a piece of Python: its syntax, names that nothing binds, names that some path does not bind."""

from __future__ import annotations

import ast
import builtins
import re
import sys
import warnings
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass
from .places import lines_of
from .python_fragment import fragment, is_template, parsed
from .survey import Survey, survey
from .unbound import possibly_unbound

if TYPE_CHECKING:
    from collections.abc import Iterator


class Fault(Enum):
    """A kind of mistake."""

    SYNTAX = "syntax"
    UNDEFINED = "undefined"
    UNBOUND = "unbound"
    MISTAKE = "mistake"


@dataclass(frozen=True, slots=True)
class PythonFault:
    """One mistake."""

    fault: Fault
    line: int
    """Counted from 1 in the piece of code."""
    column: int
    """Counted from 1, in characters."""
    detail: str = ""
    """What the parser or pyflakes says."""
    names: tuple[str, ...] = ()
    """The names that it is about."""
    bound_at: int = 0
    """Of a name that is bound on some paths: a line that binds it."""
    is_certain: bool = True
    """Whether it is one whatever was left out of the piece."""


@dataclass(frozen=True, slots=True)
class PythonReport:
    """What is known of a piece of code."""

    is_program: bool
    """Whether it claims to be whole: by a shebang, a docstring or a ``__main__`` guard; a file always does."""
    faults: tuple[PythonFault, ...] = ()
    """In the order of the code."""


_GUARD = re.compile(r"^if\s+__name__\s*==\s*['\"]__main__['\"]", re.MULTILINE)
_START = re.compile(r"\s*(?:#[^\n]*\n\s*)*(?:[rR]?(?:\"\"\"|''')|[rR]?[\"'][^\"'\n]+[\"']\s*\n)")
_SHEBANG = re.compile(r"#!.*python")
_DEFINITION = re.compile(r"^(?:import|from|def|class|async def|@)\b", re.MULTILINE)
_LEFT_OUT = re.compile(
    r"^[ \t]*(?:\.\.\.|…)|^[^#\n]*+#.*(?:\.\.\.|…)[ \t]*$"
    r"|^[ \t]*#[ \t]*(?:\[|rest of|remaining|existing|previous|same as|your (?:code|logic)|as (?:above|before))",
    re.MULTILINE | re.IGNORECASE,
)
"""A line that stands for others."""
_SILENCED = "# noqa"
_PLACEHOLDER = re.compile(r"(?:YOUR|MY|SOME)_|PLACEHOLDER|TODO|XXX")
_PYTHON_2 = frozenset({"unicode", "basestring", "raw_input", "xrange", "long", "unichr", "reduce", "file", "reload"})
_NOTEBOOK = frozenset({"display", "get_ipython", "spark", "dbutils", "reveal_type"})
_BUILT_IN = frozenset(dir(builtins)) | {
    "__file__", "__name__", "__doc__", "__builtins__", "__path__", "__package__", "__spec__", "__loader__",
    "__annotations__", "__debug__", "__module__", "__qualname__", "__class__", "WindowsError",
}  # fmt: skip
_NO_QUESTION_OF_NAMES = ("StringDot", "PercentFormat", "IsLiteral", "AssertTuple", "IfTuple", "RaiseNotImplemented",
    "InvalidPrintSyntax", "ForwardAnnotationSyntaxError")  # fmt: skip
_STYLE = frozenset({"StringDotFormatExtraPositionalArguments", "StringDotFormatExtraNamedArguments",
    "PercentFormatExtraNamedArguments"})  # fmt: skip


@lru_cache(maxsize=1024)
def look_at(text: str, *, is_file: bool = False) -> PythonReport:
    """Return what is wrong with ``text``. Nothing is raised."""
    with warnings.catch_warnings():
        # An invalid escape sequence warns; here it is somebody else's.
        warnings.simplefilter("ignore")
        return _look_at(text, is_file=is_file)


def _look_at(text: str, *, is_file: bool) -> PythonReport:
    try:
        tree = parsed(text)
    except SyntaxError as error:
        is_program = is_file or _claims_to_be_whole(text, None)
        may_be_shortened = not is_program or (not is_file and is_template(text))
        if may_be_shortened and fragment(text) is not None:
            return PythonReport(is_program=False)
        return PythonReport(is_program, (_syntax_fault(error, is_program=is_program),))
    is_program = is_file or _claims_to_be_whole(text, tree)
    try:
        faults = _program_faults(tree, text) if is_program else _fragment_faults(tree, text)
        return PythonReport(is_program, tuple(sorted(faults, key=_place)))
    except RecursionError:  # one expression nested hundreds deep
        return PythonReport(is_program)


def _claims_to_be_whole(text: str, tree: ast.Module | None) -> bool:
    if _SHEBANG.match(text):
        return True
    if (guard := _GUARD.search(text)) is not None and _DEFINITION.search(text, 0, guard.start()):
        return True
    if tree is None:
        return _START.match(text) is not None
    return len(tree.body) > 1 and ast.get_docstring(tree, clean=False) is not None


def _syntax_fault(error: SyntaxError, *, is_program: bool) -> PythonFault:
    message = error.msg or "invalid syntax"
    # What is an error for an older Python may be none for a newer one: f-strings may hold anything since 3.12.
    is_newer = message.startswith("f-string") and sys.version_info < (3, 12)
    if is_newer:
        message += " before Python 3.12"
    is_certain = is_program and not is_newer
    return PythonFault(
        Fault.SYNTAX, max(error.lineno or 1, 1), max(error.offset or 1, 1), message, is_certain=is_certain
    )


def _program_faults(tree: ast.Module, text: str) -> Iterator[PythonFault]:
    from pyflakes.checker import Checker  # type: ignore[import-untyped]

    try:
        compile(tree, "<skill>", "exec", dont_inherit=True)
    except SyntaxError as error:
        yield _syntax_fault(error, is_program=True)
        return
    except (ValueError, MemoryError):
        return
    lines = _Lines(text)
    is_whole = _LEFT_OUT.search(text) is None
    told: set[str] = set()
    for message in sorted(Checker(tree, filename="").messages, key=lambda each: (each.lineno, each.col)):
        kind = type(message).__name__
        line, column = message.lineno, lines.column(message.lineno, message.col)
        if lines.is_silenced(line):
            continue
        if kind in ("UndefinedName", "UndefinedLocal"):
            name = str(message.message_args[0])
            if name not in told:
                told.add(name)
                is_elsewhere = name in _NOTEBOOK or (name in _PYTHON_2 and "version_info" in text)
                is_certain = is_whole and not is_elsewhere and not _PLACEHOLDER.search(name)
                yield PythonFault(Fault.UNDEFINED, line, column, names=(name,), is_certain=is_certain)
        elif kind.startswith(_NO_QUESTION_OF_NAMES) and kind not in _STYLE:
            yield PythonFault(Fault.MISTAKE, line, column, message.message % message.message_args)
    for fault in _unbound(tree, survey(tree), lines):
        if fault.names[0] not in told:
            yield fault


def _unbound(tree: ast.Module, found: Survey, lines: _Lines) -> Iterator[PythonFault]:
    for one in possibly_unbound(tree, found):
        if not lines.is_silenced(one.line):
            column = lines.column(one.line, one.column)
            yield PythonFault(Fault.UNBOUND, one.line, column, names=(one.name,), bound_at=one.bound_at)


def _fragment_faults(tree: ast.Module, text: str) -> Iterator[PythonFault]:
    """Yield at most one mistake: a name that a path does not bind, else the first of the names that nothing binds."""
    lines, found = _Lines(text), survey(tree)
    if fault := next(_unbound(tree, found, lines), None):
        yield fault
        return
    missing = _undefined_names(found)
    if missing:
        first = missing[0]
        names = tuple(dict.fromkeys(node.id for node in missing))
        column = lines.column(first.lineno, first.col_offset)
        yield PythonFault(Fault.UNDEFINED, first.lineno, column, names=names, is_certain=False)


def _undefined_names(found: Survey) -> list[ast.Name]:
    """Return the reads of names that nothing binds, in whatever scope, in the order of the code."""
    if found.imports_all:
        return []
    bound = found.bound | _BUILT_IN
    return sorted(
        (node for node in found.reads if node.id not in bound), key=lambda node: (node.lineno, node.col_offset)
    )


class _Lines:
    """The lines of a piece of code as Python counts them."""

    def __init__(self, text: str) -> None:
        self._lines = lines_of(text)
        self._silenced = (
            frozenset(number for number, line in enumerate(self._lines, 1) if _SILENCED in line)
            if _SILENCED in text
            else frozenset()
        )

    def is_silenced(self, line: int) -> bool:
        """Return whether the author asked checkers to say nothing about a line."""
        return line in self._silenced

    def column(self, line: int, offset: int) -> int:
        """Return the column, counted from 1 in characters, of an offset in bytes."""
        if not 0 < line <= len(self._lines):
            return 1
        text = self._lines[line - 1]
        return offset + 1 if text.isascii() else len(text.encode()[:offset].decode("utf-8", "ignore")) + 1


def _place(fault: PythonFault) -> tuple[int, int]:
    return fault.line, fault.column
