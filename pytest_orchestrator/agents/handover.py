"""What one process passes on to the next: which outputs, what of them, and how they stand in a prompt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..core.names import escape_name
from ..errors import ArgumentError
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .process import AgentProcess
    from .result import ProcessResult

    OutputFilter = Callable[[ProcessResult], str | None]
    PassOutput = bool | str | re.Pattern[str] | OutputFilter

TASK = "New task"
_DASHES = re.compile(r"-{3,}(?= )")
"""What could be the start of a line of ours, wherever it is: readers differ in what ends a line."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A text that is passed on, and where it is from."""

    source: str
    """Id of the process that wrote it."""
    text: str


def with_passages(prompt: str, passages: Iterable[Passage]) -> str:
    r"""Return ``prompt`` below the texts that are passed on to it; the prompt itself when there are none.

    Each text stands below a line ``--- Output of ID ---``, the prompt below ``--- New task ---``. When a text holds
    what could be the start of such a line, all lines get more dashes, so that no output can pass for a task.
    """
    parts = list(passages)
    if not parts:
        return prompt
    found = [len(match.group()) for part in parts for match in _DASHES.finditer(part.text)]
    line = "-" * (max(found, default=2) + 1)
    head = "".join(f"{line} Output of {escape_name(part.source)} {line}\n{_ended(part.text)}\n" for part in parts)
    return f"{head}{line} {TASK} {line}\n{prompt}"


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"


@dataclass(frozen=True, slots=True)
class Handover:
    """Decides what the processes that have ended pass on to those that follow."""

    choose: OutputFilter | None = None
    """Returns what of a result is passed on, None for nothing. Without it nothing is ever passed on."""
    pass_failed: bool = False
    """Whether what failed passes something on, too."""

    @classmethod
    def of(cls, pass_output: PassOutput, pass_failed: bool = False) -> Handover:
        """Return what the arguments of a strategy ask for. They have been checked."""
        if isinstance(pass_output, bool):
            return cls(_whole if pass_output else None, pass_failed)
        if isinstance(pass_output, str | re.Pattern):
            return cls(matches_of(pass_output), pass_failed)
        return cls(pass_output, pass_failed)

    def passages(self, results: Iterable[ProcessResult]) -> list[Passage]:
        """Return what ``results`` pass on, in their order. Raise ArgumentError when a filter returns no text."""
        if self.choose is None:
            return []
        found = []
        for result in results:
            if result.ok or self.pass_failed:
                text: object = self.choose(result)
                if isinstance(text, str):
                    found.append(Passage(result.process_id, text))
                elif text is not None:
                    raise ArgumentError(
                        f"pass_output: the function returned {text!r} for process {result.process_id!r}; "
                        "return a text, or None to pass nothing on"
                    )
        return found


def handed(process: AgentProcess, passages: Iterable[Passage]) -> AgentProcess:
    """Return the process that is to run: itself, or a copy with the passages in its prompt."""
    parts = list(passages)
    return process.replace(prompt=with_passages(process.prompt, parts)) if parts else process


def _whole(result: ProcessResult) -> str:
    return result.output


def pattern_of(given: str | re.Pattern[str]) -> re.Pattern[str]:
    """Return a pattern; a text is one with ``re.MULTILINE``."""
    return re.compile(given, re.MULTILINE) if isinstance(given, str) else given


def matches_of(given: str | re.Pattern[str]) -> OutputFilter:
    """Return a filter that passes on every match, one below the other: its first group, or all of it without one."""
    pattern = pattern_of(given)
    group = min(pattern.groups, 1)

    def choose(result: ProcessResult) -> str | None:
        found = [match[group] for match in pattern.finditer(result.output) if match[group] is not None]
        return "\n".join(found) if found else None

    return choose


def acceptance_of(given: str | re.Pattern[str] | Callable[[ProcessResult], bool]) -> Callable[[ProcessResult], bool]:
    """Return whether a result will do, as a function: the one given, or a search for a pattern in its output."""
    if not isinstance(given, str | re.Pattern):
        return given
    pattern = pattern_of(given)
    return lambda result: pattern.search(result.output) is not None
