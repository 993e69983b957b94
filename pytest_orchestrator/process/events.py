"""Structured records of what happens to programs, for the logger ``pytest_orchestrator.process``: never on stdout."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .command import Outcome

logger = logging.getLogger("pytest_orchestrator.process")


def note_start(item: str) -> None:
    """Record that the program of ``item`` is started."""
    if logger.isEnabledFor(logging.INFO):
        logger.info("started %s", item, extra={"event": "start"})


def note_end(item: str, outcome: Outcome) -> None:
    """Record how the program of ``item`` ended, and that its tree was killed if it was."""
    if not logger.isEnabledFor(logging.INFO):
        return
    ended = {"event": "end", "pid": outcome.pid, "exit_code": outcome.exit_code, "duration": outcome.duration}
    logger.info("ended %s", item, extra=ended)
    if outcome.limit or outcome.cancelled or outcome.left:
        killed = {"event": "kill", "pid": outcome.pid, "limit": outcome.limit, "left": len(outcome.left)}
        logger.info("killed the tree of %s", item, extra=killed)


def note_death(why: str) -> None:
    """Record how a supervisor died."""
    logger.warning("%s", why, extra={"event": "lost"})


def note_survivors(pids: set[int]) -> None:
    """Record processes that could not be killed."""
    logger.warning("could not kill %s", sorted(pids), extra={"event": "kill"})
