"""Ending the programs of a supervisor that died. Nobody reaps them for us then, so they are found by their marks."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import TYPE_CHECKING

from .supervisor.marks import Marks
from .supervisor.tree import Process, descendants, process_table, send_signal

if TYPE_CHECKING:
    from collections.abc import Iterable

SWEEP_SECONDS = 5.0
"""How long a sweep waits for killed processes to be gone."""


def find_marked(token: bytes, sessions: Iterable[int]) -> dict[int, Process]:
    """Return every process that carries ``token``, is in one of ``sessions``, or descends from one that is."""
    table = process_table()
    table.pop(os.getpid(), None)
    marks = Marks(token)
    return descendants([pid for pid in table if marks.number_of(pid) is not None], sessions, table)


def sweep(token: bytes, sessions: Iterable[int]) -> set[int]:
    """Kill all that :func:`find_marked` finds until nothing is found; return what is still there after 5 seconds."""
    sessions = tuple(sessions)
    deadline = time.monotonic() + SWEEP_SECONDS
    while members := find_marked(token, sessions):
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
