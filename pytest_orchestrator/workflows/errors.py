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


class WorkflowFailedError(ExceptionGroup, OrchestratorError):  # type: ignore[misc]  # two layouts that agree
    """What failed in a workflow: the exceptions of its tasks, each with a note that names its task."""

    def derive(self, exceptions: Sequence[Exception]) -> WorkflowFailedError:
        """Return the same of fewer exceptions, for ``except*``."""
        return WorkflowFailedError(self.message, exceptions)
