"""The skills that a skill says it is composed of."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass
from .directive import find_directive
from .places import places_of
from .templates import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .document import SkillDocument

_LINE = re.compile(
    r"^[ \t]*(?:#|//)?[ \t]*(?:required |used |sub-?)?skills?(?: used| required| composed)?:[ \t]*(\S.*)$",
    re.IGNORECASE,
)
_HEAD_LINES = 20
"""Lines of a script in which its header may say what it is composed of."""
_SEPARATORS = re.compile(r",|;|\s\+\s|\s->\s|\s→\s|\s(?:and|then)\s")
_REFERENCE = re.compile(r"[a-z0-9][\w.-]*(?:[/:][A-Za-z0-9][\w.-]*)*")
_PATH = re.compile(r"(?:^|[\s`'\"(/])skills/((?:[A-Za-z0-9][\w.-]{0,64}/){0,6}[A-Za-z0-9][\w.-]{0,64})/SKILL\.md\b")
_PLACEHOLDER = re.compile(
    r"(?:^|[/:_-])(?:skill(?:[-_](?:[a-z]|\d|one|two|three|name|id))?|name|your|my|some|foo|bar|baz|example|xxx?|path|to"
    r"|none|n)(?:$|[/:_-])",
    re.IGNORECASE,
)
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Reference:
    """A skill that is named."""

    line: int
    column: int
    name: str
    """As written, without the path of the library and ``/SKILL.md``."""


class SkillNames:
    """What the skills of a library can be called by."""

    def __init__(self, skills: Sequence[SkillDocument]) -> None:
        self._known: set[str] = set()
        self.names: list[str] = []
        """The names, as suggestions have them."""
        for skill in skills:
            parts = skill.directory.split(os.sep)
            self._known.add(_plain(skill.name))
            self._known.update(_plain("/".join(parts[-count:])) for count in range(1, min(len(parts), 4)))
            self.names.append(parts[-1])

    def has(self, name: str) -> bool:
        """Return whether a skill is called ``name``, wherever in the library it is: the last part of a path decides."""
        return _plain(name) in self._known or _plain(re.split(r"[/:]", name)[-1]) in self._known


def references(skill: SkillDocument) -> Iterator[Reference]:
    """Yield the skills that a skill says it uses, in the order of the file.

    They stand in a line ``Skills: a, b`` at the head of a script that it shows; where the skill is script-first also
    in its text, as paths ``skills/…/SKILL.md``: elsewhere such a path is an example more often. ``[skill-a]``,
    ``<name>`` and ``your-skill`` stand for names and are none.
    """
    found = [*_in_scripts(skill)]
    if in_text := [*_in_text(skill)]:
        found += in_text if skill.is_script_first or find_directive(skill) is not None else []
    yield from sorted(found, key=lambda reference: (reference.line, reference.column))


def _in_scripts(skill: SkillDocument) -> Iterator[Reference]:
    for fence in skill.body.fences:
        if fence.language not in LANGUAGES or "kill" not in fence.code:
            continue
        for number, line in enumerate(fence.code.split("\n", _HEAD_LINES)[:_HEAD_LINES], fence.line + 1):
            match = _LINE.match(line)
            if match is None:
                continue
            at = match.start(1)
            for word in _SEPARATORS.split(match[1]):
                name = word.strip(" \t`'\".")
                at = line.find(name, at)
                column = fence.column + at
                at += len(name)
                if _REFERENCE.fullmatch(name) and not _PLACEHOLDER.search(name):
                    yield Reference(number, column, name)


def _in_text(skill: SkillDocument) -> Iterator[Reference]:
    for paragraph in skill.body.paragraphs:
        if "SKILL.md" not in paragraph.text:
            continue
        named = [match for match in _PATH.finditer(paragraph.text) if not _PLACEHOLDER.search(match[1])]
        rows = (row for row, _ in places_of(paragraph.text, [match.start(1) for match in named]))
        for match, row in zip(named, rows, strict=True):
            yield Reference(paragraph.line + row - 1, 1, match[1])


def _plain(name: str) -> str:
    return _NOT_IN_NAMES.sub("-", name.lower()).strip("-")
