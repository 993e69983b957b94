"""How a report directory is known to be ours: nothing in any other directory is ever removed or replaced."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterable

RESULTS = "results.jsonl"
LOCK = ".lock"
LOCK_MARK = b"pytest-orchestrator"
"""The second line of the lock file; the first is the number of the process that has the directory."""

_LONGEST = 1 << 20
"""Bytes that are read to find the first line of a results file: a command line may be long."""
_TAG_MARK = "# Made by pytest-orchestrator."
_MARKS = {
    ".gitignore": "# Made by pytest-orchestrator: reports are not for the repository.\n*\n",
    # https://bford.info/cachedir/: the first line is the signature that backup tools look for.
    "CACHEDIR.TAG": f"Signature: 8a477f597d28d172789f06886806bc55\n{_TAG_MARK}\n",
}


def prepare_report_dir(path: str | os.PathLike[str]) -> Path:
    """Create the report directory and return it.

    A new or empty one gets a ``.gitignore`` that ignores everything in it and a ``CACHEDIR.TAG``; one that holds
    something already is taken as it is, since it may be the user's own.
    Raises :class:`~pytest_orchestrator.errors.ReportError` when it cannot be made or is a file.
    """
    directory = Path(path)
    try:
        os.makedirs(directory, exist_ok=True)
        if not os.listdir(directory):
            mark(directory)
    except FileExistsError:
        raise ReportError(
            f"the report directory {os.fspath(path)!r} is a file: remove it, or give another directory"
        ) from None
    except OSError as error:
        raise ReportError(f"cannot make the report directory {os.fspath(path)!r}: {error.strerror}") from error
    return directory


def mark(directory: Path) -> None:
    """Mark a directory as ours. Raise OSError when that cannot be done."""
    for name, text in _MARKS.items():
        (directory / name).write_text(text, encoding="utf-8")


def is_ours(directory: Path) -> bool:
    """Return whether a directory is certainly one of our reports: by its tag, its lock, or its results."""
    lines = _head(directory / "CACHEDIR.TAG").decode("utf-8", "replace").splitlines()
    if _TAG_MARK in lines or LOCK_MARK in _head(directory / LOCK).splitlines():
        return True
    try:
        first = json.loads(_head(directory / RESULTS).partition(b"\n")[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(first, dict) and first.get("type") == "run" and {"format", "run_id"} <= first.keys()


def refuse_foreign(directory: Path, names: Iterable[str], remedy: str) -> None:
    """Raise ReportError if a directory that is not ours holds one of ``names``, which we would replace.

    ``remedy`` says what to do.
    """
    found = [name for name in names if _holds_something(directory / name)]
    # In this order: a session that takes the directory meanwhile marks it before it puts anything there.
    if found and not is_ours(directory):
        raise ReportError(
            f"the directory {str(directory)!r} was not made by pytest-orchestrator and holds "
            f"{', '.join(map(repr, found))}, which reports would replace: {remedy}"
        )


def _holds_something(path: Path) -> bool:
    """Return whether there is something to lose. A lock that was just made is an empty file."""
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return not stat.S_ISREG(found.st_mode) or found.st_size > 0


def _head(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_LONGEST)
    except OSError:
        return b""
