"""Making outcomes: of what the supervisor tells, of what never started, of what a dead supervisor left."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING, Any

from ..core.names import decode_output
from ..core.result import LeftProcess
from ..quick_dataclasses import dataclass
from .command import Capture, Outcome
from .supervisor.slots import OutputFile, remove_if_empty
from .temporary import remove_tree

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

TERMINATED = "the supervisor process was told to end (SIGTERM) while this ran"


@dataclass(frozen=True, slots=True)
class RunningProgram:
    """What is known of a program while it runs."""

    started: float
    """Seconds since the epoch."""
    stdout: bytes
    """The file that its standard output goes to."""
    stderr: bytes

    def read(self, offsets: tuple[int, int], size: int) -> tuple[bytes, bytes]:
        """Return at most ``size`` bytes of each stream from its offset on."""
        return _read(self.stdout, offsets[0], size), _read(self.stderr, offsets[1], size)


def _read(path: bytes, offset: int, size: int) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:
            return os.pread(file.fileno(), size, offset)
    except OSError:
        return b""


def told(fields: tuple[Any, ...] | dict[str, Any]) -> Outcome:
    """Return the outcome that a ``done`` message describes: values of a program that ran, or by name why it did not."""
    if isinstance(fields, dict):
        return never_started(error=fields.get("error"), cancelled=fields.get("cancelled", False))
    # Without names: they would be most of each message, and most of the time that it takes at both ends.
    (
        pid, started, ended, duration, exit_code, stdout, stderr, limit, cancelled, lost, left, unkillable,
        cpu_time, max_rss_kb, tmp, notes, is_warm,
    ) = fields  # fmt: skip
    return Outcome(
        started=started,
        ended=ended,
        duration=duration,
        exit_code=exit_code,
        stdout=Capture(*stdout),
        stderr=Capture(*stderr),
        limit=limit,
        left=_processes(left) if left else (),
        unkillable=_processes(unkillable) if unkillable else (),
        cancelled=cancelled,
        cpu_time=cpu_time,
        max_rss_kb=max_rss_kb,
        tmp=tmp,
        lost=lost,
        error=TERMINATED if lost else None,
        pid=pid,
        is_warm=is_warm,
        notes=tuple(notes),
    )


def _processes(pairs: Iterable[tuple[int, bytes]]) -> tuple[LeftProcess, ...]:
    return tuple(LeftProcess(pid, command.decode("utf-8", "backslashreplace")) for pid, command in pairs)


def never_started(*, error: str | None = None, cancelled: bool = False, lost: bool = False) -> Outcome:
    """Return the outcome of a command that never became a program."""
    now = time.time()
    return Outcome(started=now, ended=now, duration=0.0, error=error, cancelled=cancelled, lost=lost, was_started=False)


def lost(running: RunningProgram, why: str, prefix: bytes) -> Outcome:
    """Return the outcome of a program whose supervisor died, with the output that is still in its files.

    ``prefix`` is the start of the paths that long output is moved to.
    """
    now = time.time()
    return Outcome(
        started=running.started,
        ended=now,
        duration=max(0.0, now - running.started),
        stdout=_rescue(running.stdout, prefix + b".stdout"),
        stderr=_rescue(running.stderr, prefix + b".stderr"),
        lost=True,
        error=why,
    )


def _rescue(path: bytes, target: bytes) -> Capture:
    try:
        file = OutputFile.open_existing(path)
    except OSError:
        return Capture()
    head, tail, size = file.read()
    if tail and file.hand_over(target):
        return Capture(head, tail, size, target)
    if file.is_open:
        file.discard()
    return Capture(head, tail, size)


def signal_name(exit_code: int | None) -> str | None:
    """Return the name of the signal that a negative exit code stands for; None if it stands for none."""
    if exit_code is None or exit_code >= 0:
        return None
    try:
        return signal.Signals(-exit_code).name
    except ValueError:
        return f"signal {-exit_code}"


def text_of(capture: Capture) -> str:
    """Return a stream as text; where its middle was cut out, that is said."""
    if not capture.was_cut:
        return decode_output(capture.head + capture.tail)
    left_out = capture.size - len(capture.head) - len(capture.tail)
    return f"{decode_output(capture.head)}\n[{left_out} bytes left out]\n{decode_output(capture.tail)}"


def remove_files(outcome: Outcome) -> None:
    """Remove what the engine has kept of a program's output, and its temporary directory: nobody wants them."""
    for capture in (outcome.stdout, outcome.stderr):
        if capture.path is not None:
            with contextlib.suppress(OSError):
                os.unlink(capture.path)
    if outcome.tmp is not None:
        remove_tree(os.fsdecode(outcome.tmp))


def remove_slots(directory: Path) -> None:
    """Remove a dead supervisor's output files and what is empty; a temporary directory in use belongs to a result."""
    with contextlib.suppress(OSError):
        for slot in directory.iterdir():
            if slot.is_dir():
                for entry in slot.iterdir():
                    with contextlib.suppress(OSError):
                        entry.rmdir() if entry.is_dir() else entry.unlink()
                with contextlib.suppress(OSError):
                    slot.rmdir()
    remove_if_empty(directory)
