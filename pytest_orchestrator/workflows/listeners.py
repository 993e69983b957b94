"""Those who are told what happens in a workflow."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .events import WorkflowEvent


class Listeners:
    """Calls each of them with each event. What one raises is the end of the workflow."""

    __slots__ = ("_functions", "_on_fault", "_workflow", "are_there")

    def __init__(
        self,
        workflow: str,
        functions: Iterable[Callable[[WorkflowEvent], None]],
        on_fault: Callable[[BaseException], None],
    ) -> None:
        """``on_fault`` is called once, with what one of them raised; after that they are told nothing more."""
        self._workflow = workflow
        self._functions = tuple(functions)
        self._on_fault = on_fault
        self.are_there = bool(self._functions)
        """Whether anybody listens."""

    def tell(self, kind: Any, *fields: Any) -> None:
        """Tell them of an event of class ``kind``; ``fields`` are those behind its time."""
        if not self.are_there:
            return
        event = kind(self._workflow, time.time(), *fields)
        try:
            for function in self._functions:
                function(event)
        except BaseException as error:  # noqa: BLE001 - it is raised when everything has been stopped
            self.are_there = False
            self._on_fault(error)
