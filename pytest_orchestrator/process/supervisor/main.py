"""The start and the last resort of the supervisor process."""

from __future__ import annotations

import os
import signal
import time

from ..wire import READ_SIZE, Unpacker
from .loop import Supervisor
from .tree import OwnChildren, become_subreaper, descendants, send_signal
from .wakeup import Wakeup

LAST_RESORT = 5.0
"""Seconds spent on killing everything after a fault of our own."""


def main(control: int) -> None:
    """Run the supervisor on the socket ``control``; the first message on it holds the settings."""
    os.set_inheritable(control, False)
    become_subreaper()
    wakeup = Wakeup()
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    # The handler does nothing, but without one the signal would wake nobody.
    signal.signal(signal.SIGCHLD, lambda *_: None)
    unpacker = Unpacker()
    messages: list[tuple[object, ...]] = []
    while not messages:
        data = os.read(control, READ_SIZE)
        if not data:
            return
        messages = list(unpacker.feed(data))
    os.set_blocking(control, False)
    settings = messages.pop(0)[1]
    assert isinstance(settings, dict)
    try:
        supervisor = Supervisor(control, wakeup, settings)
        signal.signal(signal.SIGTERM, lambda *_: setattr(supervisor, "terminated", True))
        supervisor.run(unpacker, messages)
    except BaseException:
        kill_everything()
        raise


def kill_everything() -> None:
    """End all that this process ever started, as well as can be done without knowing what it is."""
    children = OwnChildren()
    deadline = time.monotonic() + LAST_RESORT
    while time.monotonic() < deadline:
        send_signal(descendants(children.pids(), (), children.table()), signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        except ChildProcessError:
            return
        time.sleep(0.005)
