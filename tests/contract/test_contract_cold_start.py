"""A run without ``--orchestrate`` does not notice that the plugin is installed."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = (
    "yaml", "asyncio", "concurrent.futures", "ctypes", "multiprocessing", "socket", "xdist.dsession",
    "pytest_orchestrator.process", "pytest_orchestrator.scripts", "pytest_orchestrator.reports",
    "pytest_orchestrator.collect.session", "pytest_orchestrator.config.validate",
)  # fmt: skip
PLUGINS = ("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:rerunfailures", "-p", "no:hypothesispytest")

TEST = """
import sys
def test_plain(request):
    assert True
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with a test, a script and a broken configuration file."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_plain.py").write_text(TEST)
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "ran.sh").write_text("echo ran > ran.txt\n")
    (tmp_path / "scripts" / "orchestrator.yaml").write_text("default: [")
    return tmp_path


def run(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in ``project``."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGINS, *words], cwd=project, capture_output=True, text=True, check=False
    )


def test_it_collects_nothing_and_runs_no_script(project: Path) -> None:
    """Only pytest's own test is collected."""
    result = run(project, "-q", "--co", ".", "scripts")
    assert "test_plain.py::test_plain" in result.stdout
    assert "1 test collected" in result.stdout
    run(project, ".", "scripts")
    assert not (project / "ran.txt").exists()
    assert not (project / ".orchestrator").exists()


def test_its_output_is_the_same_as_without_the_plugin(project: Path) -> None:
    """Not a line more, but for the list of plugins."""

    def output(*words: str) -> str:
        text = run(project, "-v", *words).stdout
        return re.sub(r"in \d+\.\d+s", "in T", re.sub(r"plugins: .*", "plugins", text))

    assert output() == output("-p", "no:orchestrator")


def test_it_imports_nothing_heavy(project: Path) -> None:
    """The modules that a run loads besides pytest's own are the plugin's door and the option table."""
    (project / "conftest.py").write_text(
        "import sys\ndef pytest_sessionfinish():\n    open('modules.txt', 'w').write('\\n'.join(sys.modules))\n"
    )
    run(project, "-q", "-p", "no:orchestrator")
    before = set((project / "modules.txt").read_text().split())
    run(project, "-q")
    added = set((project / "modules.txt").read_text().split()) - before
    assert "pytest_orchestrator.plugin" in added
    assert [name for name in sorted(added) if name.startswith(HEAVY)] == []
    assert [name for name in sorted(added) if not name.startswith("pytest_orchestrator")] == []


def test_importing_the_package_loads_nothing_of_it() -> None:
    """Public names come on first use."""
    code = "import sys, pytest_orchestrator; print(*[n for n in sys.modules if n.startswith('pytest_orchestrator')])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["pytest_orchestrator"]


def test_the_plugin_can_be_blocked(project: Path) -> None:
    """``-p no:orchestrator`` takes the flags away; pytest says so."""
    result = run(project, "-p", "no:orchestrator", "--orchestrate")
    assert result.returncode == 4
    assert "unrecognized arguments: --orchestrate" in result.stderr
