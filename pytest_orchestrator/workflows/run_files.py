"""Where a run of a workflow file keeps its journal, its logs, its inputs and its questions."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .journal import JournalError
from .journal_lock import take_lock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .file import WorkflowFile

WORKFLOWS = Path(".orchestrator", "workflows")
"""Where they are, relative to the current directory."""


def command_line(verb: str, file: str, *more: str, case: str | None = None, directory: Path = WORKFLOWS) -> str:
    """Return the command ``pytest-orchestrator workflow VERB FILE …`` as one pastes it into a shell.

    ``directory`` is where the runs are kept, relative to where the command is given.
    """
    file = f"./{file}" if file.startswith("-") else file  # which is no option
    words = ["pytest-orchestrator", "workflow", verb, file, *more]
    words += [] if case is None else ["--case", case]
    words += [] if directory == WORKFLOWS else ["--dir", str(directory)]
    return shlex.join(words)


class RunFiles:
    """The files of the runs of one workflow file: ``<name>-<hash of its path>`` with several endings."""

    def __init__(self, base: Path, file: WorkflowFile, case: str | None = None) -> None:
        """``base`` is the directory; each ``case`` has files of its own."""
        known_by = f"{file.path}\0{case}" if case is not None else str(file.path)
        digest = hashlib.sha256(known_by.encode("utf-8", "surrogateescape")).hexdigest()[:8]
        readable = re.sub(r"[^A-Za-z0-9._-]+", "-", file.name).strip(".-")[:60] or "workflow"
        self._stem = f"{readable}-{digest}"
        self.base = base
        self.journal = base / f"{self._stem}.sqlite"
        self.logs = base / f"{self._stem}.logs"
        self.questions = base / f"{self._stem}.approvals"
        self._inputs = base / f"{self._stem}.inputs.json"

    def begin(self, inputs: Mapping[str, Any]) -> None:
        """Forget the last run and remember the inputs of the one that begins.

        Raise JournalError when one goes on, or when nothing can be written there.
        """
        try:
            self._begin(inputs)
        except OSError as error:
            where = error.filename or self.base
            message = (
                f"a run cannot be kept in {str(self.base)!r}: {error.strerror} ({str(where)!r}); name another place"
            )
            raise JournalError(message) from None

    def _begin(self, inputs: Mapping[str, Any]) -> None:
        self._make_base()
        with contextlib.ExitStack() as stack:
            try:
                stack.callback(os.close, take_lock(self.journal))
            except BlockingIOError:
                message = f"a run of this workflow goes on: its journal {str(self.journal)!r} is in use"
                raise JournalError(message) from None
            for end in ("", "-wal", "-shm"):
                Path(f"{self.journal}{end}").unlink(missing_ok=True)
            for directory in (self.logs, self.questions):
                shutil.rmtree(directory, ignore_errors=True)
            new = self._inputs.with_suffix(".new")
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with open(descriptor, "w", encoding="utf-8") as stream:
                json.dump(dict(inputs), stream)
            new.replace(self._inputs)

    def _make_base(self) -> None:
        self.base.mkdir(parents=True, exist_ok=True, mode=0o700)
        ignore = self.base / ".gitignore"
        if self.base.name == WORKFLOWS.name and not ignore.exists():
            ignore.write_text("# Made by pytest-orchestrator: runs are not for the repository.\n*\n", "utf-8")

    def last_inputs(self) -> dict[str, Any]:
        """Return the inputs of the last run. Raise JournalError when there is none that could be gone on with."""
        if not self.journal.is_file():
            raise JournalError(f"there is no run to resume: no journal {str(self.journal)!r}")
        try:
            found = json.loads(self._inputs.read_text("utf-8"))
            return dict(found)
        except (OSError, ValueError, TypeError):
            return {}
