"""Run so many programs through the engine, two at a time, from a process with so many MiB of touched heap."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from pytest_orchestrator.process.command import Command
from pytest_orchestrator.process.engine import Engine

count = int(sys.argv[2])
heap = bytearray(int(sys.argv[1]) << 20)
for offset in range(0, len(heap), 4096):
    heap[offset] = 1

environment = dict(os.environb)
command = Command(argv=(b"/bin/sh", b"-c", b"echo ok"), cwd=b"/", base_env=environment)
with (
    tempfile.TemporaryDirectory() as directory,
    Engine(Path(directory) / "work", Path(directory) / "locks", 2) as engine,
):
    tickets = [engine.submit(command) for _ in range(min(50, count))]
    for _ in range(count - len(tickets)):
        assert engine.wait(tickets.pop(0)).exit_code == 0
        tickets.append(engine.submit(command))
    for ticket in tickets:
        assert engine.wait(ticket).exit_code == 0
