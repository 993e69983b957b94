"""Whether a file is a program, told from its mode and its text."""

from __future__ import annotations

import os
import re
import stat

from .header import read_head

# A module may be long, and its guard is at its end.
_MODULE_SIZE = 4 * 1024 * 1024
_GUARD = re.compile(
    rb"(?:\A|[\r\n])if\b[^\r\n]*?(?:\b__name__\b[^\r\n]*['\"]__main__['\"]|['\"]__main__['\"][^\r\n]*\b__name__\b)"
)


def is_regular_file(path: str) -> bool:
    """Return whether ``path``, links followed, is a regular file that can be looked at."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def is_executable(path: str) -> bool:
    """Return whether ``path`` is a regular file that somebody may execute."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(mode) and bool(mode & 0o111)


def has_shebang(path: str) -> bool:
    """Return whether the file starts with ``#!``; one that cannot be read does not."""
    try:
        return read_head(path, 2) == b"#!"
    except OSError:
        return False


def is_program(path: str) -> bool:
    """Return whether a Python module is meant to be run: it has a shebang or a ``__main__`` guard."""
    try:
        source = read_head(path, _MODULE_SIZE)
    except OSError:
        # It cannot be told; running it will say why it cannot be read.
        return True
    return source.startswith(b"#!") or _GUARD.search(source) is not None
