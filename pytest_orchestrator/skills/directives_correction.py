"""A page of script-first skills, brought into agreement with the skills. What is true on it, and all prose, stays."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .directives_page import Claim, claim_of, directive_states, name_on_page, read_page
from .library import described
from .places import lines_of
from .presentable import presentable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .directives_page import DirectiveState, PageEntry
    from .library import SkillLibrary

FRESH_PAGE = """\
# Script-first skills

Which skills carry the script-first directive. `pytest-orchestrator skills directives --against` this file tells where
it and the skills disagree, and with `--write` it is corrected.
"""
_HEADINGS = {
    Claim.APPLIED: "Applied",
    Claim.PENDING: "Pending",
    Claim.PLANNED: "Planned",
    Claim.NOT_APPLICABLE: "Not applicable",
}
_BOX = re.compile(r"\[[ xX]\](?:[ ]*[A-Za-z]+)?")
_MARKUP = re.compile(r"[\[\]<>]")
_LONGEST = 80


def corrected_page(page: str, library: SkillLibrary) -> str:
    """Return ``page`` (its text; an empty one for a new page) as the skills are.

    An entry that says something else than what is true gets the right box, and moves under the right heading if the
    one above it says otherwise; such a heading is added where there is none. Skills that have the directive or
    ``script_first`` and are not listed are added. A name that several skills have is left alone.
    """
    text = page if page.strip() else FRESH_PAGE
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = [*lines_of(text)]
    entries = read_page(text)
    states = {state.skill.path: state for state in directive_states(library.skills)}
    listed: set[str] = set()
    removed: set[int] = set()
    added: dict[Claim, list[str]] = {}
    for entry in entries:
        skills = library.find(entry.name)
        listed.update(skill.path for skill in skills)
        if len(skills) > 1:
            continue
        claim = _true_claim(entry, states[skills[0].path] if skills else None)
        if claim is entry.claim:
            continue
        lines[entry.line - 1] = _marked(lines[entry.line - 1], claim, entry)
        if entry.is_item and entry.section not in (None, claim):
            rows = range(entry.line - 1, entry.end - 1)
            added.setdefault(claim, []).extend(_without_end([lines[row] for row in rows]))
            removed.update(rows)
    for path, state in states.items():
        if path not in listed and state.true_claim is not None:
            added.setdefault(state.true_claim, []).append(_new_entry(state, library))
    lines = _with_added(lines, removed, added, {entry.line - 1: entry for entry in entries})
    return newline.join(lines).rstrip() + newline


def _true_claim(entry: PageEntry, state: DirectiveState | None) -> Claim:
    if state is None:
        return Claim.PLANNED
    if state.true_claim is not None:
        return state.true_claim
    return Claim.NOT_APPLICABLE if entry.claim is Claim.NOT_APPLICABLE else Claim.PENDING


def _marked(line: str, claim: Claim, entry: PageEntry) -> str:
    """Return the line of an entry with the mark of ``claim``."""
    if not entry.is_item:
        word = _HEADINGS[claim]
        return _BOX.sub(f"[x] {word}" if claim is Claim.APPLIED else f"[ ] {word}", line, count=1)
    indent, bullet, rest = re.split(r"([-*+])\s+(?:\[[ xX]\]\s+)?", line, maxsplit=1)
    box = {Claim.APPLIED: "[x] ", Claim.NOT_APPLICABLE: ""}.get(claim, "[ ] ")
    return f"{indent}{bullet} {box}{rest}"


def _new_entry(state: DirectiveState, library: SkillLibrary) -> str:
    box = "[x]" if state.true_claim is Claim.APPLIED else "[ ]"
    about = described(state.skill)
    about = about if len(about) <= _LONGEST else about[: _LONGEST - 1].rsplit(" ", 1)[0] + "…"
    # A box or a tag in it would be one of the page.
    about = _MARKUP.sub(r"\\\g<0>", presentable(about))
    return f"- {box} `{name_on_page(state.skill, library)}`{f' - {about}' if about else ''}"


def _without_end(lines: list[str]) -> list[str]:
    """Return the lines without empty ones at the end."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return lines[:end]


def _with_added(
    lines: list[str], removed: set[int], added: Mapping[Claim, list[str]], entries: Mapping[int, PageEntry]
) -> list[str]:
    """Return the lines without the removed ones, and with what is added behind the last entry of its kind."""
    places: dict[int, list[str]] = {}
    sections: list[str] = []
    for claim, new in added.items():
        last = max(
            (row for row, entry in entries.items() if entry.section is claim and row not in removed), default=None
        )
        if last is not None:
            places.setdefault(entries[last].end - 1, []).extend(new)
            continue
        heading = next(
            (row for row, line in enumerate(lines) if line.startswith("#") and claim_of(line) is claim), None
        )
        if heading is not None:
            places.setdefault(heading + 1, []).extend(["", *new])
        else:
            sections += ["", f"## {_HEADINGS[claim]}", "", *new]
    found: list[str] = []
    for row, line in enumerate([*lines, None]):
        found += places.get(row, [])
        # Where a whole list went, one empty line is left of the two around it.
        is_left_over = row - 1 in removed and not line and bool(found) and not found[-1]
        if line is not None and row not in removed and not is_left_over:
            found.append(line)
    return [*_without_end(found), *sections]
