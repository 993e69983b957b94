"""The files of a running program: a pair of output files and a temporary directory, used again when left clean.

Creating and removing two files and a directory per program costs 100 µs on ext4; emptying a file that is open
costs 5. So a slot is reused as long as nothing can still write to it. Output goes to files, never through a pipe:
a grandchild can hold a pipe open for ever.
"""

from __future__ import annotations

import errno
import os

HEAD = 16 << 10
TAIL = 48 << 10
"""What a result holds of a stream: all of it up to HEAD + TAIL, else the first HEAD and the last TAIL bytes."""

# Appending, so that two writers do not overwrite one another.
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC


class OutputFile:
    """A file that one stream of one program at a time is written to."""

    __slots__ = ("fd", "path")

    def __init__(self, path: bytes, flags: int = _CREATE) -> None:
        self.path = path
        self.fd = os.open(path, flags, 0o600)

    @classmethod
    def open_existing(cls, path: bytes) -> OutputFile:
        """Open the file that a supervisor which died left at ``path``."""
        return cls(path, os.O_RDWR | os.O_CLOEXEC)

    def size(self) -> int:
        """Return the bytes written so far."""
        return os.fstat(self.fd).st_size

    def last_write(self) -> float:
        """Return when it was last written to, in seconds since the epoch."""
        return os.fstat(self.fd).st_mtime

    def read(self) -> tuple[bytes, bytes, int]:
        """Return head, tail and size; the tail is empty unless bytes between them are left out."""
        data = os.pread(self.fd, HEAD + TAIL + 1, 0)
        if len(data) <= HEAD + TAIL:
            return data, b"", len(data)
        size = self.size()
        return data[:HEAD], os.pread(self.fd, TAIL, size - TAIL), size

    def keep_as(self, path: bytes) -> None:
        """Move the file to ``path`` for good."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            os.rename(self.path, path)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self._copy_to(path)
            os.unlink(self.path)
        os.close(self.fd)

    def _copy_to(self, path: bytes) -> None:
        target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        offset, size = 0, self.size()
        try:
            while offset < size:
                sent = os.sendfile(target, self.fd, offset, min(size - offset, 1 << 30))
                if sent == 0:
                    break
                offset += sent
        finally:
            os.close(target)

    def discard(self) -> None:
        """Remove it; whoever still has it open writes into nothing."""
        os.close(self.fd)
        try:
            os.unlink(self.path)
        except FileNotFoundError:
            return


class Slot:
    """The files that one program at a time uses."""

    __slots__ = ("_count", "_directory", "stderr", "stdout", "tmp")

    def __init__(self, directory: bytes) -> None:
        self._directory = directory
        self._count = 0
        os.mkdir(directory, 0o700)
        self.stdout = self._new_file(b"stdout")
        self.stderr = self._new_file(b"stderr")
        self.tmp = self._new_tmp()

    def _new_file(self, name: bytes) -> OutputFile:
        self._count += 1
        return OutputFile(b"%s/%s.%d" % (self._directory, name, self._count))

    def _new_tmp(self) -> bytes:
        self._count += 1
        path = b"%s/tmp.%d" % (self._directory, self._count)
        os.mkdir(path, 0o700)
        return path

    def collect(
        self, keep_stdout: bytes | None, keep_stderr: bytes | None, keep_all: bool, in_use: bool
    ) -> tuple[tuple[bytes, bytes, int, bytes | None], tuple[bytes, bytes, int, bytes | None], bytes | None]:
        """Take what the program left, and make the slot clean for the next one.

        ``keep_all`` keeps any output in its file, not only one that was cut; ``in_use`` says that a process which
        is still alive may write to the files. Return both streams as (head, tail, size, path) and the temporary
        directory if something is in it.
        """
        out = self._collect_stream(self.stdout, keep_stdout, keep_all, in_use)
        if out[3] is not None or in_use:
            self.stdout = self._new_file(b"stdout")
        err = self._collect_stream(self.stderr, keep_stderr, keep_all, in_use)
        if err[3] is not None or in_use:
            self.stderr = self._new_file(b"stderr")
        return out, err, self._collect_tmp(in_use)

    @staticmethod
    def _collect_stream(
        file: OutputFile, keep: bytes | None, keep_all: bool, in_use: bool
    ) -> tuple[bytes, bytes, int, bytes | None]:
        head, tail, size = file.read()
        if keep is not None and (tail or (keep_all and size)):
            file.keep_as(keep)
            return head, tail, size, keep
        if in_use:
            file.discard()
        elif size:
            os.ftruncate(file.fd, 0)
        return head, tail, size, None

    def _collect_tmp(self, in_use: bool) -> bytes | None:
        try:
            is_empty = not os.listdir(self.tmp)
        except OSError:  # the program removed or locked it
            is_empty = False
        if is_empty and not in_use:
            return None
        used = self.tmp
        self.tmp = self._new_tmp()
        return used

    def remove(self) -> None:
        """Remove the slot's files and directories, as far as they are empty."""
        self.stdout.discard()
        self.stderr.discard()
        for path in (self.tmp, self._directory):
            try:
                os.rmdir(path)
            except OSError:  # it holds something that somebody may want
                return
