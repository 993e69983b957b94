"""Files that are changed as a whole: whoever runs out of room in the middle still has the old one."""

from __future__ import annotations

import contextlib
import os
import shutil


def replace_file(path: str | os.PathLike[str], data: bytes) -> None:
    """Put ``data`` in the place of what the file at ``path`` holds, all or nothing; write it if there is none.

    Its permissions stay, and a symbolic link stays one. Raises OSError.
    """
    target = os.path.realpath(path)
    temporary = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
        with contextlib.suppress(FileNotFoundError):
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
