"""The name of a skill."""

from __future__ import annotations

import os
import unicodedata
from typing import TYPE_CHECKING

from ...config.phrases import clipped, joined, shown
from ...config.tree import Scalar, ScalarKind, is_nothing
from ...core.names import quote_name
from ..finding import Part, Severity
from ..frontmatter import taken_for
from ..rule import Profile, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..context import CheckContext
    from ..document import SkillDocument
    from ..frontmatter import Field
    from ..rule import Found

LONGEST_NAME = 64
"""Characters (Agent Skills standard)."""
_STANDARD = frozenset({Profile.SPEC, Profile.CLAUDE_CODE})

MISSING = Rule(
    "SK110", "name-missing", Part.FRONTMATTER, Severity.ERROR,
    "The skill has a name.",
    "The standard requires it, and so does the script-first schema. Claude Code takes the name of the directory "
    "where there is none.",
    frozenset({Profile.SPEC, Profile.SCRIPT_FIRST}),
)  # fmt: skip
NOT_TEXT = Rule(
    "SK111", "name-not-text", Part.FRONTMATTER, Severity.ERROR,
    "The name is text.",
    "A list or a mapping is no name. A number, a date or `yes` is none to a program that reads YAML with its types, "
    "while the reference validator takes every scalar for text: there it is a warning.",
)  # fmt: skip
TOO_LONG = Rule(
    "SK112", "name-too-long", Part.FRONTMATTER, Severity.ERROR,
    f"The name has at most {LONGEST_NAME} characters.",
    "The limit of the standard; skills with longer names are refused when they are uploaded.",
    _STANDARD,
)  # fmt: skip
BAD_FORM = Rule(
    "SK113", "name-form", Part.FRONTMATTER, Severity.ERROR,
    "The name is made of lowercase letters, digits and single hyphens, with none at its ends.",
    "Demanded by the standard: agents make a command and a path of it. Claude Code shows it as a title and takes the "
    "command from the directory; there it is a note.",
    _STANDARD,
)  # fmt: skip
NOT_DIRECTORY = Rule(
    "SK114", "name-not-directory", Part.FRONTMATTER, Severity.ERROR,
    "The name is that of the directory which the file is in.",
    "Demanded by the standard: some agents know a skill by its directory and others by its name, and links between "
    "skills work for one half of them only. In Claude Code the directory is the command, and the name only what is "
    "shown: there it is a note.",
    _STANDARD,
)  # fmt: skip
NOT_ASCII = Rule(
    "SK115", "name-not-ascii", Part.FRONTMATTER, Severity.WARNING,
    "The letters and digits of the name are those of ASCII.",
    "The standard speaks of Unicode letters and of a-z in one sentence. Its reference validator takes every letter; "
    "where skills are uploaded, and in many linters, only a-z, 0-9 and hyphens pass.",
    frozenset({Profile.SPEC}),
)  # fmt: skip

RULES = (MISSING, NOT_TEXT, TOO_LONG, BAD_FORM, NOT_DIRECTORY, NOT_ASCII)


def check(skill: SkillDocument, context: CheckContext) -> Iterator[Found]:
    """Yield what is wrong with the name."""
    front = skill.front
    if not front.has_fields:
        return
    field = front.get("name")
    if field is None:
        if context.profile in MISSING.profiles:
            yield MISSING.at(1, 1, "the skill has no name", "write name: and the name of the directory")
    elif not isinstance(field.node, Scalar):
        yield NOT_TEXT.at(*field.value_place, f"the name is {shown(field.node)}; it has to be text", "write one name")
    elif field.node.kind is not ScalarKind.BROKEN:
        yield from _scalar(skill, context.profile, field, field.node)


def _scalar(skill: SkillDocument, profile: Profile, field: Field, node: Scalar) -> Iterator[Found]:
    name = unicodedata.normalize("NFKC", node.text.strip())
    if is_nothing(node) or not name:
        if profile in MISSING.profiles:
            yield MISSING.at(*field.value_place, "the name is empty", "write the name of the directory")
        return
    if node.kind is not ScalarKind.TEXT:
        message = f"the name {shown(node)} is no text to YAML, but {taken_for(node)}"
        yield NOT_TEXT.at(*field.value_place, message, "put it in quotes", severity=Severity.WARNING)
    if profile is Profile.SCRIPT_FIRST:
        return
    if len(name) > LONGEST_NAME:
        message = f"the name has {len(name)} characters: {clipped(name)}; at most {LONGEST_NAME} are allowed"
        yield TOO_LONG.at(*field.value_place, message, "shorten it, and the name of the directory")
    severity = Severity.NOTE if profile is Profile.CLAUDE_CODE else None
    faults = _faults(name)
    if faults:
        message = f"the name {clipped(name)} has {joined(faults)}; allowed are lowercase letters, digits and hyphens"
        yield BAD_FORM.at(*field.value_place, message, f"write {clipped(_well_formed(name))}", severity=severity)
    elif not name.isascii() and profile in NOT_ASCII.profiles:
        message = f"the name {clipped(name)} has letters other than a-z, which many agents refuse"
        yield NOT_ASCII.at(*field.value_place, message, "write it with a-z, 0-9 and hyphens")
    directory = os.path.basename(skill.directory)
    # A name in wrong form whose right form is the directory's needs no second finding.
    if unicodedata.normalize("NFKC", directory) not in (name, _well_formed(name) if faults else name):
        message = f"the name {clipped(name)} is not that of the directory, {quote_name(directory)}"
        yield NOT_DIRECTORY.at(*field.value_place, message, "rename one of them", severity=severity)


def _faults(name: str) -> list[str]:
    faults = []
    if name != name.lower():
        faults.append("capital letters")
    if wrong := sorted({character for character in name if not (character.isalnum() or character == "-")}):
        faults.append("the character " + joined([repr(character) for character in wrong[:5]]))
    if name[0] == "-" or name[-1] == "-":
        faults.append("a hyphen at an end")
    if "--" in name:
        faults.append("two hyphens in a row")
    return faults


def _well_formed(name: str) -> str:
    words = "".join(character if character.isalnum() else " " for character in name.lower()).split()
    return "-".join(words)[:LONGEST_NAME].strip("-") or "a-name"
