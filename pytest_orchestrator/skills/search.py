"""Skills that fit a sentence: BM25 over what a skill is called, tagged, for, and made of.

The fields are searched together with a weight each (BM25F, Robertson and Zaragoza, 2009): a word counts by how rare it
is among the skills, how heavy the fields are that it stands in, and how long these are. Forms of a word count as one.
"""

from __future__ import annotations

import math
import os
import re
from collections import Counter, defaultdict
from dataclasses import field
from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass
from .library import described, tags_of
from .words import STOP_WORDS, stem, terms, words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .document import SkillDocument

_SATURATION = 1.2
"""k1 of BM25: how soon more of the same word adds little."""
_HEADING_OR_FENCE = re.compile(
    r"^ {0,3}(?:#{1,6}[ \t]+(?P<heading>[^\r\n]*)|(?P<fence>`{3,}|~{3,})(?P<info>[^\r\n]*))", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class SearchField:
    """A part of a skill that is searched."""

    name: str
    """As ``why`` calls it."""
    weight: float
    """How many times a word in it counts."""
    by_length: float
    """b of BM25: 0 to count a word alike in long and short ones, 1 to count its share."""
    text: Callable[[SkillDocument], str]


def _names(skill: SkillDocument) -> str:
    folder = os.path.basename(skill.directory)
    return skill.name if stem_all(skill.name) == stem_all(folder) else f"{skill.name} {folder}"


def purpose_of(skill: SkillDocument) -> str:
    """Return what a skill is for, in all fields that tell."""
    values = (skill.values.get(name) for name in ("intent", "when_to_use"))
    return " ".join([described(skill), *(value for value in values if isinstance(value, str))])


def _headings(skill: SkillDocument) -> str:
    # The parser takes milliseconds for a long skill; a heading that it sees otherwise moves a score by little.
    found = []
    fence = ""
    for match in _HEADING_OR_FENCE.finditer(skill.body_text):
        mark = match["fence"]
        if not mark:
            if not fence:
                found.append(match["heading"])
        elif not fence:
            fence = mark
        elif mark.startswith(fence) and not match["info"].strip():
            fence = ""
    return "\n".join(found)


FIELDS = (
    SearchField("name", 3.0, 0.3, _names),
    SearchField("tags", 2.0, 0.3, lambda skill: "\n".join(tags_of(skill))),
    SearchField("description", 2.0, 0.5, purpose_of),
    SearchField("headings", 0.5, 0.7, _headings),
)
"""What is searched. ``description`` holds intent and when_to_use too."""


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A skill that fits."""

    path: str
    """As shown."""
    name: str
    score: float
    """Comparable with those of the same search only."""
    why: Mapping[str, tuple[str, ...]]
    """The words of the sentence that matched, by field."""
    skill: SkillDocument = field(repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``skills search --json`` prints: path, name, score, why."""
        why = {name: list(matched) for name, matched in self.why.items()}
        return {"path": self.path, "name": self.name, "score": self.score, "why": why}


class SkillIndex:
    """Skills, prepared to be searched many times."""

    def __init__(self, skills: Sequence[SkillDocument]) -> None:
        self.skills = skills
        self._postings: dict[str, dict[int, dict[int, int]]] = defaultdict(dict)
        """Of each stem, by skill and field (as numbers), how often it is there."""
        totals = [0] * len(FIELDS)
        lengths = []
        for number, skill in enumerate(skills):
            counted = [Counter(terms(searched.text(skill))) for searched in FIELDS]
            lengths.append([count.total() for count in counted])
            for position, count in enumerate(counted):
                totals[position] += count.total()
                for term, times in count.items():
                    self._postings[term].setdefault(number, {})[position] = times
        means = [total / len(skills) if total else 1.0 for total in totals]
        self._scales = [
            [
                searched.weight / (1 - searched.by_length + searched.by_length * length / mean)
                for searched, length, mean in zip(FIELDS, row, means, strict=True)
            ]
            for row in lengths
        ]
        """Of each skill, what one word in each field counts."""

    def scores(self, sentence: str) -> dict[int, float]:
        """Return the score of each skill that has a word of ``sentence``, by its number in ``skills``."""
        found: dict[int, float] = defaultdict(float)
        for term in _asked(sentence):
            postings = self._postings.get(term, {})
            rarity = math.log(1 + (len(self.skills) - len(postings) + 0.5) / (len(postings) + 0.5))
            for number, times in postings.items():
                weight = sum(self._scales[number][position] * count for position, count in times.items())
                found[number] += rarity * weight * (_SATURATION + 1) / (weight + _SATURATION)
        return found

    def search(self, sentence: str, limit: int | None = None) -> list[SearchHit]:
        """Return the skills that have a word of ``sentence``, best first; of equal ones that with the lesser path."""
        scores = self.scores(sentence)
        ranked = sorted(scores, key=lambda number: (-scores[number], self.skills[number].shown_as))
        return [self.hit(number, sentence, scores[number]) for number in ranked[:limit]]

    def hit(self, number: int, sentence: str, score: float) -> SearchHit:
        """Return the skill with a number as the answer to ``sentence``."""
        skill = self.skills[number]
        asked = _asked(sentence)
        why = {}
        for position, searched in enumerate(FIELDS):
            matched = [word for term, word in asked.items() if position in self._postings.get(term, {}).get(number, {})]
            if matched:
                why[searched.name] = tuple(matched)
        return SearchHit(skill.shown_as, skill.name, round(score, 4), why, skill)


def stem_all(text: str) -> list[str]:
    """Return the stems of all words of ``text``."""
    return [stem(word) for word in words(text)]


def _asked(sentence: str) -> dict[str, str]:
    """Return the stems that are looked for, with the word of the sentence that each comes from."""
    found: dict[str, str] = {}
    for word in words(sentence):
        if word not in STOP_WORDS:
            found.setdefault(stem(word), word)
    return found
