"""The body of a skill as a whole: that there is one, that it fits a context window, that its blocks end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...config.phrases import clipped
from ..finding import Part, Severity
from ..rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..context import CheckContext
    from ..document import SkillDocument
    from ..rule import Found

MOST_LINES = 500
"""Lines of a body, at most (Agent Skills standard)."""
MOST_TOKENS = 5000
"""Tokens of a body, at most (Agent Skills standard)."""

EMPTY_BODY = Rule(
    "SK201", "empty-body", Part.STRUCTURE, Severity.WARNING,
    "Below the front matter there are instructions.",
    "An agent that loads the skill gets the body and nothing else; without one the skill triggers and then says "
    "nothing.",
)  # fmt: skip
TOO_MANY_LINES = Rule(
    "SK202", "too-many-lines", Part.STRUCTURE, Severity.WARNING,
    f"The body has at most {MOST_LINES} lines.",
    "The whole body enters the context window as soon as the skill triggers. The Agent Skills standard recommends "
    f"less than {MOST_LINES} lines, and details in files of their own, which are read only when they are needed.",
)  # fmt: skip
TOO_MANY_TOKENS = Rule(
    "SK203", "too-many-tokens", Part.STRUCTURE, Severity.WARNING,
    f"The body has at most about {MOST_TOKENS} tokens.",
    "The whole body enters the context window as soon as the skill triggers; the Agent Skills standard recommends "
    f"less than {MOST_TOKENS} tokens. They are estimated without any model's vocabulary: one token for four ASCII "
    "characters, one for every other character. On 961 skills from public packages nine estimates in ten were "
    "between 0.79 and 1.24 of the count of a published tokenizer of Claude, and between 0.92 and 1.34 of that of "
    "OpenAI's o200k_base.",
)  # fmt: skip
UNCLOSED_FENCE = Rule(
    "SK211", "unclosed-fence", Part.STRUCTURE, Severity.ERROR,
    "Every fenced block of code is closed.",
    "CommonMark takes all that follows an open fence for code: instructions below it are no instructions any more. "
    "The usual cause is a block that holds fences itself and is fenced with no more backticks than they are.",
)  # fmt: skip
SECOND_FRONT_MATTER = Rule(
    "SK215", "second-front-matter", Part.STRUCTURE, Severity.WARNING,
    "The body does not begin with front matter once more.",
    "Only what stands between the first two lines of `---` is front matter. A second block is text to every agent: "
    "what it says of name, description and tools holds nowhere.",
)  # fmt: skip

RULES = (EMPTY_BODY, TOO_MANY_LINES, TOO_MANY_TOKENS, UNCLOSED_FENCE, SECOND_FRONT_MATTER)

_KEY = re.compile(r"(?:name|description)[ \t]*:[ \t]*\S", re.IGNORECASE)


def check(skill: SkillDocument, _context: CheckContext) -> Iterator[Found]:
    """Yield what is wrong with the body as a whole."""
    if not has_body(skill):
        return
    text = skill.body_text
    if not text.strip():
        line = min(skill.body_line, len(skill.lines))
        yield EMPTY_BODY.at(line, 1, "the body is empty", "write what an agent has to do, below the front matter")
        return
    yield from _size(skill, text)
    for fence in skill.body.fences:
        if not fence.is_closed:
            marks = skill.lines[fence.line - 1][fence.column - 1 :]
            yield UNCLOSED_FENCE.at(
                fence.line, fence.column, f"the block of code that begins with {clipped(marks)} never ends",
                "close it; fence a block that holds fences with more backticks than they have",
            )  # fmt: skip
    yield from _second_front_matter(skill)


def has_body(skill: SkillDocument) -> bool:
    """Return whether there is a body that can be judged: read to its end, below front matter that ends."""
    is_whole = skill.problem is None or skill.problem.kind == "nul"
    return is_whole and (skill.front.is_closed or not skill.front.is_there)


def estimated_tokens(text: str) -> int:
    """Return about how many tokens ``text`` is: one for four ASCII characters, one for every other character."""
    others = len(text) - len(text.encode("ascii", "ignore"))
    return (len(text) - others) // 4 + others


def _size(skill: SkillDocument, text: str) -> Iterator[Found]:
    last = len(skill.lines)
    while not skill.lines[last - 1].strip():
        last -= 1
    first = skill.body_line
    count = last - first + 1
    if count > MOST_LINES:
        yield TOO_MANY_LINES.at(
            first + MOST_LINES, 1, f"the body has {count} lines, at most {MOST_LINES} are recommended",
            "move details into files under references/ and link to them",
        )  # fmt: skip
    tokens = estimated_tokens(text)
    if tokens > MOST_TOKENS:
        yield TOO_MANY_TOKENS.at(
            first, 1, f"the body has about {tokens} tokens, at most {MOST_TOKENS} are recommended",
            "move details into files under references/ and link to them",
        )  # fmt: skip


def _second_front_matter(skill: SkillDocument) -> Iterator[Found]:
    """Look for a block between two lines of ``---`` at the start of the body, with a name or a description in it."""
    lines = skill.lines
    at = skill.body_line - 1
    while at < len(lines) and not lines[at].strip():
        at += 1
    if at >= len(lines) or lines[at].rstrip() != "---" or not skill.front.is_there:
        return
    for line in lines[at + 1 : at + 40]:
        if line.rstrip() == "---":
            break
        if _KEY.match(line):
            yield SECOND_FRONT_MATTER.at(
                at + 1, 1, f"the body begins with front matter of its own ({clipped(line.strip())})",
                "keep one block of front matter, at the start of the file",
            )  # fmt: skip
            return
