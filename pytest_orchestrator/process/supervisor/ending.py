"""How programs end: by themselves, at a limit, because nobody wants them; and everything that they started with them.

One way out for all: SIGTERM to the whole tree, a grace period, SIGKILL until nothing is left.
"""

from __future__ import annotations

import os
import time

from .program import CLOSING, KILLING, LINGER_BUSY, LINGERING, RECHECK, RUNNING, STOPPING, Program
from .signals import signal
from .terminals import Terminals
from .tree import Process, command_line, send_signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .orphans import Orphans

GIVE_UP = 5.0
"""Seconds of SIGKILL after which what is left is reported as unkillable."""
CANCEL_GRACE = 2.0
"""Most seconds of grace for a program whose result nobody wants."""
MAX_LOOKS = 20
"""Looks for what was forked meanwhile, when a tree is suspended."""
SWEEP_GRACE = 2.0
"""Seconds that processes which were allowed to stay get between SIGTERM and SIGKILL at the end."""


class Ending:
    """Moves programs on towards their end."""

    def __init__(self, orphans: Orphans) -> None:
        self._orphans = orphans

    def look_at(self, program: Program, now: float, *, has_children: bool) -> bool:
        """Move ``program`` on, if it is time; return whether nothing of it is left (or nothing more can be done).

        ``has_children`` says whether this process has any child at all.
        """
        if program.phase == RUNNING:
            if program.has_exited:
                return not has_children or self._after_exit(program)
            limit = program.limit_reached(now)
            if limit is not None:
                program.limit = limit
                self._announce(program)
            return False
        if program.phase == CLOSING:
            if not program.has_exited and now < program.due:
                return False
            self.terminate(program)
            return self._after_signal(program, now)
        if program.phase == LINGERING:
            return not has_children or self._after_linger(program, now)
        if program.phase == STOPPING and not program.has_exited and now < program.due:
            return False
        return self._after_signal(program, now)

    def _after_exit(self, program: Program) -> bool:
        left = self._orphans.left_by(program)
        if not left:
            return True
        if program.request.left_processes == "allow":
            program.record_left(_alive(left))
            self._orphans.allow(program.number)
            return True
        program.enter(LINGERING)
        return False

    def _after_linger(self, program: Program, now: float) -> bool:
        left = self._orphans.left_by(program)
        if not left:
            return True
        if now >= program.due:
            alive = _alive(left)
            is_busy = not alive or any(process.is_busy for process in alive.values())
            if is_busy and now < program.phase_began + LINGER_BUSY:
                program.due = now + RECHECK
            else:
                # Where all are dead whenever we look, for so long, they are links of a chain that goes on.
                program.record_left(alive or left)
                self.kill(program)
        return False

    def _after_signal(self, program: Program, now: float) -> bool:
        members = self._orphans.members_of(program)
        if not members and program.has_exited:
            return True
        if program.phase == STOPPING:
            if now >= program.due:
                self.kill(program)
            else:
                # What was being forked while the others were asked has not heard of it.
                self._ask(program, {pid: members[pid] for pid in members.keys() - program.asked})
        elif now >= program.phase_began + GIVE_UP:
            program.unkillable = [(pid, command_line(pid)) for pid in sorted(members)]
            return True
        else:
            self._orphans.kill(program)
            program.due = now + RECHECK
        return False

    def cancel(self, program: Program) -> None:
        """Ask ``program`` to end, because nobody wants its result."""
        if program.phase == RUNNING and not program.has_exited:
            program.cancelled = True
            program.grace = min(program.grace, CANCEL_GRACE)
            self.terminate(program)

    def _announce(self, program: Program) -> None:
        """Tell ``program`` that the end is near, if it can be told, before all of it is asked to end."""
        if program.terminal is None and not program.request.interrupt:
            self.terminate(program)
            return
        if program.terminal is not None:
            Terminals.end_input(program.terminal)
        if program.request.interrupt:
            # To itself alone, which is not reaped: a tool of it is not to die before it has told of that.
            os.kill(program.pid, signal.SIGINT)
        program.enter(CLOSING)

    def suspend(self, program: Program) -> None:
        """Stop the whole tree of ``program`` where it is, and its clock."""
        if program.phase != RUNNING or program.has_exited or program.is_suspended:
            return
        stopped: set[int] = set()
        # One that is stopped starts nothing more, so this ends; but another may have forked before it was.
        for _ in range(MAX_LOOKS):
            members = self._orphans.members_of(program)
            if members.keys() <= stopped:
                break
            send_signal({pid: members[pid] for pid in members.keys() - stopped}, signal.SIGSTOP)
            stopped |= members.keys()
        program.stop_clock()

    def resume(self, program: Program) -> None:
        """Let the whole tree of ``program`` go on, and its clock."""
        if program.is_suspended:
            program.start_clock()
            send_signal(self._orphans.members_of(program), signal.SIGCONT)

    def terminate(self, program: Program) -> None:
        """Ask the whole tree of ``program`` to end."""
        program.start_clock()
        self._ask(program, self._orphans.members_of(program))
        program.enter(STOPPING)

    @staticmethod
    def _ask(program: Program, members: dict[int, Process]) -> None:
        program.asked.update(members)
        send_signal(members, signal.SIGTERM)
        # A stopped process gets no signal but this one before it is continued.
        send_signal(members, signal.SIGCONT)

    def kill(self, program: Program) -> None:
        """End the whole tree of ``program``."""
        if program.phase != KILLING:
            program.enter(KILLING)
        self._orphans.kill(program)


def _alive(members: dict[int, Process]) -> dict[int, Process]:
    return {pid: process for pid, process in members.items() if not process.is_dead}


class Remains:
    """What no program owns when all is over: processes that were allowed to stay until then, and strays."""

    def __init__(self, orphans: Orphans) -> None:
        self._orphans = orphans
        self._began = 0.0

    def sweep(self, *, at_once: bool) -> bool:
        """Take the next step to end them all; return whether none is left (or nothing more can be done).

        Those that were allowed to stay get a grace period, unless it must be done ``at_once``.
        """
        members = self._orphans.children.with_descendants()
        now = time.monotonic()
        if not members:
            return True
        if not self._began:
            self._began = now
            if self._orphans.has_allowed and not at_once:
                send_signal(members, signal.SIGTERM)
                send_signal(members, signal.SIGCONT)
        if at_once or not self._orphans.has_allowed or now > self._began + SWEEP_GRACE:
            self._orphans.children.kill_all()
        return now > self._began + SWEEP_GRACE + GIVE_UP
