"""Comments that silence a rule: ``<!-- orchestrate: ignore SK204 why -->``, and what is wrong with them.

Such a comment stands for the block that follows it. Within a block it stands for that one, and right below the front
matter or the title, before anything else, for the whole file, its front matter and what belongs to the skill included.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..config.phrases import clipped, suggestion
from .finding import Part, Severity
from .rule import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .body import Block, Comment
    from .document import SkillDocument
    from .rule import Found

UNUSED = Rule(
    code="SK190",
    name="unused-ignore",
    part=Part.FRONTMATTER,
    severity=Severity.WARNING,
    summary="A comment that silences a rule has something to silence.",
    why="What was mended keeps its excuse otherwise, and the next fault of the kind goes unnoticed."
    " It belongs to the item of the rule that it names.",
)
WITHOUT_REASON = Rule(
    code="SK191",
    name="ignore-without-reason",
    part=Part.FRONTMATTER,
    severity=Severity.WARNING,
    summary="A comment that silences a rule says why.",
    why="Whoever reads it later cannot tell whether it still holds. Without a reason it silences nothing.",
)
GONE = Rule(
    code="SK193",
    name="gone-from-baseline",
    part=Part.FRONTMATTER,
    severity=Severity.WARNING,
    summary="A baseline holds nothing that was mended.",
    why="What was mended may come back unnoticed otherwise: a baseline only goes down."
    " It belongs to the item of the rule that the baseline names.",
)
NOT_UNDERSTOOD = Rule(
    code="SK192",
    name="unknown-ignore",
    part=Part.FRONTMATTER,
    severity=Severity.WARNING,
    summary="A comment to pytest-orchestrator names a rule that exists.",
    why="A slip of the pen in a comment silences nothing, and nobody would notice.",
)
RULES: tuple[Rule, ...] = (UNUSED, WITHOUT_REASON, NOT_UNDERSTOOD, GONE)

_FORM = "<!-- orchestrate: ignore SK204 reason -->"
_PREFIX = "orchestrate:"
_CODE = re.compile(r"SK\d{3}")
_NO_REASON = re.compile(r"[\W_]*")


@dataclass(slots=True)
class Ignore:
    """One rule that is silenced by one comment."""

    rule: Rule
    reason: str
    comment: Comment
    lines: range | None
    """The lines that it stands for; None for the whole file and all that belongs to the skill."""
    is_used: bool = False

    def covers(self, code: str, line: int, *, is_own_file: bool) -> bool:
        """Return whether it silences a finding."""
        return code == self.rule.code and (self.lines is None or (is_own_file and line in self.lines))


@dataclass(slots=True)
class Ignores:
    """The comments of one file."""

    silenced: list[Ignore] = field(default_factory=list)
    faults: list[Found] = field(default_factory=list)
    """What is wrong with those that silence nothing because of how they are written."""

    def silence(self, code: str, line: int, *, is_own_file: bool) -> bool:
        """Return whether a finding is silenced; the comments that do it have then been of use."""
        found = [ignore for ignore in self.silenced if ignore.covers(code, line, is_own_file=is_own_file)]
        for ignore in found:
            ignore.is_used = True
        return bool(found)

    def unused(self) -> Iterator[tuple[Found, Rule]]:
        """Yield a finding for each comment that silenced nothing, with the rule that it names."""
        for ignore in self.silenced:
            if not ignore.is_used:
                rule = ignore.rule
                where = "in this skill" if ignore.lines is None else "in what follows"
                message = f"the comment silences {rule.code} ({rule.name}), which has nothing to say {where}"
                found = UNUSED.at(ignore.comment.line, ignore.comment.column, message, "remove it")
                yield found, rule


def read_ignores(skill: SkillDocument, rule: Callable[[str], Rule | None], names: Iterable[str]) -> Ignores:
    """Return what the comments of ``skill`` silence.

    ``rule`` finds a rule by its code or name; ``names`` are the names that there are.
    """
    found = Ignores()
    if _PREFIX not in skill.text:
        return found
    for comment in skill.body.comments:
        if comment.text.startswith(_PREFIX):
            _read(skill, comment, rule, names, found)
    return found


def _read(
    skill: SkillDocument, comment: Comment, rule: Callable[[str], Rule | None], names: Iterable[str], found: Ignores
) -> None:
    verb, _, rest = " ".join(comment.text.removeprefix(_PREFIX).split()).partition(" ")
    if verb != "ignore":
        message = f"the comment {clipped(comment.text)} is not understood"
        found.faults.append(NOT_UNDERSTOOD.at(comment.line, comment.column, message, f"write {_FORM}"))
        return
    written, reason = _split(rest)
    if not written:
        message = "the comment names no rule"
        found.faults.append(NOT_UNDERSTOOD.at(comment.line, comment.column, message, f"write {_FORM}"))
    for name in written:
        known = rule(name)
        if known is None:
            hint = suggestion(name, names, close_only=True) or "write the code or the name of a rule"
            message = f"{clipped(name)} is no rule"
            found.faults.append(NOT_UNDERSTOOD.at(comment.line, comment.column, message, hint))
        elif _NO_REASON.fullmatch(reason):
            message = f"the comment that silences {known.code} says no reason, so it silences nothing"
            remedy = f"write why: <!-- orchestrate: ignore {known.code} reason -->"
            found.faults.append(WITHOUT_REASON.at(comment.line, comment.column, message, remedy))
        else:
            found.silenced.append(Ignore(known, reason, comment, _lines(skill, comment)))


def _split(text: str) -> tuple[list[str], str]:
    """Return the rules that are named, and the reason behind them: ``SK101, SK102 why``."""
    words = text.split()
    written: list[str] = []
    is_listed = True
    while words and (is_listed or _CODE.fullmatch(words[0].rstrip(",;:"))):
        word = words.pop(0)
        is_listed = word.endswith(",")
        if name := word.rstrip(",;:"):
            written.append(name)
    return written, " ".join(words).lstrip("-\u2013\u2014:, ")


def _lines(skill: SkillDocument, comment: Comment) -> range | None:
    """Return the lines that a comment stands for; None for the whole file."""
    blocks = skill.blocks
    holding = [block for block in blocks if comment.line in block.lines]
    if holding and not _is_html(holding[-1]):
        return holding[-1].lines
    if _is_at_the_top(skill, comment):
        return None
    following = (block for block in blocks if block.lines.start > comment.line and not _is_comment(block, skill))
    block = next(following, None)
    return range(0) if block is None else block.lines


def _is_at_the_top(skill: SkillDocument, comment: Comment) -> bool:
    before = [
        block for block in skill.blocks
        if block.depth == 0 and block.lines.start < comment.line and not _is_comment(block, skill)
    ]  # fmt: skip
    if not before:
        return True
    first = skill.body.headings[0] if skill.body.headings else None
    is_title = first is not None and first.level == 1 and first.line in before[0].lines
    return len(before) == 1 and is_title


def _is_html(block: Block) -> bool:
    return block.kind == "html_block"


def _is_comment(block: Block, skill: SkillDocument) -> bool:
    return _is_html(block) and skill.lines[block.lines.start - 1].lstrip().startswith("<!--")
