"""The language of ``if:`` and ``${{ … }}``: small, parsed, and pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass
from .expression_functions import (
    FUNCTIONS,
    STATUS_FUNCTIONS,
    FunctionError,
    Many,
    are_equal,
    as_text,
    is_less,
    is_true,
    problem_of_call,
)
from .expression_parser import parse_expression
from .expression_tokens import ExpressionError
from .expression_tree import Binary, Call, Each, Literal, Member, Name, Not, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .expression_tree import Expression

__all__ = ["Condition", "ExpressionError", "Template", "evaluate", "text_of"]

_OPENING = "${{"


def evaluate(
    expression: Expression, scope: Mapping[str, Any], status: Mapping[str, Callable[[], bool]] | None = None
) -> Any:
    """Return what an expression is worth: plain JSON types.

    ``scope`` has what names stand for; ``status`` the functions that say how tasks ended. What is not there is null.
    Raise ExpressionError when there is no such function, or it cannot do what it is asked.
    """
    match expression:
        case Literal(value):
            return value
        case Name(name):
            return scope.get(name)
        case Member(of, key):
            return _member(evaluate(of, scope, status), evaluate(key, scope, status))
        case Each(of):
            return _each(evaluate(of, scope, status))
        case Not(of):
            return not is_true(evaluate(of, scope, status))
        case Call(name, arguments, at):
            if (problem := problem_of_call(name, len(arguments))) is not None:
                raise ExpressionError(at, problem)
            values = [evaluate(argument, scope, status) for argument in arguments]
            if name in STATUS_FUNCTIONS:
                if status is None:
                    raise ExpressionError(at, f"{name}() is known in 'if' only")
                return status[name]()
            try:
                return FUNCTIONS[name].call(*values)
            except FunctionError as error:
                raise ExpressionError(at, str(error)) from None
        case Binary(operator, left, right):
            return _binary(operator, left, right, scope, status)


def _binary(
    operator: str,
    left: Expression,
    right: Expression,
    scope: Mapping[str, Any],
    status: Mapping[str, Callable[[], bool]] | None,
) -> Any:
    first = evaluate(left, scope, status)
    if operator in ("&&", "||"):
        return evaluate(right, scope, status) if is_true(first) == (operator == "&&") else first
    second = evaluate(right, scope, status)
    if operator in ("==", "!="):
        return are_equal(first, second) == (operator == "==")
    if operator in ("<", "<="):
        return is_less(first, second) or (operator == "<=" and are_equal(first, second))
    return is_less(second, first) or (operator == ">=" and are_equal(first, second))


def _member(value: Any, key: Any) -> Any:
    if isinstance(value, Many):
        found = (_member(each, key) for each in value)
        return Many(each for each in found if each is not None)
    if isinstance(value, dict):
        return None if isinstance(key, list | dict) else value.get(as_text(key))
    if isinstance(value, list) and isinstance(key, int | float) and not isinstance(key, bool):
        return value[int(key)] if key == int(key) and 0 <= key < len(value) else None
    return None


def _each(value: Any) -> Many:
    if isinstance(value, Many):
        return Many(item for each in value for item in _each(each))
    if isinstance(value, dict):
        return Many(value.values())
    return Many(value) if isinstance(value, list) else Many()


def text_of(expression: Expression, scope: Mapping[str, Any]) -> str:
    """Return what an expression is worth as text. Raise ExpressionError, also when that would be too long."""
    value = evaluate(expression, scope)
    try:
        return as_text(value)
    except FunctionError as error:
        raise ExpressionError(expression.at, str(error)) from None


@dataclass(frozen=True, slots=True)
class Condition:
    """What ``if:`` says."""

    text: str
    expression: Expression

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Return the condition of a text, which may stand in ``${{ }}`` as a whole. Raise ExpressionError."""
        start = len(text) - len(text.lstrip())
        if not text.startswith(_OPENING, start):
            return cls(text, parse_expression(text)[0])
        expression, end = parse_expression(text, start + len(_OPENING), in_braces=True)
        if text[end:].strip():
            message = "something stands behind '}}'; write the whole condition into one '${{ }}', or without it"
            raise ExpressionError(end + len(text[end:]) - len(text[end:].lstrip()), message)
        return cls(text, expression)

    @property
    def asks_for_status(self) -> bool:
        """Whether it has a status function; one that has none is meant together with ``success()``."""
        return any(isinstance(each, Call) and each.name in STATUS_FUNCTIONS for each in walk(self.expression))

    def holds(self, scope: Mapping[str, Any], status: Mapping[str, Callable[[], bool]]) -> bool:
        """Return whether it is true. Raise ExpressionError when it cannot be worked out."""
        if not self.asks_for_status and not status["success"]():
            return False
        return is_true(evaluate(self.expression, scope, status))


@dataclass(frozen=True, slots=True)
class Template:
    """A text with ``${{ … }}`` in it."""

    parts: tuple[str | Expression, ...]
    text: str = ""

    @classmethod
    def parse(cls, text: str) -> Template:
        """Return the template of a text. Raise ExpressionError with the place of what is wrong."""
        parts: list[str | Expression] = []
        at = 0
        while (start := text.find(_OPENING, at)) >= 0:
            if start > at:
                parts.append(text[at:start])
            expression, at = parse_expression(text, start + len(_OPENING), in_braces=True)
            parts.append(expression)
        if at < len(text) or not parts:
            parts.append(text[at:])
        return cls(tuple(parts), text)

    @property
    def expressions(self) -> Iterator[Expression]:
        """The expressions in it."""
        return (part for part in self.parts if not isinstance(part, str))

    @property
    def is_plain(self) -> bool:
        """Whether it is text alone."""
        return all(isinstance(part, str) for part in self.parts)

    def render(self, scope: Mapping[str, Any]) -> str:
        """Return the text with what the expressions are worth. Raise ExpressionError."""
        return "".join(part if isinstance(part, str) else text_of(part, scope) for part in self.parts)

    def value(self, scope: Mapping[str, Any]) -> Any:
        """Return what the expression is worth if there is nothing else in it, else the text."""
        if len(self.parts) == 1 and not isinstance(self.parts[0], str):
            return evaluate(self.parts[0], scope)
        return self.render(scope)
