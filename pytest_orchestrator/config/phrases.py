"""The words that messages about values are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .option import LONGEST, Kind, Option
from .tree import Listing, Node, ScalarKind, Table, is_nothing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LONGEST_SHOWN = 60
_ONE_OR_MORE = {
    Kind.TEXTS: "text or a list of texts",
    Kind.INTS: "a whole number or a list of them",
    Kind.PATTERNS: "a regular expression or a list of them",
}


def clipped(text: str) -> str:
    """Return ``text`` as a Python literal of a readable length."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…")


def below(where: str, name: str) -> str:
    """Return how messages call the key ``name`` of what they call ``where``."""
    readable = name if name.isprintable() and 0 < len(name) <= _LONGEST_SHOWN else clipped(name)
    return f"{where}.{readable}" if where else readable


def shown(node: Node) -> str:
    """Return how messages name the value of ``node``."""
    if isinstance(node, Table):
        return "a mapping"
    if isinstance(node, Listing):
        return "a list"
    if is_nothing(node):
        return "nothing"
    return clipped(node.text) if node.kind is ScalarKind.TEXT else " ".join(node.text.split())[:_LONGEST_SHOWN]


def joined(words: Sequence[str], last: str = "and") -> str:
    """Return ``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def suggestion(word: str, known: Iterable[str], *, close_only: bool = False) -> str:
    """Return ``did you mean …`` where one of ``known`` is close, else the list of them (or nothing)."""
    from difflib import get_close_matches  # only where there is a mistake

    names = list(known)
    close = get_close_matches(word, names, 1)
    if close:
        return f"did you mean {close[0]!r}?"
    return "" if close_only or not names else f"known keys are {joined(names)}"


def allowed(option: Option) -> str:
    """Return what ``option`` takes, in words: ``a number of seconds of at least 0 (0 means no limit)``."""
    if option.kind is Kind.CHOICE:
        return joined([repr(choice) for choice in option.choices], "or")
    words = _ONE_OR_MORE.get(option.kind, option.kind) if option.single else option.kind
    if option.kind is Kind.TABLE and option.shorthand:
        field = next(field for field in option.fields if field.name == option.shorthand)
        words = f"{allowed(field)} or a mapping"
    if option.kind is Kind.REASON and option.fields:
        words += f" or a mapping of {joined([field.name for field in option.fields])}"
    if option.minimum is not None:
        if option.maximum is None or option.maximum >= LONGEST:
            words += f" of at least {option.minimum:g}"
        else:
            words += f" from {option.minimum:g} to {option.maximum:g}"
    if option.kind is Kind.INT and option.choices:
        words += f" or {joined([repr(choice) for choice in option.choices], 'or')}"
    return f"{words} (0 means {option.zero})" if option.zero else words
