"""The Python in a skill: that it parses, and that its names are there when they are read."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ...config.phrases import clipped, joined
from ..code import PYTHON, snippets
from ..finding import Part, Severity
from ..python_code import Fault, look_at
from ..rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..code import Snippet
    from ..context import CheckContext
    from ..document import SkillDocument
    from ..python_code import PythonFault
    from ..rule import Found

_MOST_NAMES = 5

SYNTAX = Rule(
    "SK501", "python-syntax", Part.CODE, Severity.ERROR,
    "Python in a skill parses.",
    "An agent copies what it is shown. A program that does not parse costs it a run and a turn to find out why. A "
    "program (it has a shebang, a docstring or a `__main__` guard, or is a file of `scripts/`) must parse as it "
    "stands, or the item fails; a fragment may be shortened in the ways that people shorten code, and is a warning. So "
    "may a template in a fence: a program with a `<name>` or an entry `...` to be filled in.",
)  # fmt: skip
UNDEFINED = Rule(
    "SK502", "undefined-name", Part.CODE, Severity.ERROR,
    "Every name that a program reads is defined or imported in it.",
    "The program ends with a NameError when it gets there, in the middle of what it was doing. In a fragment such "
    "names are what the reader has to bring along: a note tells them.",
)  # fmt: skip
UNBOUND = Rule(
    "SK503", "possibly-unbound", Part.CODE, Severity.ERROR,
    "Every name is bound on each path to where it is read.",
    "Where a step before has failed or was left out, the program ends with an UnboundLocalError that hides what went "
    "wrong: the path that nobody tried is the one where it matters. In a fragment it is a note.",
)  # fmt: skip
MISTAKE = Rule(
    "SK504", "python-mistake", Part.CODE, Severity.WARNING,
    "A program holds no statement that cannot do what it says.",
    "A format string without its argument raises, an `assert` of a tuple never fails, `is` does not compare texts: "
    "agents copy these too.",
)  # fmt: skip

RULES = (SYNTAX, UNDEFINED, UNBOUND, MISTAKE)


def check(skill: SkillDocument, context: CheckContext) -> Iterator[Found]:
    """Yield what is wrong with the Python fences of a skill and the Python files of its ``scripts/``."""
    for snippet in snippets(skill, PYTHON, context.text):
        report = look_at(snippet.text, is_file=snippet.is_file)
        for fault in report.faults:
            yield _found(snippet, fault, is_program=report.is_program)


def _found(snippet: Snippet, fault: PythonFault, *, is_program: bool) -> Found:
    line, column = snippet.place(fault.line, fault.column)
    path = snippet.path
    severity = None if is_program and fault.is_certain else Severity.NOTE
    what = "program" if is_program else "fragment"
    if fault.fault is Fault.SYNTAX:
        severity = None if fault.is_certain else Severity.WARNING
        message = f"this {what} does not parse: {fault.detail}"
        remedy = "correct it" if is_program else "correct it, or name the language that it is written in"
        return SYNTAX.at(line, column, message, remedy, path=path, severity=severity)
    if fault.fault is Fault.MISTAKE:
        return MISTAKE.at(line, column, f"this cannot be meant: {fault.detail}", "correct it", path=path)
    name = fault.names[0]
    if fault.fault is Fault.UNBOUND:
        bound_at = snippet.place(fault.bound_at)[0]
        message = f"{clipped(name)} may not be bound here: line {bound_at} binds it, but not on every path to this one"
        remedy = "give it a value on every path, or leave early where it has none"
        return UNBOUND.at(line, column, message, remedy, path=path, severity=severity)
    if not is_program:
        return UNDEFINED.at(
            line, column, _missing(fault.names), "say where they come from", path=path, severity=severity
        )
    remedy = f"add `import {name}`" if name in sys.stdlib_module_names else "define or import it"
    return UNDEFINED.at(
        line, column, f"{clipped(name)} is not defined in this program", remedy, path=path, severity=severity
    )


def _missing(names: tuple[str, ...]) -> str:
    shown = [clipped(name) for name in names[:_MOST_NAMES]]
    if len(names) > _MOST_NAMES:
        shown.append(f"{len(names) - _MOST_NAMES} more")
    return f"this fragment does not define {joined(shown)}"
