"""Following the output of a program that runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

    from .command import Capture, Outcome
    from .runs import Run

PIECE = 1 << 17
"""Most bytes that are read in one go: a slow reader must not keep anybody from looking at the run meanwhile."""


class Tail:
    """Reads both streams of a run, of whose command ``whole_output`` is set."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._files: list[FileIO | None] = [None, None]
        self._taken = [0, 0]
        """How far in each of them that was read which is not to be read again."""

    def read(self) -> tuple[bytes, bytes]:
        """Return what has come since the last time, a piece of each stream at the most."""
        self._open(self._run.files)
        out, err = (b"" if file is None else self._next(file) for file in self._files)
        return out, err

    def note_taken(self) -> None:
        """Take note that all that was read is in good hands."""
        self._taken = [0 if file is None else file.tell() for file in self._files]

    def go_back(self) -> None:
        """Read again what was read and not taken: an exception came in between."""
        for file, position in zip(self._files, self._taken, strict=True):
            if file is not None:
                file.seek(position)

    @staticmethod
    def _next(file: FileIO) -> bytes:
        data = file.read(PIECE)
        if not data and os.fstat(file.fileno()).st_size < file.tell():
            file.seek(0)  # the program has emptied it: to open /dev/stdout for writing does that
            data = file.read(PIECE)
        return data

    def backlog(self) -> int:
        """Return how many bytes have been written and not read."""
        files = [file for file in self._files if file is not None]
        return sum(os.fstat(file.fileno()).st_size - file.tell() for file in files)

    def rest(self, outcome: Outcome) -> Iterator[tuple[bytes, bytes]]:
        """Return all that has not been read of a run that has ended, a piece at a time."""
        for index, capture in enumerate((outcome.stdout, outcome.stderr)):
            for data in self.rest_of(index, capture):
                yield (data, b"") if index == 0 else (b"", data)

    def rest_of(self, index: int, capture: Capture) -> Iterator[bytes]:
        """Return what has not been read of one stream: 0 is standard output, 1 standard error."""
        if capture.path is not None and self._files[index] is None:
            self._open_one(index, capture.path)
        file = self._files[index]
        if file is None:  # there is no file: this is all there is
            yield from filter(None, (capture.head, capture.tail))
            return
        # No more than what is there now: what nobody could kill, another user's process, may write for ever.
        size, position = os.fstat(file.fileno()).st_size, file.tell()
        rest = size - position if position <= size else size
        while rest > 0 and (data := self._next(file)):
            rest -= len(data)
            yield data

    def close(self) -> None:
        """Close the files."""
        for file in self._files:
            if file is not None:
                file.close()
        self._files = [None, None]

    def _open(self, paths: tuple[bytes, bytes] | None) -> None:
        if paths is not None and self._files == [None, None]:
            for index, path in enumerate(paths):
                self._open_one(index, path)

    def _open_one(self, index: int, path: bytes) -> None:
        try:
            # No bare descriptor: Ctrl-C may come before it is stored.
            self._files[index] = open(path, "rb", buffering=0)  # noqa: SIM115 - closed by close()
        except FileNotFoundError:  # it has just been moved: the outcome will say where
            return
