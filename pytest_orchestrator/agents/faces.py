"""The faces of a strategy: one function has its parameters and their texts, and is called, or awaited."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
if TYPE_CHECKING:
    from .course import Course

    Planned = Callable[[str], Course[T]]
    """Makes the course, which names the strategy as it was called."""

Face = TypeVar("Face", bound=Callable[..., Any])
_PLAN = "__wrapped__"


def presented(
    face: Face, plan: Callable[..., Any], name: str | None = None, module: str | None = None, more: str = ""
) -> Face:
    """Return ``face`` with the name, signature and docstring of ``plan``, which returns ``Planned[what it returns]``.

    ``name`` and ``module`` are those of the face where they are others, ``more`` is put below the docstring.
    """
    functools.update_wrapper(face, plan)
    signature = inspect.signature(plan)
    returned = str(signature.return_annotation).removeprefix("Planned[").removesuffix("]")
    told: Any = face
    told.__signature__ = signature.replace(return_annotation=returned)
    told.__annotations__ = {**plan.__annotations__, "return": returned}
    told.__name__ = told.__qualname__ = name or plan.__name__
    told.__module__ = module or plan.__module__
    told.__doc__ = f"{inspect.cleandoc(plan.__doc__ or '')}\n{more}"
    return face


def plan_of(face: Callable[P, T]) -> Callable[P, Planned[T]]:
    """Return the function that ``face`` presents."""
    plan: Callable[P, Planned[T]] = getattr(face, _PLAN)
    return plan
