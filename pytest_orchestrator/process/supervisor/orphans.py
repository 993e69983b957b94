"""Whose process is it? Programs leave children behind, which the kernel gives to us, from several programs at once."""

from __future__ import annotations

from .signals import signal
from .tree import OwnChildren, Process, descendants, send_signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .marks import Marks
    from .program import Program


OURS = 0
"""The number of processes that belong to no program but to this process. Programs have numbers from 1 on."""


class Orphans:
    """The children of this process that are no programs of its own making, each with the program that made it."""

    def __init__(self, marks: Marks, running: Mapping[int, Program], leaders: Mapping[int, Program]) -> None:
        """Take the running programs by their number, and by the pid of those that are not reaped yet."""
        self.children = OwnChildren()
        self._marks = marks
        self._running = running
        self._leaders = leaders
        self._owners: dict[int, int] = {}
        """What was found out about a child holds until it is reaped: until then nothing else can have its pid."""
        self._candidates: dict[int, set[int]] = {}
        """Children that carry no mark, with the running programs that may have made them."""
        self._allowing: set[int] = set()

    def allow(self, number: int) -> None:
        """Let what program ``number`` leaves live until the end."""
        self._allowing.add(number)

    @property
    def has_allowed(self) -> bool:
        """Whether any program was allowed to leave something."""
        return bool(self._allowing)

    def forget(self, pid: int) -> None:
        """Take note that ``pid`` was reaped."""
        self._owners.pop(pid, None)
        self._candidates.pop(pid, None)

    def ended(self, number: int) -> None:
        """Take note that nothing of program ``number`` is left; kill what only it can have made."""
        for pid, candidates in self._candidates.items():
            candidates.discard(number)
            if not candidates:
                self._kill(pid)

    def left_by(self, program: Program) -> dict[int, Process]:
        """Return what is there of a program that has exited. Cheap when nothing is: one read of /proc."""
        return self.members_of(program) if self._of(program.number) else {}

    def members_of(self, program: Program) -> dict[int, Process]:
        """Return every process of the program's tree, itself included: those alive, and our children not yet reaped.

        One that is dead may be the parent of one that no list has yet: what forks and exits without end is never seen
        alive. As long as it leaves dead ones there is something of the program.
        """
        table = self.children.table()
        roots = self._of(program.number)
        if not program.has_exited:
            roots.add(program.pid)
            if program.pid not in table:
                leader = self.children.read(program.pid)
                if leader is not None and not leader.is_dead:
                    table[program.pid] = leader
        members = descendants(roots, (program.session,), table)
        # A parent that dies while the table is read hides its children from it, but then they are ours.
        for pid in self._of(program.number) - members.keys():
            process = self.children.read(pid)
            if process is not None:
                members[pid] = process
        return members

    def kill(self, program: Program) -> None:
        """Send SIGKILL to the program's whole tree, and to what that forks meanwhile."""
        self.children.kill(self.members_of(program), lambda: self._of(program.number))

    def _of(self, number: int) -> set[int]:
        orphans = self.children.pids() - self._leaders.keys()
        return {pid for pid in orphans if self._owner(pid) == number}

    def _owner(self, pid: int) -> int | None:
        """Return the number of the running program that made the orphan ``pid``; None while that is open."""
        owner = self._owners.get(pid)
        if owner is None:
            process = self.children.read(pid)
            if process is None:
                return None
            owner = self._find_owner(process)
            if owner is None:
                return self._only_candidate(pid)
            self._owners[pid] = owner
        if owner in self._running:
            return owner
        if owner == OURS:
            return None
        if owner not in self._allowing:
            self._kill(pid)  # its program ended while it was on its way to us
        return None

    def _find_owner(self, process: Process) -> int | None:
        for program in self._running.values():
            if program.session == process.session:
                return program.number
        return self._marks.number_of(process.pid)

    def _only_candidate(self, pid: int) -> int | None:
        """Return the one program that can have made an orphan without any mark; None while there are several.

        It is one of those that ran when it was first seen; when all but one have ended, it counts as that one's.
        """
        candidates = self._candidates.setdefault(pid, set(self._running))
        return next(iter(candidates)) if len(candidates) == 1 else None

    def _kill(self, pid: int) -> None:
        members = descendants((pid,), (), self.children.table())
        process = self.children.read(pid)
        if process is not None:
            members[pid] = process
        send_signal(members, signal.SIGKILL)
