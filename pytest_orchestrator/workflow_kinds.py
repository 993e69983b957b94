"""The kinds of tasks that need more than the room of workflows: scripts, agents, other workflows, expectations."""

from __future__ import annotations


def register_kinds() -> None:
    """Have workflow files know all kinds of tasks. May be called any number of times."""
