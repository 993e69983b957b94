"""What values are to expressions, and the functions that there are. All of it is pure, with the meaning of GitHub's."""

from __future__ import annotations

import difflib
import json
import math
import re
from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass
from .plain_json import parse_json

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = 1 << 20
"""Characters that a text may have which a function makes."""
STATUS_FUNCTIONS = ("success", "failure", "always", "cancelled")
"""Functions that ask how the tasks before ended; whoever works the expression out says so."""
_NUMBER = re.compile(r"\s*[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,4})?\s*")


class FunctionError(ValueError):
    """A function cannot do what it was asked."""


class Many(list[Any]):
    """What ``.*`` gives: a member of it is that of each."""


def is_true(value: Any) -> bool:
    """Return whether a value counts as true: false, null, 0 and '' do not, lists and mappings always do."""
    if isinstance(value, list | dict):
        return True
    return bool(value) and not (isinstance(value, float) and math.isnan(value))


def as_text(value: Any) -> str:
    """Return a value as text: null is nothing, lists and mappings are JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, int | float):
        return repr(value)
    return _bounded(json.dumps(value, ensure_ascii=False))


def as_number(value: Any) -> float:
    """Return a value as a number; NaN for what is none."""
    if value is None:
        return 0.0
    if isinstance(value, bool | int | float):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    if isinstance(value, str):
        if not value.strip():
            return 0.0
        return float(value) if len(value) < 400 and _NUMBER.fullmatch(value) else math.nan
    return math.nan


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def are_equal(left: Any, right: Any) -> bool:
    """Return whether two values are equal: texts in any case; of two types both count as numbers."""
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() == right.casefold()
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return type(left) is type(right) and bool(left == right)
    if left is None and right is None:
        return True
    return as_number(left) == as_number(right)


def is_less(left: Any, right: Any) -> bool:
    """Return whether one value is less than another: texts by their letters in any case, all else as numbers."""
    if isinstance(left, str) and isinstance(right, str):
        return left.casefold() < right.casefold()
    return as_number(left) < as_number(right)


def _bounded(text: str) -> str:
    if len(text) > LARGEST:
        raise FunctionError(f"the text would have more than {LARGEST} characters; let a script make it")
    return text


def _contains(where: Any, what: Any) -> bool:
    if isinstance(where, list):
        return any(are_equal(each, what) for each in where)
    if isinstance(where, dict):
        return any(are_equal(each, what) for each in where.values())
    return as_text(what).casefold() in as_text(where).casefold()


def _starts_with(text: Any, start: Any) -> bool:
    return as_text(text).casefold().startswith(as_text(start).casefold())


def _ends_with(text: Any, end: Any) -> bool:
    return as_text(text).casefold().endswith(as_text(end).casefold())


_PLACE = re.compile(r"\{\{|\}\}|\{(\d{1,3})\}|[{}]")


def _format(pattern: Any, *values: Any) -> str:
    parts: list[str] = []
    text, at, size = as_text(pattern), 0, 0
    for match in _PLACE.finditer(text):
        found = match.group()
        if found in ("{", "}"):
            raise FunctionError(f"format: {found!r} alone; write it twice to mean the sign")
        if match[1] is not None and int(match[1]) >= len(values):
            raise FunctionError(f"format: there is no value for {found}; {len(values)} were given")
        piece = found[0] if match[1] is None else as_text(values[int(match[1])])
        parts += [text[at : match.start()], piece]
        size += len(piece)
        if size > LARGEST:
            break
        at = match.end()
    return _bounded("".join([*parts, text[at:]]))


def _join(values: Any, between: Any = ",") -> str:
    if not isinstance(values, list):
        return as_text(values)
    glue = as_text(between)
    if len(glue) * len(values) > LARGEST:
        raise FunctionError(f"join: the text would have more than {LARGEST} characters")
    return _bounded(glue.join(map(as_text, values)))


def _from_json(text: Any) -> Any:
    written = as_text(text)
    try:
        return parse_json(written)
    except ValueError as error:
        shown = written if len(written) <= 60 else f"{written[:60]}…"
        raise FunctionError(f"fromJSON: {shown!r} is no JSON: {error}") from None


def _to_json(value: Any) -> str:
    return _bounded(json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True))


def _length(value: Any) -> int:
    return len(value) if isinstance(value, list | dict) else len(as_text(value))


@dataclass(frozen=True, slots=True)
class Function:
    """A function of expressions."""

    call: Callable[..., Any]
    arity: tuple[int, int]
    """How many arguments it takes, at least and at most."""
    help: str


FUNCTIONS = {
    "contains": Function(_contains, (2, 2), "whether a text holds another, or a list an item"),
    "startsWith": Function(_starts_with, (2, 2), "whether a text begins with another"),
    "endsWith": Function(_ends_with, (2, 2), "whether a text ends with another"),
    "format": Function(_format, (1, 101), "the first text with {0}, {1} … replaced by the other values"),
    "join": Function(_join, (1, 2), "the items of a list as one text, with ',' or another text between them"),
    "fromJSON": Function(_from_json, (1, 1), "what a JSON text stands for"),
    "toJSON": Function(_to_json, (1, 1), "a value as JSON text"),
    "length": Function(_length, (1, 1), "how many items a list has, or characters a text"),
}
_NAMES = {name.lower(): name for name in (*FUNCTIONS, *STATUS_FUNCTIONS)}


def called(name: str) -> str:
    """Return the name of a function that is written in any case, as GitHub has it; else what is written."""
    return _NAMES.get(name.lower(), name)


def problem_of_call(name: str, given: int) -> str | None:
    """Return what is wrong with calling ``name`` with so many arguments; None if nothing is."""
    if name not in _NAMES.values():
        close = difflib.get_close_matches(name.lower(), _NAMES, 1)
        hint = f"did you mean {_NAMES[close[0]]}()?" if close else f"there is {', '.join(_NAMES.values())}"
        return f"there is no function {name!r}; {hint}"
    least, most = (0, 0) if name in STATUS_FUNCTIONS else FUNCTIONS[name].arity
    if least <= given <= most:
        return None
    wanted = str(least) if least == most else f"{least} to {most}" if most < 100 else f"at least {least}"
    return f"{name}() takes {wanted} argument{'' if wanted == '1' else 's'}, not {given}"
