"""The agent of the examples as a third command line, ``tiny``: starts ten times faster than real ones."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_orchestrator.agents.claude_stream import ClaudeParser
from pytest_orchestrator.agents.clis import AgentCli, register_agent_cli
from pytest_orchestrator.agents.process import CliProcess

if TYPE_CHECKING:
    from pytest_orchestrator.agents.settings import Launch

TINY_AGENT = Path(__file__).resolve().parents[2] / "example_scripts" / "agents" / "tiny_agent.py"


def _arguments(launch: Launch) -> list[str]:
    arguments = [str(TINY_AGENT), "--model", launch.model or "tiny"]
    if launch.allowed_tools:
        arguments += ["--allowedTools", ",".join(launch.allowed_tools)]
    if launch.max_cost_usd is not None:
        arguments += ["--max-budget-usd", f"{launch.max_cost_usd:.6g}"]
    arguments += launch.extra_args
    return arguments if launch.prompt is None else [*arguments, "--", launch.prompt]


def _parser() -> ClaudeParser:
    return ClaudeParser(cli="tiny")


TINY = AgentCli(name="tiny", executable=sys.executable, arguments=_arguments, parser=_parser)
register_agent_cli(TINY)


class TinyProcess(CliProcess):
    """One run of the tiny agent."""

    CLI = "tiny"
