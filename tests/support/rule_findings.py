"""What the rules have to say about a tree of files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from skill_examples import SymbolicLink

from pytest_orchestrator.config.skill_settings import SkillSettings
from pytest_orchestrator.core.kinds import SKILL_FILES
from pytest_orchestrator.skills.checker import check_skills
from pytest_orchestrator.skills.document import read_skill

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from pytest_orchestrator.skills.document import SkillDocument
    from pytest_orchestrator.skills.finding import Finding

BASELINE = "skills-baseline.json"


def write_files(tree: Mapping[str, str], directory: str | os.PathLike[str]) -> None:
    """Write a tree of files below ``directory``, each as it is: an end of a line may be what a test is about."""
    for name, text in tree.items():
        path = Path(directory, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, SymbolicLink):
            path.symlink_to(text)
        else:
            # Bytes that are no UTF-8 are written as Python decodes them: as half a character each.
            path.write_bytes(text.encode("utf-8", "surrogateescape"))


def written(tree: Mapping[str, str], directory: str | os.PathLike[str]) -> list[SkillDocument]:
    """Write a tree of files below ``directory`` and return the skills in it, shown by their paths in the tree."""
    write_files(tree, directory)
    skills = [name for name in tree if Path(name).name in SKILL_FILES]
    return [read_skill(str(Path(directory, name)), name) for name in skills]


def findings_of(tree: Mapping[str, str], profile: str, directory: str | os.PathLike[str]) -> list[Finding]:
    """Return all findings about the skills in a tree, which is written below ``directory``.

    The file :data:`BASELINE` in it, if there is one, is their baseline.
    """
    skills = written(tree, directory)
    settings = SkillSettings(profile=str(profile), baseline=Path(directory, BASELINE) if BASELINE in tree else None)
    reports = check_skills(skills, settings)
    return [finding for report in reports.values() for finding in report.findings]
