"""The supervisor's event loop: requests in, programs out, nothing left behind.

It ends when the engine says so, when the engine's end of the socket closes (the process that wanted the results
died, however), when a watched process dies, or on SIGTERM. In each case every program goes first.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections import deque

from ..wire import READ_SIZE, Unpacker, pack
from .locks import Locks
from .program import GIVE_UP, KILLING, LINGERING, RUNNING, STOPPING, Program, Request, start
from .slots import Slot
from .tree import (
    RUN_VARIABLE,
    become_subreaper,
    command_line,
    descendants,
    direct_children,
    environment_value,
    process_table,
    read_process,
    send_signal,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SWEEP_GRACE = 2.0
"""Seconds that processes which were allowed to stay get between SIGTERM and SIGKILL at the end."""


class Supervisor:
    """State of the event loop."""

    def __init__(self, control: int, settings: dict[str, Any]) -> None:
        self.control = control
        self.incoming = Unpacker()
        self.jobs: int = settings["jobs"]
        self.token: bytes = settings["token"]
        self.work_dir: bytes = settings["work_dir"]
        self.outgoing = bytearray()
        self.waiting: deque[Request] = deque()
        self.running: dict[int, Program] = {}
        """By the number of the request."""
        self.leaders: dict[int, Program] = {}
        """By pid, as long as the program itself has not been reaped."""
        self.allowed: set[int] = set()
        """Processes that ``left_processes: allow`` keeps until the end."""
        self.allowing: set[int] = set()
        """Numbers of the ended requests that those belong to."""
        self.strays: dict[int, set[int]] = {}
        """Orphans that name no program, with the programs that may have started them."""
        self.free_slots: list[Slot] = []
        self.slot_count = 0
        self.base_env: dict[bytes, bytes] = {}
        self.stopping = False
        """The engine asked for the end, or is gone."""
        self.abandoned = False
        """Nobody is there to take results."""
        self.terminated = False
        """SIGTERM came."""
        self.sweep_began = 0.0
        self.null = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
        self.poll = select.epoll()
        self.poll.register(control, select.EPOLLIN)
        self.wake_in, wake_out = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self.poll.register(self.wake_in, select.EPOLLIN)
        signal.set_wakeup_fd(wake_out, warn_on_full_buffer=False)
        self.locks = Locks(settings["lock_dir"], lambda: void_write(wake_out))
        self.watched = [fd for pid in settings["watch"] if (fd := self._watch(pid)) is not None]

    def _watch(self, pid: int) -> int | None:
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            self.abandon()
            return None
        self.poll.register(fd, select.EPOLLIN)
        return fd

    # -- the loop ---------------------------------------------------------------------------------------------

    def run(self, incoming: Unpacker, messages: list[tuple[Any, ...]]) -> None:
        """Obey ``messages``, serve until the end, then return with nothing left running."""
        self.incoming = incoming
        for message in messages:
            self._obey(message)
        self._start_waiting()
        while not (self.stopping and not self.running and not self.strays and not self.allowed):
            for fd, event in self.poll.poll(self._patience()):
                if fd == self.control:
                    if event & select.EPOLLOUT:
                        self._flush()
                    if event & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                        self._read_requests()
                elif fd == self.wake_in:
                    drain(self.wake_in)
                elif fd in self.watched:
                    self.poll.unregister(fd)
                    self.abandon()
            if self.terminated and not self.abandoned:
                self.abandon()
            self._reap()
            for program in list(self.running.values()):
                self._look_at(program)
            self._start_waiting()
            if self.stopping and not self.running:
                self._sweep_rest()
        self._say_goodbye()

    def _patience(self) -> float | None:
        """Return the seconds until something is due; None to wait for an event."""
        looks = [look for program in self.running.values() if (look := program.next_look()) is not None]
        if self.stopping and (self.allowed or self.strays):
            looks.append(time.monotonic() + 0.02)
        if not looks:
            return None
        # epoll counts milliseconds and rounds down: without the extra one it would spin until the time has come.
        return max(0.0, min(looks) - time.monotonic()) + 0.001

    def _read_requests(self) -> None:
        try:
            data = os.read(self.control, READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.poll.unregister(self.control)
            self.abandon()
            return
        for message in self.incoming.feed(data):
            self._obey(message)

    def _obey(self, message: tuple[Any, ...]) -> None:
        kind = message[0]
        if kind == "run":
            self.waiting.append(Request(message[1], message[2]))
        elif kind == "env":
            self.base_env = message[1]
        elif kind == "cancel":
            self._cancel(message[1])
        elif kind == "stop":
            self.stop()
        else:
            raise AssertionError(kind)

    def stop(self) -> None:
        """Stop every program, politely, and take no more."""
        self.stopping = True
        for number in [request.id for request in self.waiting]:
            self._cancel(number)
        for number in list(self.running):
            self._cancel(number)

    def abandon(self) -> None:
        """Stop every program at once: nobody is there any more who could want a result."""
        self.abandoned = True
        self.stopping = True
        self.waiting.clear()
        for program in self.running.values():
            program.cancelled = program.cancelled or not program.has_exited
            self._kill(program)

    def terminate(self) -> None:
        """Take note of a SIGTERM; the loop, which it wakes, acts on it."""
        self.terminated = True

    def die(self, why: str) -> None:
        """Leave after a fault of our own: kill everything and say why."""
        members = descendants(direct_children(), (), process_table())
        send_signal(members, signal.SIGKILL)
        os.set_blocking(self.control, True)
        self._send(("fatal", why))

    def _cancel(self, number: int) -> None:
        program = self.running.get(number)
        if program is not None:
            if program.phase == RUNNING:
                program.cancelled = True
                self._terminate(program)
            return
        for request in self.waiting:
            if request.id == number:
                self.waiting.remove(request)
                self._send(("done", number, {"cancelled": True}))
                return

    # -- starting ---------------------------------------------------------------------------------------------

    def _start_waiting(self) -> None:
        if not self.waiting or self.stopping:
            return
        blocked: list[Request] = []
        while self.waiting and len(self.running) < self.jobs:
            request = self.waiting.popleft()
            try:
                if request.resources and not self.locks.take(request.resources):
                    # A later one that needs nothing of it may go first; this one keeps its place.
                    blocked.append(request)
                    continue
            except OSError as error:
                self._send(("done", request.id, {"error": f"cannot take its locks: {error}", "errno": error.errno}))
                continue
            self._start(request)
        self.waiting.extendleft(reversed(blocked))
        self.locks.give_back_unwanted()

    def _start(self, request: Request) -> None:
        try:
            slot = self.free_slots.pop() if self.free_slots else self._new_slot()
        except OSError as error:
            self.locks.release(request.resources)
            problem = f"cannot make its files in {os.fsdecode(self.work_dir)}: {error.strerror}"
            self._send(("done", request.id, {"error": problem, "errno": error.errno}))
            return
        environment = {**self.base_env, **request.env}
        for name in request.unset:
            environment.pop(name, None)
        outer = environment.get(RUN_VARIABLE)
        mine = b"%s.%d" % (self.token, request.id)
        environment[RUN_VARIABLE] = mine if outer is None else outer + b"/" + mine
        environment[b"ORCHESTRATOR_TMP"] = slot.tmp
        try:
            program = start(request, slot, environment, self.null)
        except (OSError, ValueError) as error:
            self.free_slots.append(slot)
            self.locks.release(request.resources)
            number = getattr(error, "errno", None)
            self._send(("done", request.id, {"error": str(error), "errno": number}))
            return
        self.running[request.id] = program
        self.leaders[program.pid] = program
        self._send(("started", request.id, program.pid, program.started, slot.stdout.path, slot.stderr.path))

    def _new_slot(self) -> Slot:
        self.slot_count += 1
        return Slot(b"%s/%d" % (self.work_dir, self.slot_count))

    # -- ending -----------------------------------------------------------------------------------------------

    def _reap(self) -> None:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self.allowed.discard(pid)
            self.strays.pop(pid, None)
            program = self.leaders.pop(pid, None)
            if program is not None:
                program.record_exit(status, usage)

    def _look_at(self, program: Program) -> None:
        """Move ``program`` on, if it is time."""
        if not program.has_exited and program.phase == RUNNING:
            limit = program.limit_reached()
            if limit is not None:
                program.limit = limit
                self._terminate(program)
            return
        if program.phase == RUNNING:
            self._after_exit(program)
        elif program.phase == LINGERING:
            self._after_linger(program)
        else:
            self._after_signal(program)

    def _after_exit(self, program: Program) -> None:
        left = self._leftovers(program)
        if not left:
            self._finish(program)
        elif program.request.left_processes == "allow":
            program.record_left(left)
            self.allowed |= left
            self.allowing.add(program.request.id)
            self._finish(program, in_use=True)
        else:
            program.enter(LINGERING)

    def _after_linger(self, program: Program) -> None:
        left = self._leftovers(program)
        if not left:
            self._finish(program)
        elif time.monotonic() >= (program.next_look() or 0.0):
            program.record_left(left)
            self._kill(program)

    def _after_signal(self, program: Program) -> None:
        members = self._members(program)
        if not members and program.has_exited:
            self._finish(program)
        elif program.phase == STOPPING:
            if time.monotonic() >= program.phase_began + program.request.grace:
                self._kill(program)
        elif time.monotonic() >= program.phase_began + GIVE_UP:
            program.unkillable = [(pid, command_line(pid)) for pid in sorted(members)]
            self.leaders.pop(program.pid, None)
            self._finish(program, in_use=True)
        else:
            send_signal(members, signal.SIGKILL)

    def _terminate(self, program: Program) -> None:
        members = self._members(program)
        send_signal(members, signal.SIGTERM)
        # A stopped process gets no signal but this one before it is continued.
        send_signal(members, signal.SIGCONT)
        program.enter(STOPPING)

    def _kill(self, program: Program) -> None:
        if program.phase != KILLING:
            program.enter(KILLING)
        send_signal(self._members(program), signal.SIGKILL)

    def _finish(self, program: Program, in_use: bool = False) -> None:
        request = program.request
        del self.running[request.id]
        self._drop_candidate(request.id)
        slot = program.slot
        out, err, tmp = slot.collect(
            request.keep_stdout, request.keep_stderr, self.abandoned or program.cancelled, in_use
        )
        self.free_slots.append(slot)
        self.locks.release(request.resources)
        fields = {
            "pid": program.pid,
            "started": program.started,
            "ended": program.ended or time.time(),
            "duration": program.duration or time.monotonic() - program.started_clock,
            "exit_code": program.exit_code,
            "stdout": out,
            "stderr": err,
            "limit": program.limit,
            "cancelled": program.cancelled,
            "left": program.left,
            "unkillable": program.unkillable,
            "cpu_time": program.cpu_time,
            "max_rss_kb": program.max_rss_kb,
            "tmp": tmp,
        }
        self._send(("done", request.id, fields))

    # -- whose process is it ----------------------------------------------------------------------------------

    def _leftovers(self, program: Program) -> set[int]:
        """Return what is alive of an exited program. Cheap when nothing is: one read of /proc."""
        orphans = direct_children() - self.leaders.keys() - self.allowed
        if not orphans:
            return set()
        mine = {pid for pid in orphans if self._owner(pid) == program.request.id}
        if not mine:
            return set()
        return descendants(mine, (program.session,), process_table()) - self.allowed

    def _members(self, program: Program) -> set[int]:
        """Return every process of the program's tree that is alive, itself included."""
        orphans = direct_children() - self.leaders.keys() - self.allowed
        roots = {pid for pid in orphans if self._owner(pid) == program.request.id}
        if not program.has_exited:
            roots.add(program.pid)
        return descendants(roots, (program.session,), process_table()) - self.allowed

    def _owner(self, pid: int) -> int | None:
        """Return the number of the request whose program started the orphan ``pid``; None while that is open."""
        process = read_process(pid)
        if process is None or process.is_dead:
            return None
        for program in self.running.values():
            if program.session == process.session:
                return program.request.id
        marker = self.token + b"."
        value = environment_value(pid, RUN_VARIABLE) or b""
        for part in value.split(b"/"):
            if part.startswith(marker) and part[len(marker) :].isdigit():
                return self._claim(pid, int(part[len(marker) :]))
        # It wiped its environment and left its session. It belongs to one of the programs that ran when it was
        # first seen; when all but one of them have ended without a claim, it is the last one's.
        candidates = self.strays.setdefault(pid, set(self.running))
        candidates &= self.running.keys()
        return next(iter(candidates)) if len(candidates) == 1 else None

    def _claim(self, pid: int, number: int) -> int | None:
        """Return ``number`` if that program still runs; see to an orphan whose program has ended."""
        if number in self.running:
            return number
        if number in self.allowing:
            self.allowed.add(pid)
        else:
            send_signal(descendants((pid,), (), process_table()), signal.SIGKILL)
        return None

    def _drop_candidate(self, number: int) -> None:
        """Kill the strays that only the program ``number`` could have started."""
        for pid, candidates in self.strays.items():
            candidates.discard(number)
            if not candidates:
                send_signal(descendants((pid,), (), process_table()), signal.SIGKILL)

    def _sweep_rest(self) -> None:
        """End what no program owns: processes that were allowed to stay until now, and strays."""
        rest = direct_children() - self.leaders.keys()
        members = descendants(rest, (), process_table())
        if not members:
            self.allowed.clear()
            self.strays.clear()
            return
        self.strays.update({pid: set() for pid in members - self.strays.keys()})
        now = time.monotonic()
        if not self.sweep_began:
            self.sweep_began = now
            send_signal(members, signal.SIGTERM)
        if self.abandoned or not self.allowed or now > self.sweep_began + SWEEP_GRACE:
            send_signal(members, signal.SIGKILL)
        if now > self.sweep_began + SWEEP_GRACE + GIVE_UP:
            self.allowed.clear()
            self.strays.clear()
            return
        for pid in list(self.strays):
            if pid not in members:
                del self.strays[pid]
        self.allowed &= members

    # -- telling the engine -----------------------------------------------------------------------------------

    def _send(self, message: tuple[Any, ...]) -> None:
        if not self.abandoned:
            self.outgoing += pack(message)
            self._flush()

    def _flush(self) -> None:
        """Write what the socket takes now. Never wait: the engine may be waiting for us to read."""
        was_waiting = False
        try:
            while self.outgoing:
                del self.outgoing[: os.write(self.control, self.outgoing)]
        except BlockingIOError:
            was_waiting = True
        except OSError:
            self.abandon()
            return
        self.poll.modify(self.control, select.EPOLLIN | (select.EPOLLOUT if was_waiting else 0))

    def _remove_work_dir(self) -> None:
        try:
            os.rmdir(self.work_dir)
        except OSError:  # something that somebody may want is still in it
            return

    def _say_goodbye(self) -> None:
        for slot in self.free_slots:
            slot.remove()
        self._remove_work_dir()
        if not self.abandoned:
            os.set_blocking(self.control, True)
            self._send(("bye",))


def drain(fd: int) -> None:
    """Read and forget what a non-blocking pipe holds."""
    try:
        while os.read(fd, 4096):
            pass
    except BlockingIOError:
        return


def void_write(fd: int) -> None:
    """Wake the event loop; a full pipe wakes it as well."""
    try:
        os.write(fd, b"\0")
    except BlockingIOError:
        return


def main(control: int) -> None:
    """Run the supervisor on the socket ``control``; the first message on it holds the settings."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    become_subreaper()
    os.set_inheritable(control, False)
    unpacker = Unpacker()
    while True:
        data = os.read(control, READ_SIZE)
        if not data:
            return
        messages = list(unpacker.feed(data))
        if messages:
            break
    os.set_blocking(control, False)
    supervisor = Supervisor(control, messages[0][1])
    signal.signal(signal.SIGTERM, lambda *_: supervisor.terminate())
    try:
        supervisor.run(unpacker, messages[1:])
    except BaseException:
        import traceback

        supervisor.die(traceback.format_exc())
        raise
