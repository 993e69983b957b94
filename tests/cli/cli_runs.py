"""What the tests of the command line share: a project, and runs of the command in it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-m", "pytest_orchestrator")


def clean_environment(**more: str) -> dict[str, str]:
    """Return the environment without what pytest and CI systems put into it."""
    outer = ("PYTEST_", "ORCHESTRATOR_", "GITHUB_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(outer) and name != "CI"}
    return {**kept, "COLUMNS": "100", "NO_COLOR": "1", **more}


def make_project(root: Path, **scripts: str) -> Path:
    """Make a project whose scripts are given by name without extension, and return its root."""
    (root / "pyproject.toml").touch()
    (root / "scripts").mkdir()
    for name, text in scripts.items():
        path = root / "scripts" / f"{name.replace('__', '/')}.sh"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return root


def command(root: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run ``pytest-orchestrator`` in ``root``."""
    return subprocess.run(
        [*COMMAND, *words], cwd=root, env=clean_environment(**env), capture_output=True, text=True, timeout=100
    )


def python(root: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Run a Python program in ``root``."""
    (root / "program.py").write_text(program)
    return subprocess.run(
        [sys.executable, "program.py"], cwd=root, env=clean_environment(), capture_output=True, text=True, timeout=100
    )
