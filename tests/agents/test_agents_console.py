"""What processes say on the terminal: a run is worth more than being watched."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest
from session_programs import shell_session

if TYPE_CHECKING:
    from pathlib import Path


class NobodyReads(io.StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(32, text)


@pytest.mark.parametrize("way", ["broken", "closed", "none"])
def test_a_run_goes_on_where_nobody_can_see_what_it_says(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = io.StringIO()
    closed.close()
    with shell_session(tmp_path) as session:
        process = session.create_process("echo one; sleep 0.1; echo two", stream_output=True)
        monkeypatch.setattr(sys, "stdout", {"broken": NobodyReads(), "closed": closed, "none": None}[way])
        result = process.run()
    assert (result.exit_code, result.output) == (0, "one\ntwo\n")
    assert result.log_path is not None
    assert " out two\n" in result.log_path.read_text()


def test_nothing_that_is_said_is_an_order_to_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with shell_session(tmp_path) as session:
        result = session.create_process(r"printf '\033[2Jone\n\033]0;two\a'", "odd", stream_output=True).run()
    assert result.output == "\x1b[2Jone\n\x1b]0;two\a"
    assert capsys.readouterr().out == "[odd] [2Jone\n[odd] ]0;two\n"
