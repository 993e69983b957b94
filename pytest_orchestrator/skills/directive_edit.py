"""The script-first directive, put into a skill that is there already. All else in the file stays byte for byte."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..config.tree import Scalar, ScalarKind, Table, is_nothing
from ..errors import SkillError
from ..quick_dataclasses import dataclass
from .directive import STANDARD_BLOCK, find_directive
from .document import BOM, parse_skill
from .places import LINE_END, offset_of
from .profiles import detect_profile
from .replacement import replace_file
from .rule import Profile

if TYPE_CHECKING:
    from ..config.tree import Node
    from .directive import Directive
    from .document import SkillDocument

_OPENING = re.compile(r"---[ \t]*(?:\r\n|\r|\n)")
_USAGE = re.compile(r"(?i)\b(?:usage|how to use|when to use)\b")


@dataclass(frozen=True, slots=True)
class Edit:
    """A skill's file as it is to be."""

    data: bytes
    added: tuple[str, ...]
    """What was added, in words; nothing when all was there."""


def with_directive(skill: SkillDocument) -> Edit:
    """Return the file of ``skill`` with the standard block after its section on usage, and ``script_first`` set.

    What is there already is left as it is. ``script_first: true`` is set at the top where the skill follows the schema
    of seed 001, else as a text under ``metadata``, where the standard allows it. Without a section on usage the block
    goes before the second heading, or to the end.

    Raises :class:`~pytest_orchestrator.errors.SkillError` for a file whose front matter is missing, broken or never
    ends, and for one that is no UTF-8.
    """
    _refuse_broken(skill)
    newline = match[0] if (match := LINE_END.search(skill.text)) else "\n"
    text = skill.text
    has_block = find_directive(skill) is not None
    # From the end to the beginning, so that offsets stay right.
    if not has_block:
        text = _inserted(text, offset_of(text, _place(skill)), _section(skill, newline), newline)
    if not skill.is_script_first:
        text = _flagged(skill, text, newline)
    data = (BOM if skill.has_bom else b"") + text.encode()
    if text == skill.text:
        return Edit(data, ())
    edited = parse_skill(data, skill.path, skill.shown_as)
    directive = _refuse_failed(skill, edited)
    flag = () if skill.is_script_first else ("script_first",)
    block = () if has_block else (f"the directive at line {directive.line}",)
    return Edit(data, flag + block)


def apply_directive(skill: SkillDocument, *, write: bool = True) -> Edit:
    """Write the file of ``skill`` as :func:`with_directive` has it, if that adds anything, and return the edit.

    Raises :class:`~pytest_orchestrator.errors.SkillError` as that does, and when the file cannot be written.
    """
    edit = with_directive(skill)
    if edit.added and write:
        try:
            replace_file(skill.path, edit.data)
        except OSError as error:
            raise SkillError(f"cannot write {skill.shown_as}: {error.strerror}") from error
    return edit


def _refuse_broken(skill: SkillDocument) -> None:
    front = skill.front
    why = ""
    if skill.problem is not None:
        why = skill.problem.message
    elif not front.is_there:
        why = "it has no front matter"
    elif not front.is_closed:
        why = "its front matter never ends"
    elif front.mistakes or not front.is_mapping:
        why = str(front.mistakes[0]) if front.mistakes else "its front matter is no mapping"
    elif unclosed := next((fence for fence in skill.body.fences if not fence.is_closed), None):
        why = f"the block of code of line {unclosed.line} never ends"
    if why:
        raise SkillError(f"{skill.shown_as}: no directive can be put into it: {why}; mend that first")


def _refuse_failed(skill: SkillDocument, edited: SkillDocument) -> Directive:
    """Return the directive of an edited skill.

    Raise SkillError if what was written is not read as it was meant, as where an anchor stands for ``metadata``.
    """
    others = {name: value for name, value in edited.values.items() if name not in ("script_first", "metadata")}
    kept = {name: value for name, value in skill.values.items() if name not in ("script_first", "metadata")}
    if edited.front.mistakes or not edited.is_script_first or others != kept:
        raise SkillError(f"{skill.shown_as}: script_first cannot be set in this front matter; set it by hand")
    directive = find_directive(edited)
    if directive is None:
        raise SkillError(f"{skill.shown_as}: the directive is not seen where it would go; put it there by hand")
    return directive


def _place(skill: SkillDocument) -> int:
    """Return the number of the line before which the block goes; one more than there are for the end."""
    headings = skill.body.headings
    usage = next((heading for heading in headings if _USAGE.search(heading.text)), None)
    behind = len(skill.lines) + (1 if skill.lines[-1] else 0)
    if usage is not None:
        return min(skill.body.section(usage).stop, behind)
    return headings[1].line if len(headings) > 1 else behind


def _section(skill: SkillDocument, newline: str) -> str:
    usage = next((heading for heading in skill.body.headings if _USAGE.search(heading.text)), None)
    marks = "#" * (usage.level if usage is not None else 2)
    return f"{marks} Script-First Directive\n\n{STANDARD_BLOCK}".replace("\n", newline)


def _inserted(text: str, at: int, section: str, newline: str) -> str:
    """Return ``text`` with ``section`` at an offset, and an empty line on either side."""
    before, after = text[:at], text[at:]
    if before and not before.endswith(("\n", "\r")):
        before += newline
    if not before.endswith(newline * 2):
        before += newline
    return before + section + (newline + after if after else "")


def _flagged(skill: SkillDocument, text: str, newline: str) -> str:
    """Return ``text`` with ``script_first`` set in its front matter."""
    opening = _OPENING.match(text)
    assert opening is not None
    # In front of the front matter its source has one line end, for the opening line.
    shift = opening.end() - 1
    top, metadata = skill.front.get("script_first"), skill.front.get("metadata")
    nested = metadata.node if metadata is not None else None
    if top is not None:
        return _replaced(skill, text, top.node, shift, "true")
    if isinstance(nested, Table) and "script_first" in nested.entries:
        return _replaced(skill, text, nested.entries["script_first"].value, shift, '"true"')
    closing = offset_of(text, skill.front.end_line)
    if metadata is None:
        is_schema = detect_profile(skill)[0] is Profile.SCRIPT_FIRST
        lines = "script_first: true\n" if is_schema else 'metadata:\n  script_first: "true"\n'
        return text[:closing] + lines.replace("\n", newline) + text[closing:]
    if isinstance(nested, Table) and nested.entries:
        at = nested.at + shift
        if text[at] == "{":
            return f'{text[: at + 1]}script_first: "true", {text[at + 1 :]}'
        first = next(iter(nested.entries.values()))
        line, column = skill.front.source.position(first.at)
        at = offset_of(text, line)
        return f'{text[:at]}{" " * (column - 1)}script_first: "true"{newline}{text[at:]}'
    if nested is not None and is_nothing(nested):
        at = offset_of(text, metadata.line + 1)
        return f'{text[:at]}  script_first: "true"{newline}{text[at:]}'
    raise SkillError(f"{skill.shown_as}:{metadata.line}: metadata is no mapping that script_first can be set in")


def _replaced(skill: SkillDocument, text: str, node: Node, shift: int, value: str) -> str:
    if not isinstance(node, Scalar) or is_nothing(node):
        raise SkillError(f"{skill.shown_as}: script_first has no value that can be replaced; set it by hand")
    at = node.at + shift
    quote = text[at] if text[at] in "'\"" else ""
    length = len(node.text) + 2 * len(quote)
    if node.kind is ScalarKind.TEXT and text[at + len(quote) : at + len(quote) + len(node.text)] != node.text:
        raise SkillError(f"{skill.shown_as}: script_first has no value that can be replaced; set it by hand")
    return text[:at] + value + text[at + length :]
