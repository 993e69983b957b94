"""What happens in a workflow, as one stream of typed events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from .outcome import TaskOutcome


@dataclass(frozen=True, slots=True)
class WorkflowEvent:
    """Base of all events."""

    workflow: str
    time: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class WorkflowStarted(WorkflowEvent):
    """The workflow begins."""

    tasks: int
    """How many it has so far."""


@dataclass(frozen=True, slots=True)
class TaskStarted(WorkflowEvent):
    """An attempt of a task begins."""

    task: str
    attempt: int


@dataclass(frozen=True, slots=True)
class TaskOutput(WorkflowEvent):
    """A program has written something, or an agent said it: told as it comes, in whole lines."""

    task: str
    stream: str
    """``stdout``, ``stderr``, or ``text`` of an agent."""
    text: str


@dataclass(frozen=True, slots=True)
class TaskRetrying(WorkflowEvent):
    """An attempt failed, and another will be made."""

    task: str
    attempt: int
    """The one that failed."""
    error: BaseException
    delay: float
    """Seconds before the next."""


@dataclass(frozen=True, slots=True)
class TaskAdded(WorkflowEvent):
    """A task was added while the workflow ran."""

    task: str


@dataclass(frozen=True, slots=True)
class TaskFinished(WorkflowEvent):
    """A task has its final state."""

    outcome: TaskOutcome


@dataclass(frozen=True, slots=True)
class WorkflowFinished(WorkflowEvent):
    """Everything has its final state."""

    passed: bool
