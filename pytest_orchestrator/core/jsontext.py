r"""JSON as this package writes it: plain, one encoder, never a lone surrogate.

Strict JSON readers refuse a lone surrogate (a byte of a file name that is no UTF-8), and ``NaN``; some tools
split lines at U+0085, U+2028 and U+2029. So a surrogate becomes the visible text ``\xNN``, those separators
become JSON escapes, and a number that is not finite becomes text.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

# Compiled when the first text comes that is not ASCII.
_UNSAFE = "[\x85\u2028\u2029\ud800-\udfff]"
_DEEPEST = 64
_NEXT = ",\n "
"""What stands between two members. Within a text JSON has no newline, so this is nowhere else."""

# The C encoder looks for cycles only when asked, and then pays for it on every container; a cycle is found
# by the recursion limit instead.
_compact = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False, default=repr
).encode
_readable = json.JSONEncoder(
    ensure_ascii=False, separators=(_NEXT, ": "), allow_nan=False, check_circular=False, default=repr
).encode


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0xD800 or code > 0xDFFF:
        return f"\\u{code:04x}"
    return f"\\\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\\\u{code:04x}"


def _plain(value: object, depth: int = 0) -> object:
    """Return ``value`` as something that certainly encodes: what does not fit becomes its ``repr``."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth < _DEEPEST:
        if isinstance(value, Mapping):
            return {key if isinstance(key, str) else str(key): _plain(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [_plain(item, depth + 1) for item in value]
    return repr(value)


def _safe(text: str) -> str:
    return text if text.isascii() else re.sub(_UNSAFE, _escape, text)


def compact(value: object) -> str:
    """Return ``value`` as JSON on one line, without a newline at its end.

    Values that JSON has no word for become their ``repr``, so this never fails on an odd value that a hook
    put into a result.
    """
    try:
        text = _compact(value)
    except (ValueError, TypeError, RecursionError):
        text = _compact(_plain(value))
    return _safe(text)


class Members:
    """A mapping as JSON, encoded once for several places."""

    __slots__ = ("_text",)

    def __init__(self, value: Mapping[str, object]) -> None:
        """Encode ``value``; what JSON has no word for becomes its ``repr``."""
        # An indent would take the encoder written in Python, five times slower; separators that hold a newline
        # give much the same picture.
        try:
            text = _readable(value if isinstance(value, dict) else dict(value))
        except (ValueError, TypeError, RecursionError):
            text = _readable(_plain(value))
        self._text = _safe(text[1:-1])

    def readable(self, **more: object) -> str:
        """Return all members and ``more`` of them, one a line, with a newline at the end."""
        others = [f'"{name}": {compact(value)}' for name, value in more.items()]
        return f"{{\n {_NEXT.join([self._text, *others] if self._text else others)}\n}}\n"

    def compact(self) -> str:
        """Return them as an object on one line."""
        return f"{{{self._text.replace(_NEXT, ', ')}}}"


def readable(value: Mapping[str, object]) -> str:
    """Return a mapping as JSON with one entry a line, and a newline at its end."""
    return Members(value).readable()
