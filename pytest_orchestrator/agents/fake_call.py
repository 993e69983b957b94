"""Calls of commands that were stood in for, as their log tells of them."""

from __future__ import annotations

import ast
import os
import shlex
from dataclasses import field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..core.names import escape_name, quote_name
from ..errors import AgentError, why_unreadable
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

_NO_CALL = (
    *(ValueError, TypeError, AttributeError, SyntaxError, LookupError, ArithmeticError, OSError),
    *(MemoryError, RecursionError),
)
"""What comes of reading a line that an agent wrote."""


@dataclass(frozen=True, slots=True)
class FakeCall:
    """One call of a command that was stood in for."""

    command: str
    arguments: tuple[str, ...]
    """Bytes that are no UTF-8 are surrogates in them, as in :data:`sys.argv`."""
    cwd: str
    """The working directory of the call; empty when it had been removed."""
    time: datetime
    """When it was answered, in UTC."""
    rule: str | None
    """What the rule that answered expects; None when no rule did, and the call was refused."""
    stdin: bytes | None = field(default=None, repr=False)
    """The first 64 KiB of standard input; None where no rule asked for it, and so it was not read."""
    stdin_size: int = 0
    """How many bytes were read from it."""

    @property
    def is_expected(self) -> bool:
        """Whether a rule answered."""
        return self.rule is not None

    @property
    def line(self) -> str:
        """The call as it can be typed into a shell."""
        return shlex.join([self.command, *self.arguments])

    @property
    def shown(self) -> str:
        r"""The call on one line of text, for messages: newlines and bytes that are no UTF-8 as ``\n`` and ``\xNN``."""
        return escape_surrogates(self.line).replace("\n", "\\n")

    def as_dict(self) -> dict[str, Any]:
        r"""Return plain JSON types; bytes that are no UTF-8 as ``\xNN``."""
        return {
            "command": self.command,
            "arguments": [escape_surrogates(word) for word in self.arguments],
            "cwd": escape_name(self.cwd),
            "time": self.time.isoformat(timespec="milliseconds"),
            "rule": None if self.rule is None else escape_surrogates(self.rule),
            "stdin": None if self.stdin is None else self.stdin.decode("utf-8", "backslashreplace"),
            "stdin_size": self.stdin_size,
        }


def escape_surrogates(text: str) -> str:
    r"""Return ``text`` with bytes that are no UTF-8, which are surrogates in it, as ``\xNN``."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def read_calls(path: str, rule_of: Callable[[str, int], str]) -> list[FakeCall]:
    """Return the calls that the log at ``path`` tells of, in the order in which they were answered.

    ``rule_of`` gives the text of a rule by command and number. Raise AgentError when the log is gone or was changed.
    """
    try:
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")
    except OSError as error:
        message = f"the log of calls of fake commands {quote_name(path)} cannot be read: {why_unreadable(error)}"
        raise AgentError(message) from error
    calls = []
    for number, line in enumerate(lines[:-1], start=1):
        try:
            calls.append(_call(line, rule_of))
        except _NO_CALL as error:
            message = f"line {number} of {quote_name(path)} was not written by a fake command: {line[:200]!r}"
            raise AgentError(message) from error
    return calls


def _call(line: bytes, rule_of: Callable[[str, int], str]) -> FakeCall:
    when, command, words, cwd, stdin, size, chosen = ast.literal_eval(line.decode("ascii"))
    return FakeCall(
        command=command,
        arguments=tuple(word.decode("utf-8", "surrogateescape") for word in words),
        cwd=os.fsdecode(cwd),
        time=datetime.fromtimestamp(when, UTC),
        rule=None if chosen is None else rule_of(command, chosen),
        stdin=stdin,
        stdin_size=size,
    )
