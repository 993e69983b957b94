"""Finding every process that a program started, whatever it did to hide: the kernel's view through /proc."""

from __future__ import annotations

import ctypes
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_PR_SET_CHILD_SUBREAPER = 36
RUN_VARIABLE = b"ORCHESTRATOR_RUN"
"""Environment variable that names session and program, so that a daemon is known by it. Nested runs append."""


class Process:
    """One line of the process table."""

    __slots__ = ("group", "parent", "pid", "session", "state")

    def __init__(self, pid: int, state: bytes, parent: int, group: int, session: int) -> None:
        self.pid = pid
        self.state = state
        self.parent = parent
        self.group = group
        self.session = session

    @property
    def is_dead(self) -> bool:
        """Whether it is a zombie or on its way out: nothing that could still do something."""
        return self.state in b"ZX"


def become_subreaper() -> None:
    """Make orphans of our descendants our children, so that no daemon can leave the tree."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno))


def read_process(pid: int) -> Process | None:
    """Return what /proc says of ``pid``; None if there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except OSError:
        return None
    # The name may hold spaces and parentheses, so the fields are counted from the last parenthesis.
    fields = text[text.rindex(b")") + 2 :].split(None, 4)
    return Process(pid, fields[0], int(fields[1]), int(fields[2]), int(fields[3]))


def process_table() -> dict[int, Process]:
    """Return every process that is alive, by pid."""
    table = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            process = read_process(int(name))
            if process is not None and not process.is_dead:
                table[process.pid] = process
    return table


def direct_children() -> set[int]:
    """Return the pids of our own children, adopted orphans and zombies included."""
    try:
        children: set[int] = set()
        # Orphans may be given to any of our threads, not only to the first.
        for thread in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{thread}/children", "rb") as file:
                children.update(map(int, file.read().split()))
        return children
    except OSError:  # a kernel without CONFIG_PROC_CHILDREN
        me = os.getpid()
        return {pid for pid, process in process_table().items() if process.parent == me}


def descendants(roots: Iterable[int], sessions: Iterable[int], table: dict[int, Process]) -> set[int]:
    """Return ``roots``, every member of ``sessions``, and all that descend from either, as far as they are alive."""
    wanted = set(sessions)
    children: dict[int, list[int]] = {}
    todo = [pid for pid in roots if pid in table]
    for process in table.values():
        children.setdefault(process.parent, []).append(process.pid)
        if process.session in wanted:
            todo.append(process.pid)
    found: set[int] = set()
    while todo:
        pid = todo.pop()
        if pid not in found:
            found.add(pid)
            todo.extend(children.get(pid, ()))
    return found


def environment_value(pid: int, name: bytes) -> bytes | None:
    """Return the value of ``name`` in the environment that ``pid`` was started with; None if it has none."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            block = b"\0" + file.read()
    except OSError:
        return None
    start = block.find(b"\0" + name + b"=")
    if start < 0:
        return None
    start += len(name) + 2
    end = block.find(b"\0", start)
    return block[start:] if end < 0 else block[start:end]


def command_line(pid: int) -> bytes:
    """Return the command of ``pid`` as one readable line of at most 200 bytes; its name if it has none."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            line = file.read(4096).rstrip(b"\0").replace(b"\0", b" ")
        if not line:
            with open(f"/proc/{pid}/comm", "rb") as file:
                line = b"[" + file.read().strip() + b"]"
    except OSError:
        return b"(ended)"
    return line if len(line) <= 200 else line[:199] + b"~"


def send_signal(pids: Iterable[int], number: int) -> None:
    """Send a signal to each, ignoring those that are gone or not ours."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue
