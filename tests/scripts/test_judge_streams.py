"""Output in a result: bounded, without secrets, its gap stated, the whole in a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_orchestrator.process.command import Capture
from pytest_orchestrator.process.redaction import Redactor
from pytest_orchestrator.process.supervisor.slots import HEAD, TAIL
from pytest_orchestrator.scripts.streams import MARGIN, shown_file, take_stream

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "correct-horse-battery"
REDACTOR = Redactor(("*TOKEN*",), {"A_TOKEN": SECRET})


def cut(data: bytes, path: Path | None) -> Capture:
    """Return a stream that was cut, its whole at ``path``."""
    if path is not None:
        path.write_bytes(data)
    return Capture(data[:HEAD], data[-TAIL:], len(data), None if path is None else os.fsencode(path))


def test_short_output_is_whole() -> None:
    stream = take_stream(Capture(b"a\xff", b"", 2), REDACTOR, b"/nowhere", None)
    assert (stream.text, stream.file, stream.problem) == ("a\\xff", None, None)


def test_long_output_says_how_much_is_missing_and_where_it_is(tmp_path: Path) -> None:
    data = b"".join(b"%07d\n" % number for number in range(50_000))
    keep = tmp_path / "reports" / "logs" / "a.stdout"
    stream = take_stream(cut(data, tmp_path / "raw"), REDACTOR, os.fsencode(keep), str(tmp_path / "reports"))
    head, _, rest = stream.text.partition("\n[… ")
    note, _, tail = rest.partition(" …]\n")
    assert data.startswith(head.encode())
    assert data.endswith(tail.encode())
    missing = len(data) - len(head) - len(tail)
    assert note == f"{missing} bytes left out here; all {len(data)} bytes are in logs/a.stdout"
    assert (len(head), len(tail)) == (HEAD - MARGIN, TAIL - MARGIN)
    assert keep.read_bytes() == data
    assert not (tmp_path / "raw").exists()
    assert shown_file(stream, str(tmp_path / "reports")) == "logs/a.stdout"
    assert shown_file(stream, None) == str(keep)


def test_long_output_that_nobody_keeps_is_removed(tmp_path: Path) -> None:
    stream = take_stream(cut(b"x" * 100_000, tmp_path / "raw"), REDACTOR, None, None)
    assert "bytes left out here; they were not kept" in stream.text
    assert (stream.file, stream.problem) == (None, None)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("shift", range(0, len(SECRET) + 2, 3))
def test_no_part_of_a_secret_at_the_edge_of_the_gap_is_shown(shift: int, tmp_path: Path) -> None:
    secret = SECRET.encode()
    for edge in (HEAD, HEAD - MARGIN):
        first = b"h" * (edge - shift) + secret
        for other in (TAIL, TAIL - MARGIN):
            last = secret + b"t" * (other - len(secret) + shift)
            text = take_stream(cut(first + b"m" * 300_000 + last, None), REDACTOR, None, None).text
            head, _, rest = text.partition("\n[… ")
            tail = rest.partition(" …]\n")[2]
            assert head.removesuffix("[redacted]").strip("hm") == ""
            assert tail.removeprefix("[redacted]").strip("tm") == ""


def test_no_character_is_cut_in_two_at_the_gap(tmp_path: Path) -> None:
    for shift in range(4):
        text = take_stream(cut(b"x" * shift + "🎉".encode() * 60_000, None), REDACTOR, None, None).text
        assert "\\x" not in text


def test_output_that_cannot_be_kept_is_removed_and_told_of(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where a directory should be")
    keep = os.fsencode(tmp_path / "logs" / "a.stdout")
    stream = take_stream(cut(SECRET.encode() * 10_000, tmp_path / "raw"), REDACTOR, keep, None)
    assert stream.file is None
    assert stream.problem == f"its long output could not be kept in {tmp_path}/logs/a.stdout: File exists"
    assert not (tmp_path / "raw").exists()
    lost = take_stream(cut(b"x" * 100_000, None), REDACTOR, keep, None)
    assert lost.problem == "its long output could not be kept: the disk was full or it was removed"
