"""Signs in the text of a skill that its work comes in bulk: the criteria for a script of seed 000."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .document import SkillDocument

MANY_ITEMS = 10
MANY_LINES = 1000
MANY_RESOURCES = 5
MANY_STEPS = 3
"""More than so many make work for a script."""

_RESOURCES = (
    r"pods?|nodes|services|deployments|hosts|servers|instances|clusters|namespaces|databases|buckets|containers|vms"
    r"|machines|volumes|queues|regions|endpoints|environments"
)
_ITEMS = (
    r"items|files|documents|docs|rows|records|entries|users|tickets|issues|e-?mails|messages|pages|images|urls|requests"
    r"|packages|repos|repositories|events|objects|tables|customers|orders|invoices|contracts|pdfs|accounts"
)
_QUANTITY = re.compile(
    rf"(?<![\w.,$€-])(\d{{1,3}}(?:,\d{{3}}){{1,3}}|\d{{1,9}})(k?)\+?[ -](?:[a-z-]+ )?"
    rf"(?:(?P<lines>lines|log lines)|(?P<resources>{_RESOURCES})|(?P<items>{_ITEMS}))\b",
)
_LIMIT = re.compile(
    r"(?:\b(?:under|below|at most|max\.?|maximum(?: of)?|up to|less than|fewer than|no more than|within|first|last|top"
    r"|limit(?:ed)?(?: to)?|least|minimum|min|only|keep|cap(?:ped)?(?: at)?|exceed(?:s|ing)?|default|about the|page)"
    r"|[<≤~=:#v/-])\W*$",
)
_BULK = re.compile(
    r"\bin bulk\b|\bbulk[- ](?:operations?|restarts?|updates?|deletes?|deletion|imports?|exports?|processing|edits?)\b"
    r"|\bbatch[- ](?:process|operat)\w*|\bmulti-document\b"
    rf"|\b(?:all|every)(?: the| of the)? (?:{_RESOURCES}|{_ITEMS}) (?:in|across|of|from|at once)\b"
    rf"|\bacross (?:all|every|many|multiple) (?:{_RESOURCES}|{_ITEMS})\b",
)
_LOOP = re.compile(
    r"\bfor (?:each|every) (?:of )?(?:the )?\w+|\b(?:loop(?:s|ing)?|iterat(?:e|es|ing)) (?:over|through|across)\b"
    r"|\brow[- ]by[- ]row\b|\bone by one\b|\brepeat (?:this |the steps? |it )?(?:for|until)\b",
)


_PHRASES = (
    ("a bulk operation", ("bulk", "batch", "multi-", "all ", "every ", "across "), _BULK),
    ("a loop", ("each ", "every ", "loop", "iterat", "row", "one by one", "repeat"), _LOOP),
)
"""Criteria, texts of which one is in each match, and what is looked for."""
_WORDS = re.compile(r"[^\W_]+")
_DIGIT = re.compile(r"[0-9]")
_WORK = re.compile(
    r"\b(?:usage|use|workflow|process|procedure|steps?|implementation|instructions?|operations?|runbook|how"
    r"|quick ?start|execution|phases?|methodology|pipeline)\b"
)
"""In the heading of a section whose numbered list is something to do."""


@dataclass(frozen=True, slots=True)
class Sign:
    """One place in the text that shows bulk work."""

    line: int
    criterion: str
    words: str
    """As written."""


def calls_itself_bulk(skill: SkillDocument) -> bool:
    """Return whether the description or the intent of a skill says that it does things in bulk."""
    own = _own_names(skill)
    return any(_BULK.search(_without(own, text.lower())) for text, _ in _purpose(skill))


def signs_of_bulk(skill: SkillDocument) -> list[Sign]:
    """Return the first sign for each criterion that the text of a skill meets, in the order of the file.

    Texts that are looked at are its description and intent, paragraphs and list items; not its code.
    """
    found: dict[str, Sign] = {}
    for sign in _signs(skill):
        found.setdefault(sign.criterion, sign)
    return sorted(found.values(), key=lambda sign: sign.line)


def _signs(skill: SkillDocument) -> Iterator[Sign]:
    own = _own_names(skill)
    for text, line in _purpose(skill):
        yield from _in_text(text, line, own)
    for paragraph in skill.body.paragraphs:
        yield from _in_text(paragraph.plain, paragraph.line, own)
    yield from _long_list(skill)


def _purpose(skill: SkillDocument) -> Iterator[tuple[str, int]]:
    for name in ("description", "intent"):
        field = skill.front.get(name)
        if field is not None and field.text:
            yield field.text, field.value_line


def _own_names(skill: SkillDocument) -> tuple[str, ...]:
    """Return how a skill calls itself in its text; that it is called so shows nothing."""
    words = _WORDS.findall(skill.name.lower())
    return (" ".join(words), "-".join(words), "_".join(words)) if len(words) > 1 else ()


def _without(names: tuple[str, ...], said: str) -> str:
    for name in names:
        said = said.replace(name, " " * len(name))
    return said


def _in_text(text: str, line: int, own: tuple[str, ...]) -> Iterator[Sign]:
    said = _without(own, text.lower())
    for match in _QUANTITY.finditer(said) if _DIGIT.search(said) else ():
        number = int(match[1].replace(",", "")) * (1000 if match[2] else 1)
        if _LIMIT.search(said, max(match.start() - 24, 0), match.start()):
            continue
        words = text[match.start() : match.end()]
        if match["lines"] and number > MANY_LINES:
            yield Sign(line, f"more than {MANY_LINES} lines of data", words)
        elif match["resources"] and number > MANY_RESOURCES:
            yield Sign(line, f"more than {MANY_RESOURCES} resources", words)
        elif match["items"] and number > MANY_ITEMS:
            yield Sign(line, f"more than {MANY_ITEMS} items", words)
    for criterion, hints, pattern in _PHRASES:
        if any(hint in said for hint in hints) and (match_of_it := pattern.search(said)) is not None:
            yield Sign(line, criterion, text[match_of_it.start() : match_of_it.end()])


def _long_list(skill: SkillDocument) -> Iterator[Sign]:
    """Yield the first numbered list with more things to do than are done by hand."""
    steps = [item for item in skill.body.items if item.number is not None and item.depth == 1]
    headings = skill.body.headings
    lines = [heading.line for heading in headings]
    for at, item in enumerate(steps):
        if item.number == MANY_STEPS + 1 and at >= MANY_STEPS:
            first = steps[at - MANY_STEPS]
            above = bisect_left(lines, first.line)
            if above and _WORK.search(headings[above - 1].text.lower()):
                yield Sign(first.line, f"more than {MANY_STEPS} sequential steps", first.text)
                return
