"""Ending the programs of a supervisor that died. Nobody reaps them for us then, so they are found by their marks."""

from __future__ import annotations

import os
import select
import signal
import time

from .supervisor.marks import Marks
from .supervisor.tree import Process, descendants, process_table, send_signal

SWEEP_SECONDS = 5.0
"""How long a sweep waits for killed processes to be gone."""


def find_marked(token: bytes) -> dict[int, Process]:
    """Return every process that carries a mark of ``token`` or descends from one that does."""
    table = process_table()
    table.pop(os.getpid(), None)
    marks = Marks(token)
    return descendants([pid for pid in table if marks.number_of(pid) is not None], (), table)


def sweep(token: bytes) -> set[int]:
    """Kill all that :func:`find_marked` finds until nothing is found; return what is still there after 5 seconds."""
    deadline = time.monotonic() + SWEEP_SECONDS
    while members := find_marked(token):
        if time.monotonic() > deadline:
            return set(members)
        _kill_and_await(members, deadline)
    return set()


def _kill_and_await(members: dict[int, Process], deadline: float) -> None:
    ends = []
    waiting = select.poll()
    for pid in members:
        try:
            fd = os.pidfd_open(pid)
        except OSError:
            continue
        ends.append(fd)
        waiting.register(fd, select.POLLIN)
    send_signal(members, signal.SIGKILL)
    remaining = len(ends)
    while remaining and (patience := deadline - time.monotonic()) > 0:
        ready = waiting.poll(patience * 1000)
        for fd, _ in ready:
            waiting.unregister(fd)
        remaining -= len(ready)
    for fd in ends:
        os.close(fd)
