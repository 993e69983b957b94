"""The fixture ``orchestrator_run_script``."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from library_scripts import script

if TYPE_CHECKING:
    from pathlib import Path


def run(root: Path, *words: str) -> str:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=100).stdout


def test_paths_and_the_working_directory_are_those_of_the_rootdir(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    script(tmp_path, "pwd; test -z $PYTEST_CURRENT_TEST", "scripts/a.sh")
    script(
        tmp_path,
        "def test_it(orchestrator_run_script, monkeypatch, tmp_path):\n"
        "    monkeypatch.chdir(tmp_path)\n"
        "    result = orchestrator_run_script('scripts/a.sh')\n"
        f"    assert (result['status'], result['stdout']) == ('passed', {str(tmp_path)!r} + '\\n')\n",
        "tests/test_it.py",
    )
    assert "1 passed" in run(tmp_path, "tests")
    assert "1 passed" in run(tmp_path, "-n1", "tests")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == [
        "pytest.ini",
        "scripts",
        "tests",
    ]


def test_the_supervisor_ends_with_the_session(tmp_path: Path) -> None:
    script(tmp_path, "echo $PPID", "a.sh")
    text = """
import os, pytest
def test_it(orchestrator_run_script):
    global supervisor
    supervisor = int(orchestrator_run_script("a.sh")["stdout"])
    os.kill(supervisor, 0)
"""
    script(tmp_path, text, "test_it.py")
    conftest = """
import os
def pytest_unconfigure(config):
    import test_it
    print("alive" if os.path.exists(f"/proc/{test_it.supervisor}") else "ended")
"""
    script(tmp_path, conftest, "conftest.py")
    printed = run(tmp_path)
    assert "1 passed" in printed
    assert printed.endswith("ended\n")


def test_it_is_listed_with_its_description(tmp_path: Path) -> None:
    printed = run(tmp_path, "--fixtures")
    assert "orchestrator_run_script [session scope]" in printed
    assert "Return ``run_script`` for this session" in printed


def test_it_imports_nothing_of_ours_before_it_is_used(tmp_path: Path) -> None:
    text = """
import sys
def test_it():
    ours = {name for name in sys.modules if name.startswith("pytest_orchestrator")}
    assert not {name for name in ours if name.split(".")[1:2] in (["process"], ["scripts"], ["reports"])}
"""
    script(tmp_path, text, "test_it.py")
    assert "1 passed" in run(tmp_path)
