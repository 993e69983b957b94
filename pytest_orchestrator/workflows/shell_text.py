"""Values in the words of ``run:``: handed to the shell as variables, so that no value is ever read as code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .expression import ExpressionError, evaluate
from .expression_functions import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .expression import Template

VARIABLE = "ORCHESTRATOR_VALUE_"
MOST = 100_000
"""Bytes of a value: a variable can hold no more than 128 KiB."""


def shell_text(template: Template, scope: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Return the words for the shell, and the variables that stand in them for the expressions.

    Unquoted, a value falls apart into words, as any variable does; in quotes of either kind it is itself. Raise
    ExpressionError.
    """
    parts: list[str] = []
    variables: dict[str, str] = {}
    quotes = _Quotes()
    for part in template.parts:
        if isinstance(part, str):
            parts.append(part)
            quotes.read(part)
            continue
        value = as_text(evaluate(part, scope))
        if len(value.encode("utf-8", "surrogatepass")) > MOST or "\0" in value:
            message = (
                f"the value is no text of at most {MOST} bytes; read it from the file that $ORCHESTRATOR_INPUTS names"
            )
            raise ExpressionError(part.at, message)
        name = f"{VARIABLE}{len(variables) + 1}"
        variables[name] = value
        parts.append(f"'\"${{{name}}}\"'" if quotes.in_single else f"${{{name}}}")
    return "".join(parts), variables


class _Quotes:
    """Knows whether text of a shell is within single quotes."""

    def __init__(self) -> None:
        self.in_single = False
        self._in_double = False
        self._in_comment = False
        self._before = "\n"

    def read(self, text: str) -> None:
        """Go on to the end of ``text``."""
        is_escaped = False
        for character in text:
            if self._in_comment:
                self._in_comment = character != "\n"
            elif self.in_single:
                self.in_single = character != "'"
            elif is_escaped:
                is_escaped = False
            elif character == "\\":
                is_escaped = True
            elif character == '"':
                self._in_double = not self._in_double
            elif character == "'" and not self._in_double:
                self.in_single = True
            elif character == "#" and not self._in_double and self._before in " \t\n;":
                self._in_comment = True
            self._before = character
