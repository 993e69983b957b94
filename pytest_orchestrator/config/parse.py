"""Values that come as text, from a flag or an ini file."""

from __future__ import annotations

import shlex
from typing import Any

from .option import Kind, Option
from .phrases import allowed, clipped
from .tree import Listing, Node, Scalar, ScalarKind, from_python
from .values import INVALID, Checker

_TRUTHS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def parse_text(option: Option, text: str) -> Any:
    """Return the value of ``option`` that ``text``, given to a flag or in an ini file, stands for.

    Plain data in the form of the YAML file: ``timeout`` as float seconds (0 for no limit), lists as list (the
    text is split into words like a shell does), ``retry`` as ``{"max_attempts": 3}``; ``none`` gives None where
    the option may be taken back. Raises ``ValueError`` with every mistake: what is wrong, the value and what is
    allowed.
    """
    text = text.strip() if option.kind is not Kind.TEXT else text
    if option.nullable and text.lower() == "none":
        return None
    if option.kind is Kind.BOOL:
        if text.lower() not in _TRUTHS:
            raise ValueError(f"{clipped(text)} is not {allowed(option)}")
        return _TRUTHS[text.lower()]
    return _checked(option, _node(option, text))


def parse_value(option: Option, value: object) -> Any:
    """Return plain data for ``option`` from a Python value, as a marker or an ini file with types gives it.

    Raises ``ValueError`` as :func:`parse_text` does.
    """
    return _checked(option, from_python(value))


def _checked(option: Option, node: Node) -> Any:
    mistakes: list[str] = []
    value = Checker(lambda _, message: mistakes.append(message)).check(option, node, "")
    if mistakes or value is INVALID:
        raise ValueError("; ".join(message.removeprefix(": ") for message in mistakes))
    return value


def _node(option: Option, text: str) -> Node:
    if option.kind in (Kind.TEXTS, Kind.INTS, Kind.PATTERNS):
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise ValueError(
                f"{clipped(text)} cannot be split into words: {str(error).lower()}; correct the quotes"
            ) from None
        return Listing(tuple(Scalar(ScalarKind.TEXT, word, 0) for word in words), 0)
    return Scalar(ScalarKind.TEXT, text, 0)
