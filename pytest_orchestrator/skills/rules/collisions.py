"""Skills of one library that get in each other's way: one name twice, or nearly one description."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from itertools import islice
from math import ceil
from typing import TYPE_CHECKING

from ...config.phrases import clipped
from ..finding import Part, Severity
from ..rule import Rule
from ..words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..document import SkillDocument
    from ..frontmatter import Field
    from ..rule import Found

SIMILAR = 0.8
"""From which share of common words on two descriptions are nearly the same."""
FEWEST_WORDS = 5
"""Different words that a description must have to be compared."""
MOST_COMPARED = 50
"""Descriptions that one is compared with. It keeps the time linear where thousands are alike; then one of them is
among the first fifty."""

SAME_NAME = Rule(
    "SK160", "duplicate-name", Part.FRONTMATTER, Severity.WARNING,
    "No two skills of a library have one name.",
    "An agent that loads both lists one of them only; which one depends on the order of directories. A library is "
    "what lies below one directory `skills`, so that the same skill may be there for several agents, or in several "
    "languages.", about_others=True,
)  # fmt: skip
SAME_DESCRIPTION = Rule(
    "SK161", "similar-description", Part.FRONTMATTER, Severity.WARNING,
    "No two skills of a library have nearly the same description.",
    "Descriptions are all that an agent chooses by. Where two share four words in five they steal each other's "
    "triggers, and which of the skills runs is a matter of luck.", about_others=True,
)  # fmt: skip

RULES = (SAME_NAME, SAME_DESCRIPTION)


def prepare(skills: Sequence[SkillDocument]) -> Mapping[str, Sequence[Found]]:
    """Return which of ``skills`` share a name or nearly a description, by path. Linear in their number."""
    libraries: dict[str, list[SkillDocument]] = defaultdict(list)
    for skill in skills:
        if skill.front.fields:
            libraries[_library(skill.path)].append(skill)
    found: dict[str, list[Found]] = defaultdict(list)
    for library in libraries.values():
        if len(library) > 1:
            _names(library, found)
            _descriptions(library, found)
    return found


def _library(path: str) -> str:
    """Return the nearest directory above a skill that is called ``skills``; the same for all that have none."""
    above, mark, _ = path.rpartition("/skills/")
    return above + mark


def _names(library: Iterable[SkillDocument], found: dict[str, list[Found]]) -> None:
    by_name: dict[str, list[SkillDocument]] = defaultdict(list)
    for skill in library:
        if skill.front.get("name") is not None:
            by_name[unicodedata.normalize("NFKC", skill.name.strip())].append(skill)
    for name, same in by_name.items():
        for skill in same if len(same) > 1 else ():
            field = skill.front.fields["name"]
            other = same[1] if same[0] is skill else same[0]
            # No path in the message, which baselines know a finding by: how paths are shown depends on who asks.
            others = "another skill" if len(same) == 2 else f"{len(same) - 1} other skills"
            message = f"the name {clipped(name)} is also that of {others}"
            remedy = f"rename it, or {other.shown_as}"
            found[skill.path].append(SAME_NAME.at(field.value_line, field.value_column, message, remedy))


def _descriptions(library: Sequence[SkillDocument], found: dict[str, list[Found]]) -> None:
    described = [(skill, field) for skill in library if (field := _description(skill)) is not None]
    sets = [frozenset(words(field.text or "")) for _, field in described]
    for index, (other, share) in sorted(_nearest(sets, [skill.name for skill, _ in described]).items()):
        (skill, field), (rival, _) = described[index], described[other]
        shared = f"shares {share:.0%} of its words" if share < 1 else "has all words in common"
        message = f"the {field.name} {shared} with that of {clipped(rival.name)}"
        remedy = f"say what only this skill is for, or make one skill of it and {rival.shown_as}"
        found[skill.path].append(SAME_DESCRIPTION.at(field.value_line, field.value_column, message, remedy))


def _description(skill: SkillDocument) -> Field | None:
    """Return what the model chooses ``skill`` by; None where it does not choose."""
    hidden = skill.front.get("disable-model-invocation")
    if hidden is not None and hidden.value is True:
        return None
    for name in ("description", "intent"):
        field = skill.front.get(name)
        if field is not None and field.text:
            return field
    return None


def _nearest(sets: Sequence[frozenset[str]], names: Sequence[str]) -> dict[int, tuple[int, float]]:
    """Return for each set that has a similar one that other's number, and the share of words that both have.

    Of one name there is no pair: that is another finding. Two sets that share enough have one of each other's few
    rarest words in common, so only those are looked up.
    """
    counts = Counter(word for one in sets for word in one)
    holders: dict[str, list[int]] = defaultdict(list)
    nearest: dict[int, tuple[int, float]] = {}
    for number, one in enumerate(sets):
        if len(one) < FEWEST_WORDS:
            continue
        rarest = sorted(one, key=lambda word: (counts[word], word))[: len(one) - ceil(len(one) * SIMILAR) + 1]
        candidates = dict.fromkeys(other for word in rarest for other in holders[word][:MOST_COMPARED])
        best, best_share = -1, 0.0
        for other in islice(candidates, MOST_COMPARED):
            common = len(one & sets[other])
            share = common / (len(one) + len(sets[other]) - common)
            if share >= SIMILAR and share > best_share and names[number] != names[other]:
                best, best_share = other, share
                if share == 1:
                    break
        for word in rarest:
            holders[word].append(number)
        if best >= 0:
            nearest[number] = best, best_share
            nearest.setdefault(best, (number, best_share))
    return nearest
