"""JSON that programs wrote, as all that comes after can carry it: journals, reports, files of inputs, environments."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

DEEPEST = 50
"""Lists and mappings within one another. What goes through values recurses."""
_HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")


def parse_json(text: str) -> Any:
    """Return what a JSON text stands for.

    Raise ValueError for what is no JSON (``NaN`` is none), for what is nested too deep, and for half a character.
    """
    try:
        found = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError(f"it is nested more than {DEEPEST} levels deep") from None
    if text.count("[") + text.count("{") > DEEPEST:
        _check_depth(found)
    if _HALF_CHARACTER.search(text):
        _check_characters(found)
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [each for outer in level if isinstance(outer, list | dict) for each in _within(outer)]
        if not level:
            return
    raise ValueError(f"it is nested more than {DEEPEST} levels deep")


def _within(outer: list[Any] | dict[str, Any]) -> Iterable[Any]:
    return outer.values() if isinstance(outer, dict) else outer


def _check_characters(value: Any) -> None:
    # Two halves are one character; one alone is in no text that can be written to a file.
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{error.object[error.start]!a} is half a character") from None
