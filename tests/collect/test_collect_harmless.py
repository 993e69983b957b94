"""Output in the terminal does nothing to the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_orchestrator.collect.harmless import harmless_line, harmless_text

if TYPE_CHECKING:
    from orchestrated import Project

EVIL = r"printf 'before\033]0;title\007\033[2J\033[31mred\033[0m\n'"


def test_colours_stay_and_end_with_their_line() -> None:
    line = "\x1b[1;31mbold\x1b[m \x1b[38;5;208morange\x1b[48;2;1;2;3m"
    assert harmless_line(line) == f"{line}\x1b[0m"


@pytest.mark.parametrize(
    ("sequence", "shown"),
    [
        ("\x1b]0;t\x07", r"\x1b]0;t\x07"), ("\x1b[2J", r"\x1b[2J"), ("\x1b[8m", r"\x1b[8m"), ("\x1b[5m", r"\x1b[5m"),
        ("\x1b[31;8m", r"\x1b[31;8m"), ("\x9b2J", r"\x9b2J"), ("\x08", r"\x08"), ("\x1bc", r"\x1bc"),
        ("\u202e", r"\u202e"),
    ],
)  # fmt: skip
def test_anything_else_that_a_terminal_obeys_is_shown_by_its_number(sequence: str, shown: str) -> None:
    assert harmless_line(f"a{sequence}b") == f"a{shown}b"


def test_plain_text_stays_as_it_is() -> None:
    text = "one\ttab\n\nünï 漢字\n"
    assert harmless_text(text) == text


@pytest.mark.parametrize("end", ["exit 1", "exit 0"], ids=["failure", "pass with -rA"])
def test_control_sequences_of_a_script_do_not_reach_the_terminal(project: Project, end: str) -> None:
    project.file("scripts/a.sh", f"{EVIL}\n{end}\n")
    out = project.run("-rA").out
    assert r"before\x1b]0;title\x07\x1b[2J" in out
    assert "\x07" not in out
    assert "\x1b[2J" not in out
    assert "\x1b[31mred\x1b[0m" in out
