"""The supervisor's event loop: requests in, programs out, nothing left behind.

It ends when the engine says so, when the engine's end of the socket closes (the process that wanted the results
died, however), when a watched process dies, or on SIGTERM. In each case every program goes first.
"""

from __future__ import annotations

import os
import select
import time

from ..wire import READ_SIZE, Unpacker
from .locks import Locks, share_lock
from .marks import Marks
from .outbox import Outbox
from .program import NEVER
from .request import Request
from .running import Running
from .salvage import Salvage
from .slots import Slots, remove_if_empty
from .starting import Starting
from .terminals import Terminals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .wakeup import Wakeup
    from .zygotes import Zygotes

SWEEP_STEP = 0.02
"""Seconds between two looks at what is left in the end."""


class Supervisor:
    """State of the event loop."""

    def __init__(self, control: int, notes: int, wakeup: Wakeup, settings: dict[str, Any]) -> None:
        """Take the socket, the file of notes for the engine, what wakes the loop, and what the engine asks for."""
        self._control = control
        self._wakeup = wakeup
        self._work_dir: bytes = settings["work_dir"]
        if settings["lease"] is not None:
            share_lock(settings["lease"])
        self._incoming = Unpacker()
        self._slots = Slots(self._work_dir)
        self._base_env: dict[bytes, bytes] = {}
        self._stopping = False
        """The engine asked for the end, or is gone."""
        self._abandoned = False
        """Nobody is there to take results."""
        self._hurried = False
        """The engine does not want to wait for any grace period."""
        self.terminated = False
        """SIGTERM came."""
        self._poll = select.epoll()
        self._poll.register(control, select.EPOLLIN)
        self._poll.register(wakeup.readable, select.EPOLLIN)
        self._outbox = Outbox(control, self._poll, notes)
        marks = Marks(settings["token"])
        marks.allow_limits()
        self._marks = marks
        self._salvage = Salvage(self._work_dir, settings["redact"])
        self._locks = Locks(settings["lock_dir"], wakeup.wake)
        self._terminals = Terminals(self._poll)
        self._starting = Starting(settings["jobs"], self._slots, self._locks, marks, self._outbox, self._terminals)
        self._running = Running(
            self._work_dir,
            self._starting,
            self._slots,
            self._locks,
            marks,
            self._terminals,
            self._salvage,
            self._outbox,
        )
        self._watched = {fd for pid in settings["watch"] if (fd := self._watch(pid)) is not None}

    def _watch(self, pid: int) -> int | None:
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            self._abandon()
            return None
        self._poll.register(fd, select.EPOLLIN)
        return fd

    # -- the loop ---------------------------------------------------------------------------------------------

    def run(self, incoming: Unpacker, messages: list[tuple[Any, ...]]) -> None:
        """Obey ``messages``, serve until the end, then return with nothing left running."""
        self._incoming = incoming
        for message in messages:
            self._obey(message)
        while True:
            self._running.reap()
            self._running.look_at_all()
            self._start_waiting()
            self._running.tell_of_ended()
            if (
                self._stopping
                and not self._running.programs
                and self._running.sweep(at_once=self._abandoned or self._hurried)
            ):
                break
            if self._starting.has_plenty and not self._stopping and self._outbox.may_wait:
                self._wait(self._outbox.due)
                continue
            was_blocked = self._outbox.is_blocked
            self._flush()
            if not was_blocked or self._outbox.is_blocked:
                self._wait()
            # else something may be started at once that had to wait until the engine has heard of it
        self._say_goodbye()

    def _wait(self, due: float = NEVER) -> None:
        """Wait until something happens, or is due, which it is at the monotonic time ``due`` at the latest."""
        events = dict(self._poll.poll(self._patience(due)))
        # First: who is told to end by the death of a watched process may still ask for an orderly end.
        for fd in self._watched.intersection(events):
            del events[fd]
            self._poll.unregister(fd)
            self._abandon()
        if events.pop(self._wakeup.readable, 0):
            self._wakeup.empty()
        control = events.pop(self._control, 0)
        for fd in events:
            self._terminals.hear(fd)
            if self._starting.zygotes is not None:
                self._starting.zygotes.hear(fd)
        # An EPOLLOUT says only that the next flush will get on.
        if control & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
            self._read_requests()
        if self.terminated and not self._stopping:
            self._give_up()

    def _patience(self, due: float) -> float | None:
        """Return the seconds until something is due, by ``due`` or before; None to wait for an event."""
        due = min(due, self._running.due)
        if self._stopping and not self._running.programs:
            return SWEEP_STEP
        if self._starting.zygotes is not None:
            due = min(due, self._starting.zygotes.due)
        if due == NEVER:
            return None
        # epoll counts milliseconds and rounds down: without the extra one it would spin until the time has come.
        return max(0.0, due - time.monotonic()) + 0.001

    def _read_requests(self) -> None:
        try:
            data = os.read(self._control, READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lose_engine()
            return
        for message in self._incoming.feed(data):
            self._obey(message)

    def _flush(self) -> None:
        if not self._abandoned:
            try:
                if self._outbox.flush():
                    self._slots.told()
            except OSError:
                self._lose_engine()

    def _lose_engine(self) -> None:
        self._poll.unregister(self._control)
        self._abandon()

    # -- what the engine says ---------------------------------------------------------------------------------

    def _obey(self, message: tuple[Any, ...]) -> None:
        kind = message[0]
        if kind == "run":
            if not self._stopping:
                # With the environment of now: the next may be sent while this one still waits.
                request = Request(message[1], message[2], self._base_env)
                self._salvage.expect(request)
                if request.warm is not None and self._starting.zygotes is None:
                    self._starting.zygotes = self._new_zygotes()
                self._starting.put(request)
        elif kind == "env":
            self._base_env = message[1]
        elif kind in ("cancel", "end_now"):
            self._cancel(message[1], at_once=kind == "end_now")
        elif kind in ("suspend", "resume"):
            self._hold(message[1], is_held=kind == "suspend")
        elif kind == "withdraw":
            self._starting.cancel_all()
        elif kind == "stop":
            self._stop()
        elif kind == "kill":
            self._kill()
        else:
            raise AssertionError(kind)

    def _hold(self, number: int, *, is_held: bool) -> None:
        if not self._running.hold(number, is_held=is_held):  # asked for just before, perhaps in the same breath
            self._starting.hold(number, is_held=is_held)

    def _new_zygotes(self) -> Zygotes:
        # Nobody pays for this import but a run with warm starts.
        from .zygotes import Zygotes

        return Zygotes(self._work_dir, self._marks, self._poll, self._starting.null)

    def _stop(self) -> None:
        """Stop every program, politely, and take no more."""
        self._stopping = True
        self._starting.cancel_all()
        self._running.cancel_all()

    def _kill(self) -> None:
        """Stop every program without any grace, and take no more."""
        self._hurried = True
        self._stop()
        self._running.kill_all()

    def _cancel(self, number: int, *, at_once: bool) -> None:
        self._running.reap()  # what has ended by itself is told as that
        if not self._running.cancel(number, at_once=at_once):
            self._starting.cancel(number)

    def _give_up(self) -> None:
        """Stop every program at once, and tell the engine why: it gives what waits to another supervisor."""
        self._stopping = True
        self._starting.forget_all()
        self._running.kill_all(lost=True)

    def _abandon(self) -> None:
        """Stop every program at once: nobody is there any more who could want a result."""
        self._abandoned = self._running.is_abandoned = True
        self._stopping = True
        self._starting.forget_all()
        self._running.kill_all()

    def _start_waiting(self) -> None:
        if not self._stopping:
            self._running.start()
        if self._starting.zygotes is not None and self._starting.zygotes.are_there:
            self._running.expect_children()
        self._locks.give_back_unwanted()

    # -- the end ----------------------------------------------------------------------------------------------

    def _say_goodbye(self) -> None:
        if not self._abandoned:
            self._empty_outbox()  # before the files go, which until then are all that there is of their output
        self._slots.remove()
        if self._abandoned:
            self._salvage.settle()
        remove_if_empty(self._work_dir)
        if self._abandoned:
            remove_if_empty(os.path.dirname(self._work_dir))
        elif not self.terminated:
            self._outbox.put(("bye",))
            self._empty_outbox()

    def _empty_outbox(self) -> None:
        try:
            self._outbox.empty()
        except OSError:
            return
