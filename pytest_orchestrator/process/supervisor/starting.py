"""Programs from the request to the start: in order, as far as there are places, locks and files for them."""

from __future__ import annotations

import os
import time

from .marks import RUN_VARIABLE
from .program import Program, start
from .signals import ignored_signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections import deque

    from .locks import Locks
    from .marks import Marks
    from .outbox import Outbox
    from .request import Request
    from .slots import Slot, Slots
    from .terminals import Terminals
    from .zygotes import Zygotes
else:
    from _collections import deque  # to import all of ``collections`` is a tenth of our start


PLENTY = 8
"""More than can start before the engine, told of some ends, has asked for others."""


class Starting:
    """What waits to be started."""

    def __init__(
        self, jobs: int, slots: Slots, locks: Locks, marks: Marks, outbox: Outbox, terminals: Terminals
    ) -> None:
        """Take the most programs that may run, and what each of them needs."""
        self._jobs = jobs
        self._slots = slots
        self._locks = locks
        self._marks = marks
        self._outbox = outbox
        self._terminals = terminals
        self._waiting: deque[Request] = deque()
        self.zygotes: Zygotes | None = None
        """Made when the first program comes that is to be started warm."""
        self.null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
        self._ignored = ignored_signals()

    @property
    def has_plenty(self) -> bool:
        """Whether the engine has asked for so much already that it need not hear of every end at once."""
        return len(self._waiting) > PLENTY

    def put(self, request: Request) -> None:
        """Add a request behind all others."""
        self._waiting.append(request)

    def cancel(self, number: int) -> None:
        """Take out a request that nobody wants any more, if it is still here."""
        for request in self._waiting:
            if request.number == number:
                self._waiting.remove(request)
                self._outbox.put(("done", number, {"cancelled": True}))
                return

    def hold(self, number: int, *, is_held: bool) -> None:
        """Let a request that is still here stand still from its start on, or not any more."""
        for request in self._waiting:
            if request.number == number:
                request.is_held = is_held

    def cancel_all(self) -> None:
        """Take out all requests and tell the engine so."""
        for request in self._waiting:
            self._outbox.put(("done", request.number, {"cancelled": True}))
        self.forget_all()

    def forget_all(self) -> None:
        """Take out all requests."""
        self._waiting.clear()

    def next(self, running: int) -> Program | None:
        """Start one more program beside ``running`` others and return it; None when none can be started now."""
        # Not while the engine does not listen: all that it is told meanwhile is kept in memory.
        while running < self._jobs and not self._outbox.is_blocked:
            request = self._take_startable()
            if request is None:
                return None
            try:
                slot = self._slots.take()
            except OSError as error:
                where = os.fsdecode(os.path.dirname(error.filename))
                self._refuse(request, f"cannot make its files in {where}: {error.strerror}")
                continue
            # Before it is done: if this process dies in between, nobody runs the program a second time.
            self._outbox.announce(("starting", request.number, time.time(), slot.stdout.path, slot.stderr.path))
            program = self._start(request, slot)
            if program is not None:
                return program
        return None

    def _take_startable(self) -> Request | None:
        """Take out the first request that has its locks and its interpreter now. A later one may go first."""
        position = 0
        while position < len(self._waiting):
            request = self._waiting[position]
            if self.zygotes is not None and self.zygotes.is_awaited(request):
                position += 1
                continue
            try:
                has_locks = not request.resources or self._locks.take(request.resources)
            except OSError as error:
                del self._waiting[position]
                self._outbox.put(("done", request.number, {"error": f"cannot take its locks: {error.strerror}"}))
                continue
            if has_locks:
                del self._waiting[position]
                return request
            position += 1
        return None

    def _start(self, request: Request, slot: Slot) -> Program | None:
        environment = request.environment()
        environment[RUN_VARIABLE] = self._marks.variable(request.number, environment.get(RUN_VARIABLE))
        environment[b"ORCHESTRATOR_TMP"] = slot.tmp
        self._marks.put_on_next(request.number)
        try:
            return start(request, slot, environment, self.null, self._ignored, self._terminals, self.zygotes)
        except (OSError, ValueError) as error:
            self._slots.give_back(slot)
            self._refuse(request, (error.strerror if isinstance(error, OSError) else None) or str(error))
            return None

    def _refuse(self, request: Request, why: str) -> None:
        self._locks.release(request.resources)
        self._outbox.put(("done", request.number, {"error": why}))
