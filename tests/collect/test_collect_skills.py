"""Skills as pytest items."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrated import Project

GOOD = "---\nname: {0}\ndescription: Makes {0}. Use when somebody is thirsty.\n---\n# {0}\n\nBoil water.\n"
PARTS = ("frontmatter", "structure", "directive", "links", "code", "files")


def test_each_part_of_a_skill_is_an_item(project: Project) -> None:
    project.file("skills/tea/SKILL.md", GOOD.format("tea"))
    run = project.run("skills")
    print(run.out)
    assert run.code == 0, run.out
    assert list(run.rows) == [f"skills/tea/SKILL.md::{part}" for part in PARTS]
    run.assert_adds_up()
