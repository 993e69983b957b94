"""What has changed in a workspace, as git shows it."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from ..core.names import quote_name
from .workspace_tree import entry_at

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .git import Git
    from .workspace_tree import Changes, Entry

SHOWN = 8 << 20
"""Bytes of a file that is shown; of longer ones only the size is told."""
_OPTIONS = ("--no-index", "--no-prefix", "--no-renames", "--no-color", "--no-ext-diff", "--no-textconv")

_KINDS = {"link": "a link", "repository": "a repository", "special": "a pipe, socket or device"}
_ONE_SIDED = re.compile(rb'^diff --git ("?)([ab])/(.*)\1 \1\2/\3\1$', re.MULTILINE)
"""The first line about a file that only one side has, which git names from that side twice. No line of a file's own
stands at the start of a line of a patch."""


def difference(
    git: Git, directory: Path, root: bytes, start: Mapping[bytes, Entry], found: Changes
) -> tuple[bytes, list[str]]:
    """Return the patch from ``start`` to what is below ``root`` now, and sentences on what it does not show.

    ``directory`` is an empty one to work in.
    """
    notes = []
    sides = [os.path.join(os.fsencode(directory), side) for side in (b"a", b"b")]
    for side in sides:
        os.mkdir(side)
    for name in map(os.fsencode, sorted((*found.created, *found.modified, *found.deleted))):
        before, after = start.get(name), entry_at(root, name, SHOWN)
        problem = next((why for entry in (before, after) if (why := _not_shown(entry))), None)
        if problem is not None:
            notes.append(f"{quote_name(name)}: {_told(before)} at the start, {_told(after)} now; {problem}")
            continue
        if before is not None and after is not None and _other_permissions(before, after):
            notes.append(f"{quote_name(name)}: permissions {before.mode:o} are {after.mode:o} now")
        for side, entry in zip(sides, (before, after), strict=True):
            if entry is not None:
                _put(os.path.join(side, name), entry)
    # It is no repository that is looked at, so nothing that an agent wrote into one counts.
    patch = git.run("diff", *_OPTIONS, "a", "b", allowed=(0, 1), below=directory)
    return _ONE_SIDED.sub(rb"diff --git \1a/\3\1 \1b/\3\1", patch), notes


def _not_shown(entry: Entry | None) -> str | None:
    """Return why an entry cannot be shown; None when it can, also where there is nothing."""
    if entry is None or entry.kind == "link":
        return None
    if entry.kind != "file":
        return "only files and links are shown"
    if entry.size > SHOWN:
        return f"more than {SHOWN} bytes are not shown"
    return "its bytes were not kept or cannot be read" if entry.data is None else None


def _told(entry: Entry | None) -> str:
    if entry is None:
        return "nothing"
    return f"a file of {entry.size} bytes" if entry.kind == "file" else _KINDS[entry.kind]


def _other_permissions(before: Entry, after: Entry) -> bool:
    """Return whether the permissions of a file have changed in a way that git does not tell."""
    if (before.kind, after.kind) != ("file", "file"):
        return False
    return before.mode != after.mode and _git_mode(before) == _git_mode(after)


def _git_mode(entry: Entry) -> int:
    return 0o755 if entry.mode & 0o100 else 0o644


def _put(path: bytes, entry: Entry) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if entry.kind == "link":
        os.symlink(entry.digest, path)
        return
    with open(path, "wb") as file:
        file.write(entry.data or b"")
    os.chmod(path, _git_mode(entry))
