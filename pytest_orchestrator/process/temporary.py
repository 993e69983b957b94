"""Making directories that others remove, and removing directories whatever programs did to them."""

from __future__ import annotations

import logging
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

logger = logging.getLogger("pytest_orchestrator.process")


def make_directory(directory: Path) -> None:
    """Make ``directory``, although others may remove its parents at any moment because they are empty.

    Raise OSError when it cannot be made, or is there already.
    """
    for is_last in (False, False, True):
        try:
            directory.mkdir(parents=True)
            return
        except FileNotFoundError:
            if is_last:
                raise


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
