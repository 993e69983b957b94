"""Following output: what is there at the end of a run is read, and no more."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pytest_orchestrator.process.command import Capture, Command, Outcome
from pytest_orchestrator.process.runs import Run
from pytest_orchestrator.process.tail import Tail

if TYPE_CHECKING:
    from pathlib import Path


def test_what_somebody_goes_on_writing_when_the_run_is_over_is_not_followed_for_ever(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_bytes(b"begun\n")
    run = Run(Command(argv=(b"/bin/true",), cwd=None, base_env={}), lambda _run, _what: None)
    run.note_files((os.fsencode(out), os.fsencode(tmp_path / "err")))
    tail = Tail(run)
    assert tail.read() == (b"begun\n", b"")
    with out.open("ab", buffering=0) as file:
        file.write(b"last words\n")
        read = []
        for data, _ in tail.rest(Outcome(0.0, 0.0, 0.0, stdout=Capture(size=17, path=os.fsencode(out)))):
            read.append(data)
            file.write(b"from another user's process\n")
            assert len(read) < 10, "it never ends"
    tail.close()
    assert b"".join(read).startswith(b"last words\n")


def test_what_was_read_when_an_exception_came_is_read_again_unless_it_was_taken(tmp_path: Path) -> None:
    out, err = tmp_path / "out", tmp_path / "err"
    out.write_bytes(b"one\n")
    err.write_bytes(b"")
    run = Run(Command(argv=(b"/bin/true",), cwd=None, base_env={}), lambda _run, _what: None)
    run.note_files((os.fsencode(out), os.fsencode(err)))
    tail = Tail(run)
    tail.go_back()  # before anything is open
    assert tail.read() == (b"one\n", b"")
    tail.note_taken()
    out.write_bytes(b"one\ntwo\n")
    err.write_bytes(b"three\n")
    assert tail.read() == (b"two\n", b"three\n")
    tail.go_back()
    assert tail.read() == (b"two\n", b"three\n")
    tail.close()
