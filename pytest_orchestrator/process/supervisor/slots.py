"""The files of a running program: a pair of output files and a temporary directory, used again when left clean.

Creating and removing two files and a directory per program costs 100 µs on ext4; emptying a file that is open
costs 5. So a slot is reused as long as nothing can still write to it. Output goes to files, never through a pipe:
a grandchild can hold a pipe open for ever.
"""

from __future__ import annotations

import os
import stat

HEAD = 20 << 10
TAIL = 52 << 10
"""What an outcome holds of a stream: all of it up to HEAD + TAIL, else the first HEAD and the last TAIL bytes."""

_UNTOUCHED = 123_456_789_987_654_321
"""The time of the last change that a temporary directory is given, in nanoseconds: any file made in it changes that.

A time of which no copy of a directory is: to keep one (``cp -a``) sets the copy's, too. Where a file system keeps no
nanoseconds, a directory never has it.
"""

# Appending, so that two writers do not overwrite one another.
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC

TYPE_CHECKING = False
if TYPE_CHECKING:
    Stream = tuple[bytes, bytes, int, bytes | None]
    """Head, tail, size, and the file that was handed over."""


class OutputFile:
    """A file that one stream of one program at a time is written to."""

    __slots__ = ("fd", "path")

    def __init__(self, path: bytes, fd: int) -> None:
        self.path = path
        self.fd = fd

    @classmethod
    def none(cls) -> OutputFile:
        """Return one that stands for no file."""
        return cls(b"", -1)

    @classmethod
    def create(cls, path: bytes) -> OutputFile:
        """Make a new file. Raise OSError when that cannot be done."""
        return cls(path, os.open(path, _CREATE, 0o600))

    @classmethod
    def open_existing(cls, path: bytes) -> OutputFile:
        """Open the file that a supervisor which died left at ``path``. Raise OSError when it is not there."""
        return cls(path, os.open(path, os.O_RDWR | os.O_CLOEXEC))

    def read(self) -> tuple[bytes, bytes, int]:
        """Return head, tail and size; the tail is empty unless bytes between them are left out."""
        data = os.pread(self.fd, HEAD + TAIL + 1, 0)
        if len(data) <= HEAD + TAIL:
            return data, b"", len(data)
        size = os.fstat(self.fd).st_size
        return data[:HEAD], os.pread(self.fd, TAIL, size - TAIL), size

    @property
    def is_open(self) -> bool:
        """Whether it can be written to."""
        return self.fd >= 0

    def hand_over(self, path: bytes) -> bool:
        """Move the file to ``path`` in the same file system; return False if it could not be, and is gone."""
        try:
            os.rename(self.path, path)
        except OSError:  # the disk is full, or the program removed it
            self.discard()
            return False
        os.close(self.fd)
        self.fd = -1
        return True

    def discard(self) -> None:
        """Remove it; whoever still has it open writes into nothing."""
        os.close(self.fd)
        self.fd = -1
        try:
            os.unlink(self.path)
        except OSError:  # the program removed it, or what it is in
            return


class Slot:
    """The files that one program at a time uses."""

    __slots__ = ("_below", "_count", "_directory", "stderr", "stdout", "tmp")

    def __init__(self, directory: bytes) -> None:
        """Make them in ``directory``, which is made. Raise OSError when that cannot be done."""
        self._directory = directory
        self._count = 0
        self._below = b""
        self.stdout = self.stderr = OutputFile.none()
        self.tmp = b""
        os.mkdir(directory, 0o700)
        try:
            self.renew()
        except OSError:
            self.remove()
            raise

    def _new_file(self, name: bytes) -> OutputFile:
        self._count += 1
        return OutputFile.create(b"%s/%s.%d" % (self._directory, name, self._count))

    def _new_tmp(self) -> bytes:
        self._count += 1
        path = b"%s/tmp.%d" % (self._directory, self._count)
        os.mkdir(path, 0o700)
        _mark_as_untouched(path)
        return path

    def directory(self, below: bytes) -> bytes:
        """Return the temporary directory or, made if need be, the one ``below`` it."""
        if not below:
            return self.tmp
        self._below = below
        path = b"%s/%s" % (self.tmp, below)
        os.makedirs(path, 0o700, exist_ok=True)
        return path

    def _remove_below(self) -> None:
        """Remove what :meth:`directory` made, as far as nothing is in it."""
        while self._below:
            remove_if_empty(b"%s/%s" % (self.tmp, self._below))
            self._below = os.path.dirname(self._below)

    def size(self) -> int:
        """Return the bytes of output so far."""
        return os.fstat(self.stdout.fd).st_size + os.fstat(self.stderr.fd).st_size

    def fingerprint(self) -> tuple[int, int, int, int]:
        """Return something that changes with every output."""
        out, err = os.fstat(self.stdout.fd), os.fstat(self.stderr.fd)
        return out.st_size, out.st_mtime_ns * bool(out.st_size), err.st_size, err.st_mtime_ns * bool(err.st_size)

    def collect(self, prefix: bytes, keep_all: bool, in_use: bool) -> tuple[Stream, Stream, bytes | None]:
        """Take what the program left.

        A stream that is too long for an outcome, with ``keep_all`` any, is handed over in a file whose path starts
        with ``prefix``. ``in_use`` says that a process which is still alive may write to the files. Return both
        streams and the temporary directory if something is in it. Until :meth:`renew` the slot cannot be used.
        """
        out = self._collect_stream(self.stdout, prefix + b".stdout", keep_all, in_use)
        err = self._collect_stream(self.stderr, prefix + b".stderr", keep_all, in_use)
        return out, err, self._collect_tmp(in_use)

    @staticmethod
    def _collect_stream(file: OutputFile, path: bytes, keep_all: bool, in_use: bool) -> Stream:
        head, tail, size = file.read()
        if tail or (keep_all and size):
            return head, tail, size, path if file.hand_over(path) else None
        if in_use or keep_all:
            file.discard()  # whoever has opened it must not see what the next program writes
        return head, tail, size, None

    def _collect_tmp(self, in_use: bool) -> bytes | None:
        if not in_use:
            self._remove_below()
        self._below = b""
        if not in_use and self._is_clean(self.tmp):
            return None
        used, self.tmp = self.tmp, b""
        return used

    @staticmethod
    def _is_clean(path: bytes) -> bool:
        try:
            # The program may have put a link or a locked directory in its place.
            found = os.lstat(path)
            if not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o700 != 0o700:
                return False
            if found.st_mtime_ns == _UNTOUCHED:
                return True
            if os.listdir(path):
                return False
            _mark_as_untouched(path)
            return True
        except OSError:
            return False

    def renew(self) -> None:
        """Make what is missing and empty what is not. Raise OSError when that cannot be done."""
        self._remove_below()
        for file in (self.stdout, self.stderr):
            if file.is_open and os.fstat(file.fd).st_size:
                os.ftruncate(file.fd, 0)
                os.lseek(file.fd, 0, os.SEEK_SET)  # a program may ask where it is
        if not self.stdout.is_open:
            self.stdout = self._new_file(b"stdout")
        if not self.stderr.is_open:
            self.stderr = self._new_file(b"stderr")
        if not self.tmp:
            self.tmp = self._new_tmp()

    def remove(self) -> None:
        """Remove the slot's files and directories, as far as they are empty."""
        for file in (self.stdout, self.stderr):
            if file.is_open:
                file.discard()
        remove_if_empty(self.tmp)
        remove_if_empty(self._directory)


class Slots:
    """The slots that are free now."""

    def __init__(self, work_dir: bytes) -> None:
        self._work_dir = work_dir
        self._free: list[Slot] = []
        self._given_back: list[Slot] = []
        """Those whose output is still all that there is of it: the engine has not been told of it."""
        self._count = 0

    def take(self) -> Slot:
        """Return a clean slot. Raise OSError when a new one is needed and cannot be made."""
        if self._free:
            return self._free.pop()
        self._count += 1
        path = b"%s/%d" % (self._work_dir, self._count)
        try:
            return Slot(path)
        except FileNotFoundError:  # a program removed what they are in
            os.makedirs(self._work_dir, 0o700, exist_ok=True)
            return Slot(path)

    def give_back(self, slot: Slot) -> None:
        """Take back a slot after it was collected, or was not used. It is used again after :meth:`told`."""
        self._given_back.append(slot)

    def told(self) -> None:
        """Take note that the engine has been told of everything that was collected."""
        for slot in self._given_back:
            try:
                slot.renew()
                self._free.append(slot)
            except OSError:  # the next program gets new files, or hears why it cannot have any
                slot.remove()
        self._given_back.clear()

    def remove(self) -> None:
        """Remove them all."""
        for slot in (*self._free, *self._given_back):
            slot.remove()


def _mark_as_untouched(directory: bytes) -> None:
    os.utime(directory, ns=(_UNTOUCHED, _UNTOUCHED))


def remove_if_empty(directory: bytes | os.PathLike[str]) -> None:
    """Remove ``directory`` unless it holds something that somebody may want (or is gone)."""
    try:
        os.rmdir(directory)
    except OSError:
        return
