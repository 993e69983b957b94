"""Paths and globs of a configuration file."""

from __future__ import annotations

import pytest

from pytest_orchestrator.config.path_table import PathTable, path_pattern


@pytest.mark.parametrize(
    ("written", "matching", "other"),
    [
        ("a.sh", ["a.sh"], ["x/a.sh", "a_sh", "a.sh.old"]),
        ("./a.sh", ["a.sh"], ["x/a.sh"]),
        ("x//a.sh", ["x/a.sh"], ["a.sh"]),
        ("*.sh", ["a.sh", "x/a.sh", "x/y/.sh"], ["a.sh/b", "a.py"]),
        ("./*.sh", ["a.sh"], ["x/a.sh"]),
        ("x/*.sh", ["x/a.sh"], ["a.sh", "x/y/a.sh", "z/x/a.sh"]),
        ("**/a.sh", ["a.sh", "x/a.sh", "x/y/a.sh"], ["ba.sh"]),
        ("x/**", ["x/a", "x/y/z"], ["x", "xy/a"]),
        ("x/", ["x/a", "x/y/z"], ["x", "z/x/a"]),
        ("x/**/a.sh", ["x/a.sh", "x/y/z/a.sh"], ["a.sh"]),
        ("**", ["a", "x/a"], []),
        ("?.sh", ["a.sh", "x/é.sh", "?.sh"], ["ab.sh", ".sh"]),
        ("[ab].sh", ["a.sh", "b.sh"], ["c.sh"]),
        ("[!ab].sh", ["c.sh"], ["a.sh"]),
        ("x[!a]y", ["xby"], ["x/y", "xay"]),
        ("a\\x5b1\\x5d.sh", ["a[1].sh"], ["a1.sh"]),
        ("*\\x2a.sh", ["a*.sh", "*.sh"], ["a.sh"]),
        ("a\\xff.sh", ["a\udcff.sh"], ["a.sh"]),
        ("a[1].sh", ["a1.sh", "a[1].sh"], ["a.sh"]),
        ("{a,b}.sh", ["{a,b}.sh"], ["a.sh"]),
    ],
)
def test_what_a_path_or_glob_matches(written: str, matching: list[str], other: list[str]) -> None:
    table = PathTable([path_pattern(written)])
    assert [path for path in matching if table.find(path) != (0,)] == []
    assert [path for path in other if table.find(path) != ()] == []


def test_an_exact_path_beats_a_glob_and_a_later_glob_an_earlier_one() -> None:
    table = PathTable([path_pattern(written) for written in ("x/a.sh", "*.sh", "x/*", "y/*", "**")])
    assert table.find("x/a.sh") == (1, 2, 4, 0)
    assert table.find("b.sh") == (1, 4)


def test_a_literal_name_beats_the_glob_that_looks_like_it() -> None:
    assert PathTable([path_pattern(written) for written in ("a\\x5b1\\x5d.sh", "a[1].sh")]).find("a[1].sh") == (0,)


@pytest.mark.parametrize("written", ["x/", "./*.sh", "*.sh", "a.sh", "x/**/y", "a\\x5b1\\x5d.sh"])
def test_the_short_form_of_a_path_stands_for_the_same(written: str) -> None:
    pattern = path_pattern(written)
    assert path_pattern(pattern.text) == pattern


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("", "is empty"),
        ("/a.sh", "is absolute"),
        ("../a.sh", "leaves the directory"),
        ("a/../b.sh", "leaves the directory"),
        (".", "names the directory itself"),
        ("./", "names the directory itself"),
        ("a\\b", "holds a backslash"),
        ("\\*.sh", "holds a backslash"),
        ("a\\x4", "holds a backslash"),
        ("a\0", "holds a NUL"),
    ],
)
def test_a_path_that_cannot_be_meant_is_refused(written: str, problem: str) -> None:
    with pytest.raises(ValueError, match=f"^{problem}.*; "):
        path_pattern(written)
