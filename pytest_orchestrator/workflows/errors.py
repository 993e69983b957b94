"""What workflows raise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import OrchestratorError

if TYPE_CHECKING:
    from collections.abc import Sequence


class WorkflowError(OrchestratorError, ValueError):
    """A workflow cannot be run as it is: unknown dependencies, cycles, names that are taken; all of them at once."""

    def __init__(self, name: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        """One sentence for each mistake."""
        super().__init__("\n".join(f"workflow {name!r}: {problem}" for problem in problems))


class TaskTimeoutError(OrchestratorError, TimeoutError):
    """A time limit ended a task."""


class TaskCancelledError(OrchestratorError):
    """An action ended as cancelled, though nobody had cancelled its task."""


class TaskStoppedError(OrchestratorError):
    """What an action raises that was stopped because nobody wants its result any more: its task is cancelled."""


class WorkflowFailedError(ExceptionGroup[Exception], OrchestratorError):
    """What failed in a workflow: the exceptions of its tasks, each with a note that names its task."""

    def derive(self, exceptions: Sequence[Exception], /) -> WorkflowFailedError:  # type: ignore[override]  # of these
        """Return the same of fewer exceptions, for ``except*``."""
        return WorkflowFailedError(self.message, exceptions)


class MapFailedError(OrchestratorError):
    """Some of the tasks that one was made into did not pass. Their own exceptions stand beside this one."""

    def __init__(self, name: str, failed: Sequence[str], count: int) -> None:
        shown = ", ".join(failed[:5]) + (" …" if len(failed) > 5 else "")
        super().__init__(f"{len(failed)} of the {count} tasks of {name!r} did not pass: {shown}")
