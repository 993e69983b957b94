"""What an agent's process is started with, besides its prompt."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal, Protocol

from ..config.options import by_name
from ..config.settings import Limits
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .budget import Budget
    from .clis import AgentCli
    from .stream import StreamEvent

Isolation = Literal["user", "fresh"]
"""``user``: the user's own login and settings; ``fresh``: a new home, with nothing in it, for each run."""

StdinKind = Literal["prompt", "terminal"]
"""``prompt``: the prompt comes on standard input; ``terminal``: it is an argument, and standard input a terminal."""

SECRET_NAMES: tuple[str, ...] = tuple(by_name("redact").default)
"""Globs for the names of variables whose values are kept out of all that is stored, unless the user has said more."""
DEFAULT_GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL: a command line may have a session file to write."""


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """What makes an agent's command line talk to one endpoint and to no other."""

    env: Mapping[str, str] = field(default_factory=dict)
    extra_args: tuple[str, ...] = ()


class Endpoint(Protocol):
    """Whatever an agent can be pointed at, a :class:`~pytest_orchestrator.ModelEndpoint` for one."""

    def agent_settings(self, cli_name: str) -> AgentSettings:
        """Return what makes the command line ``cli_name`` talk to it."""


@dataclass(frozen=True, slots=True)
class Extras:
    """The keyword arguments of a process, checked."""

    idle_timeout: float | None = None
    """Seconds without output until it is stopped."""
    grace: float = DEFAULT_GRACE
    """Seconds between SIGTERM and SIGKILL."""
    allowed_tools: tuple[str, ...] = ()
    permission_mode: str | None = None
    extra_args: tuple[str, ...] = ()
    env: Mapping[str, str | None] = field(default_factory=dict)
    """Added to the environment; None removes a variable."""
    pass_env: tuple[str, ...] = ()
    """Names (globs) of more variables that are passed on."""
    isolation: Isolation = "user"
    limits: Limits = Limits()
    stdin: StdinKind = "prompt"
    endpoint: Endpoint | None = None
    budget: Budget | None = None
    """What this process shares with others; None for none."""
    max_cost_usd: float | None = None
    """US dollars that this process may cost; kept free for it in the budget."""
    max_tokens: int | None = None
    """Tokens that this process may use; kept free for it in the budget."""
    on_event: Callable[[StreamEvent], None] | None = None
    """Called with everything worth showing as it comes, from the thread that runs the process."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What a command line is built from."""

    model: str | None
    allowed_tools: tuple[str, ...]
    permission_mode: str | None
    extra_args: tuple[str, ...]
    prompt: str | None
    """The prompt where it is to be an argument; None where it comes on standard input."""
    max_cost_usd: float | None = None
    """What it may cost, in US dollars, for command lines that can see to that themselves."""


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """Everything that one run of a process is made from."""

    cli: AgentCli
    prompt: str
    process_id: str
    working_dir: Path
    model: str | None
    stream_output: bool
    timeout: float | None
    extras: Extras

    def launch(self, max_cost_usd: float | None = None) -> Launch:
        """Return what its command line is built from."""
        extras = self.extras
        endpoint = () if extras.endpoint is None else extras.endpoint.agent_settings(self.cli.name).extra_args
        return Launch(
            model=self.model,
            allowed_tools=extras.allowed_tools,
            permission_mode=extras.permission_mode,
            # What the caller gives comes last, and wins where a command line takes the last of two.
            extra_args=(*endpoint, *extras.extra_args),
            prompt=self.prompt if extras.stdin == "terminal" else None,
            max_cost_usd=max_cost_usd,
        )
