"""Where skills are: the files ``SKILL.md`` below directories, found without reading one."""

from __future__ import annotations

import fnmatch
import logging
import os
import re
from collections import deque
from typing import TYPE_CHECKING

from ..config.options import SKIP_DIRS
from ..core.kinds import SKILL_FILES
from ..core.names import escape_name, quote_name
from ..errors import DiscoveryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

AGENT_DIRS = (".agents", ".claude", ".codex", ".cursor", ".gemini", ".github", ".opencode")
"""The directories with a dot that are entered: where coding agents look for the skills of a project."""
PARTS_OF_A_SKILL = ("assets", "evals", "references", "scripts")
"""Directories of a skill that hold its files, never further skills: a ``SKILL.md`` in there is a sample."""
DEEPEST = 24
"""Levels of directories that are searched."""
MOST_DIRECTORIES = 50_000
"""How many directories one search may enter. Who has more did not mean them all."""

_log = logging.getLogger("pytest_orchestrator.discovery")
_SKIPPED = "|".join(map(fnmatch.translate, SKIP_DIRS))


def find_skills(paths: Iterable[str], root: str = "") -> list[str]:
    """Return the files of the skills at and below ``paths``: absolute, sorted, each once.

    Relative paths count from ``root``, by default the current directory.

    A path is a directory, a ``SKILL.md``, or another file of a skill, which then stands for it. Not entered are
    directories that start with a dot (but :data:`AGENT_DIRS`) and those of :data:`SKIP_DIRS`, unless they are skills
    themselves, and the :data:`PARTS_OF_A_SKILL`. Links to directories are followed; a directory that is reached twice
    counts once, under its own name where it has one there.

    Raises :class:`~pytest_orchestrator.errors.DiscoveryError` for a path that does not exist or that cannot be
    searched, for a file that belongs to no skill, and for more than :data:`MOST_DIRECTORIES` directories. A directory
    further down that cannot be searched is a warning of the logger ``pytest_orchestrator.discovery``.
    """
    found: set[str] = set()
    for path in paths:
        start = os.path.abspath(os.path.join(root, path))
        if path and os.path.isdir(start):
            found.update(_walk(start, path))
        elif path and os.path.lexists(start):
            found.add(_skill_of(start, path))
        else:
            raise DiscoveryError(f"there is no file or directory {quote_name(path)}: name a skill, or where skills are")
    return sorted(found)


def skill_file(directory: str) -> str | None:
    """Return the file that makes ``directory`` a skill; None if it is none.

    A link that leads nowhere makes a skill that cannot be read: whoever made it meant one.
    """
    return next((path for name in SKILL_FILES if _is_file(path := os.path.join(directory, name))), None)


def _is_file(path: str) -> bool:
    return os.path.isfile(path) or (os.path.islink(path) and not os.path.exists(path))


def _skill_of(path: str, given: str) -> str:
    directory = os.path.dirname(path)
    while True:
        file = skill_file(directory)
        if file is not None:
            return path if os.path.basename(path) in SKILL_FILES else file
        parent = os.path.dirname(directory)
        if parent == directory:
            raise DiscoveryError(f"{quote_name(given)} belongs to no skill: {_why(path)}")
        directory = parent


def _why(path: str) -> str:
    name = os.path.basename(path)
    if name in SKILL_FILES:
        return "it is no regular file"
    if name.lower() == SKILL_FILES[0].lower():
        return f"agents look for {SKILL_FILES[0]}, capital letters count; rename it"
    return "no SKILL.md is beside it or above it"


def _walk(start: str, given: str) -> Iterator[str]:
    """Yield the skill files at and below ``start``. Links come last, so that what they lead to has its own name."""
    try:
        os.scandir(start).close()
    except OSError as error:
        raise DiscoveryError(f"{quote_name(given)} cannot be searched: {error.strerror}") from error
    seen: set[tuple[int, int]] = set()
    waiting = deque([(start, 0)])
    links: deque[tuple[str, int]] = deque()
    while waiting or links:
        directory, depth = waiting.popleft() if waiting else links.popleft()
        entries = _entries(directory, seen)
        if entries is None:
            continue
        if len(seen) > MOST_DIRECTORIES:
            raise DiscoveryError(
                f"{quote_name(given)} holds more than {MOST_DIRECTORIES} directories: name those that hold skills"
            )
        names = {entry.name for entry in entries}
        file = next((name for name in SKILL_FILES if name in names), None)
        is_skill = file is not None and _is_file(os.path.join(directory, file))
        if is_skill and file is not None:
            yield os.path.join(directory, file)
        if depth == DEEPEST:
            continue
        for entry in entries:
            if _is_directory(entry) and _is_entered(entry, is_skill=is_skill):
                (links if entry.is_symlink() else waiting).append((entry.path, depth + 1))


def _entries(directory: str, seen: set[tuple[int, int]]) -> list[os.DirEntry[str]] | None:
    """Return what is in a directory, by name; None if it was there before or cannot be read."""
    try:
        status = os.stat(directory)
        identity = status.st_dev, status.st_ino
        if identity in seen:
            return None
        seen.add(identity)
        with os.scandir(directory) as entries:
            return sorted(entries, key=_name)
    except OSError as error:
        _log.warning("not searched for skills: %s: %s", escape_name(os.path.relpath(directory)), error.strerror)
        return None


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_entered(entry: os.DirEntry[str], *, is_skill: bool) -> bool:
    name = entry.name
    if is_skill and name in PARTS_OF_A_SKILL:
        return False
    if name.startswith("."):
        return name in AGENT_DIRS
    return re.match(_SKIPPED, name) is None or skill_file(entry.path) is not None
