"""What the examples of several agents have in common: agents without a key and without a network.

The agent is `tiny_agent.py`, the model is a function in the example. With `EXAMPLE_CLI=claude` or `EXAMPLE_CLI=codex`
in the environment the real agent asks that function instead.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_orchestrator import AgentCli, ClaudeParser, ModelEndpoint, OrchestratorSession, register_agent_cli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_orchestrator import AgentProcess, Launch, ModelRequest


def arguments(launch: Launch) -> list[str]:
    """Return what stands behind the interpreter on the command line of the tiny agent."""
    agent = str(Path(__file__).with_name("tiny_agent.py"))
    return [agent, "--model", launch.model or "tiny", *launch.extra_args]


# A command line of one's own is known to sessions by its name once it is registered.
register_agent_cli(AgentCli(name="tiny", executable=sys.executable, arguments=arguments, parser=ClaudeParser))


@contextlib.contextmanager
def offline_session(name: str, model: Callable[[ModelRequest], Any]) -> Iterator[Callable[..., AgentProcess]]:
    """Yield a function that makes agent processes, as `create_process` of a session does. `model` answers them."""
    cli = os.environ.get("EXAMPLE_CLI", "tiny")
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory,
        ModelEndpoint(model) as endpoint,
        OrchestratorSession(name, directory, cli=cli) as session,
    ):

        def create(prompt: str, process_id: str, **more: Any) -> AgentProcess:
            extras: dict[str, Any] = {"endpoint": endpoint, "isolation": "fresh", "stream_output": False}
            return session.create_process(prompt, process_id, **extras, **more)

        yield create
