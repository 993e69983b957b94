"""Which scripts are found below a directory."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_orchestrator.config.settings import DiscoverySettings
from pytest_orchestrator.errors import DiscoveryError
from pytest_orchestrator.scripts.discovery import SKIP_DIRS, SKIP_PATTERNS, discover_scripts, walk

if TYPE_CHECKING:
    from collections.abc import Iterator


def tree(base: Path, *names: str, content: str = "", mode: int = 0o644) -> Path:
    """Make files below ``base``; a name that ends in a slash is a directory."""
    for name in names:
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.write_text(content)
            path.chmod(mode)
    return base


def found(base: Path, settings: DiscoverySettings | None = None) -> list[str]:
    prefix = len(str(base)) + 1
    return [path[prefix:] for path in walk(str(base), settings or DiscoverySettings())]


def test_scripts_directly_in_the_folder_and_below_are_found_by_extension(tmp_path: Path) -> None:
    tree(tmp_path, "a.py", "b.sh", "c.bash", "sub/deep/d.sh", "README.md", "a.PY", "a.sh.txt", ".sh", "py", "e.")
    assert discover_scripts(tmp_path) == [tmp_path / name for name in ("a.py", "b.sh", "c.bash", "sub/deep/d.sh")]


def test_an_executable_file_with_a_shebang_is_a_script_whatever_its_name(tmp_path: Path) -> None:
    tree(tmp_path, "tool", "tool.rb", "tool.v2", content="#!/bin/sh\n", mode=0o755)
    tree(tmp_path, "not-executable", content="#!/bin/sh\n")
    tree(tmp_path, "no-shebang", content="echo\n", mode=0o755)
    tree(tmp_path, "empty", mode=0o755)
    assert found(tmp_path) == ["tool", "tool.rb", "tool.v2"]


def test_the_order_is_by_name_with_a_directory_in_its_place(tmp_path: Path) -> None:
    tree(tmp_path, "b/z.sh", "b.sh", "a.sh", "c.sh", "b-c.sh", "B.sh")
    assert found(tmp_path) == ["B.sh", "a.sh", "b/z.sh", "b-c.sh", "b.sh", "c.sh"]
    paths = discover_scripts(tmp_path)
    assert paths == sorted(paths, key=lambda path: path.parts)


def test_skipped_names_and_directories_are_the_documented_ones(tmp_path: Path) -> None:
    tree(
        tmp_path, "__init__.py", "conftest.py", "setup.py", "noxfile.py", "__main__.py", "_private.py", content="#!x\n"
    )
    tree(tmp_path, "test_a.py", "a_test.py", "test_a.sh", "_private.sh")
    tree(tmp_path, *(f"{name.replace('*', 'x')}/a.sh" for name in SKIP_DIRS), ".hidden/a.sh", "builds/a.sh")
    assert found(tmp_path) == ["_private.sh", "builds/a.sh", "test_a.sh"]
    assert "test_*.py" in SKIP_PATTERNS


def test_a_module_of_a_package_counts_only_if_it_is_a_program(tmp_path: Path) -> None:
    tree(tmp_path, "pkg/__init__.py", "pkg/module.py", "pkg/sub/plain.py", "pkg/run.sh")
    tree(tmp_path, "pkg/guard.py", content='import os\n\nif __name__ == "__main__":\n    pass\n')
    tree(tmp_path, "pkg/guard2.py", content="x = 1\r\nif '__main__' == __name__: pass\r\n")
    tree(tmp_path, "pkg/late.py", content=f"'''{'x' * 100_000}'''\nif (__name__ == '__main__'):\n    pass\n")
    tree(tmp_path, "pkg/shebang.py", content="#!/usr/bin/env python3\n")
    tree(tmp_path, "pkg/indented.py", content='def f():\n    if __name__ == "__main__":\n        pass\n')
    tree(tmp_path, "pkg/quoted.py", content="GUARD = 'if __name__ == \"__main__\":'\n")
    tree(tmp_path, "pkg/executable.py", mode=0o755)
    expected = ["guard.py", "guard2.py", "late.py", "run.sh", "shebang.py", "sub/plain.py"]
    assert found(tmp_path) == [f"pkg/{name}" for name in expected]
    assert found(tmp_path / "pkg") == expected


def test_the_scripts_of_a_skill_are_left_to_the_skill_unless_configured(tmp_path: Path) -> None:
    tree(
        tmp_path,
        "skill/SKILL.md",
        "skill/scripts/a.sh",
        "skill/scripts/x/b.sh",
        "skill/helper.sh",
        "other/scripts/c.sh",
    )
    assert found(tmp_path) == ["other/scripts/c.sh", "skill/helper.sh"]
    everything = ["other/scripts/c.sh", "skill/helper.sh", "skill/scripts/a.sh", "skill/scripts/x/b.sh"]
    assert found(tmp_path, DiscoverySettings(skill_scripts=True)) == everything
    assert found(tmp_path / "skill/scripts") == ["a.sh", "x/b.sh"]


@pytest.mark.parametrize(("max_depth", "count"), [(0, 1), (1, 2), (2, 3), (3, 4), (99, 4), (None, 4)])
def test_max_depth_counts_the_directories_below(tmp_path: Path, max_depth: int | None, count: int) -> None:
    names = ["a.sh", "one/b.sh", "one/two/c.sh", "one/two/three/d.sh"]
    tree(tmp_path, *names)
    assert discover_scripts(tmp_path, max_depth=max_depth) == [tmp_path / name for name in names[:count]]


def test_subdirs_are_the_only_ones_searched_and_are_searched_whatever_their_name(tmp_path: Path) -> None:
    tree(
        tmp_path,
        "top.sh",
        "a/1.sh",
        "a/x/2.sh",
        "ab/3.sh",
        "build/4.sh",
        "build/build/5.sh",
        ".ci/6.sh",
        "b/c/7.sh",
        "b/8.sh",
    )
    assert found(tmp_path, DiscoverySettings(subdirs=("a/", "build", ".ci", "./b/c"))) == [
        ".ci/6.sh", "a/1.sh", "a/x/2.sh", "b/c/7.sh", "build/4.sh",
    ]  # fmt: skip
    assert discover_scripts(tmp_path, subdirs=["a"], max_depth=1) == [tmp_path / "a/1.sh"]
    assert discover_scripts(tmp_path, subdirs="ab") == [tmp_path / "ab/3.sh"]
    assert len(discover_scripts(tmp_path, subdirs=["."])) == 6


def test_a_skills_scripts_asked_for_by_name_are_searched(tmp_path: Path) -> None:
    tree(tmp_path, "SKILL.md", "scripts/a.sh")
    assert discover_scripts(tmp_path) == []
    assert discover_scripts(tmp_path, subdirs=["scripts"]) == [tmp_path / "scripts/a.sh"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.sh", ["a.sh", "sub/a.sh", "sub/x/b.sh"]),
        ("a.*", ["a.sh", "sub/a.py", "sub/a.sh"]),
        ("sub/*", ["sub/a.py", "sub/a.sh"]),
        ("sub/**/*.sh", ["sub/a.sh", "sub/x/b.sh"]),
        ("./*", ["a.sh"]),
        ("nothing", []),
        ("", []),
    ],
)
def test_a_pattern_is_a_glob_on_the_name_or_with_a_slash_on_the_relative_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, expected: list[str]
) -> None:
    tree(tmp_path, "a.sh", "sub/a.py", "sub/a.sh", "sub/x/b.sh")
    assert discover_scripts(tmp_path, pattern=pattern) == [tmp_path / name for name in expected]
    monkeypatch.chdir(tmp_path)
    assert discover_scripts(".", pattern=pattern) == [Path(name) for name in expected]
    assert discover_scripts("./", pattern=pattern) == [Path(name) for name in expected]


def test_include_and_exclude_are_globs_relative_to_the_directory(tmp_path: Path) -> None:
    tree(tmp_path, "a.sh", "ops/a.sh", "ops/old/b.sh", "old/c.sh", "lib/ops/d.sh", "lib/e.sh")
    assert found(tmp_path, DiscoverySettings(include=("./ops", "lib/*.sh"))) == ["lib/e.sh", "ops/a.sh", "ops/old/b.sh"]
    assert found(tmp_path, DiscoverySettings(exclude=("old", "lib/**"))) == ["a.sh", "ops/a.sh"]
    assert found(tmp_path, DiscoverySettings(include=("ops",), exclude=("a.sh",))) == ["lib/ops/d.sh", "ops/old/b.sh"]


def test_other_extensions_can_be_allowed(tmp_path: Path) -> None:
    tree(tmp_path, "a.js", "b.sh")
    tree(tmp_path, "c.sh", content="#!/bin/sh\n", mode=0o755)
    assert found(tmp_path, DiscoverySettings(allowed_extensions=(".js",))) == ["a.js", "c.sh"]


def test_what_is_no_regular_file_is_never_opened(tmp_path: Path) -> None:
    for name in ("pipe.sh", "pipe.py", "pipe"):
        os.mkfifo(tmp_path / name, 0o777)
    tree(tmp_path, "__init__.py", "dir.sh/", "real.sh")
    (tmp_path / "broken.sh").symlink_to("nowhere")
    (tmp_path / "linked.sh").symlink_to("real.sh")
    (tmp_path / "to-pipe.sh").symlink_to("pipe")
    (tmp_path / "self.sh").symlink_to("self.sh")
    assert found(tmp_path) == ["linked.sh", "real.sh"]


def test_odd_names_are_found_as_they_are(tmp_path: Path) -> None:
    names = sorted(
        os.fsdecode(name) for name in (b" .sh", b"-rf.sh", b"a\nb.sh", b"[x].sh", b"a::b.sh", b"\xff\x1b.sh")
    )
    tree(tmp_path, *names)
    assert found(tmp_path) == names
    assert [path.name for path in discover_scripts(tmp_path, pattern="*.sh")] == names


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        ({"loop": "."}, ["a.sh", "d/b.sh", "d/e/c.sh"]),
        ({"d/up": ".."}, ["a.sh", "d/b.sh", "d/e/c.sh"]),
        ({"d/up": "../.."}, ["a.sh", "d/b.sh", "d/e/c.sh"]),
        ({"d/e/up": ".."}, ["a.sh", "d/b.sh", "d/e/c.sh"]),
        ({"again": "d"}, ["a.sh", "d/b.sh", "d/e/c.sh"]),
        ({"again": "again"}, ["a.sh", "d/b.sh", "d/e/c.sh"]),
        ({"z": "../out", "y": "../out"}, ["a.sh", "d/b.sh", "d/e/c.sh", "y/in/p.sh", "y/o.sh"]),
        ({"d/y": "../../out", "z": "../out"}, ["a.sh", "d/b.sh", "d/e/c.sh", "z/in/p.sh", "z/o.sh"]),
        ({"y": "../out/in", "z": "../out"}, ["a.sh", "d/b.sh", "d/e/c.sh", "y/p.sh", "z/o.sh"]),
        ({"y": "../out", "z": "../out/in"}, ["a.sh", "d/b.sh", "d/e/c.sh", "y/in/p.sh", "y/o.sh"]),
        ({"y": "../out", "../out/in/up": "..", "../out/in/d": "../../base/d"},
         ["a.sh", "d/b.sh", "d/e/c.sh", "y/in/p.sh", "y/o.sh"]),
        ({"y": "../out", "../out/back": "../base"}, ["a.sh", "d/b.sh", "d/e/c.sh", "y/in/p.sh", "y/o.sh"]),
        ({"hidden": ".git", "build": "../out"}, ["a.sh", "d/b.sh", "d/e/c.sh", "hidden/g.sh"]),
    ],
)  # fmt: skip
def test_every_directory_is_searched_once_however_many_links_lead_to_it(
    tmp_path: Path, links: dict[str, str], expected: list[str]
) -> None:
    base = tree(tmp_path / "base", "a.sh", "d/b.sh", "d/e/c.sh", ".git/g.sh")
    tree(tmp_path / "out", "o.sh", "in/p.sh")
    for link, target in links.items():
        (base / link).symlink_to(target)
    assert found(base) == expected


def test_a_directory_reached_through_a_link_is_searched_by_the_links_name(tmp_path: Path) -> None:
    tree(tmp_path / "real", "a.sh", "sub/b.sh")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "real/sub/back").symlink_to("..")
    assert discover_scripts(tmp_path / "link") == [tmp_path / "link/a.sh", tmp_path / "link/sub/b.sh"]


def test_a_link_is_entered_when_its_directory_lies_too_deep(tmp_path: Path) -> None:
    tree(tmp_path, "one/two/three/a.sh")
    (tmp_path / "near").symlink_to("one/two/three")
    assert found(tmp_path, DiscoverySettings(max_depth=1)) == ["near/a.sh"]
    assert found(tmp_path) == ["one/two/three/a.sh"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gone", r"the scripts directory '.*/gone' does not exist: name one that does"),
        ("a.sh", r"'.*/a\.sh' is a file: name the directory that holds it"),
        ("a\nb", r"the scripts directory '.*/a\\x0ab' does not exist"),
        ("nul\0", r"the scripts directory '.*/nul\\x00' cannot be read: its path has a NUL character"),
    ],
)
def test_a_directory_that_cannot_be_searched_is_an_error_that_names_it(
    tmp_path: Path, name: str, expected: str
) -> None:
    tree(tmp_path, "a.sh")
    with pytest.raises(DiscoveryError, match=expected):
        discover_scripts(os.path.join(tmp_path, name))
    with pytest.raises(DiscoveryError, match=expected):
        walk(os.path.join(tmp_path, name))


def test_a_mistyped_sub_directory_is_an_error_that_names_those_there_are(tmp_path: Path) -> None:
    tree(tmp_path, "ops/a.sh", "lib/b.sh", "file")
    with pytest.raises(DiscoveryError, match=r"no sub-directory 'opps', 'file' in '.*': it has lib, ops"):
        discover_scripts(tmp_path, subdirs=["ops", "opps", "file"])
    with pytest.raises(DiscoveryError, match="it has none"):
        discover_scripts(tmp_path / "ops", subdirs=["x"])


@pytest.mark.parametrize("name", ["/abs", "..", "a/../../b"])
def test_a_sub_directory_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DiscoveryError, match="give a path relative to the scripts directory"):
        discover_scripts(tmp_path, subdirs=[name])


def test_a_negative_depth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DiscoveryError, match="max_depth is -1: give 0"):
        discover_scripts(tmp_path, max_depth=-1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_directory_that_cannot_be_read_is_a_warning_and_an_unreadable_script_still_counts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tree(tmp_path, "locked/a.sh", "z.sh", "__init__.py", "module.py")
    tree(tmp_path, "tool", content="#!/bin/sh\n", mode=0o111)
    for name in ("z.sh", "module.py", "locked"):
        (tmp_path / name).chmod(0)
    try:
        assert found(tmp_path) == ["module.py", "z.sh"]
    finally:
        (tmp_path / "locked").chmod(0o755)
    assert [record.getMessage() for record in caplog.records] == [
        f"not searched for scripts: {tmp_path}/locked: Permission denied"
    ]


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A chain of 2100 directories, whose end is beyond the longest path that the system takes."""
    descriptors = [os.open(tmp_path, os.O_RDONLY)]
    for level in range(2100):
        os.mkdir("d", dir_fd=descriptors[-1])
        descriptors.append(os.open("d", os.O_RDONLY, dir_fd=descriptors[-1]))
        if level in (1000, 1900):
            os.close(os.open("a.sh", os.O_CREAT, dir_fd=descriptors[-1]))
        os.close(descriptors.pop(0))
    (bottom,) = descriptors
    yield tmp_path
    for level in reversed(range(2100)):
        if level in (1000, 1900):
            os.unlink("a.sh", dir_fd=bottom)
        above = os.open("..", os.O_RDONLY, dir_fd=bottom)
        os.close(bottom)
        os.rmdir("d", dir_fd=above)
        bottom = above
    os.close(bottom)


def test_two_thousand_nested_directories_are_searched_and_what_is_too_deep_is_a_problem(
    deep: Path, caplog: pytest.LogCaptureFixture
) -> None:
    problems: list[tuple[str, str]] = []
    paths = list(walk(str(deep), on_problem=lambda path, reason: problems.append((path, reason))))
    assert [path.count("/d") for path in paths] == [str(deep).count("/d") + depth for depth in (1001, 1901)]
    ((path, reason),) = problems
    assert len(path) > 4000
    assert reason == "File name too long"
    with caplog.at_level(logging.WARNING, "pytest_orchestrator.discovery"):
        assert discover_scripts(deep) == [Path(path) for path in paths]
    (message,) = caplog.messages
    assert message.endswith("/d: File name too long")
