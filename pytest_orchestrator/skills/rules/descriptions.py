"""What a skill says of itself: the text that an agent chooses it by."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from ...config.phrases import clipped, shown
from ...config.tree import Scalar, ScalarKind, is_nothing
from ..finding import Part, Severity
from ..frontmatter import taken_for
from ..rule import Profile, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..context import CheckContext
    from ..document import SkillDocument
    from ..frontmatter import Field, FrontMatter
    from ..rule import Found

LONGEST_DESCRIPTION = 1024
"""Characters (Agent Skills standard)."""
LONGEST_LISTING = 1536
"""Characters of ``description`` and ``when_to_use`` together that Claude Code shows to the model."""
SHORTEST_DESCRIPTION = 20
"""Characters; one of a script without spaces between words counts for two."""

MISSING = Rule(
    "SK120", "description-missing", Part.FRONTMATTER, Severity.ERROR,
    "The skill has a description; one of the script-first schema an intent.",
    "It is all that an agent knows of a skill before it loads it: without it the skill is never chosen. Claude Code "
    "takes the first words of the body instead; there it is a warning.",
)  # fmt: skip
NOT_TEXT = Rule(
    "SK121", "description-not-text", Part.FRONTMATTER, Severity.ERROR,
    "The description is text.",
    "A list or a mapping is no description. A number or `yes` is none to a program that reads YAML with its types, "
    "while the reference validator takes every scalar for text: there it is a warning.",
)  # fmt: skip
TOO_LONG = Rule(
    "SK122", "description-too-long", Part.FRONTMATTER, Severity.ERROR,
    f"The description has at most {LONGEST_DESCRIPTION} characters.",
    "The limit of the standard: the descriptions of all skills are in the context window all the time.",
    frozenset({Profile.SPEC}),
)  # fmt: skip
CUT_IN_LISTING = Rule(
    "SK123", "description-cut-off", Part.FRONTMATTER, Severity.WARNING,
    f"`description` and `when_to_use` have at most {LONGEST_LISTING} characters together.",
    "Claude Code cuts the rest off in the list that the model chooses from.",
    frozenset({Profile.CLAUDE_CODE}),
)  # fmt: skip
NO_WHEN = Rule(
    "SK124", "description-without-when", Part.FRONTMATTER, Severity.WARNING,
    "The description says when to use the skill, not only what it does.",
    "The standard asks for both. An agent compares the task at hand with the descriptions; one that names no occasion "
    "loses against one that does. Only English descriptions are judged, and none that `when_to_use`, `paths` or "
    "`disable-model-invocation` make up for.",
)  # fmt: skip
PLACEHOLDER = Rule(
    "SK125", "description-placeholder", Part.FRONTMATTER, Severity.WARNING,
    "The description is not that of a template.",
    "A skill made from a template triggers on the words of the template, or never.",
)  # fmt: skip
TOO_SHORT = Rule(
    "SK126", "description-too-short", Part.FRONTMATTER, Severity.WARNING,
    f"The description has at least {SHORTEST_DESCRIPTION} characters.",
    "A word or two cannot set a skill apart from the others that an agent has.",
)  # fmt: skip
ANGLE_BRACKETS = Rule(
    "SK127", "angle-brackets", Part.FRONTMATTER, Severity.NOTE,
    "The description has no angle brackets.",
    "It becomes part of a prompt, where `<…>` reads as a tag; services that take uploads of skills refuse it.",
)  # fmt: skip

RULES = (MISSING, NOT_TEXT, TOO_LONG, CUT_IN_LISTING, NO_WHEN, PLACEHOLDER, TOO_SHORT, ANGLE_BRACKETS)

# What tells of an occasion, of a purpose, or of who asks for it. Generous: a miss is better than a false alarm.
_WHEN = re.compile(
    r"\b(?:when(?:ever|ing)?|if|while|during|before|after|until|once|in case|any ?time|every ?time|where|unless"
    r"|as soon as|trigger\w*|invok\w*|activat\w*|call(?:ed|ing)? (?:this|it|by|for|from|on)|ask(?:s|ed|ing)?"
    r"|mention\w*|request\w*|wants?|needs?|needed|needing|looking (?:to|for)|used? (?:for|to|by|in|as|on|with)"
    r"|use (?:this|it|at|proactively|only|instead|cases?)|us(?:es|ing) (?:this|it) |useful|ideal|suitable"
    r"|designed (?:for|to)|intended|appl(?:y|ies) (?:this|it|to|for|in)|should be|must be|scenarios?|situations?"
    r"|occasions?|not for|tasks? (?:like|such|involving)|(?:to|the) users?"
    r"|users? (?:say|ask|want|need|provid|report)\w*"
    r"|for (?:use|tasks?|projects?|questions?|requests?|users?|developers?|teams?|anyone|people"
    r"|\w+ing))\b",
    re.IGNORECASE,
)
_ENGLISH = re.compile(r"\b(?:the|and|of|to|for|with|from|your|this|that|are|by)\b", re.IGNORECASE)
_PERHAPS_ENGLISH = re.compile(r"\b(?:an?|in|on|is|or|it|as|at)\b", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"[\W_]*(?:todo|tbd|fixme|placeholder)\b(?:\W*$|\s*[:\]>)]|[\s:-]+(?:add|write|describe|fill|complete|your|a|the)\b)"
    r"|[\W_]*(?:lorem ipsum\b|replace (?:this|with|me)\b|fill (?:this )?in\b"
    r"|(?:your|insert|enter|add|write|put|type)\s+(?:a\s+|the\s+|your\s+)?(?:skill'?s?\s+|short\s+|brief\s+)*description\b"
    r"|(?:(?:a|the|skill|short|brief|one-line|clear|concise)\s+)*description"
    r"(?:\W*$|\s+(?:of (?:the|this|your|what (?:this|the|your)) (?:new )?skill|goes|here)\b)"
    r"|(?:what|describe what) (?:this|the) skill does\b|\{\{|<(?:[a-z]+[ _-])?description>)",
    re.IGNORECASE,
)


def check(skill: SkillDocument, context: CheckContext) -> Iterator[Found]:
    """Yield what is wrong with the description, or with the intent of a script-first skill."""
    front = skill.front
    if not front.has_fields:
        return
    name = "intent" if context.profile is Profile.SCRIPT_FIRST else "description"
    field = front.get(name)
    if field is None:
        yield _missing(context.profile, name)
    elif not isinstance(field.node, Scalar):
        message = f"the {name} is {shown(field.node)}; it has to be text"
        yield NOT_TEXT.at(field.value_line, field.value_column, message, "write it as one text")
    elif field.node.kind is ScalarKind.BROKEN:
        return
    elif not field.node.text.strip():
        severity = Severity.WARNING if context.profile is Profile.CLAUDE_CODE else None
        remedy = "write what the skill does and when to use it"
        yield MISSING.at(field.line, field.column, f"the {name} is empty", remedy, severity=severity)
    else:
        yield from _text(front, context.profile, field, field.node)


def _missing(profile: Profile, name: str) -> Found:
    severity = Severity.WARNING if profile is Profile.CLAUDE_CODE else None
    remedy = f"write {name}: and what the skill does and when to use it"
    return MISSING.at(1, 1, f"the skill has no {name}", remedy, severity=severity)


def _text(front: FrontMatter, profile: Profile, field: Field, node: Scalar) -> Iterator[Found]:
    text, line, column = node.text, field.value_line, field.value_column
    name = field.name
    if node.kind is not ScalarKind.TEXT:
        message = f"the {name} {shown(node)} is no text to YAML, but {taken_for(node)}"
        yield NOT_TEXT.at(line, column, message, "put it in quotes", severity=Severity.WARNING)
    if profile is Profile.SPEC and len(text) > LONGEST_DESCRIPTION:
        message = f"the {name} has {len(text)} characters; at most {LONGEST_DESCRIPTION} are allowed"
        yield TOO_LONG.at(line, column, message, "shorten it, and say the rest in the body")
    elif profile is Profile.CLAUDE_CODE:
        yield from _listing(front, field, text)
    if "<" in text or ">" in text:
        bracket = "<" if "<" in text else ">"
        message = f"the {name} holds {bracket!r}, which prompts use for tags"
        yield ANGLE_BRACKETS.at(line, column, message, "say it without angle brackets")
    if _PLACEHOLDER.match(text):
        message = f"the {name} {clipped(text)} is that of a template"
        yield PLACEHOLDER.at(line, column, message, "write what the skill does and when to use it")
    elif _width(text) < SHORTEST_DESCRIPTION:
        message = f"the {name} {clipped(text)} is shorter than {SHORTEST_DESCRIPTION} characters"
        yield TOO_SHORT.at(line, column, message, "write what the skill does and when to use it")
    elif not _WHEN.search(text) and _is_english(text) and not _makes_up_for_it(front):
        message = f"the {name} says what the skill does, but not when to use it: {clipped(text)}"
        yield NO_WHEN.at(line, column, message, "add a sentence such as 'Use when …'")


def _listing(front: FrontMatter, field: Field, text: str) -> Iterator[Found]:
    more = front.get("when_to_use")
    length = len(text) + (len(more.text) if more is not None and more.text else 0)
    if length > LONGEST_LISTING:
        what = "the description" if more is None or not more.text else "description and when_to_use"
        have = "has" if what.startswith("the") else "have"
        message = f"{what} {have} {length} characters; behind {LONGEST_LISTING} they are cut off"
        yield CUT_IN_LISTING.at(field.value_line, field.value_column, message, "shorten them, and say the rest below")


def _width(text: str) -> int:
    text = text.strip()
    if text.isascii():
        return len(text)
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in text)


def _is_english(text: str) -> bool:
    """Return whether the text is in English, as far as its small words tell."""
    if not text.isascii() and sum(not character.isascii() for character in text) * 20 > len(text):
        return False
    return _ENGLISH.search(text) is not None or len(_PERHAPS_ENGLISH.findall(text)) > 1


def _makes_up_for_it(front: FrontMatter) -> bool:
    """Return whether another field says when the skill comes into play, or that no agent chooses it."""
    hidden = front.get("disable-model-invocation")
    if hidden is not None and hidden.value is True:
        return True
    return any(
        (field := front.get(name)) is not None and not (isinstance(field.node, Scalar) and is_nothing(field.node))
        for name in ("when_to_use", "paths")
    )
