"""Comments that silence a rule: ``<!-- orchestrate: ignore SK204 why -->``, and what is wrong with them.

Such a comment stands for the block that follows it. Within a block it stands for that one, and right below the front
matter or the title, before anything else, for the whole file, its front matter and what belongs to the skill included.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from ..config.phrases import clipped, suggestion
from ..quick_dataclasses import dataclass
from .block_tree import BlockTree
from .finding import Part, Severity
from .rule import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

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
_MOST_NAMED = 200
"""Rules that one comment may name: more than there are."""


@dataclass(frozen=True, slots=True)
class Ignore:
    """One rule that is silenced by one comment."""

    rule: Rule
    comment: Comment
    lines: range | None
    """The lines of the block that it stands for; None for the whole file and all that belongs to the skill."""

    @property
    def scope(self) -> tuple[str, range | None]:
        """What it silences: equal of two comments that silence the same."""
        return self.rule.code, self.lines


class Ignores:
    """The comments of one file."""

    def __init__(self, tree: BlockTree, silenced: Sequence[Ignore], faults: Sequence[Found]) -> None:
        """Take the blocks of the file, what is silenced, and what is wrong with comments that silence nothing."""
        self.faults = faults
        self._tree = tree
        self._silenced = silenced
        self._scopes = {ignore.scope for ignore in silenced}
        self._used: set[tuple[str, range | None]] = set()

    def silence(self, code: str, line: int, *, is_own_file: bool) -> bool:
        """Return whether a finding is silenced; the comments that do it have then been of use."""
        if not self._scopes:
            return False
        asked: list[tuple[str, range | None]] = [(code, None)]
        if is_own_file:
            asked += [(code, block.lines) for block in self._tree.holding(line)]
        found = self._scopes.intersection(asked)
        self._used |= found
        return bool(found)

    def unused(self) -> Iterator[tuple[Found, Rule]]:
        """Yield a finding for each comment that silenced nothing, with the rule that it names."""
        for ignore in self._silenced:
            if ignore.scope not in self._used:
                rule = ignore.rule
                where = "in this skill" if ignore.lines is None else "in what follows"
                message = f"the comment silences {rule.code} ({rule.name}), which has nothing to say {where}"
                found = UNUSED.at(ignore.comment.line, ignore.comment.column, message, "remove it")
                yield found, rule


def read_ignores(skill: SkillDocument, rule: Callable[[str], Rule | None], names: Iterable[str]) -> Ignores:
    """Return what the comments of ``skill`` silence.

    ``rule`` finds a rule by its code or name; ``names`` are the names that there are.
    """
    if _PREFIX not in skill.text:
        return Ignores(BlockTree(()), (), ())
    comments = [comment for comment in skill.body.comments if comment.text.startswith(_PREFIX)]
    scopes = _Scopes(skill)
    silenced: list[Ignore] = []
    faults: list[Found] = []
    for comment in comments:
        for found in _read(comment, rule, names):
            if isinstance(found, Rule):
                silenced.append(Ignore(found, comment, scopes.lines(comment)))
            else:
                faults.append(found)
    return Ignores(scopes.tree, silenced, faults)


def _read(comment: Comment, rule: Callable[[str], Rule | None], names: Iterable[str]) -> Iterator[Rule | Found]:
    """Yield the rules that a comment silences, and what is wrong with it."""
    verb, _, rest = " ".join(comment.text.removeprefix(_PREFIX).split()).partition(" ")
    if verb != "ignore":
        message = f"the comment {clipped(comment.text)} is not understood"
        yield NOT_UNDERSTOOD.at(comment.line, comment.column, message, f"write {_FORM}")
        return
    written, reason = _split(rest)
    if not written:
        yield NOT_UNDERSTOOD.at(comment.line, comment.column, "the comment names no rule", f"write {_FORM}")
    for name in written[:_MOST_NAMED]:
        known = rule(name)
        if known is None:
            hint = suggestion(name, names, close_only=True) or "write the code or the name of a rule"
            yield NOT_UNDERSTOOD.at(comment.line, comment.column, f"{clipped(name)} is no rule", hint)
        elif _NO_REASON.fullmatch(reason):
            message = f"the comment that silences {known.code} says no reason, so it silences nothing"
            remedy = f"write why: <!-- orchestrate: ignore {known.code} reason -->"
            yield WITHOUT_REASON.at(comment.line, comment.column, message, remedy)
        else:
            yield known


def _split(text: str) -> tuple[list[str], str]:
    """Return the rules that are named, and the reason behind them: ``SK101, SK102 why``."""
    words = text.split()
    written: list[str] = []
    is_listed = True
    at = 0
    while at < len(words) and (is_listed or _CODE.fullmatch(words[at].rstrip(",;:"))):
        is_listed = words[at].endswith(",")
        if name := words[at].rstrip(",;:"):
            written.append(name)
        at += 1
    return written, " ".join(words[at:]).lstrip("-\u2013\u2014:, ")


class _Scopes:
    """What comments stand for in one file."""

    def __init__(self, skill: SkillDocument) -> None:
        self.tree = BlockTree(skill.blocks)
        is_comment = [_is_comment(block, skill) for block in skill.blocks]
        outermost = (block for block, other in zip(skill.blocks, is_comment, strict=True) if not (block.depth or other))
        self._first = list(islice(outermost, 2))
        """The first blocks of the file that are no comments."""
        heading = skill.body.headings[0] if skill.body.headings else None
        self._has_title = (
            heading is not None and heading.level == 1 and bool(self._first) and heading.line in self._first[0].lines
        )
        self._following: list[Block | None] = [None]
        """Of each block and the end of the file: the first one from there on that is no comment."""
        for block, other in zip(reversed(skill.blocks), reversed(is_comment), strict=True):
            self._following.append(self._following[-1] if other else block)
        self._following.reverse()

    def lines(self, comment: Comment) -> range | None:
        """Return the lines that a comment stands for; None for the whole file."""
        innermost = next(self.tree.holding(comment.line), None)
        if innermost is not None and not _is_html(innermost):
            return innermost.lines
        if self._is_at_the_top(comment):
            return None
        block = self._following[self.tree.after(comment.line)]
        return range(0) if block is None else block.lines

    def _is_at_the_top(self, comment: Comment) -> bool:
        before = [block for block in self._first if block.lines.start < comment.line]
        return not before or (len(before) == 1 and self._has_title)


def _is_html(block: Block) -> bool:
    return block.kind == "html_block"


def _is_comment(block: Block, skill: SkillDocument) -> bool:
    return _is_html(block) and skill.lines[block.lines.start - 1].lstrip().startswith("<!--")
