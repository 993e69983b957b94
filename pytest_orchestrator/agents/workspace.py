"""A directory for an agent to work in, and what has become of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.names import decode_output, quote_name
from ..errors import AgentError, ArgumentError, why_unreadable
from ..process.pool import shared_pool
from ..quick_dataclasses import dataclass
from .git import IDENTITY, Git, isolation
from .workspace_diff import difference
from .workspace_files import copy_directory, inside, write_files
from .workspace_tree import Changes, changes_since, entries

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONFIGURATION = """\
[user]
\tname = {NAME}
\temail = {EMAIL}
[commit]
\tgpgSign = false
[tag]
\tgpgSign = false
[core]
\tautocrlf = false
\thooksPath = .git/hooks
[gc]
\tauto = 0
[maintenance]
\tauto = false
"""
"""Settings of the repository: with them the agent's own git needs none of the user's, and starts nothing behind it."""
_FORMAT = "%H%n%an <%ae>%n%aI%n%B"


@dataclass(frozen=True, slots=True)
class WorkspaceCommit:
    """A commit that was not there at the start."""

    id: str
    author: str
    """``Name <address>``."""
    time: str
    """When it was written, in ISO 8601."""
    message: str
    """The whole message, without the newline at its end."""

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


class AgentWorkspace:
    """A directory that an agent works in: a git repository of its own, and a memory of how it was at the start.

    What has changed is found by comparing every byte with the start. So it does not matter what the agent does with
    git: files that git ignores count, and so do those that were committed, and an agent may remove ``.git``.
    """

    def __init__(self, path: Path, git: Git) -> None:
        """Take what is at ``path`` for the start; use :meth:`create`, which makes that."""
        self._path = path
        self._git = git
        self._commits: frozenset[str] = frozenset()
        self._start = entries(os.fsencode(path))
        self.mark()

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        files: Mapping[str, str | bytes] | None = None,
        source: str | os.PathLike[str] | None = None,
    ) -> AgentWorkspace:
        """Make a workspace at ``path``, where nothing or an empty directory must be.

        ``source`` is a directory whose files are copied, without any ``.git``; links stay links. ``files`` are added
        to them or replace them: relative names with text or bytes; one that starts with ``#!`` is made executable.
        All of it is committed, as far as its ``.gitignore`` lets it be; always by the same author at the same time, so
        that the id of that commit is always the same.

        Raise ArgumentError for names that leave the workspace and for what cannot be copied or written, all mistakes
        at once; AgentError when there is no git, or when it fails.
        """
        root = Path(os.path.abspath(path))
        git = Git(root)
        if source is not None and not os.path.isdir(source):
            raise ArgumentError(f"source {quote_name(os.fspath(source))} is no directory")
        try:
            root.mkdir(parents=True, exist_ok=True)
            if os.listdir(root):
                raise ArgumentError(f"a workspace needs an empty directory, and {quote_name(str(root))} is not empty")
        except OSError as error:
            raise ArgumentError(
                f"cannot make a workspace at {quote_name(str(root))}: {why_unreadable(error)}"
            ) from error
        if source is not None:
            copy_directory(os.path.abspath(source), str(root))
        write_files(str(root), files or {})
        git.run("init", "--quiet", "--template=", "--initial-branch=main")
        for name in ("hooks", "info"):  # which a template would bring
            (root / ".git" / name).mkdir()
        with open(root / ".git/config", "a", encoding="utf-8") as file:
            file.write(_CONFIGURATION.format_map(IDENTITY))
        git.run("add", "--all")
        git.run("commit", "--quiet", "--allow-empty", "--message=Start")
        return cls(root, git)

    def __repr__(self) -> str:
        return f"AgentWorkspace({str(self._path)!r})"

    def __fspath__(self) -> str:
        return str(self._path)

    @property
    def path(self) -> Path:
        """The directory, absolute."""
        return self._path

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which git in the workspace sees no settings of this machine or its user.

        For programs that are started by hand; the fixtures of agents add them by themselves.
        """
        return isolation(self._path)

    def mark(self) -> None:
        """Let everything count from here on: what is there now, commits included, is the start."""
        self._start = entries(os.fsencode(self._path))
        if os.path.lexists(self._path / ".git"):
            self._commits = frozenset(self._git.run("rev-list", "--all").decode().split())

    # -- files ------------------------------------------------------------------------------------------------

    def changes(self) -> Changes:
        """Return what has become of the files since the start, in one look: four sorted tuples of relative paths.

        Files and links count, directories do not; of a link it is what it points to that is compared. Raise AgentError
        when the workspace or a directory of it cannot be looked into.
        """
        return changes_since(self._start, os.fsencode(self._path))

    def created(self) -> list[str]:
        """Return the files that were not there at the start: relative paths, sorted."""
        return list(self.changes().created)

    def modified(self) -> list[str]:
        """Return the files that have other bytes or other permissions now: relative paths, sorted."""
        return list(self.changes().modified)

    def deleted(self) -> list[str]:
        """Return the files that were there at the start and are not now: relative paths, sorted."""
        return list(self.changes().deleted)

    def untouched(self) -> list[str]:
        """Return the files that are as they were at the start, also if they were written again: paths, sorted."""
        return list(self.changes().untouched)

    def diff(self, changes: Changes | None = None) -> str:
        """Return all that has changed as git shows it, from ``a/`` to ``b/``; empty when nothing has.

        Of what is too long to be shown, or no file, there is a line that says so. ``changes`` are those that
        :meth:`changes` has just returned, where they are known already.
        """
        found = self.changes() if changes is None else changes
        if not (found.created or found.modified or found.deleted):
            return ""
        with shared_pool().directory() as directory:
            text, notes = difference(self._git, directory, os.fsencode(self._path), self._start, found)
        return decode_output(text) + "".join(f"# {note}\n" for note in notes)

    def read(self, path: str | os.PathLike[str]) -> str:
        r"""Return a file's text: UTF-8, other bytes as ``\xNN``.

        ``path`` is relative to the workspace. Raise ArgumentError when it leads out of it, also by a link that the
        agent has made; OSError when the file is not there or cannot be read.
        """
        return decode_output(self.read_bytes(path))

    def read_bytes(self, path: str | os.PathLike[str]) -> bytes:
        """Return a file's bytes; else as :meth:`read`."""
        full = inside(str(self._path), path)
        if os.path.lexists(full) and not os.path.isfile(full):
            raise ArgumentError(f"{quote_name(os.fspath(path))} is no file")
        with open(full, "rb") as file:
            return file.read()

    # -- git --------------------------------------------------------------------------------------------------

    def commits(self) -> list[WorkspaceCommit]:
        """Return the commits that were made since the start, on whatever branch, the oldest first.

        Raise AgentError when the repository is not there any more or cannot be read.
        """
        if not os.path.lexists(self._path / ".git"):
            raise AgentError(f"the workspace {quote_name(str(self._path))} has no commits: its .git was removed")
        told = self._git.run("log", "--all", "-z", "--reverse", "--topo-order", f"--format={_FORMAT}")
        found = []
        for part in told.split(b"\0"):
            fields = decode_output(part).split("\n", 3)
            if len(fields) == 4 and fields[0] not in self._commits:
                found.append(WorkspaceCommit(fields[0], fields[1], fields[2], fields[3].rstrip("\n")))
        return found
