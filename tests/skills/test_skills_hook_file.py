"""``.pre-commit-hooks.yaml``: what it starts exists, and it starts for the files of skills."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from skill_trees import skill_text, write_tree

from pytest_orchestrator.cli import main

if TYPE_CHECKING:
    from typing import Any

FILE = Path(__file__).resolve().parents[2] / ".pre-commit-hooks.yaml"


@pytest.fixture
def hook() -> dict[str, Any]:
    if not FILE.exists():
        pytest.skip("only a checkout has the file")
    (found,) = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_the_hook_starts_the_check(
    hook: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments: list[str] = hook["args"]
    program, *words = [*shlex.split(hook["entry"]), *arguments]
    assert (hook["id"], program, hook["language"], hook["pass_filenames"]) == (
        "skills-check",
        "pytest-orchestrator",
        "python",
        False,
    )
    monkeypatch.chdir(tmp_path)
    write_tree(
        tmp_path, {"skills/good/SKILL.md": skill_text("good", "Counts penguins. Use when they are to be counted.")}
    )
    assert main(words) == 0, capsys.readouterr().out
    write_tree(tmp_path, {"skills/bad/SKILL.md": "---\nname: Bad\n---\n"})
    assert main(words) == 1


@pytest.mark.parametrize(
    ("path", "is_looked_at"),
    [
        ("SKILL.md", True),
        ("a/skill.md", True),
        ("skills/x/scripts/run.py", True),
        (".claude/skills/x/references/a.md", True),
        ("orchestrator.yaml", True),
        ("src/app.py", False),
        ("docs/skills.md", False),
    ],
)
def test_the_hook_runs_for_files_of_skills(hook: dict[str, Any], path: str, is_looked_at: bool) -> None:
    assert bool(re.search(hook["files"], path)) is is_looked_at
