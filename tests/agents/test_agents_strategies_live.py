"""The live table: drawn in its place on a terminal, one line a step elsewhere, and never in the way."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import termios
import threading
from typing import TYPE_CHECKING, Any

import pytest
from process_watch import until
from strategy_agents import CallAgent, ShellAgent, fails, own_threads, says, waits

from pytest_orchestrator.agents.console import show
from pytest_orchestrator.agents.live import LiveTable
from pytest_orchestrator.agents.result import ProcessResult
from pytest_orchestrator.agents.strategies import run_parallel, run_sequential, run_with_fallback
from pytest_orchestrator.core.columns import cell_width
from pytest_orchestrator.core.transcript import Usage
from pytest_orchestrator.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

_TIME = re.compile(r" *\d+\.\d s")


class Terminal:
    """A terminal of a given size, and what is to be seen on it."""

    def __init__(self, columns: int = 80, lines: int = 24) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.stream: TextIO = open(slave, "w", encoding="utf-8")  # noqa: SIM115 - close() does it
        self._read: list[bytes] = []
        self._reader = threading.Thread(target=self._follow)
        self._reader.start()

    def _follow(self) -> None:
        # On Linux the end of a terminal is an error.
        try:
            while data := os.read(self._master, 1 << 16):
                self._read.append(data)
        except OSError:
            pass

    def close(self) -> str:
        """Return everything that was written."""
        self.stream.close()
        self._reader.join()
        os.close(self._master)
        return self.seen()

    def seen(self) -> str:
        """Return what was written so far."""
        return b"".join(self._read).decode("utf-8", "replace")

    def screen(self) -> tuple[list[str], int]:
        """Return the lines that are to be seen at the end, and how many were drawn at once at most."""
        lines: list[str] = []
        row, most = 0, 0
        for part in re.split(r"(\x1b\[\d*[A-Z]|\r?\n|\r)", self.close()):
            if re.fullmatch(r"\x1b\[\d+A", part):
                most = max(most, int(part[2:-1]))
                row -= int(part[2:-1])
                assert row >= 0
            elif part == "\x1b[J":
                del lines[row:]
            elif part.endswith("\n"):
                row += 1
            elif part not in ("", "\r"):
                assert "\x1b" not in part
                lines += [""] * (row + 1 - len(lines))
                lines[row] = part
        return [_TIME.sub(" TIME", line) for line in lines], most


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    yield terminal
    if not terminal.stream.closed:
        terminal.close()


def test_the_table_stands_as_the_processes_do_and_nothing_else_is_left(terminal: Terminal) -> None:
    costly = ProcessResult(0, "", "", 1.25, "costly", cost_usd=0.0123)
    agents: list[Any] = [
        ShellAgent("true", "program"),
        CallAgent(lambda agent: costly, "costly"),
        CallAgent(lambda agent: ProcessResult(0, "", "", 180.2, "long", usage=Usage(10, 20)), "long"),
        fails("bad"),
        fails("日本\x1b"),
    ]
    run_parallel(agents, on_progress=LiveTable(terminal.stream))
    assert terminal.screen()[0] == [
        "program    passed TIME",
        "costly     passed TIME   $0.0123",
        "long       passed    3:00 min   30 tokens",
        "bad        failed TIME   exit 1",
        "日本\\x1b   failed TIME   exit 1",
        "5 of 5 ended, 3 passed, 0 running",
    ]
    assert own_threads() == []


def test_what_runs_and_what_waits_is_to_be_seen_while_it_does(terminal: Terminal) -> None:
    run_sequential([fails("first"), says("x", "second")], retry=2, on_progress=LiveTable(terminal.stream))
    frames = terminal.close().replace("\r", "").split("\x1b[3A\x1b[J")
    assert [_TIME.sub(" TIME", frame).splitlines() for frame in frames[:3]] == [
        ["first    waiting", "second   waiting", "0 of 2 ended, 0 passed, 0 running"],
        ["first    running TIME", "second   waiting", "0 of 2 ended, 0 passed, 1 running"],
        ["first    running TIME   attempt 2", "second   waiting", "0 of 2 ended, 0 passed, 1 running"],
    ]


def test_time_goes_on_without_an_event(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_orchestrator.agents.live.REFRESH", 0.001)

    def work(agent: CallAgent) -> str:
        until(lambda: terminal.seen().count("running   ") > 10, "the table is drawn again and again")
        return ""

    run_parallel([CallAgent(work)], on_progress=LiveTable(terminal.stream))
    assert terminal.screen()[0] == ["agent   passed TIME", "1 of 1 ended, 1 passed, 0 running"]


def test_what_processes_say_stands_above_the_table(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", terminal.stream)

    def talk(agent: CallAgent) -> str:
        for word in ("one", "two\nthree"):
            show(agent.process_id, word)
        return ""

    run_sequential([CallAgent(talk, "a"), CallAgent(talk, "b")], on_progress=LiveTable(terminal.stream))
    show("later", "words")
    assert terminal.screen()[0] == [
        *(f"[{name}] {word}" for name in "ab" for word in ("one", "two", "three")),
        "a   passed TIME",
        "b   passed TIME",
        "2 of 2 ended, 2 passed, 0 running",
        "[later] words",
    ]


def test_what_was_not_run_is_shown_as_that(terminal: Terminal) -> None:
    run_with_fallback([says("fine", "a"), says("never", "b")], on_progress=LiveTable(terminal.stream))
    assert terminal.screen()[0] == ["a   passed TIME", "b   not run", "1 of 2 ended, 1 passed, 0 running"]


def test_two_strategies_make_two_tables(terminal: Terminal) -> None:
    table = LiveTable(terminal.stream)
    run_parallel([says("x", "a")], on_progress=table)
    run_parallel([says("x", "b")], on_progress=table)
    end = "1 of 1 ended, 1 passed, 0 running"
    assert terminal.screen()[0] == ["a   passed TIME", end, "b   passed TIME", end]


def test_an_exception_leaves_the_table_whole_and_no_thread(terminal: Terminal) -> None:
    table = LiveTable(terminal.stream)

    def note(event: Any) -> None:
        table(event)
        if event.stage == "started":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_parallel([waits("a"), says("never", "b")], 1, on_progress=note)
    assert terminal.screen()[0] == ["a   cancelled TIME", "b   not run", "1 of 2 ended, 0 passed, 0 running"]
    assert own_threads() == []


def test_a_table_that_is_left_early_is_closed_as_a_context_manager(terminal: Terminal) -> None:
    def note(event: Any) -> None:
        table(event)
        if event.stage == "started":
            raise ZeroDivisionError  # after which it hears nothing

    with LiveTable(terminal.stream) as table, pytest.raises(ZeroDivisionError):
        run_parallel([waits("a")], on_progress=note)
    assert own_threads() == []


def test_a_table_is_never_larger_than_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal(columns=30, lines=6)
    agents = [says("x", f"{number} " + "long " * 20) for number in range(20)]
    agents[13] = fails("the bad one")
    run_parallel(agents, 4, on_progress=LiveTable(terminal.stream))
    lines, most = terminal.screen()
    assert most <= 5
    assert len(lines) <= 5
    assert max(map(cell_width, lines)) < 30
    (bad,) = (line for line in lines if line.startswith("the bad one"))
    assert bad.endswith("…")


def test_elsewhere_each_step_is_a_line() -> None:
    out = io.StringIO()
    run_sequential([says("x", "a"), fails("b\n")], on_progress=LiveTable(out))
    assert [_TIME.sub(" TIME", line) for line in out.getvalue().splitlines()] == [
        "0/2 a: started",
        "1/2 a: passed in TIME",
        "1/2 b\\x0a: started",
        "2/2 b\\x0a: failed in TIME (exit 1)",
    ]


def test_a_dumb_terminal_gets_lines(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    run_sequential([says("x", "a")], on_progress=LiveTable(terminal.stream))
    assert terminal.screen()[0] == ["0/1 a: started", "1/1 a: passed in TIME"]


def test_by_default_it_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    run_sequential([says("x", "a")], on_progress=LiveTable())
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 2)


def test_what_is_no_stream_is_refused_before_anything_runs() -> None:
    with pytest.raises(ArgumentError, match="stream: 5 is not a stream of text; give sys"):
        LiveTable(5)  # type: ignore[arg-type]


def test_a_stream_that_cannot_show_a_character_shows_another() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    run_sequential([says("x", "é")], on_progress=LiveTable(out))
    out.seek(0)
    assert out.read().startswith("0/1 ?: started\n")


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_stream_that_is_gone_ends_the_display_and_nothing_else(is_closed: bool) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    out: TextIO = io.StringIO() if is_closed else Gone()
    if is_closed:
        out.close()
    assert run_sequential([says("x", "a")], on_progress=LiveTable(out))[0].output == "x"
