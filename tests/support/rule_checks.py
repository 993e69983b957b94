"""Skills that a test lays out as files, and what checks find in them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rule_findings import write_files

from pytest_orchestrator.core.kinds import SKILL_FILES
from pytest_orchestrator.skills.context import CheckContext
from pytest_orchestrator.skills.document import SkillDocument, read_skill
from pytest_orchestrator.skills.rule import Profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pytest_orchestrator.skills.finding import Finding
    from pytest_orchestrator.skills.rule import Check


def lay_out(tree: Mapping[str, str], root: Path) -> SkillDocument:
    """Write the files of a tree below ``root``; return the skill that the first of them belongs to."""
    write_files(tree, root)
    directory = os.path.dirname(next(iter(tree)))
    while directory:
        for name in SKILL_FILES:
            shown = f"{directory}/{name}"
            if shown in tree:
                return read_skill(str(root / shown), shown)
        directory = os.path.dirname(directory)
    raise ValueError(f"no SKILL.md beside or above the first file of {list(tree)!r}")


def findings(skill: SkillDocument, checks: Iterable[Check], profile: Profile = Profile.SPEC) -> list[Finding]:
    """Return what checks find in a skill, as the rules themselves weigh it, in the order of their places."""
    context = CheckContext(profile)
    found = [
        found.finding(skill.shown_as, found.severity or found.rule.severity)
        for check in checks
        for found in check(skill, context)
        if profile in found.rule.profiles
    ]
    return sorted(found, key=lambda finding: finding.place)
