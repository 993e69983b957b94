"""What waits to be started, while the engine does not listen."""

from __future__ import annotations

import os
import select
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

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
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Sending:
    """What is sent, the end of the engine, and the file of notes."""

    outbox: Outbox
    engine: socket.socket
    notes: int


@pytest.fixture
def sending() -> Iterator[Sending]:
    ours, engine = socket.socketpair()
    notes = os.memfd_create("notes")
    with ours, engine, select.epoll() as poll:
        ours.setblocking(False)
        poll.register(ours, select.EPOLLIN)
        yield Sending(Outbox(ours.fileno(), poll, notes), engine, notes)
    os.close(notes)


def test_nothing_is_started_while_the_engine_is_busy_and_what_waits_can_be_cancelled(
    tmp_path: Path, sending: Sending
) -> None:
    outbox = sending.outbox
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
        heard += [message for message in unpacker.feed(sending.engine.recv(1 << 20)) if message[0] != "filler"]
        outbox.flush()
    assert starting.next(running=0) is None
    assert heard == [("done", number, {"cancelled": True})]
    assert not (tmp_path / "ran").exists()


def test_what_was_announced_and_not_sent_is_found_in_the_notes(sending: Sending) -> None:
    outbox, notes = sending.outbox, sending.notes
    outbox.announce(("starting", 1, "a long name that the next notes do not reach"))
    outbox.announce(("starting", 2, ""))
    assert [message[1] for message in noted(notes)] == [1, 2]
    assert outbox.flush()
    outbox.announce(("starting", 3, ""))
    assert [message[1] for message in noted(notes)] == [3]
