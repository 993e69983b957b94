"""What processes say, on the terminal: whole lines, each behind the id of who says it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import Protocol, TextIO


class Screen:
    """The terminal, which belongs to one thread at a time: ``with`` it whoever writes there."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Begin anew: in a forked copy, where nobody would ever let go of it."""
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *exc: object) -> None:
        self._lock.release()


SCREEN = Screen()


class Standing(Protocol):
    """Something that stands below what processes say, such as a table. Both methods are called with SCREEN held."""

    def lift(self) -> None:
        """Make room: what it has drawn is removed."""

    def put_back(self) -> None:
        """Draw it again."""


standing: list[Standing] = []
"""What stands on the terminal now. Change it with SCREEN held."""

MAX_LINES = 200
"""Most lines that are shown of what comes at once: nobody can read them, and a terminal takes its time."""
MAX_WIDTH = 4000
"""Most characters of a line that are shown."""


def show(process_id: str, text: str) -> None:
    """Print the lines of ``text`` behind ``process_id``. Lines of several threads are not mixed.

    Of what is far too long for anybody to read the middle is left out, and that is said.
    """
    shown = text.splitlines() or [""]
    if len(shown) > MAX_LINES:
        half = MAX_LINES // 2
        shown[half:-half] = [f"[{len(shown) - 2 * half} lines left out; they are in the log]"]
    lines = "".join(f"[{process_id}] {_cut(line)}\n" for line in shown)
    with SCREEN:
        for thing in standing:
            thing.lift()
        # Who watched may be gone, or never was there: the run goes on, and the log has it all.
        with contextlib.suppress(OSError, ValueError):
            _write(lines)
        for thing in standing:
            thing.put_back()


def _write(lines: str) -> None:
    out: TextIO | None = sys.stdout
    if out is None:
        return
    try:
        out.write(lines)
    except UnicodeEncodeError:  # a terminal of another encoding
        encoding = out.encoding or "ascii"
        out.write(lines.encode(encoding, "backslashreplace").decode(encoding))
    out.flush()


def _cut(line: str) -> str:
    if len(line) <= MAX_WIDTH:
        return line
    return f"{line[:MAX_WIDTH]} [{len(line) - MAX_WIDTH} characters left out; they are in the log]"


def _after_fork() -> None:
    SCREEN.renew()
    standing.clear()  # they are those of the original, which goes on drawing them


os.register_at_fork(after_in_child=_after_fork)
