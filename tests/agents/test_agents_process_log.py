"""The log of a process holds every byte, whatever came and however it was cut; its reader of plain text is bounded."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from misbehaving_agents import logged

from pytest_orchestrator.agents import log as log_module
from pytest_orchestrator.agents import plain_stream
from pytest_orchestrator.agents.console import MAX_LINES, MAX_WIDTH, show
from pytest_orchestrator.agents.log import ProcessLog, file_name
from pytest_orchestrator.agents.plain_stream import PlainParser
from pytest_orchestrator.agents.tool_lines import printable
from pytest_orchestrator.process.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Sequence

SECRET = "hunter-two-and-a-half"
REDACTOR = Redactor(("*PASSWORD*",), {"MY_PASSWORD": SECRET})
LINES = st.lists(
    st.sampled_from([b"", b"a", b"\n", b"\r", b"\r\n", b"\\", b"\\n", b"\xff", b"\0", b"xyz" * 9, b"\n\n\n\n"])
)


def write(path: Path, pieces: Sequence[bytes]) -> None:
    path.touch()
    log = ProcessLog(path, REDACTOR)
    for piece in pieces:
        log.output(piece, b"")
    log.result("{}")
    log.close()


@settings(max_examples=150, deadline=None)
@given(LINES, st.integers(8, 40), st.integers(1, 6))
def test_all_output_can_be_read_out_of_a_log(pieces: list[bytes], most: int, many: int) -> None:
    with TemporaryDirectory() as directory, patch.multiple(log_module, MAX_PIECE=most, MANY=many):
        path = Path(directory) / "log"
        write(path, pieces)
        assert logged(path)[0] == b"".join(pieces).removesuffix(b"\n")
        assert path.read_bytes().endswith(b" end {}\n")


@pytest.mark.parametrize("cut", range(1, len(SECRET), 5))
def test_a_secret_is_found_wherever_output_is_cut(tmp_path: Path, cut: int) -> None:
    text = f"before {SECRET} after\n".encode() + b"x" * 30 + SECRET.encode() + b"y" * 30
    with patch.multiple(log_module, MAX_PIECE=40):
        write(tmp_path / "log", [text[: 7 + cut], text[7 + cut : 60], text[60:]])
    assert SECRET.encode() not in (tmp_path / "log").read_bytes().replace(b"\n", b"")
    assert logged(tmp_path / "log")[0].count(b"[redacted]") == 2


def test_many_short_lines_take_little_more_room_than_they_have(tmp_path: Path) -> None:
    pieces = [b"y\n" * 60_000] * 3
    write(tmp_path / "log", pieces)
    assert (tmp_path / "log").stat().st_size < 1.6 * len(b"".join(pieces))
    assert logged(tmp_path / "log")[0] == b"".join(pieces).removesuffix(b"\n")


def test_a_full_disk_costs_the_log_and_not_the_run(caplog: pytest.LogCaptureFixture) -> None:
    log = ProcessLog(Path("/dev/full"), REDACTOR)
    for _ in range(3):
        log.output(b"said\n", b"")
    log.close()
    assert caplog.messages == ["the log '/dev/full' is not complete: No space left on device"]


def test_names_of_files_are_harmless_and_differ() -> None:
    names = [
        "a",
        "A",
        "../a",
        "/a",
        "a/",
        "a b",
        "a_b",
        ".",
        "..",
        "ä",
        "ä/../b",
        ".b",
        "\0",
        "x" * 500,
        "x" * 501,
        "-rf",
    ]
    made = [file_name(name) for name in names]
    assert len(set(made)) == len(names)
    assert all(name and "/" not in name and not name.startswith(".") and len(name) < 120 for name in made)


@settings(max_examples=150, deadline=None)
@given(LINES, st.integers(1, 5))
def test_plain_text_is_the_same_however_it_is_cut(pieces: list[bytes], many: int) -> None:
    whole = b"".join(pieces)
    with patch.object(plain_stream, "MANY", many):
        parser, one = PlainParser("x"), PlainParser("x")
        shown = [event.text for piece in pieces for event in parser.feed(piece)]
        shown += [event.text for event in parser.close()]
        one.feed(whole)
        one.close()
    assert parser.text == one.text == whole.decode("utf-8", "backslashreplace")
    assert "\n".join(shown) == printable(parser.text.removesuffix("\n"))


def test_plain_text_without_end_takes_bounded_memory() -> None:
    parser = PlainParser("x")
    for piece in (b"x" * 100_000, "é".encode() * 50_000, b"y\n" * 50_000):
        for _ in range(60):
            parser.feed(piece)
    assert len(parser.text) < plain_stream.MAX_TEXT + 100
    assert "characters left out]" in parser.text
    assert parser.text.startswith("x")
    assert parser.text.endswith("y\n")


def test_what_nobody_could_read_is_cut_where_it_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show("a", "first\n" + "more\n" * 10_000 + "x" * (MAX_WIDTH + 5))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == MAX_LINES + 1
    assert lines[0] == "[a] first"
    assert f"[a] [{10_002 - MAX_LINES} lines left out; they are in the log]" in lines
    assert lines[-1].endswith("x [5 characters left out; they are in the log]")
