"""The agent command lines that conftests and plugins offer."""

from __future__ import annotations

from functools import partial

import pytest

from ..agents.clis import AgentCli, register_agent_cli, registered_clis, restore_clis
from ..errors import ArgumentError

HOOK = "pytest_orchestrator_agent_clis"


def register_offered_clis(config: pytest.Config) -> None:
    """Ask the hook and register what it gives, until ``config`` is done with. Raise UsageError when it is no list."""
    config.add_cleanup(partial(restore_clis, registered_clis()))
    offered: list[object] = config.hook.pytest_orchestrator_agent_clis(config=config)
    for clis in reversed(offered):  # who was called first wins
        if not isinstance(clis, list | tuple) or not all(isinstance(cli, AgentCli) for cli in clis):
            message = f"{HOOK} returned {clis!r}, which is no list of AgentCli"
            raise pytest.UsageError(message)
        for cli in clis:
            try:
                register_agent_cli(cli)
            except ArgumentError as error:
                message = f"{HOOK}: {error}"
                raise pytest.UsageError(message) from error
