"""Keeping the journal of a run: all that happens in a turn of the event loop is one commit, and nothing runs before."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from .fingerprint import NotPlainError
from .outcome import TaskState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .journal import Journal
    from .node import Node

logger = logging.getLogger("pytest_orchestrator.workflows")


class Bookkeeper:
    """Writes down where tasks are, and has attempts begin only when that is committed.

    All that happens in a turn of the event loop is one commit: what ended, and what is to run because of that.
    """

    def __init__(
        self,
        journal: Journal,
        nodes: Mapping[str, Node],
        drive: Callable[[Node], None],
        on_fault: Callable[[BaseException], None],
    ) -> None:
        """``drive`` begins an attempt, ``on_fault`` gets what a commit raised."""
        self._journal = journal
        self._nodes = nodes
        self._drive = drive
        self._on_fault = on_fault
        self._loop = asyncio.get_running_loop()
        self._is_due = False
        self._is_broken = False
        self._to_drive: list[Node] = []

    def recall(self, node: Node) -> tuple[bool, Any]:
        """Return whether ``node`` has finished in an earlier run, and its result."""
        digests = {}
        for name in node.task.dependencies:
            needed = self._nodes[name]
            if needed.outcome.state is TaskState.PASSED:
                if needed.digest is None:  # it runs in each run, and so does what builds on it
                    return False, None
                digests[name] = needed.digest
        try:
            node.fingerprint = self._journal.fingerprint(node.task, digests)
        except NotPlainError as error:
            self._journal.warn(node.task.name, error)
            return False, None
        found = self._journal.recall(node.task.name, node.fingerprint)
        if found is None:
            return False, None
        node.digest, value = found
        return True, value

    def was_interrupted(self, node: Node) -> bool:
        """Return whether a run that was killed had begun ``node``: what it does may have been done. Say so."""
        if node.task.is_map or not self._journal.was_interrupted(node.task.name):
            return False
        if node.outcome.attempts == 1:
            logger.warning("task %r was at work when an earlier run was stopped: it runs again", node.task.name)
        return True

    def begin(self, node: Node) -> None:
        """Write down that an attempt begins, and begin it."""
        self._journal.put(node.outcome)
        self._to_drive.append(node)
        self._plan_turn()

    def end(self, node: Node) -> None:
        """Write down how a task ended."""
        if self._is_broken:
            return
        if node.outcome.state is TaskState.PASSED:
            node.digest = self._journal.put_passed(node.outcome, node.fingerprint)
        else:
            self._journal.put(node.outcome)
        self._plan_turn()

    def _plan_turn(self) -> None:
        if not self._is_due and not self._is_broken:
            self._is_due = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._is_due = False
        nodes, self._to_drive = self._to_drive, []
        try:
            self._journal.commit()
        except Exception as error:  # noqa: BLE001 - what is too large is no error of sqlite's, and nobody may wait for ever
            self._is_broken = True
            self._on_fault(self._journal.fault(error))
            return
        for node in nodes:
            if node.outcome.state is TaskState.RUNNING and node.driver is None:
                self._drive(node)
