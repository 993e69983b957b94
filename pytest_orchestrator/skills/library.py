"""The skills of a project: found, listed, fetched by name, searched with a sentence (seed 001's Librarian)."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..config.phrases import clipped, joined, suggestion
from ..core.names import escape_name, unescape_name
from ..errors import SkillError
from ..quick_dataclasses import dataclass
from .discovery import find_skills
from .document import read_skill
from .name_index import NameIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .document import SkillDocument
    from .search import SearchHit, SkillIndex
    from .semantic import SemanticIndex

_LIMIT = 10


@dataclass(frozen=True)
class SkillLibrary:
    """The skills at and below some paths, in the order of their paths. They are read on first use, once."""

    paths: tuple[str, ...] = (".",)
    """Directories, or files of skills; relative ones count from ``root``."""
    root: str = ""
    """The directory that paths are shown below. Default: the current one."""

    @classmethod
    def of(cls, *paths: str | os.PathLike[str], root: str | os.PathLike[str] | None = None) -> SkillLibrary:
        """Return the library of ``paths``; without any, of ``root``, which is the current directory by default."""
        start = os.path.abspath(os.fspath(root) if root is not None else os.curdir)
        return cls(tuple(os.fspath(path) for path in paths) or (os.curdir,), start)

    @cached_property
    def skills(self) -> tuple[SkillDocument, ...]:
        """All skills, sorted by path. What cannot be read is there too, as a document with a ``problem``.

        Raises :class:`~pytest_orchestrator.errors.DiscoveryError` for a path that does not exist, cannot be searched,
        or is a file that belongs to no skill.
        """
        start = self.root or os.getcwd()
        return tuple(read_skill(path, _shown(path, start)) for path in find_skills(self.paths, start))

    @cached_property
    def _names(self) -> NameIndex:
        return NameIndex(self.skills)

    @cached_property
    def _index(self) -> SkillIndex:
        from .search import SkillIndex

        return SkillIndex(self.skills)

    @cached_property
    def _semantic_index(self) -> SemanticIndex:
        from .semantic import SemanticIndex

        return SemanticIndex.over(self._index)

    def __iter__(self) -> Iterator[SkillDocument]:
        return iter(self.skills)

    def __len__(self) -> int:
        return len(self.skills)

    def below(self, *paths: str | os.PathLike[str]) -> SkillLibrary:
        """Return the library of other paths under the same root."""
        return SkillLibrary.of(*paths, root=self.root or None)

    def find(self, name: str) -> tuple[SkillDocument, ...]:
        """Return the skills that ``name`` means: none, one, or several.

        ``name`` is a path, or what a skill calls itself, or its directory (``orchestrator``, ``core/orchestrator``), or
        either of these without regard to case and to spaces, hyphens and underscores. The first of these readings that
        fits any skill counts.
        """
        wanted = unescape_name(name.strip())
        return self._names.find(wanted, os.path.abspath(os.path.join(self.root, wanted))) if wanted else ()

    def get(self, name: str) -> SkillDocument:
        """Return the one skill that ``name`` means, as :meth:`find` reads it.

        Raises :class:`~pytest_orchestrator.errors.SkillError` when there is none, and when there are several.
        """
        found = self.find(name)
        if len(found) == 1:
            return found[0]
        if found:
            paths = joined([skill.shown_as for skill in found])
            raise SkillError(f"{clipped(name)} names {len(found)} skills, {paths}: give the path of the one meant")
        raise SkillError(f"there is no skill {clipped(name)} {self.where}; {self._remedy(name)}")

    def only(self) -> SkillDocument:
        """Return the one skill there is.

        Raises :class:`~pytest_orchestrator.errors.SkillError` when there is none, and when there are several.
        """
        if len(self.skills) == 1:
            return self.skills[0]
        raise SkillError(f"one skill is wanted, and there is no single one {self.where}: give the path of a SKILL.md")

    @property
    def where(self) -> str:
        """How messages say where was looked, and how much is there: ``among the 12 skills below skills``."""
        number = len(self.skills)
        places = joined([escape_name(_shown(os.path.join(self.root, path), self.root)) for path in self.paths])
        if not number:
            return f"below {places}"
        return f"among the {number} {'skill' if number == 1 else 'skills'} below {places}"

    def _remedy(self, name: str) -> str:
        if not self.skills:
            return "name a directory that holds skills"
        names = {word for skill in self.skills for word in (skill.name, os.path.basename(skill.directory))}
        return suggestion(name, sorted(names), close_only=True) or "list them with: pytest-orchestrator skills list"

    def search(self, sentence: str, limit: int | None = _LIMIT, *, semantic: bool = False) -> list[SearchHit]:
        """Return the skills that fit ``sentence``, best first: at most ``limit``, all with None.

        Each has the skill's path, name and score, and says which words of the sentence matched in which field. The
        same skills and sentence give the same answer. See :mod:`pytest_orchestrator.skills.search`. ``semantic`` ranks
        by meaning too, with a model that the extra ``semantic`` installs.

        Raises :class:`~pytest_orchestrator.errors.SkillError` for ``semantic`` without that extra.
        """
        return (self._semantic_index if semantic else self._index).search(sentence, limit)


def summary_of(skill: SkillDocument) -> dict[str, Any]:
    """Return what ``skills list --json`` prints about a skill."""
    return {
        "path": skill.shown_as,
        "name": skill.name,
        "description": described(skill),
        "tags": list(tags_of(skill)),
        "script_first": skill.is_script_first,
    }


def details_of(skill: SkillDocument) -> dict[str, Any]:
    """Return what ``skills show --json`` prints: the summary, all fields, the headings, the files, the Markdown."""
    from .files import skill_files

    headings = [{"level": heading.level, "text": heading.text, "line": heading.line} for heading in skill.body.headings]
    return {
        **summary_of(skill),
        "fields": dict(skill.values),
        "headings": headings,
        "files": [file.name for file in skill_files(skill)],
        "body": skill.body_text,
    }


def described(skill: SkillDocument) -> str:
    """Return what a skill says it is for, on one line: its description, its intent, else its first paragraph."""
    for field in ("description", "intent"):
        value = skill.values.get(field)
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())
    return next((" ".join(paragraph.plain.split()) for paragraph in skill.body.paragraphs), "")


def tags_of(skill: SkillDocument) -> tuple[str, ...]:
    """Return the tags of a skill: of the field ``tags`` (a list, or words with commas), also under ``metadata``."""
    values = skill.values
    metadata = values.get("metadata")
    nested = metadata if isinstance(metadata, dict) else {}
    given = values.get("tags", nested.get("tags", nested.get("keywords", values.get("keywords"))))
    words: Iterable[object] = given.split(",") if isinstance(given, str) else given if isinstance(given, list) else ()
    return tuple(text for word in words if isinstance(word, str | int | float) and (text := str(word).strip()))


def _shown(path: str, root: str) -> str:
    """Return ``path`` relative to ``root`` if it is below, else absolute."""
    path = os.path.abspath(path)
    prefix = os.path.join(root or os.getcwd(), "")
    if path + "/" == prefix:
        return "."
    return escape_name(path.removeprefix(prefix))
