"""The scratch directory of a script-first library: whether git ignores it, and what a script leaves in it."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from ..core.names import escape_name
from ..errors import SupervisorError
from ..process.command import Command
from ..process.pool import shared_pool
from .environment import current_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT = 30.0
"""Seconds until git is given up; it takes milliseconds."""
MOST = 20_000
"""Entries that are looked at."""
MOST_NAMED = 5
_NOT_LEFT = frozenset({"__pycache__"})


def is_ignored_by_git(directory: str) -> bool | None:
    """Return whether git ignores what is written to ``directory``, which need not exist.

    None where that cannot be told: there is no git, or the directory belongs to no repository.
    """
    git = shutil.which("git")
    if git is None:
        return None
    place = directory
    while not os.path.isdir(place):
        place = os.path.dirname(place)
    command = Command(
        argv=(os.fsencode(os.path.abspath(git)), b"check-ignore", b"-q", b"--", os.fsencode(f"{directory}/x")),
        cwd=os.fsencode(place),
        base_env=current_environment(),
        timeout=TIMEOUT,
        item="git check-ignore",
    )
    try:
        with shared_pool().engine(None) as engine:
            outcome = engine.wait(engine.submit(command))
    except SupervisorError:
        return None
    return {0: True, 1: False}.get(outcome.exit_code if outcome.exit_code is not None else -1)


class ScratchWatch:
    """Tells what a script left in a scratch directory from what was there before."""

    def __init__(self, directory: str) -> None:
        """Take note of what is in ``directory`` now, before the script runs."""
        self._directory = directory
        self._before = dict(_walk(directory))

    def left(self) -> list[str]:
        """Return what is there now and was not before, or not so, sorted: of a new directory only itself.

        A file that was written again is left as well: an earlier run may have left it, and this one does so too. Names
        are escaped, directories end in a slash.
        """
        new = {name for name, state in _walk(self._directory) if self._before.get(name) != state}
        return sorted(name for name in new if new.isdisjoint(_above(name)))


def _above(name: str) -> set[str]:
    """Return the directories that hold an entry, as they are called."""
    parts = name.rstrip("/").split("/")[:-1]
    return {"/".join(parts[:number]) + "/" for number in range(1, len(parts) + 1)}


def _walk(directory: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the names of the entries below a directory, and what changes with a file; at most :data:`MOST`."""
    waiting = [(directory, "")]
    number = 0
    while waiting:
        place, prefix = waiting.pop()
        try:
            with os.scandir(place) as scan:
                entries = list(scan)
        except OSError:  # it is not there, or nobody may look into it
            continue
        for entry in entries:
            number += 1
            if number > MOST:
                return
            if entry.name in _NOT_LEFT:
                continue
            is_directory = entry.is_dir(follow_symlinks=False)
            name = prefix + escape_name(entry.name) + "/" * is_directory
            yield name, () if is_directory else _state(entry)
            if is_directory:
                waiting.append((entry.path, name))


def _state(entry: os.DirEntry[str]) -> tuple[int, ...]:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:  # it went away meanwhile
        return (0,)
    return status.st_ino, status.st_size, status.st_mtime_ns


def describe_leftovers(names: list[str], directory: str, source: str) -> str:
    """Return one line about what a script left: ``left 2 entries in dotcodex/scratch: a.txt, tmp/ (…)``."""
    named = ", ".join(names[:MOST_NAMED])
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    entries = "1 entry" if len(names) == 1 else f"{len(names)} entries"
    return f"left {entries} in {directory}: {named}{more} (cleanup_after_run, {source})"
