"""Any text inside Markdown stays text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_orchestrator.reports.amounts import format_duration, format_number, format_size, plural
from pytest_orchestrator.reports.quoting import cell, clean, code, fence, last_lines, one_line, shorten

_HOSTILE = st.text(
    alphabet=st.one_of(st.sampled_from("`|\\<>&\n\r\t \x1b[]*_#~$@"), st.characters(exclude_categories=())), max_size=60
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x07", "link"),
        ("\x1bPq#0\x1b\\sixel", "sixel"),
        ("a\x9b2Kb", "ab"),
        ("10%\r20%\r\ndone\r", "10%\n20%\ndone\n"),
        ("bell\x07 nul\0 back\x08", r"bell\x07 nul\x00 back\x08"),
        ("\u202etxt.exe\ufeff", r"\u202etxt.exe\ufeff"),
        ("byte \udcff", r"byte \xff"),
        ("tab\tstays, ünïcode 日本 stays", "tab\tstays, ünïcode 日本 stays"),
        ("\x1b", r"\x1b"),
    ],
)
def test_terminal_codes_go_and_control_characters_are_shown(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(_HOSTILE)
def test_clean_text_can_be_written_and_holds_no_control_character(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", cleaned)
    assert clean(cleaned) == cleaned


@given(_HOSTILE)
def test_a_code_span_closes_where_it_should(text: str) -> None:
    span = code(text)
    assert "\n" not in span
    ticks = re.match("`*", span)
    assert ticks is not None
    if ticks.group():
        inner = span[len(ticks.group()) : -len(ticks.group())]
        assert span.endswith(ticks.group())
        assert ticks.group() not in inner
    else:
        assert span == "(empty)"


@given(_HOSTILE)
def test_a_table_cell_never_holds_a_bare_pipe(text: str) -> None:
    assert "|" not in cell(text)
    assert "\n" not in cell(text)


@given(_HOSTILE)
def test_a_fence_is_longer_than_any_run_of_backticks_inside(text: str) -> None:
    lines = fence(clean(text)).splitlines()
    ticks = lines[0].removesuffix("text")
    assert set(ticks) == {"`"}
    assert lines[-1] == ticks
    assert not any(ticks in line for line in lines[1:-1])


def test_a_long_text_is_cut_in_its_middle() -> None:
    assert shorten("abcdefghij", 5) == "ab…ij"
    assert one_line("a" * 10_000 + "b" * 10_000, 9) == "aaaa…bbbb"
    assert one_line(" two\nlines\t") == r"two\nlines"


def test_the_last_lines_say_that_others_were_left_out() -> None:
    assert last_lines("a\nb\nc\n", 2, 100) == "…\nb\nc"
    assert last_lines("a\nb\n\n", 2, 100) == "a\nb"
    assert last_lines("x" * 50, 2, 10) == "…" + "x" * 10
    assert len(last_lines("\0" * 5000 + "\n" + "y" * 3000, 5, 4000)) <= 2005


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0034, "3.4 ms"),
        (0.25, "250 ms"),
        (0.9999, "1.00 s"),
        (3.219, "3.22 s"),
        (59.999, "1 min 0 s"),
        (123.4, "2 min 3 s"),
        (4801, "1 h 20 min"),
    ],
)
def test_durations_read_well(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_sizes_numbers_and_nouns_read_well() -> None:
    assert [format_size(size) for size in (1, 1536, 50 * 1024**2, 3 * 1024**3)] == [
        "1 byte",
        "1.5 KiB",
        "50.0 MiB",
        "3.0 GiB",
    ]
    assert [format_number(value) for value in (2.0, 0.5, 10**400 // 10**399, "x")] == ["2", "0.5", "10", "x"]
    assert format_number(10**400).startswith("1000")
    assert [plural(1, "process", "processes"), plural(2, "item")] == ["1 process", "2 items"]
