"""The fields that the script-first schema asks for (seeds 000 and 001)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...config.phrases import shown
from ...config.tree import Listing, Scalar, ScalarKind, is_nothing
from ..fields import FieldKind
from ..finding import Part, Severity
from ..rule import Profile, Rule
from .fields import fault_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..context import CheckContext
    from ..document import SkillDocument
    from ..frontmatter import Field, FrontMatter
    from ..rule import Found

FEWEST_TAGS = 3
_SCRIPT_FIRST = frozenset({Profile.SCRIPT_FIRST})

NO_TAGS = Rule(
    "SK150", "tags-missing", Part.FRONTMATTER, Severity.ERROR,
    "A script-first skill has tags: a list of texts.",
    "Search ranks what a tag names first; a skill without tags is found by the words of its intent alone.",
    _SCRIPT_FIRST,
)  # fmt: skip
TOO_FEW_TAGS = Rule(
    "SK151", "too-few-tags", Part.FRONTMATTER, Severity.ERROR,
    f"A script-first skill has at least {FEWEST_TAGS} different tags.",
    "Part of the schema: one for the subject, one for what is done, one for the tool.",
    _SCRIPT_FIRST,
)  # fmt: skip
NOT_SEMVER = Rule(
    "SK152", "version-not-semver", Part.FRONTMATTER, Severity.ERROR,
    "The version of a script-first skill is a semantic version: MAJOR.MINOR.PATCH.",
    "Part of the schema; see semver.org. YAML takes `1.0` for a number, in which 1.10 is less than 1.9.",
    _SCRIPT_FIRST,
)  # fmt: skip

RULES = (NO_TAGS, TOO_FEW_TAGS, NOT_SEMVER)

_NUMBER = r"(?:0|[1-9][0-9]*)"
_PRE_RELEASE = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_SEMVER = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PRE_RELEASE}(?:\.{_PRE_RELEASE})*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)


def check(skill: SkillDocument, context: CheckContext) -> Iterator[Found]:
    """Yield what is wrong with the tags and the version of a script-first skill."""
    front = skill.front
    if context.profile is not Profile.SCRIPT_FIRST or not front.has_fields:
        return
    tags = front.get("tags")
    if tags is None:
        message = f"the skill has no tags; it needs at least {FEWEST_TAGS}"
        yield NO_TAGS.at(1, 1, message, "write tags: and a list of texts")
    else:
        yield from _tags(front, tags)
    version = front.get("version")
    if version is not None and isinstance(node := version.node, Scalar) and node.kind is not ScalarKind.BROKEN:
        if is_nothing(node) or not _SEMVER.fullmatch(node.text):
            message = f"the version is {shown(node)}; it has to be three numbers with dots, such as '1.0.0'"
            yield NOT_SEMVER.at(*version.value_place, message, "write MAJOR.MINOR.PATCH")
    elif version is not None and not isinstance(version.node, Scalar):
        message = f"the version is {shown(version.node)}; it has to be text"
        yield NOT_SEMVER.at(*version.value_place, message, "write MAJOR.MINOR.PATCH")


def _tags(front: FrontMatter, field: Field) -> Iterator[Found]:
    node = field.node
    if not isinstance(node, Listing):
        message = f"'tags' is {shown(node)}; it has to be {FieldKind.TEXTS}"
        yield NO_TAGS.at(*field.value_place, message, "write them as a list: [one, two, three]")
        return
    if (fault := fault_of(node, FieldKind.TEXTS)) is not None:
        remedy = "put it in quotes" if isinstance(fault, Scalar) else "write one text for each tag"
        message = f"the tag {shown(fault)} is no text to YAML; a tag has to be text"
        yield NO_TAGS.at(*front.place(fault), message, remedy)
        return
    different = {item.text.strip().lower() for item in node.items if isinstance(item, Scalar)} - {""}
    if len(different) < FEWEST_TAGS:
        message = f"the skill has {len(different) or 'no'} tag{'s' * (len(different) != 1)}; it needs {FEWEST_TAGS}"
        if len(different) < len(node.items):
            message = f"of the {len(node.items)} tags {len(different)} are different; {FEWEST_TAGS} have to be"
        yield TOO_FEW_TAGS.at(*field.value_place, message, "add tags that people would search for")
