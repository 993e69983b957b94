"""What ``expect:`` holds against a script, in words that say what was found."""

from __future__ import annotations

import os
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from script_runs import outcome

from pytest_orchestrator.config.settings import Expectation, OutputExpectation
from pytest_orchestrator.process.command import Capture
from pytest_orchestrator.scripts.expect import unmet_expectations, whole_text

if TYPE_CHECKING:
    from pathlib import Path


def compiled(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.MULTILINE) for pattern in patterns)


@pytest.mark.parametrize(
    ("expected", "text", "failures"),
    [
        ({}, b"anything", ()),
        ({"equals": "hello"}, b"hello\n", ()),
        ({"equals": "hello\n"}, b"hello", ()),
        ({"equals": "hello"}, b"hello\n\n", ("stdout is 'hello\\n\\n', expected exactly 'hello'",)),
        ({"equals": ""}, b"", ()),
        ({"contains": ("a", "b")}, b"xbx", ("stdout does not contain 'a'",)),
        ({"not_contains": ("a", "b")}, b"xbx", ("stdout contains 'b', which it must not",)),
        ({"matches": compiled(r"^done$")}, b"one\ndone\ntwo", ()),
        ({"matches": compiled(r"^done$")}, b"done.", ("stdout does not match the regular expression '^done$'",)),
        (
            {"not_matches": compiled(r"err\w+")},
            b"an error!",
            ("stdout matches 'err\\\\w+' with 'error', which it must not",),
        ),
        ({"contains": ("\\xff",)}, b"\xff", ()),
    ],
)
def test_output_is_checked(expected: dict[str, Any], text: bytes, failures: tuple[str, ...], tmp_path: Path) -> None:
    expect = Expectation(stdout=OutputExpectation(**expected))
    assert unmet_expectations(expect, outcome(0, text), str(tmp_path)) == failures


def test_stderr_is_checked_apart(tmp_path: Path) -> None:
    expect = Expectation(stderr=OutputExpectation(contains=("oops",)), stdout=OutputExpectation(not_contains=("oops",)))
    assert unmet_expectations(expect, outcome(0, b"", b"oops"), str(tmp_path)) == ()
    assert len(unmet_expectations(expect, outcome(0, b"oops", b""), str(tmp_path))) == 2


def test_long_texts_are_quoted_shortly(tmp_path: Path) -> None:
    expect = Expectation(stdout=OutputExpectation(equals="x"))
    (failure,) = unmet_expectations(expect, outcome(0, b"y" * 1000), str(tmp_path))
    assert len(failure) < 300


def test_what_is_only_in_the_file_of_long_output_counts(tmp_path: Path) -> None:
    (tmp_path / "all").write_bytes(b"head middle tail")
    kept = Capture(b"head", b"tail", 16, os.fsencode(tmp_path / "all"))
    assert whole_text(kept) == "head middle tail"
    assert whole_text(Capture(b"head", b"tail", 16, None)) == "headtail"
    expect = Expectation(stdout=OutputExpectation(contains=("middle",)))
    assert unmet_expectations(expect, replace(outcome(0), stdout=kept), str(tmp_path)) == ()


def test_files_must_be_made_or_changed_by_the_run(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "new.txt").write_text("")
    (tmp_path / "sub" / "new.log").write_text("")
    (tmp_path / "old.txt").write_text("")
    os.utime(tmp_path / "old.txt", (1.0, 1.0))
    (tmp_path / "dangling").symlink_to("nowhere")
    expect = Expectation(
        files=("new.txt", "sub/*.log", "**/*.log", str(tmp_path / "new.txt"), "*.txt", "old.txt", "none", "dangling")
    )
    run = outcome(0, started=time.time() - 5)
    assert unmet_expectations(expect, run, str(tmp_path)) == (
        "file 'old.txt' was there before and was not changed",
        f"file 'none' was not created in {tmp_path}",
        f"file 'dangling' was not created in {tmp_path}",
    )


def test_a_directory_with_odd_characters_is_no_pattern(tmp_path: Path) -> None:
    odd = tmp_path / "a[b]*"
    odd.mkdir()
    (odd / "made").write_text("")
    assert unmet_expectations(Expectation(files=("made",)), outcome(0, started=1.0), str(odd)) == ()


def test_absolute_files_count_wherever_the_script_ran(tmp_path: Path) -> None:
    (tmp_path / "made").write_text("")
    expect = Expectation(files=(str(tmp_path / "made"), "relative"))
    failures = unmet_expectations(expect, outcome(0, started=1.0), None)
    assert failures == ("file 'relative' was not created in the temporary directory, where nothing was",)


def test_duration_has_bounds(tmp_path: Path) -> None:
    run = outcome(0)
    assert unmet_expectations(Expectation(max_duration=1.0, min_duration=1.0), run, str(tmp_path)) == ()
    assert unmet_expectations(Expectation(max_duration=0.5, min_duration=2.0), run, str(tmp_path)) == (
        "took 1.00 s, expected at most 0.5 s",
        "took 1.00 s, expected at least 2 s",
    )
