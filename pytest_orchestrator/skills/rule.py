"""A rule: what its findings have in common, and what its page of the reference says."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass
from .finding import Finding, Part, Severity
from .presentable import presentable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .context import CheckContext
    from .document import SkillDocument

    Check = Callable[[SkillDocument, CheckContext], Iterator["Found"]]
    """Looks at one skill; yields what several rules may have to say about it."""


class Profile(StrEnum):
    """Whose idea of a skill a file is held to."""

    SPEC = "spec"
    """The Agent Skills standard, to the letter (agentskills.io)."""
    CLAUDE_CODE = "claude-code"
    """The standard's fields and those that Claude Code documents."""
    SCRIPT_FIRST = "script-first"
    """The schema of seeds 000 and 001: name, tags, intent."""


EVERY_PROFILE = frozenset(Profile)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    code: str
    """``SK``, a digit for the part (1 front matter, 2 structure, 3 directive, 4 links and files, 5 code), two more."""
    name: str
    """In kebab-case, for people."""
    part: Part
    severity: Severity
    """Unless the configuration says otherwise."""
    summary: str
    """One sentence: what must hold."""
    why: str
    """What goes wrong for whoever uses the skill otherwise, and where the rule comes from."""
    profiles: frozenset[Profile] = EVERY_PROFILE
    """The profiles that it applies to."""
    about_others: bool = False
    """Whether what it says of a skill depends on the others that are checked with it."""

    def at(
        self, line: int, column: int, message: str, remedy: str, *, path: str = "", severity: Severity | None = None
    ) -> Found:
        """Return what this rule found at a place: of the skill's own file unless ``path`` (as shown) names another.

        ``severity`` says how much it matters here, where that differs from the rule's own.
        """
        return Found(self, line, column, message, remedy, path, severity)


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule found, before the configuration had its say."""

    rule: Rule
    line: int
    column: int
    message: str
    remedy: str
    path: str = ""
    severity: Severity | None = None

    def finding(self, path: str, severity: Severity) -> Finding:
        """Return the finding that it makes: in the file ``path`` unless it names another, with ``severity``.

        Its words are fit to be shown anywhere, whatever was quoted from the file.
        """
        rule = self.rule
        message, remedy = presentable(self.message), presentable(self.remedy)
        return Finding(self.path or path, self.line, self.column, rule.code, rule.part, severity, message, remedy)
