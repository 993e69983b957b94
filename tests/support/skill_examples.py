"""Good and bad skills for one rule: what its tests run on, and what its page of the reference shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_orchestrator.skills.rule import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping


class SymbolicLink(str):
    """In the place of a text: the file is a symbolic link to this path."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class RuleExample:
    """One rule with a tree that breaks it, once, and one that does not.

    The keys of a tree are paths (``make-tea/SKILL.md``), the values texts or symbolic links. The first file that breaks
    the rule is the first key of ``bad``.
    """

    code: str
    bad: Mapping[str, str]
    good: Mapping[str, str]
    line: int
    """Where the finding stands."""
    profile: Profile = Profile.SPEC
    title: str = ""
    """What sets it apart from other examples of the rule; the page shows the first."""

    @property
    def id(self) -> str:
        return f"{self.code}-{self.title}" if self.title else self.code
