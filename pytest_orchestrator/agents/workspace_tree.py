"""The files of a workspace as they are at one moment, and what has changed since."""

from __future__ import annotations

import os
import stat
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal

from ..core.names import quote_name
from ..errors import AgentError, why_unreadable
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

REPOSITORY = b".git"
KEPT = 64 << 20
"""Bytes of files that are kept to show differences with; of the others only a digest is."""
_BLOCK = 1 << 20
_LONGEST = 300
"""Bytes of a name that a message shows."""

Kind = Literal["file", "link", "repository", "special"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is under one name."""

    kind: Kind
    """``repository`` is a ``.git`` other than the workspace's own, and what is in it git's; ``special`` a pipe."""
    mode: int = 0
    """Permission bits; 0 of links, which have none."""
    size: int = 0
    digest: bytes = b""
    """Of a file's bytes, empty when they could not be read; of a link what it points to."""
    data: bytes | None = None
    """A file's bytes, where they are kept."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What has become of the files of a tree: real names relative to it, sorted, each in one of the four lists."""

    created: tuple[str, ...]
    modified: tuple[str, ...]
    """Other bytes, other permissions, or another kind of thing under that name."""
    deleted: tuple[str, ...]
    untouched: tuple[str, ...]


def entries(root: bytes) -> dict[bytes, Entry]:
    """Return what is below ``root``, directories and its own ``.git`` aside, by relative name."""
    room = KEPT
    found = {}
    for name, status in walk(root):
        entry = _entry(root, name, status, room)
        if entry is not None:
            found[name] = entry
            room -= len(entry.data or b"")
    return found


def changes_since(start: Mapping[bytes, Entry], root: bytes) -> Changes:
    """Return what is different below ``root`` from what was there at the start.

    Only bytes, permissions and kinds count: not times, not what git says.
    """
    created, modified, untouched = [], [], []
    now = dict(walk(root))
    for name, status in now.items():
        before = start.get(name)
        if before is None:
            created.append(name)
        elif _is_same(root, name, status, before):
            untouched.append(name)
        else:
            modified.append(name)
    deleted = start.keys() - now.keys()
    return Changes(_shown(created), _shown(modified), _shown(deleted), _shown(untouched))


def _shown(names: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(sorted(map(os.fsdecode, names)))


def walk(root: bytes) -> Iterator[tuple[bytes, os.stat_result]]:
    """Yield the relative names below ``root`` of all that is no directory, links as links, its own ``.git`` aside.

    What goes away meanwhile is left out: an agent may still be at work. Raise AgentError for a directory that nobody
    may look into.
    """
    waiting = [b""]
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(os.path.join(root, prefix)) as scan:
                found = list(scan)
        except FileNotFoundError:
            if prefix:
                continue
            raise AgentError(f"the workspace {quote_name(root)} is not there any more") from None
        except OSError as error:
            raise _cannot_look(prefix or root, error) from error
        for entry in found:
            if entry.name == REPOSITORY and not prefix:
                continue
            name = prefix + entry.name
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise _cannot_look(name, error) from error
            if stat.S_ISDIR(status.st_mode) and entry.name != REPOSITORY:
                waiting.append(name + b"/")
            else:
                yield name, status


def _cannot_look(name: bytes, error: OSError) -> AgentError:
    shown = quote_name(name if len(name) <= _LONGEST else name[:_LONGEST] + b"...")
    return AgentError(f"cannot look into {shown} of the workspace: {why_unreadable(error)}")


def _kind(status: os.stat_result) -> Kind:
    if stat.S_ISREG(status.st_mode):
        return "file"
    if stat.S_ISLNK(status.st_mode):
        return "link"
    return "repository" if stat.S_ISDIR(status.st_mode) else "special"


def entry_at(root: bytes, name: bytes, room: int) -> Entry | None:
    """Return what is under ``name`` below ``root``, None for nothing; longer files than ``room`` are not read."""
    try:
        status = os.lstat(os.path.join(root, name))
    except (FileNotFoundError, NotADirectoryError):
        return None
    if status.st_size > room and stat.S_ISREG(status.st_mode):
        return Entry("file", stat.S_IMODE(status.st_mode), status.st_size)
    return _entry(root, name, status, room)


def _entry(root: bytes, name: bytes, status: os.stat_result, room: int) -> Entry | None:
    """Return what is under ``name``; None when it has gone away meanwhile."""
    kind = _kind(status)
    try:
        if kind == "file":
            data, digest = _contents(os.path.join(root, name), room)
            return Entry(kind, stat.S_IMODE(status.st_mode), status.st_size, digest, data)
        if kind == "link":
            return Entry(kind, digest=os.readlink(os.path.join(root, name)))
    except FileNotFoundError:
        return None
    return Entry(kind)


def _is_same(root: bytes, name: bytes, status: os.stat_result, before: Entry) -> bool:
    kind = _kind(status)
    if kind != before.kind:
        return False
    if kind == "file" and (status.st_size, stat.S_IMODE(status.st_mode)) != (before.size, before.mode):
        return False  # without reading it, however long it has become
    now = _entry(root, name, status, 0)
    return now is not None and now.digest == before.digest


def _contents(path: bytes, room: int) -> tuple[bytes | None, bytes]:
    """Return the bytes of a file, unless it has more than ``room``, and their digest."""
    try:
        # Not through a link and not waiting for a pipe, should the file have been exchanged meanwhile.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError:  # nobody may read it
        return None, b""
    digest = blake2b()
    kept: list[bytes] | None = []
    size = 0
    with open(handle, "rb", buffering=0) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
            if kept is not None:
                kept.append(block)
                kept = kept if size <= room else None
    return None if kept is None else b"".join(kept), digest.digest()
