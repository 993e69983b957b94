"""Secrets that are known by their shape. The standard library only: the supervisor uses it in its last moments.

Every shape has a longest match, so that a file can be read in blocks, and none tries the same text over and over:
what repeats is possessive, or stops where the next match could start.
"""

from __future__ import annotations

import re
from typing import Generic, TypeVar

from ..quick_dataclasses import dataclass

Text = TypeVar("Text", str, bytes)

LONGEST = 64 << 10
"""More characters than any shape has."""

_TOKENS = {
    r"gh[pousr]_[A-Za-z0-9]{30,255}": ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),  # GitHub
    r"github_pat_[A-Za-z0-9_]{22,255}": ("github_pat_",),
    r"glpat-[A-Za-z0-9_-]{20,255}": ("glpat-",),  # GitLab
    # Anthropic, OpenAI; and not disk-usage-of-the-machine
    r"sk-(?=[A-Za-z_-]{0,64}+[0-9])[A-Za-z0-9_-]{20,255}": ("sk-",),
    r"xox[abeoprs]-[A-Za-z0-9-]{10,255}": ("xox",),  # Slack
    r"(?:AKIA|ASIA)[A-Z0-9]{16}": ("AKIA", "ASIA"),  # AWS
    r"AIza[A-Za-z0-9_-]{35}": ("AIza",),  # Google
    r"npm_[A-Za-z0-9]{36}": ("npm_",),
    r"pypi-[A-Za-z0-9_-]{50,1023}": ("pypi-",),
    # JSON Web Token
    r"eyJ(?:[A-Za-z0-9]|[_-](?!eyJ)){10,8191}+\.eyJ[A-Za-z0-9_-]{10,8191}+\.[A-Za-z0-9_-]{10,8191}": (".eyJ",),
}
"""Shapes that start where a word starts, and texts of which one is in each match."""

_KEY = (
    r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:(?:[^-]|-(?!----)){0,16383}+-----END [A-Z ]{0,40}PRIVATE KEY-----"
    r"|[A-Za-z0-9+/=\x09-\x0d ]{0,16383})"
)
_NO_BREAK = "\\x00-\\x20\"'<>`/"
_URL = rf"://[^{_NO_BREAK}:@]{{0,255}}+:([^{_NO_BREAK}]{{1,255}})@"
_HEADER = (
    r"(?:[Aa]uthorization|AUTHORIZATION)[\"']?[ \t]{0,8}+[:=][ \t]{0,8}+[\"']?"
    r"(?:[Bb]earer|BEARER|[Bb]asic|BASIC|[Tt]oken)[ \t]{1,8}+([A-Za-z0-9._~+/=-]{3,16383})"
)
_OTHERS = {
    _KEY: ("-----BEGIN",),
    _URL: ("://",),
    _HEADER: ("uthorization", "AUTHORIZATION"),
}
"""Shapes that start anywhere; where there is a group, only that is secret."""


@dataclass(frozen=True, slots=True)
class Shape(Generic[Text]):
    """One shape, for text or for bytes."""

    source: Text
    hints: tuple[Text, ...]

    @property
    def pattern(self) -> re.Pattern[Text]:
        """What it looks like. Compiled when a text comes that it may be in, which is hardly ever."""
        return re.compile(self.source)

    @property
    def group(self) -> int:
        """The group that is secret; 0 for the whole match."""
        return self.pattern.groups

    def is_likely_in(self, text: Text) -> bool:
        """Return whether it is worth while to look for it."""
        return any(hint in text for hint in self.hints)


def _patterns() -> list[tuple[str, tuple[str, ...]]]:
    tokens = [(rf"(?<![A-Za-z0-9]){pattern}", hints) for pattern, hints in _TOKENS.items()]
    return [*tokens, *_OTHERS.items()]


TEXT_SHAPES = tuple(Shape(pattern, hints) for pattern, hints in _patterns())
BYTES_SHAPES = tuple(Shape(pattern.encode(), tuple(map(str.encode, hints))) for pattern, hints in _patterns())
TEXT_TOKEN = Shape("|".join(_TOKENS), ())
"""A token wherever it starts: behind a secret that is no word of its own, too."""
BYTES_TOKEN = Shape(TEXT_TOKEN.source.encode(), ())
