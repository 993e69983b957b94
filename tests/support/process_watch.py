"""Waiting for things to happen, and counting what a test leaves behind. Never a sleep in place of an event."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import select
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DEADLINE = 20.0
"""Seconds after which a test that waits fails. Far more than anything takes on a loaded machine."""
_STEP = 0.005
WITH_USUAL_SIGNALS = ("env", "--default-signal")
"""Put before a command that is to end by a signal: under nohup the suite ignores SIGHUP, and so would it."""

_numbers = itertools.count(1)
_random = random.SystemRandom()


def until(condition: Callable[[], object], what: str, seconds: float = DEADLINE) -> None:
    """Return when ``condition()`` is true; fail loudly when it does not become so."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for: {what}")
        select.select([], [], [], _STEP)


def until_dead(pid: int, seconds: float = DEADLINE) -> None:
    """Return when process ``pid`` has ended (as a zombie too); fail loudly when it does not."""
    try:
        end = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        waiting = select.poll()
        waiting.register(end, select.POLLIN)
        if not waiting.poll(seconds * 1000):
            raise AssertionError(f"process {pid} still runs after {seconds:g} s: {command_line(pid)}")
    finally:
        os.close(end)


def new_mark() -> str:
    """Return a number of seconds to ``sleep`` that no other test sleeps for: a process is known by its command."""
    return f"8{next(_numbers):04d}.{_random.randrange(10**9):09d}"


def command_line(pid: int) -> str:
    """Return the command of a process; empty when it is gone or a zombie."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def processes() -> list[int]:
    """Return the pids of all processes."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def marked(mark: str) -> dict[int, str]:
    """Return every process alive whose command line holds ``mark``, this one aside."""
    found = {pid: command_line(pid) for pid in processes() if pid != os.getpid()}
    return {pid: command for pid, command in found.items() if mark in command}


def sleepers(mark: str) -> dict[int, str]:
    """Return every process that is now nothing but ``sleep mark``: of those with the mark, the ones that are ready."""
    return {pid: command for pid, command in marked(mark).items() if command == f"sleep {mark}"}


def with_environment(text: str) -> dict[int, str]:
    """Return every process alive whose environment holds ``text``, this one aside."""
    found = {}
    for pid in processes():
        with contextlib.suppress(OSError):
            if pid != os.getpid() and text.encode() in Path(f"/proc/{pid}/environ").read_bytes():
                found[pid] = command_line(pid)
    return {pid: command for pid, command in found.items() if command}


def children(pid: int) -> dict[int, str]:
    """Return the children of a process with their states (``Z`` for a zombie)."""
    found = {}
    for other in processes():
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{other}/stat").read_text(errors="replace").rpartition(")")[2].split()
            if int(fields[1]) == pid:
                found[other] = fields[0]
    return found


def is_waiting(pid: int) -> bool:
    """Return whether a process waits for something to happen, and not for a disk or a program that it starts."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False
    return stat[stat.rindex(b")") + 2 :].startswith(b"S")


def descriptors(pid: int) -> dict[int, str]:
    """Return the open descriptors of a process and what they are."""
    found = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(OSError):
            found[int(name)] = os.readlink(f"/proc/{pid}/fd/{name}")
    return found


def resident_kb(pid: int) -> int:
    """Return the memory that a process has resident now, in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError(f"process {pid} has no memory of its own")


@dataclass(frozen=True)
class Holdings:
    """What this process holds: nothing of it may grow by what a test does."""

    descriptors: int
    children: int

    @classmethod
    def now(cls) -> Holdings:
        """Count."""
        return cls(len(descriptors(os.getpid())), len(children(os.getpid())))


def tcp_sockets() -> int:
    """Count this process's TCP sockets: pytest-rerunfailures opens one in every run, whatever runs, and keeps it."""
    inodes = {line.split()[9] for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]}
    found = 0
    for entry in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            found += os.readlink(f"/proc/self/fd/{entry}").removeprefix("socket:[").removesuffix("]") in inodes
    return found


def files_below(directory: Path) -> list[str]:
    """Return every file and directory below ``directory``, sorted; nothing when it is gone."""
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))
