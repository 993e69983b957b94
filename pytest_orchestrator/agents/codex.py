"""Codex, ``codex exec``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import ArgumentError
from .clis import AgentCli
from .codex_stream import CodexParser
from .process import CliProcess

if TYPE_CHECKING:
    from .settings import Launch

SANDBOXES = ("read-only", "workspace-write", "danger-full-access")
"""What ``permission_mode`` may be here: Codex's own word for it is sandbox."""


def _arguments(launch: Launch) -> list[str]:
    if launch.allowed_tools:
        problem = f"allowed_tools: {list(launch.allowed_tools)!r} cannot be given to codex, which has no list of tools"
        raise ArgumentError(f"{problem}; use permission_mode, one of {', '.join(map(repr, SANDBOXES))}")
    arguments = ["exec", "--json", "--skip-git-repo-check"]
    if launch.model is not None:
        arguments += ["--model", launch.model]
    if launch.permission_mode is not None:
        arguments += ["--sandbox", launch.permission_mode]
    arguments += launch.extra_args
    # A lone dash: the prompt is on standard input.
    return [*arguments, "-"] if launch.prompt is None else [*arguments, "--", launch.prompt]


CODEX = AgentCli(
    name="codex",
    executable="codex",
    arguments=_arguments,
    parser=CodexParser,
    install="npm install -g @openai/codex",
    keys=("OPENAI_API_KEY", "CODEX_API_KEY"),
)
"""Its command line, as ``agent_cli("codex")`` gives it."""


class CodexProcess(CliProcess):
    """One run of Codex: ``codex exec --json``, its prompt on standard input, its stream read as it comes.

    It has the face of :class:`~pytest_orchestrator.ClaudeProcess`; ``permission_mode`` is one of Codex's sandboxes
    (``read-only``, ``workspace-write``, ``danger-full-access``).
    """

    CLI = "codex"
