"""The skills of a library by what people call them: a path, a name, a directory, or nearly so."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING

from ..core.kinds import SKILL_FILES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .document import SkillDocument


class NameIndex:
    """Skills, prepared to be looked up by thousands of names."""

    def __init__(self, skills: Sequence[SkillDocument]) -> None:
        self._by_path: dict[str, list[SkillDocument]] = defaultdict(list)
        self._by_name: dict[str, list[SkillDocument]] = defaultdict(list)
        self._by_folder: dict[str, list[SkillDocument]] = defaultdict(list)
        self._by_folded: dict[str, list[SkillDocument]] = defaultdict(list)
        for skill in skills:
            folder = os.path.basename(skill.directory)
            for path in (skill.path, skill.directory):
                self._by_path[path].append(skill)
            self._by_name[skill.name].append(skill)
            self._by_folder[folder].append(skill)
            for folded in {_folded(skill.name), _folded(folder)}:
                self._by_folded[folded].append(skill)

    def find(self, name: str, path: str) -> tuple[SkillDocument, ...]:
        """Return the skills that ``name`` means, in their order; ``path`` is what it is as an absolute path.

        It is the path of a skill, what a skill calls itself, the end of its directory, or one of the latter without
        regard to case, spaces, hyphens and underscores. The first of these readings that fits any skill counts.
        """
        readings: tuple[Iterable[SkillDocument], ...] = (
            self._by_path.get(path, ()),
            self._by_name.get(name, ()),
            self._in_directory(name.strip("/")),
            self._by_folded.get(_folded(name), ()),
        )
        return next((found for reading in readings if (found := tuple(reading))), ())

    def _in_directory(self, name: str) -> Iterable[SkillDocument]:
        for file in SKILL_FILES:
            name = name.removesuffix(f"/{file}")
        found = self._by_folder.get(name.rpartition("/")[2], ()) if name else ()
        return (skill for skill in found if f"/{skill.directory}".endswith(f"/{name}"))


def _folded(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum() or character == "/")
