"""Python scripts run plainly and warm, through an engine."""

from __future__ import annotations

import os
import re
import sys
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine_runs import command, supervisor_pid
from process_watch import children, command_line

from pytest_orchestrator.process.command import Command, Warm

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_orchestrator.process.engine import Engine

# Without what changes how every interpreter starts; some scripts show it.
ENVIRONMENT = {
    name: value
    for name, value in os.environb.items()
    if not name.startswith((b"ORCHESTRATOR", b"PYTEST", b"COV", b"PYTHON"))
} | {b"PYTHONHASHSEED": b"0"}

PYTHON = os.fsencode(sys.executable)


def written(path: Path, text: str) -> Path:
    """Write a script and return its path."""
    path.write_bytes(textwrap.dedent(text).encode("utf-8", "surrogateescape"))
    return path


def plain(path: Path, *args: str, **fields: Any) -> Command:
    """Return the command that runs the script at ``path`` plainly."""
    settings = {"base_env": ENVIRONMENT, "cwd": os.fsencode(path.parent), **fields}
    return command(PYTHON, str(path), *args, **settings)


def warm(path: Path, *args: str, imports: tuple[str, ...] = (), **fields: Any) -> Command:
    """Return the command that runs the script at ``path`` warm."""
    return warmed(plain(path, *args, **fields), *imports)


def warmed(wanted: Command, *imports: str) -> Command:
    """Return ``wanted`` with a warm start."""
    return replace(wanted, warm=Warm(wanted.argv[0], wanted.argv, imports=imports))


def zygotes(engine: Engine) -> list[int]:
    """Return the pids of the interpreters that wait, and of what they have ready, the oldest first."""
    below = {pid: command_line(pid) for pid in children(supervisor_pid(engine))}
    return sorted((pid for pid, words in below.items() if "/orchestrator-" in words), key=_began)


def _began(pid: int) -> tuple[int, int]:
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[19]), pid


def shown(output: bytes) -> list[bytes]:
    """Return the lines of some output, without what differs from run to run: addresses and durations."""
    return re.sub(rb"0x[0-9a-f]+|\b[0-9]+\.[0-9]+s", b"*", output).split(b"\n")
