"""What this package raises. Each error composes its own message from the data it carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence


def why_unreadable(error: OSError | ValueError) -> str:
    """Return why a file cannot be opened, in the system's words where it was asked.

    It is not for a path with a NUL character, of which Python says something else in each version (ValueError).
    """
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return "its path has a NUL character"


class OrchestratorError(Exception):
    """Base of every error that this package raises on purpose."""


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake in a user's file."""

    path: str
    """As shown to the user."""
    line: int
    """Counted from 1."""
    column: int
    """Counted from 1."""
    message: str
    """What is wrong, the value, what is allowed, what to do."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class ConfigurationError(OrchestratorError):
    """A user's file holds mistakes; all of them at once, in file order."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))


class ArgumentError(OrchestratorError, TypeError, ValueError):
    """An argument of a library function is of the wrong type, or a value that is not allowed."""


class DiscoveryError(OrchestratorError):
    """A directory or file named by the user cannot be searched for scripts."""


class SkillError(OrchestratorError):
    """A skill that was asked for is not there or not the only one of its name, or cannot be written."""


class AgentError(OrchestratorError):
    """An agent process or session is used as it cannot be: run a second time, unknown, of another controller."""


class SupervisorError(OrchestratorError):
    """The supervisor process could not be started or died, and programs could not be run."""


class ReportError(OrchestratorError):
    """A report cannot be read or written: no results file, another format, a file where a directory should be."""
