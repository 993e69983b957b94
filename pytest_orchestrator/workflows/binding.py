"""What an action is called with: its own arguments, and results of tasks that it needs, by the names it asks for."""

from __future__ import annotations

import functools
import inspect
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

RESULTS = "results"
"""The parameter that gets the mapping of results."""


@functools.lru_cache(maxsize=4096)
def _names(function: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of positional parameters in their order, and those of all that can be given by name."""
    if type(function) is FunctionType and not hasattr(function, "__wrapped__"):
        # What inspect would say, at a hundredth of its price.
        code = function.__code__
        positional = code.co_varnames[: code.co_argcount]
        only = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        return positional, positional[code.co_posonlyargcount :] + only
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):  # some that are written in C tell nothing
        return (), ()
    kind = inspect.Parameter
    by_place, by_name = (
        (kind.POSITIONAL_ONLY, kind.POSITIONAL_OR_KEYWORD),
        (kind.POSITIONAL_OR_KEYWORD, kind.KEYWORD_ONLY),
    )
    positional = tuple(each.name for each in parameters if each.kind in by_place)
    return positional, tuple(each.name for each in parameters if each.kind in by_name)


def wanted(
    function: Callable[..., Any], dependencies: Collection[str], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return the parameters of ``function`` that get a result: those of ``dependencies``, and ``results``.

    Parameters that ``args`` and ``kwargs`` give already are not among them.
    """
    if not dependencies and type(function) is FunctionType and not function.__code__.co_argcount:
        return ()
    try:
        positional, named = _names(function)
    except TypeError:  # it cannot be hashed
        positional, named = _names.__wrapped__(function)
    if not named:
        return ()
    given = positional[: len(args)]
    return tuple(
        name for name in named if (name in dependencies or name == RESULTS) and name not in given and name not in kwargs
    )


def is_async(function: Callable[..., Any]) -> bool:
    """Return whether ``function`` gives an awaitable when it is called: also a partial or an object that does."""
    if type(function) is FunctionType and function.__code__.co_flags & inspect.CO_COROUTINE:
        return True  # nearly always, and inspect takes twenty times as long to say so
    return inspect.iscoroutinefunction(function) or (
        not isinstance(function, FunctionType) and inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004 - its own method is asked for
    )
