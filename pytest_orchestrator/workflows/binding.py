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
_YIELDS = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
_BY_PLACE = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


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
    # What a partial was given by name is its own, though it could be given again.
    own = function.keywords if isinstance(function, functools.partial) else ()
    return (
        tuple(each.name for each in parameters if each.kind in _BY_PLACE),
        tuple(each.name for each in parameters if each.kind in _BY_NAME and each.name not in own),
    )


def wanted(
    function: Callable[..., Any], dependencies: Collection[str], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return the parameters of ``function`` that get a result: those of ``dependencies``, and ``results``.

    Parameters that ``args`` and ``kwargs`` give already are not among them, nor are those that take no names.
    """
    if type(function) is FunctionType:
        code = function.__code__
        if not code.co_argcount and not code.co_kwonlyargcount and not hasattr(function, "__wrapped__"):
            return ()
    positional, named = _names(function)
    if not named:
        return ()
    given = positional[: len(args)]
    return tuple(
        name for name in named if (name in dependencies or name == RESULTS) and name not in given and name not in kwargs
    )


def has_default(function: Callable[..., Any], name: str) -> bool:
    """Return whether the parameter ``name`` may be left out."""
    return inspect.signature(function).parameters[name].default is not inspect.Parameter.empty


def is_async(function: Any) -> bool:
    """Return whether ``function`` gives an awaitable when it is called: also a partial or an object that does."""
    if type(function) is FunctionType:
        if function.__code__.co_flags & inspect.CO_COROUTINE:
            return True  # nearly always, and inspect takes twenty times as long to say so
        return inspect.iscoroutinefunction(function)
    while isinstance(function, functools.partial):
        function = function.func
    if inspect.iscoroutinefunction(function):
        return True
    return not inspect.isclass(function) and inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004 - its own method is asked for


def makes_generator(function: Any) -> bool:
    """Return whether a call of ``function`` only makes a generator, and does nothing of what stands in it."""
    if type(function) is FunctionType and not function.__code__.co_flags & _YIELDS:
        return False
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)
