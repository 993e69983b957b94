"""What wakes the event loop from a signal's handler or from another thread: a pipe that it watches."""

from __future__ import annotations

import os

from .signals import signal


class Wakeup:
    """The pipe. The interpreter writes to it on every signal that has a handler."""

    def __init__(self) -> None:
        self.readable, self._writable = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(self._writable, warn_on_full_buffer=False)

    def wake(self) -> None:
        """Wake the loop; a full pipe wakes it as well."""
        try:
            os.write(self._writable, b"\0")
        except BlockingIOError:
            return

    def empty(self) -> None:
        """Take note that it is awake."""
        os.read(self.readable, 4096)
