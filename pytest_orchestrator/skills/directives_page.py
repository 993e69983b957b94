"""Which skills carry the script-first directive, and whether a page that lists them tells the truth.

Such a page (``SCRIPT-FIRST-SKILLS.md`` of the system behind seeds 000 and 001) has a list or a table of skills, each
marked as done (``[x]``), open (``[ ]``) or planned, under headings that say the same.
"""

from __future__ import annotations

import os
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ..config.phrases import clipped, joined
from ..quick_dataclasses import dataclass
from .directive import find_directive
from .places import lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .directive import Directive
    from .document import SkillDocument
    from .library import SkillLibrary


class Claim(StrEnum):
    """What a page says of a skill."""

    APPLIED = "applied"
    """It has ``script_first: true`` and the directive."""
    PENDING = "pending"
    """It is there and lacks one or both."""
    PLANNED = "planned"
    """It is not there yet."""
    NOT_APPLICABLE = "not applicable"
    """It is there and is to have neither."""


@dataclass(frozen=True, slots=True)
class DirectiveState:
    """What a skill has."""

    skill: SkillDocument
    flag: int | None
    """The line of ``script_first``, where that is true."""
    directive: Directive | None
    """The directive, where there is one."""

    @property
    def line(self) -> int:
        """The line of what it has; 1 if it has nothing."""
        return self.flag or (self.directive.line if self.directive is not None else 1)

    @property
    def words(self) -> str:
        """What it has and lacks: ``script_first, no directive``."""
        directive = self.directive
        if directive is None:
            return "neither script_first nor the directive" if self.flag is None else "script_first, no directive"
        what = "the directive" if directive.is_complete else f"a directive without '{directive.missing[0]}'"
        return f"{what}, no script_first" if self.flag is None else f"script_first and {what}"

    @property
    def true_claim(self) -> Claim | None:
        """What a page has to say of it; None where it has neither, and several claims may be true."""
        if self.flag is None and self.directive is None:
            return None
        has_all = self.flag is not None and self.directive is not None and self.directive.is_complete
        return Claim.APPLIED if has_all else Claim.PENDING

    def as_dict(self) -> dict[str, Any]:
        """Return what ``skills directives --json`` prints about a skill."""
        skill = self.skill
        return {
            "path": skill.shown_as,
            "name": skill.name,
            "script_first": self.flag is not None,
            "directive": self.directive is not None,
        }


@dataclass(frozen=True, slots=True)
class PageEntry:
    """A skill on a page."""

    name: str
    claim: Claim
    line: int
    """Counted from 1."""
    end: int
    """The line behind the last one that belongs to it."""
    section: Claim | None
    """What the heading above says."""
    is_item: bool
    """Whether it is an item of a list with nothing else, which can be moved."""


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """Something that a page says and that is not so, or that it does not say."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def directive_states(skills: Sequence[SkillDocument]) -> list[DirectiveState]:
    """Return what each skill has."""
    return [DirectiveState(skill, _flag_line(skill), find_directive(skill)) for skill in skills]


def _flag_line(skill: SkillDocument) -> int | None:
    if not skill.is_script_first:
        return None
    field = skill.front.get("script_first") or skill.front.get("metadata")
    return field.line if field is not None else 1


def differences(page: str, shown_as: str, library: SkillLibrary) -> list[Difference]:
    """Return where ``page`` (its text), which messages call ``shown_as``, and the skills disagree: the page first.

    A skill that has the directive or ``script_first`` and is not on the page is a difference in its own file.
    """
    entries = read_page(page)
    states = {state.skill.path: state for state in directive_states(library.skills)}
    found = []
    listed: set[str] = set()
    for entry in entries:
        skills = library.find(entry.name)
        listed.update(skill.path for skill in skills)
        message = _disagreement(entry, [states[skill.path] for skill in skills])
        if message:
            found.append(Difference(shown_as, entry.line, message))
    unlisted = [state for path, state in states.items() if path not in listed and state.true_claim is not None]
    for state in unlisted:
        message = f"{clipped(state.skill.name)} has {state.words}, and {shown_as} does not list it"
        found.append(Difference(state.skill.shown_as, state.line, message))
    return found


def _disagreement(entry: PageEntry, states: Sequence[DirectiveState]) -> str:
    """Return what is wrong with an entry; nothing if it is true."""
    name = clipped(entry.name)
    if len(states) > 1:
        return f"{name} names {len(states)} skills, {joined([state.skill.shown_as for state in states])}"
    if not states:
        return "" if entry.claim is Claim.PLANNED else f"{name} is {entry.claim} here, and there is no such skill"
    (state,) = states
    fits = {
        Claim.APPLIED: state.true_claim is Claim.APPLIED,
        Claim.PENDING: state.true_claim is not Claim.APPLIED,
        Claim.PLANNED: False,
        Claim.NOT_APPLICABLE: state.true_claim is None,
    }
    return "" if fits[entry.claim] else f"{name} is {entry.claim} here, and {state.skill.shown_as} has {state.words}"


# -- reading a page -------------------------------------------------------------------------------------------

_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*)")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_ITEM = re.compile(r"(?P<indent>[ ]{0,1})[-*+][ ]+(?:\[(?P<box>[ xX])\][ ]+)?(?P<rest>.*)")
_BEHIND = re.compile(r"[ \t]+\S")
_NAME = re.compile(r"\*{0,2}(?:`(?P<code>[^`:]+)`|\[`?(?P<link>[^\]`]+)`?\]\([^)]*\))\*{0,2}(?!\w)")
_BARE = re.compile(r"(?P<bare>[\w.-]+(?:/[\w.-]+)*)(?=\s*$|\s+[-–—(|:]|:)")  # noqa: RUF001 - dashes people write
_INLINE = re.compile(r"\[(?P<box>[ xX])\](?:[ ]*(?P<word>[A-Za-z]+))?")
_PLANNED_LIST = re.compile(r"(?i)planned:\s*(?=`)")
_WORDS = (
    (Claim.NOT_APPLICABLE, re.compile(r"(?i)\bnot (?:applicable|needed|required)\b|\bn/a\b")),
    (Claim.PLANNED, re.compile(r"(?i)\b(?:planned|future|proposed)\b")),
    (Claim.PENDING, re.compile(r"(?i)\b(?:pending|open|candidates?)\b")),
    (Claim.APPLIED, re.compile(r"(?i)\b(?:applied|done|complete)\b")),
)


def claim_of(words: str) -> Claim | None:
    """Return what the words of a heading or a cell say of a skill; None if nothing."""
    return next((claim for claim, pattern in _WORDS if pattern.search(words)), None)


def read_page(page: str) -> list[PageEntry]:
    """Return the skills that a page lists, in its order.

    An entry is an item of a list that begins with a name in back quotes or a link and has a box or stands under a
    heading that says what it is, or a row of a table whose first cell is a name and another one says so. A name
    without back quotes counts where there is a box and such a heading. What is in a block of code does not.
    """
    lines = lines_of(page)
    ends = _ends(lines)
    found: list[PageEntry] = []
    headings: list[tuple[int, Claim | None]] = []
    fence = ""
    for number, line in enumerate(lines, 1):
        if match := _FENCE.match(line):
            fence = "" if fence == match[1] else fence or match[1]
        elif fence:
            continue
        elif match := _HEADING.match(line):
            level = len(line.split()[0])
            while headings and headings[-1][0] >= level:
                headings.pop()
            above = headings[-1][1] if headings else None
            headings.append((level, claim_of(match[1]) or above))
        else:
            section = headings[-1][1] if headings else None
            found += _entries(line, number, ends[number - 1], section)
    return found


def _entries(line: str, number: int, end: int, section: Claim | None) -> Iterator[PageEntry]:
    if line.lstrip().startswith("|"):
        yield from _row(line, number, section)
        return
    item = _ITEM.match(line)
    if item is None:
        return
    rest = item["rest"]
    if match := _PLANNED_LIST.match(rest):
        for name in re.findall(r"`([^`]+)`", rest[match.end() :]):
            yield PageEntry(name, Claim.PLANNED, number, number + 1, section, is_item=False)
        return
    name = _NAME.match(rest) or (_BARE.match(rest) if item["box"] and section else None)
    if name is None:
        return
    text = next(text for text in name.groupdict().values() if text)
    inline = _INLINE.search(rest, name.end())
    claim = _boxed(item["box"], section) if item["box"] else None
    if claim is None and inline is not None:
        yield PageEntry(text, _inline_claim(inline, section), number, end, section, is_item=False)
    elif claim or section:
        yield PageEntry(text, claim or section or Claim.PENDING, number, end, section, is_item=True)


def _row(line: str, number: int, section: Claim | None) -> Iterator[PageEntry]:
    first, *others = [cell.strip() for cell in line.strip().strip("|").split("|")]
    name = _NAME.fullmatch(first)
    if name is None:
        return
    text = name["code"] or name["link"]
    for cell in others:
        inline = _INLINE.match(cell)
        claim = _inline_claim(inline, section) if inline else claim_of(cell) if len(cell.split()) <= 2 else None
        if claim is not None:
            yield PageEntry(text, claim, number, number + 1, section, is_item=False)
            return


def _boxed(box: str, section: Claim | None) -> Claim:
    if box in "xX":
        return Claim.APPLIED
    return Claim.PLANNED if section is Claim.PLANNED else Claim.PENDING


def _inline_claim(inline: re.Match[str], section: Claim | None) -> Claim:
    word = claim_of(inline["word"] or "")
    # An open box before Applied says that it is not.
    if inline["box"] == " " and word is Claim.APPLIED:
        word = None
    return word or _boxed(inline["box"], section)


def _ends(lines: Sequence[str]) -> list[int]:
    """Return for each line the number of that behind the item which begins on it: what is indented belongs to it.

    From the end to the beginning, so that no line is looked at for each item above it.
    """
    ends = [*range(2, len(lines) + 2)]
    for at in range(len(lines) - 1, 0, -1):
        line = lines[at]
        following = lines[at + 1] if at + 1 < len(lines) else ""
        if _BEHIND.match(line) or (not line.strip() and _BEHIND.match(following)):
            ends[at - 1] = ends[at]
    return ends


def name_on_page(skill: SkillDocument, library: SkillLibrary) -> str:
    """Return how a page calls a skill: what is behind ``skills/`` in its path, else as little of it as is unique."""
    parts = skill.directory.strip("/").split("/")
    if "skills" in parts[:-1]:
        behind = len(parts) - parts[::-1].index("skills", 1)
        return "/".join(parts[behind:])
    for count in range(1, len(parts) + 1):
        name = "/".join(parts[-count:])
        if library.find(name) == (skill,):
            return name
    return os.path.dirname(skill.shown_as)
