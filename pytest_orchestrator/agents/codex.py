"""Codex, ``codex exec``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.phrases import joined
from ..errors import ArgumentError
from .clis import AgentCli
from .codex_stream import CodexParser
from .process import CliProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .settings import Launch

SANDBOXES = ("read-only", "workspace-write", "danger-full-access")
"""What ``permission_mode`` may be here: Codex's own word for it is sandbox."""
APPROVALS = ("untrusted", "on-failure", "on-request", "never")
"""Codex's words for when it asks, which is another setting, and easily taken for that one."""


def _arguments(launch: Launch) -> list[str]:
    problems = list(_problems(launch))
    if problems:
        raise ArgumentError("\n".join(problems))
    arguments = ["exec", "--json", "--skip-git-repo-check"]
    if launch.model is not None:
        arguments += ["--model", launch.model]
    if launch.permission_mode is not None:
        arguments += ["--sandbox", launch.permission_mode]
    arguments += launch.extra_args
    # A lone dash: the prompt is on standard input.
    return [*arguments, "-"] if launch.prompt is None else [*arguments, "--", launch.prompt]


def _problems(launch: Launch) -> Iterator[str]:
    """Yield what Codex does not take. It would refuse a sandbox that it has not, too, but only once it runs."""
    sandboxes = joined([repr(name) for name in SANDBOXES], "or")
    if launch.allowed_tools:
        given = list(launch.allowed_tools)
        yield (
            f"allowed_tools: {given!r} cannot be given to codex, which has no list of tools; "
            f"use permission_mode, {sandboxes}"
        )
    mode = launch.permission_mode
    if mode is None or mode in SANDBOXES:
        return
    remedy = f"give {sandboxes}"
    if mode in APPROVALS:
        setting = f"approval_policy={mode!r}"
        remedy = f"it says when codex asks, and is extra_args={['-c', setting]!r}; as permission_mode {remedy}"
    yield f"permission_mode: {mode!r} is no sandbox of codex; {remedy}"


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
