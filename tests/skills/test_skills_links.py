"""The rules on the links of a skill."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from rule_checks import findings, lay_out

from pytest_orchestrator.skills.finding import Severity
from pytest_orchestrator.skills.rules import linked_files, links, mentions

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_orchestrator.skills.finding import Finding

MODULES = (links, mentions, linked_files)
CHECKS = [module.check for module in MODULES]


def check(body: str, root: Path, **files: str) -> list[Finding]:
    tree = {
        "make-tea/SKILL.md": f"---\nname: make-tea\n---\n{body}",
        **{f"make-tea/{name}": files[name] for name in files},
    }
    return findings(lay_out(tree, root), CHECKS)


def test_a_broken_link_is_found_where_its_target_is_written(tmp_path: Path) -> None:
    (finding,) = check("- one\n- [two](no/two.md 'title') [three](https://example.org)\n", tmp_path)
    assert str(finding) == (
        "make-tea/SKILL.md:5:9: SK401 error: the link leads to 'no/two.md', which does not exist; "
        "correct the path, which counts from the directory of the skill, or add the file"
    )


@pytest.mark.parametrize(
    "target",
    ["url", "URL", "path/to/file.md", "./path.md", "<page>.md", "{name}/x.md", "docs/...", "…", "your-file.md", "link"],
)
def test_what_stands_for_a_path_is_not_looked_for(target: str, tmp_path: Path) -> None:
    assert check(f"Write `x` as [text](<{target}>) or [text]({target}).\n", tmp_path) == []


def test_links_to_directories_to_nested_skills_and_to_the_file_itself_are_fine(tmp_path: Path) -> None:
    body = "[d](parts) [e](./parts/) [s](parts/deep/SKILL.md) [m](SKILL.md) [h](.hidden/x.md) [q](a.md?plain=1)\n"
    files = {"parts/x.md": "", "parts/deep/SKILL.md": "", ".hidden/x.md": "", "a.md": ""}
    assert check(body, tmp_path, **files) == []


def test_a_backslash_in_a_path_is_told_by_its_remedy(tmp_path: Path) -> None:
    (finding,) = check("[x](references\\x.md)\n", tmp_path, **{"references/x.md": ""})
    assert finding.remedy == "write 'references/x.md'"


def test_a_link_through_a_symbolic_link_that_leaves_the_skill_is_outside(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x.md").write_text("x")
    skill = lay_out(
        {"make-tea/SKILL.md": "[a](a.md) [b](dir/x.md) [c](c.md) [d](d.md)\n", "make-tea/d.md": ""}, tmp_path
    )
    os.symlink(tmp_path / "outside" / "x.md", tmp_path / "make-tea" / "a.md")
    os.symlink(tmp_path / "outside", tmp_path / "make-tea" / "dir")
    os.symlink("d.md", tmp_path / "make-tea" / "c.md")
    found = findings(skill, CHECKS)
    assert [(finding.code, finding.column) for finding in found] == [("SK403", 5), ("SK403", 15)]


def test_a_link_into_another_skill_is_a_note(tmp_path: Path) -> None:
    tree = {
        "tea/SKILL.md": "[a](../coffee/references/beans.md)\n[b](../shared.md)\n", "coffee/SKILL.md": "x",
        "coffee/references/beans.md": "x", "shared.md": "x",
    }  # fmt: skip
    found = findings(lay_out(tree, tmp_path), CHECKS)
    assert [(finding.code, finding.severity) for finding in found] == [
        ("SK403", Severity.NOTE), ("SK403", Severity.WARNING),
    ]  # fmt: skip


def test_anchors_are_compared_by_letters_and_digits(tmp_path: Path) -> None:
    body = (
        "[a](#step-1-boil--pour) [b](#-rocket) [c](#twice-1) [d](#SETUP) [x](#step-2) [e](#caf%C3%A9) [f](#custom)\n\n"
        "# Step 1: Boil & pour\n\n# 🚀 Rocket\n\n# Twice\n\n# Twice\n\n# Setup\n\n# Other {#custom}\n\n# Café\n"
    )
    found = check(body, tmp_path)
    assert [(finding.code, finding.column) for finding in found] == [("SK402", 69)]


def test_an_anchor_in_a_file_that_is_no_markdown_is_not_looked_for(tmp_path: Path) -> None:
    assert check("[l](scripts/a.py#L3)\n", tmp_path, **{"scripts/a.py": "print()\n"}) == []


@pytest.mark.parametrize("text", ["x[i][j]", "[ ][x]", "[a][0]", "`[a][b]`", "\\[a][b]", "[[a][b]]", "![a](x.png)[b]"])
def test_brackets_that_are_no_link_are_left_alone(text: str, tmp_path: Path) -> None:
    assert check(f"See {text} there.\n", tmp_path, **{"x.png": "", "b": ""}) == []


def test_a_missing_file_is_named_once_and_weighs_less_where_the_skill_has_no_such_directory(tmp_path: Path) -> None:
    body = "Run `scripts/a.py`.\n\nThen `scripts/a.py`, `./scripts/b.py`, `assets/c.png`, `references/d.md`.\n"
    found = check(body, tmp_path, **{"scripts/x.py": ""})
    assert [(finding.line, finding.column, finding.severity) for finding in found] == [
        (4, 6, Severity.WARNING), (6, 23, Severity.WARNING), (6, 41, Severity.NOTE), (6, 57, Severity.WARNING),
    ]  # fmt: skip


def test_lines_of_a_file_are_counted_as_editors_do(tmp_path: Path) -> None:
    text = "# Api\n\na\u2028b\x0cc\r\n\r[no](no.md)\n"
    (finding,) = check("See [it](references/api.md).\n", tmp_path, **{"references/api.md": text})
    assert (finding.code, finding.path, finding.line) == ("SK406", "make-tea/references/api.md", 5)
