"""From the words of an expression to a tree. It is never given to Python's own ``eval``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .expression_functions import called
from .expression_tokens import ExpressionError, Token, tokens
from .expression_tree import Binary, Call, Each, Literal, Member, Name, Not

if TYPE_CHECKING:
    from .expression_tree import Expression

DEEPEST = 40
"""Levels of parentheses, calls and the like."""
_LEVELS = (("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="))
"""Operators, those that bind least first."""
_WORDS = {"true": True, "false": False, "null": None}


def parse_expression(text: str, start: int = 0, *, in_braces: bool = False) -> tuple[Expression, int]:
    """Return the expression that begins at ``start``, and where in ``text`` it ends.

    With ``in_braces`` it ends with ``}}``, which must be there. Raise ExpressionError with the place of what is wrong.
    """
    words, end = tokens(text, start)
    if in_braces and words[-1].text != "}}":
        raise ExpressionError(max(0, start - 3), "the '}}' behind this '${{' is missing; write it")
    if not in_braces and words[-1].text == "}}":
        raise ExpressionError(words[-1].at, "there is no '${{' before this '}}'; remove it")
    parser = _Parser(words)
    found = parser.whole()
    return found, end


class _Parser:
    def __init__(self, words: list[Token]) -> None:
        self._words = words
        self._next = 0
        self._depth = 0

    def whole(self) -> Expression:
        if self._word.kind == "end":
            raise ExpressionError(self._word.at, "an expression is missing here; write one")
        found = self._binary(0)
        if self._word.kind != "end":
            raise self._unexpected("an operator as in '&&', or the end")
        return found

    @property
    def _word(self) -> Token:
        return self._words[self._next]

    def _take(self) -> Token:
        word = self._word
        self._next += 1
        return word

    def _is(self, *operators: str) -> bool:
        return self._word.kind == "operator" and self._word.text in operators

    def _unexpected(self, wanted: str) -> ExpressionError:
        word = self._word
        shown = "the end" if word.kind == "end" else repr(word.text)
        return ExpressionError(word.at, f"{shown} stands where {wanted} is expected")

    def _binary(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while self._is(*_LEVELS[level]):
            word = self._take()
            left = Binary(word.text, left, self._binary(level + 1), word.at)
        return left

    def _unary(self) -> Expression:
        signs = []
        while self._is("!"):
            signs.append(self._take())
        found = self._postfix()
        # Two of them are none, but for what is made of it: true or false.
        for sign in reversed(signs[-2:] if len(signs) > 2 and len(signs) % 2 == 0 else signs[:3]):
            found = Not(found, sign.at)
        return found

    def _postfix(self) -> Expression:
        found = self._primary()
        while self._is(".", "["):
            opening = self._take()
            if opening.text == "." and self._is("*"):
                found = Each(found, self._take().at)
            elif opening.text == ".":
                if self._word.kind != "name":
                    raise self._unexpected("a name")
                word = self._take()
                found = Member(found, Literal(word.text, word.at), word.at)
            elif self._is("*"):
                found = Each(found, self._take().at)
                self._close("]", opening)
            else:
                key = self._nested(opening)
                self._close("]", opening)
                found = Member(found, key, opening.at)
        return found

    def _nested(self, opening: Token) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionError(opening.at, f"nested more than {DEEPEST} levels deep; write it flat")
        found = self._binary(0)
        self._depth -= 1
        return found

    def _close(self, sign: str, opening: Token) -> None:
        if not self._is(sign):
            if self._word.kind == "end":
                raise ExpressionError(opening.at, f"this {opening.text!r} is never closed; write {sign!r}")
            raise self._unexpected(repr(sign))
        self._take()

    def _primary(self) -> Expression:
        word = self._word
        if word.kind == "number":
            self._take()
            value = float(int(word.text, 0) if "x" in word.text else float(word.text))
            return Literal(int(value) if value.is_integer() and abs(value) < 2**53 else value, word.at)
        if word.kind == "text":
            return Literal(self._take().text, word.at)
        if word.kind == "name":
            self._take()
            if self._is("("):
                return self._call(word)
            return Literal(_WORDS[word.text], word.at) if word.text in _WORDS else Name(word.text, word.at)
        if self._is("("):
            opening = self._take()
            found = self._nested(opening)
            self._close(")", opening)
            return found
        raise self._unexpected("a value")

    def _call(self, word: Token) -> Expression:
        opening = self._take()
        arguments: list[Expression] = []
        while not self._is(")"):
            arguments.append(self._nested(opening))
            if not self._is(","):
                break
            self._take()
        self._close(")", opening)
        # Whether there is such a function is asked with the names, so that one mistake hides no other.
        return Call(called(word.text), tuple(arguments), word.at)
