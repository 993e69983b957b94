"""An expression as words: texts, numbers, names, operators, each with its place."""

from __future__ import annotations

import re

from ..errors import OrchestratorError
from ..quick_dataclasses import dataclass

LONGEST = 20_000
"""Characters that an expression may have."""
MOST = 400
"""Words that it may have: what it is made of is gone through by recursion."""
_WORD = re.compile(
    r"""(?P<space>\s+)
    |(?P<number>-?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w.]))
    |(?P<name>[A-Za-z_][A-Za-z0-9_-]*)
    |(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")
    |(?P<end>\}\})
    |(?P<operator>&&|\|\||==|!=|<=|>=|[<>!()\[\],.*])""",
    re.VERBOSE,
)
_AS_OPERATORS = {"and": "&&", "or": "||", "not": "!"}


class ExpressionError(OrchestratorError, ValueError):
    """An expression is wrong, or cannot be worked out."""

    def __init__(self, at: int, problem: str) -> None:
        self.at = at
        """Offset in the text."""
        self.problem = problem
        super().__init__(f"column {at + 1}: {problem}")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of an expression."""

    kind: str
    """``number``, ``name``, ``text``, ``operator`` or ``end``."""
    text: str
    """As written; a text without its quotes; ``and``, ``or`` and ``not`` as their signs."""
    at: int
    """Offset in the text that holds the expression."""


def tokens(text: str, start: int = 0) -> tuple[list[Token], int]:
    """Return the words of the expression that begins at ``start``, and where it ends: behind ``}}``, or with the text.

    Raise ExpressionError for what is no word.
    """
    found: list[Token] = []
    at = start
    while at < len(text):
        if at - start > LONGEST:
            raise ExpressionError(start, f"it is longer than {LONGEST} characters; let a script work it out")
        if len(found) > MOST:
            raise ExpressionError(start, f"it has more than {MOST} words; let a script work it out")
        match = _WORD.match(text, at)
        if match is None:
            raise ExpressionError(at, _no_word(text, at))
        kind, word = str(match.lastgroup), match.group()
        at = match.end()
        if kind == "end":
            found.append(Token("end", word, match.start()))
            return found, at
        if kind == "text":
            quote = word[0]
            found.append(Token(kind, word[1:-1].replace(quote * 2, quote), match.start()))
        elif kind == "name" and word in _AS_OPERATORS and not (found and found[-1].text == "."):
            found.append(Token("operator", _AS_OPERATORS[word], match.start()))
        elif kind != "space":
            found.append(Token(kind, word, match.start()))
    found.append(Token("end", "", len(text)))
    return found, at


def _no_word(text: str, at: int) -> str:
    character = text[at]
    if character in "'\"":
        return f"the quote {character} is never closed; close it"
    hint = {"=": "; to compare, write '=='", "&": "; write '&&' or 'and'", "|": "; write '||' or 'or'"}.get(
        character, ""
    )
    if character in "+-/%":
        hint = "; there is no arithmetic here, let a script do it"
    return f"{character!r} is not understood{hint}"
