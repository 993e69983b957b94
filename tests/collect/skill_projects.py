"""Skills for tests of the collection: what is right, what is wrong, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from orchestrated import Project, Run

PARTS = ("frontmatter", "structure", "directive", "links", "code", "files")
FRONT = "---\nname: {0}\ndescription: Makes {0}. Use when somebody is thirsty.\n---\n"
GOOD = FRONT + "\n# {0}\n\nBoil water, pour it, wait three minutes.\n"
WARNS = GOOD + "\nTODO: say how much.\n"
"""One warning about its structure."""
BROKEN = GOOD + "\nSee [the recipe](recipe.md).\n"
"""One error about its links."""


def skill(project: Project, name: str, text: str = GOOD, file: str = "SKILL.md") -> None:
    """Write the skill in the directory ``name``, which it is named after."""
    project.file(f"{name}/{file}", text.format(name.rpartition("/")[2]))


def ids(name: str, *parts: str) -> list[str]:
    """Return the ids of the items of a skill, of all parts unless some are given."""
    return [f"{name}/SKILL.md::{part}" for part in parts or PARTS]


def data_of(run: Run, part: str, name: str = "skills/a") -> dict[str, Any]:
    """Return the result dictionary of one item of a skill."""
    data: dict[str, Any] = run.rows[f"{name}/SKILL.md::{part}"]["data"]
    return data


def status_of(run: Run, part: str, name: str = "skills/a") -> str:
    """Return the status of one item of a skill."""
    return str(run.rows[f"{name}/SKILL.md::{part}"]["status"])
