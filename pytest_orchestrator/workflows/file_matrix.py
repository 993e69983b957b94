"""Reading the matrix of a task from its file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..config.phrases import below, clipped, shown, suggestion
from ..config.tree import Listing, Table
from .expression import Template
from .file_schema import NAME
from .matrix import EXCLUDE, INCLUDE, problem_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config.tree import Node

_MAPPINGS = "is not a mapping of names to values"


def read_matrix(
    node: Table, where: str, value_of: Callable[[Node, str], Any], report: Callable[[int, str], None]
) -> dict[str, Any] | None:
    """Return the matrix of the task ``node``: lists, and templates that give one, by their names; None if it has none.

    ``value_of`` makes a value of what is written, ``report`` takes mistakes.
    """
    entry = node.entries.get("matrix")
    if entry is None:
        return None
    if not isinstance(entry.value, Table) or not entry.value.entries:
        is_empty = isinstance(entry.value, Table)
        what = "it is empty" if is_empty else f"{shown(entry.value)} is not a mapping of names to lists"
        report(entry.value.at or entry.at, f"{where}.matrix: {what}; write name: [values]")
        return None
    found = {}
    mistakes = 0

    def note(at: int, message: str) -> None:
        nonlocal mistakes
        mistakes += 1
        report(at, message)

    for name, item in entry.value.entries.items():
        path = below(f"{where}.matrix", name)
        value = value_of(item.value, path)
        if not re.fullmatch(NAME, name):
            note(item.at, f"{path}: {clipped(name)} is not a name; use letters, digits, '_' and '-'")
        elif isinstance(value, list) and not value:
            note(item.value.at, f"{path}: the list is empty, so there is nothing to run; give it values")
        elif isinstance(value, list | Template):
            if isinstance(value, Template) and len(value.parts) != 1:
                note(item.value.at, f"{path}: text around '${{{{ }}}}' makes it no list; leave the text out")
            found[name] = value
        else:
            message = "is not a list; write [values], or ${{ an expression that gives a list }}"
            note(item.value.at, f"{path}: {shown(item.value)} {message}")
    _check_combinations(entry.value, set(found) - {INCLUDE, EXCLUDE}, f"{where}.matrix", note)
    # What is broken was told; how many combinations it makes is not known.
    if not mistakes and (problem := problem_of(found)) is not None:
        report(entry.value.at, f"{where}.matrix: {problem}")
    return found


def _check_combinations(matrix: Table, names: set[str], where: str, report: Callable[[int, str], None]) -> None:
    """Report what is no combination under ``include`` and ``exclude``, and what could never be excluded."""
    for key in (INCLUDE, EXCLUDE):
        entry = matrix.entries.get(key)
        if entry is None or not isinstance(entry.value, Listing):
            continue
        for item in entry.value.items:
            if not isinstance(item, Table) or not item.entries:
                what = "a mapping is empty" if isinstance(item, Table) else f"{shown(item)} {_MAPPINGS}"
                report(item.at, f"{where}.{key}: {what}; write - {{name: value}}")
                continue
            for name, each in item.entries.items():
                if not re.fullmatch(NAME, name):
                    report(each.at, f"{where}.{key}: {clipped(name)} is not a name; use letters, digits, '_' and '-'")
                elif key == EXCLUDE and name not in names:
                    hint = suggestion(name, sorted(names)).replace("known keys are", "there is") or "it has no names"
                    report(each.at, f"{where}.{key}: the matrix has no {clipped(name)}; {hint}")
    if EXCLUDE in matrix.entries and not names:
        report(matrix.entries[EXCLUDE].at, f"{where}.exclude: there are no combinations to leave out; name values")
