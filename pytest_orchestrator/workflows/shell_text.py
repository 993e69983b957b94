"""Values in the words of ``run:``: handed to the shell as variables, so that no value is ever read as code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .expression import ExpressionError, text_of
from .shell_quotes import ShellQuotes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from .expression import Template
    from .expression_tree import Expression

VARIABLE = "ORCHESTRATOR_VALUE_"
MOST = 100_000
"""Bytes of a value: a variable can hold no more than 128 KiB."""


def shell_text(template: Template, scope: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Return the words for the shell, and the variables that stand in them for the expressions.

    Unquoted, a value falls apart into words, as any variable does; in quotes of either kind it is itself. Raise
    ExpressionError.
    """
    words: list[str] = []
    variables: dict[str, str] = {}
    for part, in_single in _placed(template):
        if isinstance(part, str):
            words.append(part)
            continue
        value = text_of(part, scope)
        size = len(value.encode("utf-8", "surrogatepass"))
        if size > MOST or "\0" in value:
            what = f"{size} bytes, and {MOST} are the most here" if size > MOST else "a NUL character in it"
            remedy = "read it from the file that $ORCHESTRATOR_INPUTS names"
            raise ExpressionError(part.at, f"the value has {what}; {remedy}")
        name = f"{VARIABLE}{len(variables) + 1}"
        variables[name] = value
        words.append(f"'\"${{{name}}}\"'" if in_single else f"${{{name}}}")
    return "".join(words), variables


def check_shell_text(template: Template) -> None:
    """Raise ExpressionError where an expression stands at a place of the words at which no variable is expanded."""
    for _ in _placed(template):
        pass


def _placed(template: Template) -> Iterator[tuple[str | Expression, bool]]:
    """Yield the parts of the words, each with whether it stands in single quotes."""
    quotes = ShellQuotes()
    for part in template.parts:
        if isinstance(part, str):
            quotes.read(part)
        else:
            if quotes.document_is_literal:
                message = (
                    f"the shell takes the lines behind <<{quotes.document} as they are, so no value can stand there;"
                    " take the quotes off that word"
                )
                raise ExpressionError(part.at, message)
            quotes.value()
        yield part, quotes.in_single
