"""Keeping secrets out of everything that is stored or shown.

Two nets: the values of environment variables whose names look secret, and tokens whose shape is well known.
"""

from __future__ import annotations

import os
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REPLACEMENT = "[redacted]"
MIN_LENGTH = 5
"""Shorter values are left alone: redacting every ``1`` or ``true`` would ruin the output and protect nothing."""
_HARMLESS = frozenset({"false", "True", "False", "none", "None", "null"})

_SHAPES = (
    r"gh[pousr]_[A-Za-z0-9]{30,}",  # GitHub
    r"github_pat_[A-Za-z0-9_]{22,}",
    r"glpat-[A-Za-z0-9_-]{20,}",  # GitLab
    r"sk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9_-]{20,}",  # Anthropic, OpenAI
    r"xox[abeoprs]-[A-Za-z0-9-]{10,}",  # Slack
    r"(?:AKIA|ASIA)[A-Z0-9]{16}",  # AWS
    r"AIza[A-Za-z0-9_-]{35}",  # Google
    r"npm_[A-Za-z0-9]{36}",
    r"pypi-[A-Za-z0-9_-]{50,}",
    r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",  # JSON Web Token
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
)
_SHAPE = re.compile("|".join(_SHAPES))
_SHAPE_HINTS = ("gh", "glpat-", "sk-", "xox", "AKIA", "ASIA", "AIza", "npm_", "pypi-", "eyJ", "-----BEGIN")


class Redactor:
    """Replaces secrets in text by ``[redacted]``."""

    def __init__(self, names: Iterable[str], environment: Mapping[str, str]) -> None:
        """Take the values of all variables in ``environment`` whose name matches one of the globs ``names``.

        Names are compared without regard to case.
        """
        self._names = tuple(name.upper() for name in names)
        self._known = frozenset(self._secrets(environment))
        self._values = self._compile(self._known)

    def is_secret_name(self, name: str) -> bool:
        """Return whether a variable of this name holds a secret."""
        upper = name.upper()
        return any(fnmatchcase(upper, pattern) for pattern in self._names)

    def extended(self, environment: Mapping[str, str | None]) -> Redactor:
        """Return a redactor that knows the secrets of ``environment`` as well; itself if there are none new."""
        added = self._secrets({name: value for name, value in environment.items() if value is not None}) - self._known
        if not added:
            return self
        other = Redactor((), {})
        other._names = self._names
        other._known = self._known | added
        other._values = self._compile(other._known)
        return other

    def _secrets(self, environment: Mapping[str, str]) -> set[str]:
        found: set[str] = set()
        for name, value in environment.items():
            if len(value) >= MIN_LENGTH and value not in _HARMLESS and self.is_secret_name(name):
                # A secret with several lines is also printed line by line.
                found.update(part for part in (value, *value.splitlines()) if len(part) >= MIN_LENGTH)
        return found

    @staticmethod
    def _compile(values: Iterable[str]) -> re.Pattern[str] | None:
        # The longest first, or a secret that starts with another would keep its end.
        ordered = sorted(values, key=lambda value: (-len(value), value))
        return re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        """Return ``text`` without its secrets."""
        if len(text) < MIN_LENGTH:
            return text
        if self._values is not None:
            text = self._values.sub(REPLACEMENT, text)
        if any(hint in text for hint in _SHAPE_HINTS):
            text = _SHAPE.sub(REPLACEMENT, text)
        return text

    def file(self, path: bytes) -> None:
        """Rewrite a file of output without its secrets; leave it untouched when it holds none."""
        overlap = 64 << 10
        temporary = path + b".redacted"
        changed = False
        with open(path, "rb") as source, open(temporary, "wb", opener=_private) as target:
            carried = ""
            while block := source.read(8 << 20):
                # Latin-1 keeps every byte; secrets are looked for in their UTF-8 form by the second redactor below.
                text = carried + block.decode("latin-1")
                clean = self._bytewise.text(text)
                changed = changed or clean != text
                cut = max(0, len(clean) - overlap)
                target.write(clean[:cut].encode("latin-1"))
                carried = clean[cut:]
            target.write(carried.encode("latin-1"))
        if changed:
            os.replace(temporary, path)
        else:
            os.unlink(temporary)

    @property
    def _bytewise(self) -> Redactor:
        """Return a redactor for text whose every character stands for one byte."""
        other = Redactor((), {})
        other._known = frozenset(value.encode("utf-8", "surrogateescape").decode("latin-1") for value in self._known)
        other._values = self._compile(other._known)
        return other


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
