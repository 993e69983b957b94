"""The start of the supervisor process."""

from __future__ import annotations

import os

from ..wire import READ_SIZE, Unpacker
from .guard import divide, end_at_once, kill_everything
from .loop import Supervisor
from .signals import signal
from .wakeup import Wakeup


def main(control: int, notes: int) -> None:
    """Run the supervisor on the socket ``control``; the first message on it holds the settings.

    ``notes`` is a file that the engine reads if this process dies.
    """
    os.set_inheritable(control, False)
    os.set_inheritable(notes, False)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    divide(control)
    wakeup = Wakeup()
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
        supervisor = Supervisor(control, notes, wakeup, settings)
        signal.signal(signal.SIGTERM, lambda *_: setattr(supervisor, "terminated", True))
        supervisor.run(unpacker, messages)
    except BaseException:
        kill_everything()
        raise
    end_at_once(0)
