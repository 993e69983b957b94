"""Making directories that others remove, and removing directories whatever programs did to them."""

from __future__ import annotations

import logging
import os
import shutil
from typing import TYPE_CHECKING

from ..errors import SupervisorError
from .supervisor.slots import remove_if_empty

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger("pytest_orchestrator.process")


class WorkDirectory:
    """The directory that an engine works in: one below it for each of its supervisors."""

    def __init__(self, path: Path) -> None:
        """Make nothing yet."""
        self._path = path
        self._count = 0
        self._made: list[Path] = []

    @property
    def current(self) -> Path:
        """The directory of the supervisor that was started last."""
        return self._path / f"{os.getpid()}-{self._count}"

    def new(self) -> Path:
        """Make a directory for another supervisor. Raise SupervisorError when it cannot be made."""
        while True:
            self._count += 1
            try:
                self._make()
                return self.current
            except FileExistsError:
                continue  # what an earlier engine of this process left
            except OSError as error:
                message = f"cannot make the directory {str(self.current)!r} for output: {error.strerror}"
                raise SupervisorError(message) from error

    def _make(self) -> None:
        for is_last in (False, False, True):
            try:
                self.current.mkdir(parents=True)
                self._made.append(self.current)
                return
            except FileNotFoundError:  # another engine has just removed the parent because it was empty
                if is_last:
                    raise

    def remove_empty(self) -> None:
        """Remove what is empty; a kept temporary directory may be in it."""
        for directory in (*self._made, self._path):
            remove_if_empty(directory)


def remove_tree(path: str) -> bool:
    """Remove the directory at ``path`` with all that is in it, also what is locked; a link is removed as a link.

    Return whether it is gone. Nothing outside of it is touched.
    """
    try:
        if os.path.islink(path) or not os.path.isdir(path):
            os.unlink(path)
        else:
            _remove_directory(path)
    except FileNotFoundError:
        return True
    except OSError as error:
        logger.warning("cannot remove %s: %s", path, error.strerror, extra={"event": "leak"})
        return False
    return True


def _remove_directory(path: str) -> None:
    try:
        shutil.rmtree(path)
    except OSError:
        _unlock(path)
        shutil.rmtree(path)


def _unlock(path: str) -> None:
    """Let the owner into every directory below ``path``; a directory must be open before what is in it can be seen."""
    todo = [path]
    while todo:
        directory = todo.pop()
        os.chmod(directory, 0o700)
        with os.scandir(directory) as entries:
            todo += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
