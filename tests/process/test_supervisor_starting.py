"""What waits to be started, while the engine does not listen."""

from __future__ import annotations

import os
import select
import socket
from typing import TYPE_CHECKING, Any

from pytest_orchestrator.process.command import Command
from pytest_orchestrator.process.request import run_message
from pytest_orchestrator.process.supervisor.locks import Locks
from pytest_orchestrator.process.supervisor.marks import Marks
from pytest_orchestrator.process.supervisor.outbox import Outbox
from pytest_orchestrator.process.supervisor.request import Request
from pytest_orchestrator.process.supervisor.slots import Slots
from pytest_orchestrator.process.supervisor.starting import Starting
from pytest_orchestrator.process.supervisor.terminals import Terminals
from pytest_orchestrator.process.wire import Unpacker, noted

if TYPE_CHECKING:
    from pathlib import Path


def test_nothing_is_started_while_the_engine_is_busy_and_what_waits_can_be_cancelled(tmp_path: Path) -> None:
    ours, engines = socket.socketpair()
    ours.setblocking(False)
    poll = select.epoll()
    poll.register(ours, select.EPOLLIN)
    notes = os.memfd_create("notes")
    outbox = Outbox(ours.fileno(), poll, notes)
    work = tmp_path / "work"
    work.mkdir()
    slots = Slots(os.fsencode(work))
    locks, marks = Locks(os.fsencode(tmp_path / "locks"), lambda: None), Marks(b"0123456789abcdef")
    starting = Starting(1, slots, locks, marks, outbox, Terminals(select.epoll()))
    outbox.put(("filler", b"x" * (1 << 22)))
    assert not outbox.flush()
    command = Command(argv=(b"/bin/sh", b"-c", f"touch {tmp_path}/ran".encode()), cwd=b"/", base_env={}, item="a")
    number = 7
    starting.put(Request(number, run_message(number, command)[2], {}))
    assert starting.next(running=0) is None
    starting.cancel(number)
    unpacker = Unpacker()
    heard: list[tuple[Any, ...]] = []
    while outbox.is_blocked or not heard:
        heard += [message for message in unpacker.feed(engines.recv(1 << 20)) if message[0] != "filler"]
        outbox.flush()
    assert starting.next(running=0) is None
    assert heard == [("done", number, {"cancelled": True})]
    assert not (tmp_path / "ran").exists()
    for end in (ours, engines, poll):
        end.close()
    os.close(notes)


def test_what_was_announced_and_not_sent_is_found_in_the_notes() -> None:
    ours, engines = socket.socketpair()
    ours.setblocking(False)
    poll = select.epoll()
    poll.register(ours, select.EPOLLIN)
    notes = os.memfd_create("notes")
    outbox = Outbox(ours.fileno(), poll, notes)
    outbox.announce(("starting", 1, "a long name that the next notes do not reach"))
    outbox.announce(("starting", 2, ""))
    assert [message[1] for message in noted(notes)] == [1, 2]
    assert outbox.flush()
    outbox.announce(("starting", 3, ""))
    assert [message[1] for message in noted(notes)] == [3]
    for end in (ours, engines, poll):
        end.close()
    os.close(notes)
