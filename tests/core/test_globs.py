"""Globs on names and relative paths."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_orchestrator.core.globs import compile_name_globs, compile_path_globs

# The machine may be busy: an example that takes long proves nothing.
PATIENT = settings(deadline=None)


def matches(glob: str, path: str, *, below: bool = False) -> bool:
    pattern = compile_path_globs([glob], below=below)
    return pattern is not None and pattern.match(path) is not None


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("*.py", "a.py", True),
        ("*.py", "deep/er/a.py", True),
        ("*.py", "a.pyc", False),
        ("./*.py", "a.py", True),
        ("/*.py", "a.py", True),
        ("./*.py", "deep/a.py", False),
        ("sub/*.py", "sub/a.py", True),
        ("sub/*.py", "sub/x/a.py", False),
        ("sub/*.py", "x/sub/a.py", False),
        ("**/*.py", "a.py", True),
        ("**/*.py", "x/y/a.py", True),
        ("sub/**", "sub/x/a.py", True),
        ("sub/**", "sub", False),
        ("sub/**/a.py", "sub/a.py", True),
        ("sub/**/a.py", "sub/x/y/a.py", True),
        ("sub/**/a.py", "sub/x/ya.py", False),
        ("**", "x/y", True),
        ("a**b", "a-b", True),
        ("a**/b", "ax/y/b", False),
        ("sub/", "sub", True),
        ("x//y", "x/y", True),
        ("a?.sh", "ab.sh", True),
        ("a?sh", "a/sh", False),
        ("a[b-d].sh", "ac.sh", True),
        ("a[!b-d].sh", "ac.sh", False),
        ("a[!b-d].sh", "ae.sh", True),
        ("x/a[!b]c", "x/a/c", False),
        ("a[]].sh", "a].sh", True),
        ("a[[]1].sh", "a[1].sh", True),
        ("a[1.sh", "a[1.sh", True),
        ("a.sh", "aXsh", False),
        ("*.sh", "a\nb\udcff.sh", True),
        ("*.sh", "a.sh\n", False),
        ("", "a", False),
        (".", "a", False),
    ],
)
def test_a_glob_matches_a_name_anywhere_or_with_a_slash_the_whole_path(glob: str, path: str, expected: bool) -> None:
    assert matches(glob, path) is expected


def test_below_takes_everything_under_a_match() -> None:
    assert matches("ops", "ops/deep/a.sh", below=True)
    assert matches("ops/*", "ops/deep/a.sh", below=True)
    assert not matches("ops", "opsy/a.sh", below=True)
    assert not matches("ops/deep", "ops/a.sh", below=True)


def test_several_globs_are_alternatives_and_none_is_no_pattern() -> None:
    pattern = compile_path_globs(["a", "b/c"])
    assert pattern is not None
    assert [path for path in ("a", "b", "b/c", "x/a", "x/b/c") if pattern.match(path)] == ["a", "b/c", "x/a"]
    assert compile_path_globs([]) is None
    assert compile_name_globs([]) is None


ALPHABET = "ab*?[]!-^\\.\n\udcff"


@PATIENT
@given(st.lists(st.text(ALPHABET, max_size=8), min_size=1, max_size=3), st.text(ALPHABET, max_size=8))
def test_name_globs_agree_with_fnmatch(globs: list[str], name: str) -> None:
    pattern = compile_name_globs(globs)
    assert pattern is not None
    assert bool(pattern.match(name)) == any(fnmatchcase(name, glob) for glob in globs)


@PATIENT
@given(st.text(ALPHABET, min_size=1, max_size=8), st.text(ALPHABET, min_size=1, max_size=8))
def test_a_path_glob_without_a_slash_agrees_with_fnmatch_on_the_last_component(glob: str, name: str) -> None:
    if glob.strip(".") and "**" not in glob:
        assert matches(glob, name) == fnmatchcase(name, glob)
        assert matches(glob, "some/where/" + name) == fnmatchcase(name, glob)


@PATIENT
@given(st.text(ALPHABET + "/", max_size=12))
def test_any_text_is_a_glob(glob: str) -> None:
    assert isinstance(compile_path_globs([glob]), re.Pattern)


def test_a_glob_with_many_stars_gives_its_answer_without_trying_every_way() -> None:
    """Twenty stars in a naive translation take longer than anybody waits; the suite's own time limit would end it."""
    pattern = compile_path_globs(["*a" * 20 + "*b"])
    assert pattern is not None
    assert pattern.match("a" * 200) is None
    assert pattern.match("a" * 200 + "b") is not None
