"""What an expression is made of once it is parsed. Plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, a number, true, false or null."""

    value: Any
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    """What an expression can begin with, as ``tasks`` or ``inputs``."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Member:
    """``of.key`` or ``of[key]``."""

    of: Expression
    key: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Each:
    """``of.*``: every value."""

    of: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function and what it is called with."""

    name: str
    arguments: tuple[Expression, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    """``!of``."""

    of: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Binary:
    """Two sides and what stands between them."""

    operator: str
    left: Expression
    right: Expression
    at: int


Expression = Literal | Name | Member | Each | Call | Not | Binary


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and everything in it, from the outside in."""
    rest: list[Expression] = [expression]
    while rest:
        each = rest.pop()
        yield each
        match each:
            case Member(of, key):
                rest += [key, of]
            case Each(of) | Not(of):
                rest.append(of)
            case Call(_, arguments):
                rest += reversed(arguments)
            case Binary(_, left, right):
                rest += [right, left]


def path_of(expression: Expression) -> tuple[str | None, ...]:
    """Return ``("tasks", "build", "outputs")`` for ``tasks.build.outputs``; None stands for what is not known before.

    Empty for what does not begin with a name.
    """
    keys: list[str | None] = []
    while True:
        match expression:
            case Name(name):
                return (name, *reversed(keys))
            case Member(of, Literal(str() as key)):
                keys.append(key)
                expression = of
            case Member(of) | Each(of):
                keys.append(None)
                expression = of
            case _:
                return ()
