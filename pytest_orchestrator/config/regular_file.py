"""Files that somebody else has put there, read without waiting, and no more of them than is wanted."""

from __future__ import annotations

import os
import stat


class NotRegularError(OSError):
    """There is a directory, a FIFO or a device where a file was expected."""


def read_regular(path: str | os.PathLike[str], most: int) -> bytes:
    """Return the first ``most`` bytes of the regular file at ``path``, or of the one that it is a link to.

    Raises :class:`NotRegularError` for whatever is no regular file, another OSError when the file cannot be read, and
    ValueError for a path that no file can have.
    """
    # O_NONBLOCK: opening a FIFO would otherwise wait for a writer for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotRegularError(0, "it is no regular file")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(most)
    finally:
        os.close(descriptor)
