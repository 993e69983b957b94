"""Filling a workspace: a copy of a directory, and files that a test has in its own text."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..core.names import quote_name
from ..errors import ArgumentError, why_unreadable
from .workspace_tree import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator

    Name = str | os.PathLike[str]


def inside(root: str, name: Name) -> str:
    """Return the absolute path of ``name``, which is relative to ``root`` (or absolute, and in it).

    Raise ArgumentError for a name that leaves ``root``, by itself or through a link.
    """
    text = os.fspath(name)
    refusal = _refusal(root, text, text)
    if refusal is not None:
        raise ArgumentError(refusal)
    return os.path.join(root, text)


def _refusal(root: str, name: str, followed: str) -> str | None:
    """Return why ``name`` is no name in ``root``, as a sentence; None when it is one.

    ``followed`` is what of it may not lead out through a link.
    """
    if not name or "\0" in name:
        return f"{name!r} is no name of a file in a workspace"
    shown = quote_name(name)
    if os.path.isabs(name) and not name.startswith(f"{root}/"):
        return f"{shown} is not in the workspace; give a path relative to it"
    if ".." in name.split("/"):
        return f"{shown} may lead out of the workspace; give a path relative to it, without '..'"
    real = os.path.realpath(root)
    reached = os.path.realpath(os.path.join(root, followed))
    if reached != real and not reached.startswith(f"{real}/"):
        return f"{shown} leads out of the workspace, through a link"
    return None


def write_files(root: str, files: Mapping[str, str | bytes]) -> None:
    """Write ``files`` below ``root``; one that starts with ``#!`` is made executable.

    Raise ArgumentError with all that is wrong with names and contents, before anything is written; and when a file
    cannot be written, because another one has the name of its directory.
    """
    mistakes = list(_mistakes(root, files))
    if mistakes:
        raise ArgumentError("\n".join(mistakes))
    for name, text in files.items():
        path = os.path.join(root, name)
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if os.path.islink(path):
                os.unlink(path)  # one of the copy: the file stands in its place, not behind it
            with open(path, "wb") as file:
                file.write(data)
            os.chmod(path, 0o755 if data.startswith(b"#!") else 0o644)
        except OSError as error:
            raise ArgumentError(f"cannot write the file {quote_name(name)}: {why_unreadable(error)}") from error


def _mistakes(root: str, files: Any) -> Iterator[str]:
    if not isinstance(files, Mapping):
        yield f"files must be names with their contents, not {files!r}; a directory to copy is source={files!r}"
        return
    for name, text in files.items():
        if not isinstance(name, str):
            yield f"the name {name!r} of a file must be text, not {type(name).__name__}"
        elif (refusal := _refusal(root, name, os.path.dirname(name))) is not None:
            yield refusal
        elif os.path.isabs(name) or name.endswith("/"):
            yield f"{quote_name(name)} is not the relative path of a file"
        elif os.fsdecode(REPOSITORY) in name.split("/"):
            yield f"{quote_name(name)} is git's own; the workspace has a repository of its own"
        if not isinstance(text, str | bytes):
            yield f"the file {name!r} must be text or bytes, not {type(text).__name__}"


def copy_directory(source: str, target: str) -> None:
    """Copy what is in ``source`` to ``target``, which is there: permissions as they are, links as links.

    A link to an absolute path in ``source`` leads to the copy. Anything called ``.git`` is left out. Raise
    ArgumentError for what cannot be read, and for what is neither file nor directory nor link.
    """
    if f"{target}/".startswith(f"{source}/"):
        raise ArgumentError(
            f"the directory {quote_name(source)} cannot be copied to {quote_name(target)}, which is in it"
        )
    waiting = [""]
    mistakes = []
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(os.path.join(source, prefix)) as scan:
                found = [entry for entry in scan if entry.name != os.fsdecode(REPOSITORY)]
            for entry in found:
                name = os.path.join(prefix, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    os.mkdir(os.path.join(target, name), 0o755)
                    waiting.append(name)
                elif not _copy(entry, source, target, os.path.join(target, name)):
                    mistakes.append(f"{quote_name(entry.path)} is neither file nor directory nor link")
        except OSError as error:
            place = quote_name(error.filename or os.path.join(source, prefix))
            mistakes.append(f"cannot copy {place}: {why_unreadable(error)}")
    if mistakes:
        raise ArgumentError("\n".join(mistakes))


def _copy(entry: os.DirEntry[str], source: str, target: str, path: str) -> bool:
    """Copy a file or link to ``path``; return False when it is neither."""
    if entry.is_symlink():
        aim = os.readlink(entry.path)
        os.symlink(f"{target}{aim[len(source) :]}" if f"{aim}/".startswith(f"{source}/") else aim, path)
        return True
    if not entry.is_file(follow_symlinks=False):
        return False
    shutil.copyfile(entry.path, path, follow_symlinks=False)
    # What the copy is for is to be worked in, whatever the original is protected against.
    os.chmod(path, stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode) | stat.S_IWUSR | stat.S_IRUSR)
    return True
