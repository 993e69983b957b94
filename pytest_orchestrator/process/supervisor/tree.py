"""Finding every process that a program started, whatever it did to hide: the kernel's view through /proc."""

from __future__ import annotations

import os

from .signals import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_COMMAND_LENGTH = 200
_PAGE = 4096
_CHASE = 100
"""Most rounds of looking for what was forked while its parents were killed."""


class Process:
    """One line of the process table."""

    __slots__ = ("began", "group", "parent", "pid", "session", "state")

    def __init__(self, pid: int, state: bytes, parent: int, group: int, session: int, began: bytes) -> None:
        self.pid = pid
        self.state = state
        self.parent = parent
        self.group = group
        self.session = session
        self.began = began
        """Its start in clock ticks since boot: with the pid, what tells it from a later process of the same pid."""

    @property
    def is_dead(self) -> bool:
        """Whether it is a zombie or on its way out: nothing that could still do something."""
        return self.state in b"ZX"

    @property
    def is_busy(self) -> bool:
        """Whether it computes or waits for a disk, rather than for an event that may never come."""
        return self.state in b"RD"


def become_subreaper() -> None:
    """Make orphans of our descendants our children, so that no daemon can leave the tree."""
    errno = _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    if errno:
        raise OSError(errno, os.strerror(errno))


def end_with(parent: int) -> None:
    """Have this process sent SIGTERM when ``parent``, which started it, is gone; at once if it is already."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)


def _prctl(option: int, value: int) -> int:
    """Change an attribute of this process; return 0, or the number of the error that the kernel refuses it with."""
    # What ``ctypes`` is made of, which itself defines all types of C and takes a fifth of our start to import.
    import _ctypes

    class Function(_ctypes.CFuncPtr):
        _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO

    library = _ctypes.dlopen(None, 0)  # type: ignore[arg-type]  # of this process itself
    function = Function(_ctypes.dlsym(library, "prctl"))
    return _ctypes.get_errno() if function(option, value, 0, 0, 0) else 0


def read_process(pid: int) -> Process | None:
    """Return what /proc says of ``pid``; None if there is no such process (or it is hidden)."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read()
    except OSError:
        return None
    # The name may hold spaces and parentheses, so the fields are counted from the last parenthesis.
    fields = text[text.rindex(b")") + 2 :].split(None, 20)
    return Process(pid, fields[0], int(fields[1]), int(fields[2]), int(fields[3]), fields[19])


def _read_hidden_child(pid: int) -> Process | None:
    """Return what the kernel says of our own child that /proc hides from us (``hidepid``, another user's program)."""
    try:
        is_dead = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return Process(pid, b"Z" if is_dead else b"S", os.getpid(), os.getpgid(pid), os.getsid(pid), b"")
    except OSError:
        return None


def process_table() -> dict[int, Process]:
    """Return every process that is alive and visible, by pid."""
    table: dict[int, Process] = {}
    try:
        names = os.listdir("/proc")
    except OSError:  # it is not mounted; process groups are all that is left to go by
        return table
    for name in names:
        if name.isdigit():
            process = read_process(int(name))
            if process is not None and not process.is_dead:
                table[process.pid] = process
    return table


class OwnChildren:
    """The children of this process, adopted orphans and zombies included.

    Only those of the first thread: the kernel gives orphans to the first thread that is alive, and only the first
    thread starts programs.
    """

    def __init__(self, path: str | None = None) -> None:
        me = os.getpid()
        try:
            self._list: int | None = os.open(path or f"/proc/{me}/task/{me}/children", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # a kernel without CONFIG_PROC_CHILDREN
            self._list = None

    def pids(self) -> set[int]:
        """Return their pids."""
        if self._list is None:
            me = os.getpid()
            return {pid for pid, process in process_table().items() if process.parent == me}
        text = os.pread(self._list, _PAGE, 0)
        if len(text) > _PAGE // 2:
            # Longer than the kernel gives at once. Reading on continues after a child, not after a byte.
            os.lseek(self._list, 0, os.SEEK_SET)
            text = b""
            while more := os.read(self._list, _PAGE):
                text += more
        return set(map(int, text.split()))

    def table(self) -> dict[int, Process]:
        """Return the process table, our own children that /proc hides included."""
        table = process_table()
        for pid in self.pids() - table.keys():
            process = _read_hidden_child(pid)
            if process is not None and not process.is_dead:
                table[pid] = process
        return table

    def read(self, pid: int) -> Process | None:
        """Return one of them, dead or alive; None if it was reaped."""
        return read_process(pid) or _read_hidden_child(pid)

    def with_descendants(self) -> dict[int, Process]:
        """Return every process below this one that is alive, and those of the children that are not reaped yet."""
        members = descendants(self.pids(), (), self.table())
        for pid in self.pids() - members.keys():
            if (process := self.read(pid)) is not None:
                members[pid] = process
        return members

    def kill_all(self) -> None:
        """Send SIGKILL to every process below this one, and to what they fork meanwhile."""
        self.kill(self.with_descendants(), self.pids)

    def kill(self, members: Mapping[int, Process], mine: Callable[[], set[int]]) -> None:
        """Send SIGKILL to ``members``, and to those that ``mine`` names as children of this process meanwhile.

        Where each one leads a session of its own, forks and exits at once, only who is quicker ends that.
        """
        seen: set[int] = set()
        for _ in range(_CHASE):
            send_signal(members, signal.SIGKILL)
            seen.update(members)
            late = mine() - seen
            if not late:
                return
            members = {pid: process for pid in late if (process := self.read(pid)) is not None}


def descendants(roots: Iterable[int], sessions: Iterable[int], table: Mapping[int, Process]) -> dict[int, Process]:
    """Return ``roots``, every member of ``sessions``, and all that descend from either, as far as they are alive."""
    wanted = set(sessions)
    children: dict[int, list[int]] = {}
    todo = [pid for pid in roots if pid in table]
    for process in table.values():
        children.setdefault(process.parent, []).append(process.pid)
        if process.session in wanted:
            todo.append(process.pid)
    found: dict[int, Process] = {}
    while todo:
        pid = todo.pop()
        if pid not in found:
            found[pid] = table[pid]
            todo.extend(children.get(pid, ()))
    return found


def command_line(pid: int) -> bytes:
    """Return the command of ``pid`` as one readable line of at most 200 bytes; its name if it has none.

    ``(ended)`` and ``(hidden)`` stand for what cannot be read any more, or at all (``hidepid``).
    """
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            line = file.read(4096).rstrip(b"\0").replace(b"\0", b" ")
        if not line:
            with open(f"/proc/{pid}/comm", "rb") as file:
                line = b"[" + file.read().strip() + b"]"
    except OSError:
        return b"(hidden)" if _exists(pid) else b"(ended)"
    return line if len(line) <= _COMMAND_LENGTH else line[: _COMMAND_LENGTH - 1] + b"~"


def _exists(pid: int) -> bool:
    try:
        os.getsid(pid)
    except OSError:
        return False
    return True


def send_signal(members: Mapping[int, Process], number: int) -> None:
    """Send a signal to each of ``members``; those that are gone or not ours to signal are left out.

    A pid that has meanwhile become another process's is not signalled. SIGKILL also goes to their process groups,
    in one step each: what forks and exits faster than it can be listed does not escape that, as long as one that is
    dead but not reaped tells its group.
    """
    held: list[int] = []
    groups: set[int] = set()
    try:
        for process in members.values():
            fd = _hold(process)
            if fd is not None:
                held.append(fd)
                groups.add(process.group)
        if number == signal.SIGKILL:
            for group in groups - {0, 1, os.getpgrp()}:
                _kill_group(group)
        for fd in held:
            try:
                signal.pidfd_send_signal(fd, number)
            except (ProcessLookupError, PermissionError):
                continue
    finally:
        for fd in held:
            os.close(fd)


def _hold(process: Process) -> int | None:
    """Return a descriptor of ``process`` that cannot come to mean another one; None if it is gone."""
    try:
        fd = os.pidfd_open(process.pid)
    except OSError:
        return None
    now = read_process(process.pid)
    if process.began and (now is None or now.began != process.began):
        os.close(fd)
        return None
    return fd


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
