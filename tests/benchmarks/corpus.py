"""The trees that the benchmarks run: written on demand below a directory, the same every time."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from skill_corpus import write_skills

PLAIN_PYTEST = """
import os, subprocess, pytest
HERE = os.path.dirname(__file__)
SCRIPTS = sorted(os.listdir(os.path.join(HERE, "scripts")))
@pytest.mark.parametrize("name", SCRIPTS)
def test_script(name):
    result = subprocess.run([os.path.join(HERE, "scripts", name)], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0
"""

NO_OP_CONFTEST = """
import pytest
class NoOp(pytest.Item):
    def runtest(self): pass
class Folder(pytest.Directory):
    def collect(self):
        return [NoOp.from_parent(self, name=f"i{i}") for i in range(COUNT)]
def pytest_collect_directory(path, parent):
    return Folder.from_parent(parent, path=path) if path.name == "items" else None
"""


def bare_items(root: Path, count: int) -> Path:
    """Make a project with ``count`` items of pytest's that do nothing, below one collector."""
    tree = root / f"items{count}"
    if not tree.exists():
        put(tree / "conftest.py", f"COUNT = {count}\n{NO_OP_CONFTEST}")
        put(tree / "pytest.ini", "[pytest]\n")
        (tree / "items").mkdir()
    return tree


def put(path: Path, text: str, *, executable: bool = False) -> None:
    """Write one file, making its directory."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if executable:
        path.chmod(0o755)


def shell(root: Path, count: int) -> Path:
    """Make ``count`` trivial shell scripts and the plain pytest module that runs the same ones."""
    tree = root / f"sh{count}"
    if not tree.exists():
        for number in range(count):
            put(tree / "scripts" / f"s{number:05d}.sh", "#!/bin/sh\necho ok\n", executable=True)
        put(tree / "test_plain.py", PLAIN_PYTEST)
        put(tree / "pytest.ini", "[pytest]\n")
        tests = "".join(f'add_test(s{n:05d} "{tree}/scripts/s{n:05d}.sh")\n' for n in range(count))
        put(tree / "ctest" / "CTestTestfile.cmake", tests)
        put(tree / "lit" / "lit.cfg", LIT)
        for number in range(count):
            put(tree / "lit" / f"s{number:05d}.sh", f"# RUN: {tree}/scripts/s{number:05d}.sh\n")
        put(tree / "Makefile", MAKEFILE)
        for number in range(count):
            script = f"{tree}/scripts/s{number:05d}.sh"
            put(tree / "prysk" / f"s{number:05d}.t", f"  $ {script}\n  ok\n")
        for begin in range(0, count, PER_BATS_FILE):
            tests = "".join(BATS.format(script=f"{tree}/scripts/s{n:05d}.sh", n=n)
                            for n in range(begin, min(begin + PER_BATS_FILE, count)))  # fmt: skip
            put(tree / "bats" / f"f{begin:05d}.bats", tests)
    return tree


PER_BATS_FILE = 50
BATS = '@test "s{n}" {{\n  run {script}\n  [ "$status" -eq 0 ]\n}}\n'
MAKEFILE = "ALL := $(wildcard scripts/*.sh)\n.PHONY: all $(ALL)\nall: $(ALL)\n$(ALL):\n\t@./$@ >/dev/null\n"


LIT = "import lit.formats\nconfig.name='s'\nconfig.test_format=lit.formats.ShTest(False)\nconfig.suffixes=['.sh']\n"


def python(root: Path, count: int) -> Path:
    """Make ``count`` Python scripts that print one line."""
    tree = root / f"py{count}"
    if not tree.exists():
        for number in range(count):
            put(tree / "scripts" / f"s{number:05d}.py", f"#!{sys.executable}\nprint('ok')\n", executable=True)
        put(tree / "pytest.ini", "[pytest]\n")
    return tree


def big_output(root: Path) -> Path:
    """Make 20 scripts that print 50 MiB each."""
    tree = root / "big"
    if not tree.exists():
        line = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ."
        for number in range(20):
            text = f"#!/bin/sh\nyes '{line}' | head -c 52428800\n"
            put(tree / "scripts" / f"s{number:02d}.sh", text, executable=True)
        put(tree / "pytest.ini", "[pytest]\n")
    return tree


def skewed(root: Path) -> Path:
    """Make 196 scripts of 25 ms and one of 4 s, the last by name: two jobs need 4.45 s at least."""
    tree = root / "skew"
    if not tree.exists():
        for name in [*(f"s{number:05d}" for number in range(196)), "z00000"]:
            text = f"#!/bin/sh\nsleep {4 if name.startswith('z') else 0.025}\necho ok\n"
            put(tree / "scripts" / f"{name}.sh", text, executable=True)
        put(tree / "test_plain.py", PLAIN_PYTEST)
        put(tree / "pytest.ini", "[pytest]\n")
        names = sorted(path.name for path in (tree / "scripts").iterdir())
        put(tree / "ctest" / "CTestTestfile.cmake", "".join(f'add_test({n} "{tree}/scripts/{n}")\n' for n in names))
    return tree


def skills(root: Path, count: int, *, with_files: bool = False) -> Path:
    """Make a project with ``count`` skills, each a ``SKILL.md`` alone, or a quarter of them with files."""
    tree = root / f"skills{count}{'files' * with_files}"
    if not tree.exists():
        write_skills(tree, count, with_files=with_files)
        put(tree / "pytest.ini", "[pytest]\n")
        put(tree / "no-shellcheck.yaml", "skills:\n  rules:\n    SK511: off\n")
    return tree


def empty(root: Path) -> Path:
    """Make a project with one test that does nothing."""
    tree = root / "empty"
    put(tree / "test_nothing.py", "def test_nothing():\n    pass\n")
    put(tree / "pytest.ini", "[pytest]\n")
    return tree


def default_root() -> Path:
    """Return where the trees are kept between runs."""
    return Path(os.environ.get("BENCHMARK_DIR", "/tmp/pytest-orchestrator-benchmarks"))
