"""The filter of one walk: its reasons, its description, and its cost."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from pytest_orchestrator.config.settings import DiscoverySettings
from pytest_orchestrator.scripts.filter import ScriptFilter, describe

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for name in ("a.sh", "test_a.py", "notes.txt", ".git/a.sh", "old/a.sh", "sub/deep/a.sh", "skill/scripts/a.sh"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "skill/SKILL.md").touch()
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/__init__.py").touch()
    (tmp_path / "pkg/module.py").touch()
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "alias").symlink_to("sub")
    (tmp_path / "broken.sh").symlink_to("gone")
    (tmp_path / "bare").touch(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("a.sh", None),
        ("sub/deep/a.sh", None),
        ("test_a.py", "its name matches 'test_*.py' in skip_patterns"),
        ("notes.txt", "it is not executable, and its extension is not one of .py .sh .bash"),
        ("bare", "it has no shebang, and its extension is not one of .py .sh .bash"),
        ("broken.sh", "it is no regular file"),
        ("gone.sh", "it does not exist"),
        ("sub", "it is a directory"),
        (".git/a.sh", "{base}/.git is not entered: its name starts with a dot"),
        ("old/a.sh", "{base}/old is not entered: it matches `exclude`"),
        ("skill/scripts/a.sh", "{base}/skill/scripts is not entered: it belongs to a skill (skill_scripts is off)"),
        ("pkg/module.py", "it is a module of a package, with neither a shebang nor a __main__ guard"),
        ("loop/a.sh", "{base}/loop is not entered: it is a link to a directory that holds it"),
        (
            "alias/deep/a.sh",
            "{base}/alias is not entered: the directory that it leads to is searched under its own name",
        ),
    ],
)
def test_why_not_says_in_words_why_a_file_is_left_out(base: Path, path: str, reason: str | None) -> None:
    script_filter = ScriptFilter(DiscoverySettings(exclude=("old",)), str(base))
    assert script_filter.why_not(f"{base}/{path}") == (reason and reason.format(base=base))


def test_why_not_names_the_setting_that_leaves_a_file_out(base: Path) -> None:
    def why_not(path: str, settings: DiscoverySettings) -> str | None:
        return ScriptFilter(settings, f"{base}/").why_not(f"{base}/{path}")

    assert why_not("sub/deep/a.sh", DiscoverySettings(max_depth=1)) == f"{base}/sub/deep is not entered: max_depth is 1"
    assert why_not("a.sh", DiscoverySettings(include=("sub",))) == "it matches nothing in `include`"
    assert why_not("a.sh", DiscoverySettings(exclude=("a.*",))) == "it matches `exclude`"
    assert why_not("a.sh", DiscoverySettings(subdirs=("sub",))) == "it is not in one of the sub-directories asked for"
    expected = f"{base}/old is not entered: it is not among the sub-directories asked for"
    assert why_not("old/a.sh", DiscoverySettings(subdirs=("sub",))) == expected
    expected = f"{base}/old is not entered: its name matches 'o*' in skip_dirs"
    assert why_not("old/a.sh", DiscoverySettings(skip_dirs=("x", "o*"))) == expected
    assert why_not("../a.sh", DiscoverySettings()) is not None
    assert ScriptFilter(DiscoverySettings(), str(base)).why_not("/elsewhere/a.sh") == f"it is not below {base}"


def test_asking_twice_gives_the_same_answer_and_asking_why_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "base").mkdir()
    for link in ("y", "z"):
        (tmp_path / "base" / link).symlink_to("../out")
    base = str(tmp_path / "base")
    script_filter = ScriptFilter(DiscoverySettings(), base)
    assert script_filter.why_not(f"{base}/z/a.sh") == "it does not exist"
    for _ in range(2):
        assert script_filter.accepts_directory(f"{base}/y", "y", 0, is_symlink=True)
        assert not script_filter.accepts_directory(f"{base}/z", "z", 0, is_symlink=True)
    expected = f"{base}/z is not entered: it leads to the same directory as {base}/y"
    assert script_filter.why_not(f"{base}/z/a.sh") == expected


def test_the_extension_decides_without_looking_at_the_file() -> None:
    script_filter = ScriptFilter(DiscoverySettings(), "/no/such/directory")
    assert script_filter.accepts_file("/no/such/directory/a.sh", "a.sh", 0, is_file=True)
    assert not script_filter.accepts_file("/no/such/directory/a.sh", "a.sh", 0, is_file=False)
    assert not script_filter.accepts_file("/no/such/directory/a.sh", "a.sh", 0)


def test_the_root_directory_can_be_the_base() -> None:
    script_filter = ScriptFilter(DiscoverySettings(exclude=("./x.sh",)), "/")
    assert script_filter.base == "/"
    assert script_filter.accepts_file("/a.sh", "a.sh", 0, is_file=True)
    assert not script_filter.accepts_file("/x.sh", "x.sh", 0, is_file=True)
    assert not script_filter.accepts_directory("/.dot", ".dot", 0, is_symlink=False)


def test_missing_sub_directories_are_named(base: Path) -> None:
    settings = DiscoverySettings(subdirs=("sub/", "sub/deep", "gone", "a.sh"))
    assert ScriptFilter(settings, str(base)).missing_subdirs() == ("gone", "a.sh")
    assert ScriptFilter(DiscoverySettings(), str(base)).missing_subdirs() == ()


def test_a_line_describes_what_is_looked_for_by_default() -> None:
    assert describe(DiscoverySettings()) == (
        "*.py *.sh *.bash and executables with a shebang; not __init__.py __main__.py conftest.py setup.py noxfile.py"
        " test_*.py *_test.py _*.py *~ *.bak *.orig *.rej *.swp #*# .#*; nothing below .* __pycache__ venv node_modules"
        " build dist *.egg-info output _templates; no scripts/ of a skill"
    )


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (DiscoverySettings(()), "executables with a shebang; nothing below .*"),
        (DiscoverySettings(max_depth=0), "*.py and executables with a shebang; directly in the directory"),
        (DiscoverySettings(max_depth=1), "*.py and executables with a shebang; at most 1 level down"),
        (DiscoverySettings(max_depth=2), "*.py and executables with a shebang; at most 2 levels down"),
        (DiscoverySettings(subdirs=("x", "y")), "in the sub-directories x, y only; nothing below .*"),
        (DiscoverySettings(include=("a", "b"), exclude=("c",)), "only a b; without c; nothing below .*"),
    ],
)
def test_a_line_describes_what_is_looked_for_with_other_settings(settings: DiscoverySettings, expected: str) -> None:
    extensions = settings.allowed_extensions[:1]
    bare = replace(settings, allowed_extensions=extensions, skip_dirs=(), skip_patterns=(), skill_scripts=True)
    assert expected in describe(bare)


def test_the_package_mark_must_be_a_file(tmp_path: Path) -> None:
    os.makedirs(tmp_path / "__init__.py")
    (tmp_path / "module.py").touch()
    assert ScriptFilter(DiscoverySettings(), str(tmp_path)).why_not(f"{tmp_path}/module.py") is None
