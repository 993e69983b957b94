"""What a task is known by from one run to the next: its definition, its inputs, and the results that it builds on."""

from __future__ import annotations

import enum
import functools
import hashlib
import json
import os
import pickle
from types import CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .task import Task

_DEEPEST = 5
"""How many functions within functions are looked into."""


class NotPlainError(Exception):
    """A value cannot be written down."""


def encoded(value: Any) -> tuple[str, bytes]:
    """Return how ``value`` is written down, and its bytes: as JSON where it is the same again after that, else pickled.

    Raise NotPlainError when it is neither.
    """
    if value is None:
        return "json", b"null"
    try:
        text = json.dumps(value)
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
    """Return the value that :func:`encoded` was given. The file it comes from is the user's own, as is the code.

    Raise NotPlainError when it cannot be made again: its class may be gone.
    """
    try:
        return json.loads(data) if encoding == "json" else pickle.loads(data)
    except Exception as error:
        raise NotPlainError(f"{type(error).__name__}: {error}") from error


def digest_of(encoding: str, data: bytes) -> str:
    """Return what a value is known by that was written down."""
    return hashlib.sha256(encoding.encode() + b"\0" + data).hexdigest()


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values are equal, of the same types and in the same order: ``(1, 2)`` is no list, ``True`` no 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(_is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return bool(one == other)


def fingerprint(task: Task, upstream: Mapping[str, str]) -> str:
    """Return what ``task`` is known by; ``upstream`` are the digests of the results that it builds on, by their names.

    Raise NotPlainError when an argument cannot be written down.
    """
    parts = [definition_of(task)]
    for name in sorted(upstream):
        parts += [name, upstream[name]]
    hashed = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        hashed.update(b"%d\0" % len(data) + data)
    return hashed.hexdigest()


def definition_of(task: Task) -> str:
    """Return what a task is, whatever results it gets. Raise NotPlainError when an argument cannot be written down."""
    parts = [task.name, _definition(task.action), _definition(task.condition), str(task.trigger), str(task.is_map)]
    parts += [_canonical(value) for value in (task.dependencies, task.args, dict(task.kwargs), task.over)]
    return repr(parts)


def _canonical(value: Any, depth: int = 0) -> str:
    """Return a text that is the same for the same value in each process: sets have no order there."""
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return f"{type(value).__name__} {value!r}"
    if depth < 50:
        if type(value) in (list, tuple):
            return f"{type(value).__name__}({','.join(_canonical(each, depth + 1) for each in value)})"
        if isinstance(value, set | frozenset):
            return f"{type(value).__name__}({','.join(sorted(_canonical(each, depth + 1) for each in value))})"
        if type(value) is dict:
            pairs = sorted((_canonical(key, depth + 1), _canonical(each, depth + 1)) for key, each in value.items())
            return f"dict({pairs!r})"
    if isinstance(value, FunctionType | MethodType | functools.partial):
        return _definition(value)
    encoding, data = encoded(value)
    return f"{type(value).__qualname__} {digest_of(encoding, data)}"


def _definition(action: Any, depth: int = 0) -> str:
    """Return what an action is: its name, its code and the constants in it, not where that stands.

    A module that is run as a program is called otherwise than when it is imported, and is the same.
    """
    if action is None:
        return ""
    given = getattr(action, "definition", None)
    if isinstance(given, str):
        return given
    if isinstance(action, functools.partial):
        return f"{_definition(action.func, depth)}{_canonical(action.args)}{_canonical(dict(action.keywords))}"
    if isinstance(action, MethodType):
        owner = getattr(action.__self__, "definition", "")
        return f"{_definition(action.__func__, depth)} of {owner if isinstance(owner, str) else ''}"
    if not isinstance(action, FunctionType):
        call = getattr(type(action), "__call__", None)  # noqa: B004 - its own method is asked for
        name = f"{getattr(action, '__qualname__', type(action).__qualname__)}"
        is_ours = isinstance(call, FunctionType) and depth < _DEEPEST
        return f"{name}({_definition(call, depth + 1)})" if is_ours else name
    inner = ""
    if depth < _DEEPEST:
        values = [*(action.__defaults__ or ()), *(action.__kwdefaults__ or {}).values()]
        inner = ",".join(
            [_constant(each, depth) for each in values] + [_cell(cell, depth) for cell in action.__closure__ or ()]
        )
    return f"{action.__qualname__}:{_code(action.__code__)}({inner})"


def _cell(cell: Any, depth: int) -> str:
    try:
        return _constant(cell.cell_contents, depth)
    except ValueError:  # there is nothing in it
        return ""


def _constant(value: Any, depth: int) -> str:
    """Return what a value is that a function has about it. One that can change is no part of the definition.

    A function may well write into a list of its surroundings; it is the same function after that.
    """
    if value is None or isinstance(value, bool | int | float | str | bytes | enum.Enum | os.PathLike):
        return repr(value)
    if isinstance(value, tuple | frozenset):
        each = [_constant(each, depth) for each in value]
        return f"{type(value).__name__}({','.join(sorted(each) if isinstance(value, frozenset) else each)})"
    if isinstance(value, FunctionType | MethodType | functools.partial):
        return _definition(value, depth + 1)
    return type(value).__qualname__


@functools.lru_cache(maxsize=4096)
def _code(code: CodeType) -> str:
    constants = [_code(each) if isinstance(each, CodeType) else _constant(each, 0) for each in code.co_consts]
    text = repr((code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
