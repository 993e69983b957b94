"""Secrets in a skill and in its files, known by their shapes. No finding shows one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...process.shapes import TEXT_SHAPES
from ..finding import Part, Severity
from ..places import places_of
from ..rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..context import CheckContext
    from ..document import SkillDocument
    from ..rule import Found

SECRET = Rule(
    "SK421", "secret", Part.FILES, Severity.ERROR,
    "No token and no private key is in a skill or its files.",
    "Whoever can read the skill can use it, and so can every model that loads it; removing it is not enough once it "
    "was published. Known are the shapes of tokens of GitHub, GitLab, Anthropic, OpenAI, Slack, AWS, Google, npm and "
    "PyPI, of JSON Web Tokens and of private keys. Stand-ins such as `sk-xxxxxxxx` are left alone; what has the shape "
    "but is a sequence (`abcd`, `1234`), or too short for a key, is a note.",
)  # fmt: skip

RULES = (SECRET,)

# Those with a group are addresses and headers, which in texts nearly always hold stand-ins.
_SHAPES = tuple(shape for shape in TEXT_SHAPES if shape.group == 0)
_KINDS = {"ey": "a JSON Web Token", "--": "a private key"}
_STAND_IN = re.compile(
    r"example|sample|dummy|fake|placeholder|redacted|your[-_]|xxxx|\.\.\.|\*\*\*|<[a-z]", re.IGNORECASE
)
_SEQUENCE = re.compile(r"abcd|1234|0000|9876|(.)\1{5}", re.IGNORECASE)
_SHORTEST_KEY = 120
"""Characters of a private key between its marks, at least."""


def check(skill: SkillDocument, context: CheckContext) -> Iterator[Found]:
    """Yield the places of secrets."""
    for text, path in context.texts_of(skill):
        yield from _secrets(text, path)


def _secrets(text: str, path: str) -> Iterator[Found]:
    found = [
        (match.start(), match.group(), next(hint for hint in shape.hints if hint in match.group()))
        for shape in _SHAPES
        if shape.is_likely_in(text)
        for match in shape.pattern.finditer(text)
        if _STAND_IN.search(match.group()) is None
    ]
    for (line, column), (_, secret, hint) in zip(places_of(text, [at for at, *_ in found]), found, strict=True):
        kind = _KINDS.get(secret[:2], f"a token ({hint}…)")
        yield SECRET.at(
            line, column, f"what looks like {kind} stands here", "revoke it, and read it from the environment",
            path=path, severity=None if _is_real(secret) else Severity.NOTE,
        )  # fmt: skip


def _is_real(secret: str) -> bool:
    if secret.startswith("-----"):
        return sum(character.isalnum() for character in secret) >= _SHORTEST_KEY
    return _SEQUENCE.search(secret) is None
