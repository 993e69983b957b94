"""What an engine was asked for: what waits or runs, and what came of it, by the number of its ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .events import note_end, note_start
from .outcomes import RunningProgram, told

if TYPE_CHECKING:
    from .command import Command, Outcome


class Tickets:
    """The books of an engine. A ticket is open until its outcome has arrived, and forgotten when that is taken."""

    def __init__(self) -> None:
        self.open: dict[int, Command] = {}
        self.running: dict[int, RunningProgram] = {}
        self.outcomes: dict[int, Outcome] = {}
        self._last = 0

    def new(self, command: Command) -> int:
        """Open a ticket for ``command`` and return its number."""
        self._last += 1
        self.open[self._last] = command
        return self._last

    def drop(self, ticket: int) -> None:
        """Forget an open ticket of which nobody will ever hear."""
        self.open.pop(ticket, None)

    def knows(self, ticket: int) -> bool:
        """Return whether ``ticket`` is open, or its outcome was not taken yet."""
        return ticket in self.open or ticket in self.outcomes

    def take(self, message: tuple[Any, ...]) -> bool:
        """Handle what a supervisor says of a ticket; return whether that is its outcome.

        It may come a second time, if an exception interrupted us; what was given up when another supervisor died is
        not open any more.
        """
        if message[1] not in self.open:
            return False
        if message[0] == "starting":
            _, ticket, started, stdout, stderr = message
            self.running[ticket] = RunningProgram(started, stdout, stderr)
            note_start(self.open[ticket].item)
            return False
        self.finish(message[1], told(message[2]))
        return True

    def finish(self, ticket: int, outcome: Outcome) -> None:
        """Close ``ticket`` with its outcome."""
        self.outcomes[ticket] = outcome
        command = self.open.pop(ticket)
        self.running.pop(ticket, None)
        note_end(command.item, outcome)
