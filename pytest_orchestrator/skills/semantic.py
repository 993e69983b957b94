"""Skills that fit a sentence by its meaning too: BM25 together with embeddings (the extra ``semantic``).

The embeddings are those of WordLlama: a vector for each piece of a word, and their mean for a text. Its package carries
the model, so nothing is fetched. ``docs/explanation/skill-search.md`` has what this adds, measured.
"""

from __future__ import annotations

import importlib
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SkillError
from .library import tags_of
from .search import purpose_of

if TYPE_CHECKING:
    from .document import SkillDocument
    from .search import SearchHit, SkillIndex

_SHARE = 0.5
"""How much the meaning counts beside the words; each is taken relative to the best skill."""
_LONGEST = 2000
"""Characters of a skill's text that are looked at; a description of the standard has 1024."""


class SemanticIndex:
    """An index of words, and the meaning of every skill."""

    def __init__(self, index: SkillIndex, model: Any) -> None:
        self._index = index
        self._model = model
        self._vectors = model.embed([_text(skill) for skill in index.skills], norm=True) if index.skills else None

    @classmethod
    def over(cls, index: SkillIndex) -> SemanticIndex:
        """Return the index that adds meaning to ``index``.

        Raises :class:`~pytest_orchestrator.errors.SkillError` when the extra ``semantic`` is not installed.
        """
        return cls(index, _model())

    def search(self, sentence: str, limit: int | None = None) -> list[SearchHit]:
        """Return all skills, best first; of equal ones that with the lesser path. ``why`` has words, not meaning."""
        scores = self.scores(sentence)
        skills = self._index.skills
        ranked = sorted(scores, key=lambda number: (-scores[number], skills[number].shown_as))
        return [self._index.hit(number, sentence, scores[number]) for number in ranked[:limit]]

    def scores(self, sentence: str) -> dict[int, float]:
        """Return the score of each skill between 0 and 1, by its number; of those that fit in neither way, none."""
        if self._vectors is None or not sentence.strip():
            return {}
        by_words = self._index.scores(sentence)
        best = max(by_words.values(), default=0.0) or 1.0
        # Rounded, so that what differs by the last bit on another processor is not ranked by it.
        near = [
            round(max(0.0, float(value)), 4) for value in self._vectors @ self._model.embed([sentence], norm=True)[0]
        ]
        nearest = max(near) or 1.0
        found = {
            number: (1 - _SHARE) * by_words.get(number, 0.0) / best + _SHARE * value / nearest
            for number, value in enumerate(near)
        }
        return {number: score for number, score in found.items() if score > 0}


def _text(skill: SkillDocument) -> str:
    name = skill.name.replace("-", " ").replace("_", " ")
    return " ".join([f"{name}.", purpose_of(skill), ", ".join(tags_of(skill))])[:_LONGEST]


@cache
def _model() -> Any:
    try:
        package = importlib.import_module("wordllama")
    except ImportError as error:
        raise SkillError(
            "search by meaning needs a model that is not installed: pip install 'pytest-orchestrator[semantic]',"
            " or search by words"
        ) from error
    # It looks for its tokenizer in the cache directory only, and would fetch it: the package has it all.
    home = Path(os.fspath(package.__file__ or "")).parent
    return package.WordLlama.load(cache_dir=home, disable_download=True)
