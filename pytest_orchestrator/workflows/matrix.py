"""The matrix of a task: the values that it is run for, each combination once."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

from ..errors import OrchestratorError
from .expression import ExpressionError, Template
from .file_scope import has_templates, rendered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .file import FileTask

MOST_COMBINATIONS = 10_000
_MOST_COMPARED = 1_000_000
INCLUDE, EXCLUDE = "include", "exclude"
"""What is no name of values in a matrix, but a list of combinations to add, or to leave out."""


class MatrixError(OrchestratorError):
    """The combinations of a task cannot be worked out."""


def names_of(matrix: Mapping[str, Any]) -> set[str] | None:
    """Return the names that combinations may have; None where that is not known before they are worked out."""
    names = set(matrix) - {INCLUDE, EXCLUDE}
    added = matrix.get(INCLUDE, [])
    if isinstance(added, Template):
        return None
    for each in added:
        if not isinstance(each, dict):
            return None
        names |= set(each)
    return names


def combinations(matrix: Mapping[str, Any], scope: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return all combinations of a matrix, the last name changing fastest. Raise ExpressionError.

    ``include`` and ``exclude`` mean what they mean in GitHub Actions: what is excluded is left out first; then each
    entry of ``include`` is added to all combinations of which it changes no value, and is one itself where there are
    none such.
    """
    return _with(*_parts(matrix, scope))


def _parts(matrix: Mapping[str, Any], scope: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what ``exclude`` leaves, and what ``include`` adds."""
    lists: dict[str, list[Any]] = {}
    size = 1
    for name, value in matrix.items():
        if name in (INCLUDE, EXCLUDE):
            continue
        lists[name] = _list_of(name, value, scope)
        size *= len(lists[name])
        _bound(size)
    found = [dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values())] if lists else []
    for out in _mappings(EXCLUDE, matrix, scope):
        found = [each for each in found if not all(key in each and _is_same(each[key], out[key]) for key in out)]
    added = _mappings(INCLUDE, matrix, scope)
    _bound(len(found) + len(added))
    return found, added


def problem_of(matrix: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the number of combinations, as far as it is known before they are worked out."""
    lists = {name: value for name, value in matrix.items() if name not in (INCLUDE, EXCLUDE)}
    if not all(isinstance(value, list) for value in lists.values()):
        return None
    size = math.prod(map(len, lists.values()))
    if size > MOST_COMBINATIONS:
        return f"it has {size} combinations; {MOST_COMBINATIONS} are allowed, take some values out"
    # A file is read often: what takes long to compare is left to the run.
    if has_templates(matrix) or size * len(matrix.get(EXCLUDE, ())) > _MOST_COMPARED:
        return None
    try:
        found, added = _parts(matrix, {})
    except ExpressionError as error:
        return f"{error.problem}; take some values out"
    if found or added:
        return None
    return "exclude leaves none of the combinations, so there is nothing to run; exclude fewer"


def _with(found: Sequence[dict[str, Any]], added: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    wider = [dict(each) for each in found]
    alone = []
    for extra in added:
        fits = [
            number
            for number, each in enumerate(found)
            if all(key not in each or _is_same(each[key], value) for key, value in extra.items())
        ]
        for number in fits:
            wider[number].update(extra)
        if not fits:
            alone.append(dict(extra))
    return [*wider, *alone]


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values are equal; to Python true is 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _list_of(name: str, value: Any, scope: Mapping[str, Any]) -> list[Any]:
    found = rendered(value, scope)
    if isinstance(found, list):
        return found
    kind = "nothing" if found is None else f"{type(found).__name__} {str(found)[:60]!r}"
    raise ExpressionError(0, f"matrix.{name}: {kind} is not a list; of a text that is JSON, fromJSON() makes one")


def _mappings(name: str, matrix: Mapping[str, Any], scope: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = _list_of(name, matrix.get(name, []), scope)
    for each in found:
        if not isinstance(each, dict):
            raise ExpressionError(0, f"matrix.{name}: {str(each)[:60]!r} is not a mapping of names to values")
    return found


def _bound(size: int) -> None:
    if size > MOST_COMBINATIONS:
        raise ExpressionError(0, f"the matrix has more than {MOST_COMBINATIONS} combinations")


class Combinations:
    """The combinations of the matrix of a task, worked out when its turn has come."""

    def __init__(self, task: FileTask, place: str, scope: Callable[[], Mapping[str, Any]]) -> None:
        """``place`` is where errors say that the task is."""
        self._task = task
        self._place = place
        self._scope = scope

    def __iter__(self) -> Iterator[dict[str, Any]]:
        assert self._task.matrix is not None
        try:
            found = combinations(self._task.matrix, self._scope())
        except ExpressionError as error:
            raise MatrixError(f"{self._place}: {error.problem}") from None
        return iter([{"index": index, "matrix": each} for index, each in enumerate(found)])

    def __reduce__(self) -> tuple[Any, ...]:
        # What the journal knows a task by: how its combinations are written, not who works them out.
        return str, (repr(self._task.matrix),)
