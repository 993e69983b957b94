"""An agent's command line that is bash: the prompt is a script, and what the script prints is what the agent says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_orchestrator.agents.clis import AgentCli, register_agent_cli
from pytest_orchestrator.agents.plain_stream import PlainParser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_orchestrator.agents.settings import Launch


def _arguments(launch: Launch) -> Sequence[str]:
    return ["-s", "--", *launch.extra_args] if launch.prompt is None else ["-c", launch.prompt]


def _parser() -> PlainParser:
    return PlainParser("shell")


SHELL = AgentCli("shell", "bash", _arguments, _parser)
register_agent_cli(SHELL)
