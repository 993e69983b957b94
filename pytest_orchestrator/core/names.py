r"""Names of files as readable, safe text, and back.

A file name on Linux is any bytes but ``/`` and NUL. pytest refuses ``[`` and ``::`` in a path argument,
xdist and JUnit XML crash on surrogates, terminals obey control characters. So all of these, and the
backslash that introduces an escape, are written ``\xNN`` (one per byte) wherever a name is shown, and
every name that was shown is accepted back.
"""

from __future__ import annotations

import os
import re

_SPECIAL = re.compile(r"[\x00-\x1f\x7f-\x9f\\\[\]\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]|::")
_ESCAPE = re.compile(rb"\\x([0-9a-fA-F]{2})")


def _hex_bytes(match: re.Match[str]) -> str:
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(match.group()))


def escape_name(name: str | bytes) -> str:
    r"""Return ``name`` (a file name or a whole path) with everything unsafe written as ``\xNN``.

    Printable characters of any script stay as they are. The result holds no surrogate, no control or
    bidirectional-override character, no ``::``, ``[`` or ``]``.
    """
    text = os.fsdecode(name)
    if text.isascii() and text.isprintable() and "\\" not in text and "[" not in text and "]" not in text and "::" not in text:
        return text
    return _SPECIAL.sub(_hex_bytes, text)


def unescape_name(text: str) -> str:
    r"""Return the real name behind an escaped one (the inverse of :func:`escape_name`).

    Text without a ``\xNN`` comes back unchanged.
    """
    if "\\x" not in text:
        return text
    return os.fsdecode(_ESCAPE.sub(lambda match: bytes([int(match.group(1), 16)]), os.fsencode(text)))


def decode_output(data: bytes) -> str:
    r"""Return a program's output as text: UTF-8, with every other byte written ``\xNN``."""
    return data.decode("utf-8", "backslashreplace")
