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


def plain_name(name: str) -> str:
    """Return a name for files of a task, or of one of its combinations: ``task.0`` of ``task[0]``."""
    return name.replace("[", ".").rstrip("]")


class TaskLog:
    """A directory with a file for each task. What cannot be written is left out: a full disk fails no task."""

    def __init__(self, directory: Path | None) -> None:
        """``directory`` is made when it is needed; None keeps nothing."""
        self.directory = directory

    def path(self, name: str) -> Path | None:
        """Return the file of a task, or of one of its combinations."""
        return None if self.directory is None else self.directory / f"{plain_name(name)}.log"

    def begin(self, name: str, attempt: int, redactor: Redactor) -> AttemptLog:
        """Begin an attempt."""
        return AttemptLog(self.path(name), attempt, redactor)


class AttemptLog:
    """The part of a log that is one attempt, written as it comes."""

    def __init__(self, file: Path | None, attempt: int, redactor: Redactor) -> None:
        self._file = file
        self._attempt = attempt
        self._redactor = redactor
        self._stream = ""
        """That of the last lines."""
        self._is_line_open = False
        self._add(f"== attempt {attempt}: began {iso_time(time.time())} ==\n")

    def output(self, stream: str, text: str) -> None:
        """Add what it wrote; ``text`` is whole lines, or there is more of the last one."""
        head = ""
        if stream != self._stream:
            head = f"{self._closed()}-- {stream} --\n"
            self._stream = stream
        self._add(head + self._redactor.text(text))
        self._is_line_open = not text.endswith("\n")

    def end(self, how: str, duration: float | None = None) -> None:
        """Say how it ended, and after how many seconds."""
        took = "" if duration is None else f", {duration:.3f} s"
        self._add(f"{self._closed()}== attempt {self._attempt}: {how}{took}, ended {iso_time(time.time())} ==\n")

    def _closed(self) -> str:
        return "\n" if self._is_line_open else ""

    def _add(self, text: str) -> None:
        if self._file is None:
            return
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
                stream.write(text)
