"""Who may import whom: import-linter's contracts in pyproject.toml, and that they can fail."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


def package_directory() -> Path:
    """Return where the package under test is: the checkout, or site-packages when the wheel is tested."""
    spec = importlib.util.find_spec("pytest_orchestrator")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Return a copy of the package and its contracts that a test may break."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(package_directory(), tmp_path / "pytest_orchestrator", ignore=ignored)
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(directory: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the package in ``directory``."""
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, '.'); {code}", "--no-cache"],
        cwd=directory,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_import_goes_from_an_upper_room_to_a_lower_one(house: Path) -> None:
    """The contracts hold."""
    result = lint(house)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("core/status.py", "from ..process import wire", "Rooms are entered from above only"),
        ("scripts/spec.py", "from ..reports import logs", "Rooms are entered from above only"),
        ("config/settings.py", "import pytest", "Domain rooms know no pytest"),
        ("collect/scope.py", "import _pytest.nodes", "pytest's private parts are used in one file"),
        ("process/supervisor/tree.py", "from ...config import settings", "The supervisor stays small"),
    ],
)
def test_an_import_in_the_wrong_direction_breaks_its_contract(
    house: Path, module: str, line: str, contract: str
) -> None:
    """Each contract can fail: it is shown an import that it forbids."""
    path = house / "pytest_orchestrator" / module
    path.write_text(f"{path.read_text()}\n{line}\n")
    result = lint(house)
    assert result.returncode != 0
    assert f"{contract} BROKEN" in result.stdout
