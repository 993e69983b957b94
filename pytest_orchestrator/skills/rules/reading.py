"""The file of a skill as such: that it can be read, and that it begins with front matter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..finding import Part, Severity
from ..rule import Profile, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...errors import Mistake
    from ..context import CheckContext
    from ..document import SkillDocument
    from ..rule import Found

UNREADABLE = Rule(
    "SK100", "unreadable-file", Part.FRONTMATTER, Severity.ERROR,
    "The file of a skill can be read: a regular file of at most 4 MiB that its user may open.",
    "What cannot be opened is no skill to any agent. A file of many megabytes fits no context window.",
)  # fmt: skip
NOT_UTF8 = Rule(
    "SK101", "not-utf-8", Part.FRONTMATTER, Severity.ERROR,
    "The file is UTF-8.",
    "Agents read skills as UTF-8; another encoding ends in a crash or in wrong characters. An editor that saves UTF-16 "
    "or a single byte from an old code page is enough.",
)  # fmt: skip
EMPTY_FILE = Rule(
    "SK102", "empty-file", Part.FRONTMATTER, Severity.ERROR,
    "The file is not empty.",
    "An empty file has neither name nor description: no agent lists it, and nobody is told.",
)  # fmt: skip
NUL = Rule(
    "SK103", "nul-character", Part.FRONTMATTER, Severity.ERROR,
    "The file holds no NUL character.",
    "It ends the text for some programs, and others take the whole file for binary and skip it. Text that is UTF-16 "
    "without a byte order mark is full of them.",
)  # fmt: skip
NO_FRONT_MATTER = Rule(
    "SK104", "no-front-matter", Part.FRONTMATTER, Severity.ERROR,
    "The file begins with front matter: its first line is `---`.",
    "Front matter is where the standard has the name and the description that a skill is found by. Nothing may stand "
    "before it, not even an empty line. Claude Code takes a file without it as well, and makes its description of the "
    "first words: there it is a warning.",
)  # fmt: skip
NOT_CLOSED = Rule(
    "SK105", "front-matter-not-closed", Part.FRONTMATTER, Severity.ERROR,
    "A second line that is `---` and nothing else closes the front matter.",
    "Without it the whole file is front matter: the skill has no instructions, and most agents load nothing at all.",
)  # fmt: skip
YAML_MISTAKE = Rule(
    "SK106", "yaml-mistake", Part.FRONTMATTER, Severity.ERROR,
    "The front matter is YAML, without duplicate keys.",
    "Front matter that does not parse hides the whole skill, mostly without a word; of a duplicate key one value is "
    "dropped. The usual cause is a description that holds a colon and is not quoted.",
)  # fmt: skip
NOT_A_MAPPING = Rule(
    "SK107", "front-matter-not-a-mapping", Part.FRONTMATTER, Severity.ERROR,
    "The front matter is a mapping: lines of `key: value`.",
    "A list or a single text has no name and no description.",
)  # fmt: skip
BYTE_ORDER_MARK = Rule(
    "SK108", "byte-order-mark", Part.FRONTMATTER, Severity.WARNING,
    "The file does not begin with a byte order mark.",
    "Nobody sees it, but to a program that looks for `---` in the first line there is no front matter. The reference "
    "validator of the standard, skills-ref, is one of them. UTF-8 needs no such mark.",
)  # fmt: skip

RULES = (
    UNREADABLE, NOT_UTF8, EMPTY_FILE, NUL, NO_FRONT_MATTER, NOT_CLOSED, YAML_MISTAKE, NOT_A_MAPPING, BYTE_ORDER_MARK,
)  # fmt: skip

_OF_PROBLEM = {
    "unreadable": UNREADABLE, "too_large": UNREADABLE, "not_utf8": NOT_UTF8, "empty": EMPTY_FILE, "nul": NUL,
}  # fmt: skip
_NOTHING_TO_JUDGE = frozenset({"unreadable", "too_large", "empty"})
_INVISIBLE = "\ufeff\u200b \t"
_ALMOST_FENCE = re.compile(r"[ \t]*(?:---+|\u2014+|\u2013+|\.\.\.)[ \t]*")
_REMEDIES = {
    "no configuration needs that, write it flat": "write it flat",
    "write less, or use globs": "write the values out, or fewer of them",
}
"""What is said of configuration files does not always fit here."""
_LATEST = 40
"""Lines at the top of a file that are searched for front matter that begins too late, or ends in another line."""


def check(skill: SkillDocument, context: CheckContext) -> Iterator[Found]:
    """Yield what is wrong with the file before its fields can be looked at."""
    problem = skill.problem
    if problem is not None:
        yield _OF_PROBLEM[problem.kind].at(problem.line, problem.column, problem.message, problem.remedy)
        if problem.kind in _NOTHING_TO_JUDGE or not skill.front.is_closed:
            return
    if skill.has_bom:
        yield BYTE_ORDER_MARK.at(1, 1, "the file begins with a byte order mark", "save it as UTF-8 without one")
    front = skill.front
    if not front.is_there:
        yield _no_front_matter(skill, context.profile)
    elif not front.is_closed:
        yield _not_closed(skill)
    for mistake in front.mistakes:
        yield _yaml_mistake(mistake)
    if not front.is_mapping and not front.mistakes:
        yield NOT_A_MAPPING.at(
            2, 1, "the front matter is no mapping; it has to be lines of 'key: value'", "write name: and description:"
        )


def _no_front_matter(skill: SkillDocument, profile: Profile) -> Found:
    message = "the file does not begin with front matter; its first line has to be '---'"
    severity = Severity.WARNING if profile is Profile.CLAUDE_CODE else None
    first = next((number for number, line in enumerate(skill.lines[:_LATEST]) if line.strip(_INVISIBLE)), 0)
    written = skill.lines[first]
    if written.strip(_INVISIBLE) == "---":
        if first == 0:
            return NO_FRONT_MATTER.at(1, 1, "something stands before the '---' of the first line", "remove it")
        message = f"front matter may begin in line 1 only, not in line {first + 1}"
        return NO_FRONT_MATTER.at(first + 1, 1, message, "remove what stands before it")
    if first == 0 and written.startswith("---"):
        message = f"the first line is {written[:60]!r}; it has to be '---' and nothing else"
        return NO_FRONT_MATTER.at(1, 4, message, "begin a new line behind the '---'", severity=severity)
    return NO_FRONT_MATTER.at(1, 1, message, "write front matter with a name and a description", severity=severity)


def _not_closed(skill: SkillDocument) -> Found:
    """Return the finding, at the line that was meant to close the front matter if there is one."""
    for number, line in enumerate(skill.lines[1:_LATEST], 2):
        if _ALMOST_FENCE.fullmatch(line):
            message = f"the front matter never ends: {line!r} is not a line of '---' without indentation"
            return NOT_CLOSED.at(number, 1, message, "make it '---'")
        if line.startswith("#"):
            break
    return NOT_CLOSED.at(1, 1, "the front matter never ends; a second line of '---' has to close it", "add one")


def _yaml_mistake(mistake: Mistake) -> Found:
    message, found, remedy = mistake.message.rpartition("; ")
    if not found:
        message, remedy = mistake.message, "quote the value"
    remedy = _REMEDIES.get(remedy, remedy)
    return YAML_MISTAKE.at(mistake.line, mistake.column, message, remedy)
