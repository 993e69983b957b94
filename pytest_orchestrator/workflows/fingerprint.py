"""What a task is known by from one run to the next: its definition, its inputs, and the results that it builds on."""

from __future__ import annotations

import functools
import hashlib
import json
import pickle
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .task import Task


class NotPlainError(Exception):
    """A value cannot be written down."""


def encoded(value: Any) -> tuple[str, bytes]:
    """Return how ``value`` is written down, and its bytes: as JSON where it is the same again after that, else pickled.

    Raise NotPlainError when it is neither.
    """
    if value is None:
        return "json", b"null"
    try:
        text = json.dumps(value, sort_keys=True)
        if _is_same(json.loads(text), value):
            return "json", text.encode()
    except (TypeError, ValueError, RecursionError):
        pass
    try:
        return "pickle", pickle.dumps(value)
    except Exception as error:
        # Whatever its own methods raise.
        raise NotPlainError(f"{type(value).__name__}: {error}") from error


def decoded(encoding: str, data: bytes) -> Any:
    """Return the value that :func:`encoded` was given. The file it comes from is the user's own, as is the code."""
    return json.loads(data) if encoding == "json" else pickle.loads(data)


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of the same types: ``(1, 2)`` is no list, ``True`` no 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return bool(one == other)


def fingerprint(task: Task, upstream: Mapping[str, Any]) -> str:
    """Return what ``task`` is known by. Raise NotPlainError when an argument or a result cannot be written down."""
    parts = hashlib.sha256()
    for part in (task.name, _definition(task.action), str(task.is_map)):
        parts.update(part.encode("utf-8", "surrogatepass") + b"\0")
    for value in (task.args, dict(task.kwargs), task.over, *(upstream[name] for name in sorted(upstream))):
        encoding, data = encoded(value)
        parts.update(encoding.encode() + b"%d\0" % len(data) + data)
    return parts.hexdigest()


def _definition(action: Callable[..., Any]) -> str:
    """Return what an action is: its name and its code, not where in a file that stands."""
    given = getattr(action, "definition", None)
    if isinstance(given, str):
        return given
    if isinstance(action, functools.partial):
        _, data = encoded([list(action.args), dict(action.keywords)])
        return f"{_definition(action.func)}({data!r})"
    name = f"{getattr(action, '__module__', '')}:{getattr(action, '__qualname__', type(action).__qualname__)}"
    code = getattr(action, "__code__", None)
    return name if code is None else f"{name}:{_code(code)}"


@functools.lru_cache(maxsize=4096)
def _code(code: CodeType) -> str:
    constants = [_code(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts]
    text = repr((code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
