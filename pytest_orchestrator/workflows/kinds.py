"""The kinds of tasks that a file can have: a registry, so that this room need not know scripts or agents."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import field
from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass
from .grace import DEFAULT_GRACE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..process.redaction import Redactor
    from .approval import Gate
    from .file import WorkflowFile
    from .task_log import AttemptLog


@dataclass(frozen=True, slots=True)
class TaskCall:
    """One attempt of a task, with everything that its expressions are worth."""

    name: str
    action: str
    """What stands behind the key: a command, a path, a prompt …"""
    file: WorkflowFile
    cwd: str
    """Absolute."""
    environment: Mapping[str, str]
    """The whole environment of its program."""
    timeout: float | None
    redactor: Redactor
    grace: float = DEFAULT_GRACE
    """Seconds between SIGTERM and SIGKILL."""
    stdin: str | None = None
    args: tuple[str, ...] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """Of another workflow."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of an agent: ``model`` and the like."""
    scratch: Path | None = None
    """A directory that lasts as long as the attempt."""
    gate: Gate | None = None
    """Asks people, for what waits in another workflow."""
    within: tuple[Path, ...] = ()
    """The files of the workflows that it is a part of, the outermost first."""
    log: AttemptLog | None = None
    """Takes what it writes, as it comes."""
    log_directory: Path | None = None
    """For logs of its own."""


@dataclass(frozen=True, slots=True)
class TaskGave:
    """What came of an attempt that did not fail."""

    stdout: str = ""
    stderr: str = ""
    exit_code: int | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)
    duration: float = 0.0
    """Seconds, of the program."""
    started: float = 0.0
    """Seconds since the epoch, of the attempt."""


TaskKind = Callable[[TaskCall], Awaitable[TaskGave]]
"""Runs one attempt, and keeps its time limit. What it raises is the failure of the task."""
Judge = Callable[["Mapping[str, Any]", TaskGave, str], "tuple[str, ...]"]
"""Returns what is not as ``expect:`` says, one sentence each; of the plain mapping, what came, and the directory."""

KINDS: dict[str, TaskKind] = {}
"""By the key in the file."""
JUDGES: list[Judge] = []
"""The one that judges ``expect:``, if there is one."""


def register_kind(name: str, kind: TaskKind) -> None:
    """Have tasks with the key ``name`` run by ``kind``."""
    KINDS[name] = kind
