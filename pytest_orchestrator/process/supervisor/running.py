"""The programs that run: from their start, through the end of each, to what none of them owns when all is over."""

from __future__ import annotations

import os
import time

from .ending import Ending, Remains
from .orphans import Orphans
from .program import NEVER, RUNNING, Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .locks import Locks
    from .marks import Marks
    from .outbox import Outbox
    from .salvage import Salvage
    from .slots import Slots
    from .starting import Starting
    from .terminals import Terminals


class Running:
    """Started programs, each with all that it has started."""

    def __init__(
        self,
        work_dir: bytes,
        starting: Starting,
        slots: Slots,
        locks: Locks,
        marks: Marks,
        terminals: Terminals,
        salvage: Salvage,
        outbox: Outbox,
    ) -> None:
        """Take where programs come from, and who has to hear of their ends."""
        self._work_dir = work_dir
        self._starting = starting
        self._slots = slots
        self._locks = locks
        self._terminals = terminals
        self._salvage = salvage
        self._outbox = outbox
        self.programs: dict[int, Program] = {}
        """By number."""
        self._leaders: dict[int, Program] = {}
        """By pid, as long as the program itself has not been reaped."""
        self._ended: list[Program] = []
        """Those of which nothing is left but their output."""
        self._has_children = False
        self.is_abandoned = False
        """Nobody is there to take results: all output stays in files."""
        orphans = Orphans(marks, self.programs, self._leaders)
        self._orphans = orphans
        self._ending = Ending(orphans)
        self._remains = Remains(orphans)

    # -- starting ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start all that can be started now."""
        while (program := self._starting.next(len(self.programs))) is not None:
            self.programs[program.number] = program
            self._leaders[program.pid] = program
            self._has_children = True
            if program.request.is_held:
                self._ending.suspend(program)

    def expect_children(self) -> None:
        """Take note that there are processes to be reaped which are no programs."""
        self._has_children = True

    # -- what is asked of them --------------------------------------------------------------------------------

    def hold(self, number: int, *, is_held: bool) -> bool:
        """Let a program stand still, or go on; return whether it is one of these."""
        program = self.programs.get(number)
        if program is None:
            return False
        if is_held:
            self._ending.suspend(program)
        else:
            self._ending.resume(program)
        return True

    def cancel(self, number: int, *, at_once: bool) -> bool:
        """Ask a program to end, or end it ``at_once``; return whether it is one of these."""
        program = self.programs.get(number)
        if program is None:
            return False
        self._ending.cancel(program)
        if at_once and not program.has_exited:
            self._ending.kill(program)
        return True

    def cancel_all(self) -> None:
        """Ask every program to end, because nobody wants its result."""
        for program in self.programs.values():
            self._ending.cancel(program)

    def kill_all(self, *, lost: bool = False) -> None:
        """End every program at once. Those that ran until then are ``lost`` where somebody may still want them."""
        for program in self.programs.values():
            if lost:
                program.is_lost = program.phase == RUNNING and not program.has_exited
            self._ending.kill(program)

    # -- ending -----------------------------------------------------------------------------------------------

    @property
    def due(self) -> float:
        """When (by the monotonic clock) to look at one even if nothing happens."""
        due = NEVER
        for program in self.programs.values():
            if program.due < due:
                due = program.due
        return due

    def reap(self) -> None:
        """Take note of every process of ours that has ended."""
        while self._has_children:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                self._has_children = False
                return
            if pid == 0:
                return
            self._orphans.forget(pid)
            if self._starting.zygotes is not None:
                self._starting.zygotes.reaped(pid, status)
            program = self._leaders.pop(pid, None)
            if program is not None:
                program.record_exit(status, usage)

    def look_at_all(self) -> None:
        """Move each on towards its end, if it is time; the places of those of which nothing is left are free then."""
        now = time.monotonic()
        for program in list(self.programs.values()):
            if (
                program.exit_code is not None or program.phase != RUNNING or now >= program.due
            ) and self._ending.look_at(program, now, has_children=self._has_children):
                del self.programs[program.number]
                self._leaders.pop(program.pid, None)
                self._orphans.ended(program.number)
                self._locks.release(program.request.resources)
                self._ended.append(program)

    def tell_of_ended(self) -> None:
        """Take the output of those that have ended, and tell the engine. Their places need not wait for this."""
        for program in self._ended:
            self._tell_of(program)
        self._ended.clear()

    def _tell_of(self, program: Program) -> None:
        request, slot = program.request, program.slot
        self._terminals.close(program.terminal)
        in_use = bool(program.unkillable or (program.left and request.left_processes == "allow"))
        out, err, tmp = slot.collect(
            b"%s/%d" % (self._work_dir, program.number), self.is_abandoned or request.whole_output, in_use
        )
        self._salvage.handed_over(request, out[3], err[3])
        self._slots.give_back(slot)
        self._outbox.put(("done", program.number, program.outcome(out, err, tmp)))

    def sweep(self, *, at_once: bool) -> bool:
        """Take the next step to end what no program owns; return whether nothing is left (or can be done)."""
        return not self._has_children or self._remains.sweep(at_once=at_once)
