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
from pytest_orchestrator.scripts.expect import unmet_expectations
from pytest_orchestrator.scripts.windows import OVERLAP, WINDOW, whole_text, windows

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_orchestrator.process.command import Outcome


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
    assert whole_text(kept, 16) == "head middle tail"
    assert whole_text(kept, 15) is None
    expect = Expectation(stdout=OutputExpectation(contains=("middle",)))
    assert unmet_expectations(expect, replace(outcome(0), stdout=kept), str(tmp_path)) == ()


def long_output(path: Path, *parts: bytes) -> Outcome:
    """Return the outcome of a script that wrote so much that only its file has it all."""
    with path.open("wb") as file:
        file.writelines(parts)
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(1000)
        file.seek(size - 1000)
        return replace(outcome(0), stdout=Capture(head, file.read(), size, os.fsencode(path)))


LINE = b"0123456789abcde\n"
FILLING = LINE * (WINDOW // len(LINE))


@pytest.mark.parametrize("shift", range(-3, 4))
def test_what_lies_across_two_windows_of_long_output_is_found(shift: int, tmp_path: Path) -> None:
    found = long_output(tmp_path / "all", b"x" * (WINDOW + shift - 5), "<näht>\n".encode(), FILLING)
    checks = OutputExpectation(
        contains=("<näht>",),
        matches=compiled(r"x<n\wht>$", r"(?<=xx)<n"),
        not_contains=("nicht",),
        not_matches=compiled("y$"),
    )
    assert unmet_expectations(Expectation(stdout=checks), found, str(tmp_path)) == ()


def test_the_start_and_end_of_a_window_are_not_those_of_the_output(tmp_path: Path) -> None:
    found = long_output(tmp_path / "all", b"first\n", FILLING, FILLING, FILLING, b"last")
    checks = OutputExpectation(
        matches=compiled(r"\Afirst\n", r"last\Z", r"^last$", r"\A(.*\n){21}"),
        not_matches=compiled(r"\A[^f]", r"[^t]\Z", r"^[^0fl]", r"[^et]$"),
    )
    assert unmet_expectations(Expectation(stdout=checks), found, str(tmp_path)) == ()
    texts = [window.text for window in windows(found.stdout)]
    assert len(texts) == 4
    assert max(map(len, texts)) < WINDOW + OVERLAP * 1.1


def test_characters_cut_by_a_window_and_bytes_that_are_no_text_are_read_as_in_the_result(tmp_path: Path) -> None:
    found = long_output(tmp_path / "all", b"a", "\N{GRINNING FACE}".encode() * (WINDOW // 4 + 8), b"\xff\xfe done\n")
    checks = OutputExpectation(
        matches=compiled("\N{GRINNING FACE}{20}" + r"\\xff\\xfe done$"), not_contains=("\\xf0", "\\x9f")
    )
    assert unmet_expectations(Expectation(stdout=checks), found, str(tmp_path)) == ()


def test_what_must_not_be_in_long_output_is_found_wherever_it_is(tmp_path: Path) -> None:
    found = long_output(tmp_path / "all", FILLING, FILLING, b"an error\n", FILLING)
    checks = OutputExpectation(not_contains=("error",), not_matches=compiled(r"^an \w+$"), equals="0123")
    assert unmet_expectations(Expectation(stdout=checks), found, str(tmp_path)) == (
        f"stdout is {(FILLING[:199].decode() + '…')!r}, expected exactly '0123'",
        "stdout contains 'error', which it must not",
        "stdout matches '^an \\\\w+$' with 'an error', which it must not",
    )


def test_long_output_whose_file_somebody_removed_is_checked_as_far_as_it_is_known(tmp_path: Path) -> None:
    gone = replace(outcome(0), stdout=Capture(b"one head", b"tail two", 9000, os.fsencode(tmp_path / "gone")))
    checks = OutputExpectation(contains=("head", "tail"), not_contains=("headtail",), not_matches=compiled(r"\Atail"))
    assert unmet_expectations(Expectation(stdout=checks), gone, str(tmp_path)) == ()


def test_files_may_be_absolute_or_outside_of_the_working_directory(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "out.txt").write_text("")
    expect = Expectation(files=("../out.txt", str(tmp_path / "*.txt"), "../none", str(tmp_path / "none")))
    assert unmet_expectations(expect, outcome(0), str(tmp_path / "sub")) == (
        f"file '../none' was not created in {tmp_path / 'sub'}",
        f"file {str(tmp_path / 'none')!r} was not created",
    )


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
