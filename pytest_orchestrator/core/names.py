r"""Names of files as readable, safe text, and back.

A file name on Linux is any bytes but ``/`` and NUL. pytest refuses ``[`` and ``::`` in a path argument,
xdist and JUnit XML crash on surrogates, terminals obey control characters. So all of these, and the
backslash that introduces an escape, are written ``\xNN`` (one per byte) wherever a name is shown, and
every name that was shown is accepted back.
"""

from __future__ import annotations

import os
import re

# Printable ASCII without the colon, the brackets and the backslash: what nearly every name is made of.
_PLAIN = re.compile(r"[ -9;-Z^-~]*")

# What no terminal, log or XML shows as itself: controls, bidirectional overrides, invisible and non-characters.
_INVISIBLE = (
    "\\x00-\\x1f\\x7f-\\x9f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e007f"
)

# A colon is harmless unless it meets another one, in the name or in the "::" that follows a path in a node id.
# The zero-width joiner is kept where it does its work, between two emoji, and shown where it only hides.
_EMOJI = "\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff"
# Compiled when the first odd name comes.
_UNSAFE = rf"[{_INVISIBLE}\\\[\]\ud800-\udfff]|:(?=:|/|\Z)|(?<=:):|(?<![{_EMOJI}])\u200d|\u200d(?![{_EMOJI}])"

# No name holds a NUL or a slash, so neither ever comes out of an escape.
_ESCAPES = r"(?:\\x(?!00|2[fF])[0-9a-fA-F]{2})+"


def _hex_bytes(match: re.Match[str]) -> str:
    text = match.group()
    try:
        data = os.fsencode(text)
    except UnicodeEncodeError:
        # A surrogate that no file name decodes to; it came from elsewhere, and must not break a report.
        data = text.encode("utf-8", "surrogatepass")
    return "".join(f"\\x{byte:02x}" for byte in data)


def _real_bytes(match: re.Match[str]) -> str:
    return os.fsdecode(bytes.fromhex(match.group().replace("\\x", "")))


def escape_name(name: str | bytes) -> str:
    r"""Return ``name`` (a file name or a whole path) with everything unsafe written as ``\xNN``.

    Printable characters of any script, emoji included, stay as they are, and so does every ``/``: a path's
    escape is its components' escapes, joined. The result holds no surrogate, no control or
    bidirectional-override character, no backslash that starts no escape, no ``::``, ``[`` or ``]``, and no
    component that ends in a colon.
    """
    text = name if isinstance(name, str) else os.fsdecode(name)
    if _PLAIN.fullmatch(text):
        return text
    return re.sub(_UNSAFE, _hex_bytes, text)


def quote_name(name: str | bytes) -> str:
    """Return :func:`escape_name` of ``name`` in single quotes, for messages (a ``repr`` would escape it twice)."""
    return f"'{escape_name(name)}'"


def escape_argument(path: str | bytes) -> str:
    r"""Return :func:`escape_name` of a relative path, made fit to be a command-line argument.

    A leading ``-`` would be read as an option and a leading ``@`` as a file of arguments; that first
    character is written ``\xNN`` too. Node ids start with a path escaped like this.
    """
    text = escape_name(path)
    return f"\\x{ord(text[0]):02x}{text[1:]}" if text[:1] in ("-", "@") else text


def unescape_name(text: str) -> str:
    r"""Return the real name behind an escaped one, as :func:`os.fsdecode` gives it.

    The inverse of :func:`escape_name` and :func:`escape_argument`. Text without a ``\xNN`` comes back
    unchanged, and so do ``\x00`` and ``\x2f``, which stand for nothing that a name can hold.
    """
    if "\\x" not in text:
        return text
    return re.sub(_ESCAPES, _real_bytes, text)


def decode_output(data: bytes) -> str:
    r"""Return a program's output as text: UTF-8, with every other byte written ``\xNN``."""
    return data.decode("utf-8", "backslashreplace")
