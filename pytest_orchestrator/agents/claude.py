"""Claude Code, ``claude -p``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .claude_stream import ClaudeParser
from .clis import AgentCli
from .process import CliProcess

if TYPE_CHECKING:
    from .settings import Launch


def _arguments(launch: Launch) -> list[str]:
    arguments = ["-p", "--output-format", "stream-json", "--verbose"]
    if launch.model is not None:
        arguments += ["--model", launch.model]
    if launch.permission_mode is not None:
        arguments += ["--permission-mode", launch.permission_mode]
    if launch.max_cost_usd is not None:
        arguments += ["--max-budget-usd", f"{launch.max_cost_usd:.6g}"]
    if launch.allowed_tools:
        # One word for all of them: as words of their own they would swallow whatever comes next.
        arguments += ["--allowedTools", ",".join(launch.allowed_tools)]
    arguments += launch.extra_args
    if launch.prompt is not None:
        arguments += ["--", launch.prompt]
    return arguments


CLAUDE = AgentCli(
    name="claude",
    executable="claude",
    arguments=_arguments,
    parser=ClaudeParser,
    install="npm install -g @anthropic-ai/claude-code",
    variables=("AWS_*", "CLOUD_ML_REGION", "VERTEX_REGION_*", "GOOGLE_APPLICATION_CREDENTIALS", "DISABLE_TELEMETRY"),
    ends_on_interrupt=True,
    keys=("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_USE_*"),
)
"""Its command line, as ``agent_cli("claude")`` gives it."""


class ClaudeProcess(CliProcess):
    """One run of Claude Code: ``claude -p``, its prompt on standard input, its stream read as it comes.

    Seed 002's contract: see :class:`~pytest_orchestrator.agents.process.CliProcess` for the arguments, and
    :class:`~pytest_orchestrator.ProcessResult` for what :meth:`run` returns.
    """

    CLI = "claude"
