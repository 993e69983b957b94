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

_UNSAFE = re.compile("[\x85\u2028\u2029\ud800-\udfff]")
_DEEPEST = 64

# The C encoder looks for cycles only when asked, and then pays for it on every container; a cycle is found
# by the recursion limit instead.
_compact = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False, default=repr
).encode
_readable = json.JSONEncoder(
    ensure_ascii=False, separators=(",\n ", ": "), allow_nan=False, check_circular=False, default=repr
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


def compact(value: object) -> str:
    """Return ``value`` as JSON on one line, without a newline at its end.

    Values that JSON has no word for become their ``repr``, so this never fails on an odd value that a hook
    put into a result.
    """
    try:
        text = _compact(value)
    except (ValueError, TypeError, RecursionError):
        text = _compact(_plain(value))
    return text if text.isascii() else _UNSAFE.sub(_escape, text)


def readable(value: Mapping[str, object]) -> str:
    """Return a mapping as JSON with one entry a line, and a newline at its end.

    An indent would take the encoder written in Python, five times slower; separators that hold a newline
    give much the same picture.
    """
    try:
        text = _readable(value if isinstance(value, dict) else dict(value))
    except (ValueError, TypeError, RecursionError):
        text = _readable(_plain(value))
    text = f"{{\n {text[1:-1]}\n}}\n"
    return text if text.isascii() else _UNSAFE.sub(_escape, text)
