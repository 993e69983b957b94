"""Terminals for programs that want one as their standard input.

Nothing is ever typed there, and a read must not wait for it: it finds the end at once, as from an empty file. So no
program hangs because nobody is there to answer it, and nobody has to feed it empty lines.
"""

from __future__ import annotations

import os
import select

_END = b"\x04"
"""What ends the input of a program that has changed its terminal so that it does wait (Ctrl-D)."""
_READ_SIZE = 1 << 16
_MOST_READS = 64
"""Reads of one terminal in one go: a program may write as fast as we read, and others wait for us."""


class Terminals:
    """Our ends of the terminals that are open."""

    def __init__(self, poll: select.epoll) -> None:
        """``poll`` is told of them: what a program writes to its terminal must be read by somebody."""
        self._poll = poll
        self._open: set[int] = set()
        self._heard: set[int] = set()
        """Those that ``poll`` knows."""

    def open(self) -> tuple[int, int]:
        """Make a terminal; return our end and the program's, which the caller closes. Raise OSError if none is left.

        It does not become anybody's controlling terminal, so closing it sends no signal.
        """
        # Nobody pays for this import but who wants a terminal.
        import termios

        ours, theirs = os.openpty()
        attributes = termios.tcgetattr(theirs)
        attributes[3] &= ~(termios.ECHO | termios.ICANON)
        attributes[6][termios.VMIN] = 0
        attributes[6][termios.VTIME] = 0
        termios.tcsetattr(theirs, termios.TCSANOW, attributes)
        os.set_blocking(ours, False)
        self._open.add(ours)
        self._heard.add(ours)
        self._poll.register(ours, select.EPOLLIN)
        return ours, theirs

    def hear(self, terminal: int) -> None:
        """Throw away what a program has written to its terminal."""
        if terminal not in self._heard:
            return
        try:
            for _ in range(_MOST_READS):
                if not os.read(terminal, _READ_SIZE):
                    return
        except BlockingIOError:
            return
        except OSError:  # nobody has the other end any more; that would be told again and again
            self._heard.discard(terminal)
            self._poll.unregister(terminal)

    @staticmethod
    def end_input(terminal: int) -> None:
        """Tell a program that waits for input that none will come."""
        try:
            os.write(terminal, _END)
        except OSError:  # it has closed its end, or does not read what is there already
            return

    def close(self, terminal: int | None) -> None:
        """Close our end."""
        if terminal is None or terminal not in self._open:
            return
        if terminal in self._heard:
            self._heard.discard(terminal)
            self._poll.unregister(terminal)
        self._open.discard(terminal)
        os.close(terminal)
