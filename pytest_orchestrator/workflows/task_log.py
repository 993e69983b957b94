"""The log of a workflow: everything that its tasks wrote, one file for each, without secrets."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from ..core.result import iso_time

if TYPE_CHECKING:
    from pathlib import Path

    from ..process.redaction import Redactor
    from .kinds import TaskGave


class TaskLog:
    """A directory with a file for each task. What cannot be written is left out: a full disk fails no task."""

    def __init__(self, directory: Path | None) -> None:
        """``directory`` is made when it is needed; None keeps nothing."""
        self.directory = directory

    def path(self, name: str) -> Path | None:
        """Return the file of a task, or of one of its combinations."""
        return None if self.directory is None else self.directory / f"{name.replace('[', '.').rstrip(']')}.log"

    def write(self, name: str, attempt: int, gave: TaskGave, redactor: Redactor, error: str | None = None) -> None:
        """Add an attempt."""
        how = error or ("passed" if gave.exit_code is None else f"exit {gave.exit_code}")
        lines = [f"== attempt {attempt}: {how}, {gave.duration:.3f} s, ended {iso_time(time.time())} =="]
        for stream, text in (("stdout", gave.stdout), ("stderr", gave.stderr)):
            if text:
                lines += [f"-- {stream} --", redactor.text(text).rstrip("\n")]
        self._add(name, "\n".join(lines))

    def note(self, name: str, attempt: int, text: str) -> None:
        """Add an attempt that gave nothing."""
        self._add(name, f"== attempt {attempt}: {text}, {iso_time(time.time())} ==")

    def _add(self, name: str, text: str) -> None:
        file = self.path(name)
        if file is None:
            return
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
                stream.write(f"{text}\n")
