"""Ending the programs of a supervisor that died. Nobody reaps them for us then, so they are found by their marks."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import TYPE_CHECKING

from .supervisor.tree import RUN_VARIABLE, descendants, environment_value, process_table, send_signal

if TYPE_CHECKING:
    from collections.abc import Iterable

SWEEP_SECONDS = 5.0
"""How long a sweep waits for killed processes to be gone."""


def find_marked(token: bytes, sessions: Iterable[int]) -> set[int]:
    """Return every process that carries ``token``, is in one of ``sessions``, or descends from one that is."""
    table = process_table()
    table.pop(os.getpid(), None)
    marker = token + b"."
    marked = {pid for pid in table if marker in (environment_value(pid, RUN_VARIABLE) or b"")}
    return descendants(marked, sessions, table)


def sweep(token: bytes, sessions: Iterable[int]) -> set[int]:
    """Kill all that :func:`find_marked` finds until nothing is found; return what is still there after 5 seconds."""
    sessions = tuple(sessions)
    deadline = time.monotonic() + SWEEP_SECONDS
    while members := find_marked(token, sessions):
        if time.monotonic() > deadline:
            return members
        _kill_and_await(members, deadline)
    return set()


def _kill_and_await(members: set[int], deadline: float) -> None:
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
