"""The environment of an agent's process: what it needs to work and to log in, and nothing else of the caller's."""

from __future__ import annotations

import os
import re
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .clis import AgentCli
    from .settings import Extras

ALWAYS = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TERM",
    "COLORTERM",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "TMPDIR",
    "TMP",
    "TEMP",
    "XDG_*",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "ANTHROPIC_*",
    "OPENAI_*",
    "CLAUDE_CODE_*",
    "CLAUDE_CONFIG_DIR",
    "CODEX_*",
)
"""Names (globs) of the variables of the caller that every agent gets."""

MARKERS = (
    "CLAUDECODE",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_EXECPATH",
    "CLAUDE_CODE_SESSION_*",
    "CLAUDE_CODE_SSE_PORT",
    "CLAUDE_CODE_CHILD_*",
    "CLAUDE_CODE_TASK_*",
    "CLAUDE_CODE_AGENT*",
    "CLAUDE_CODE_TEAM*",
    "CLAUDE_CODE_PARENT_*",
    "CLAUDE_CODE_REMOTE*",
    "CLAUDE_CODE_TMPDIR",
    "CODEX_SANDBOX*",
    "CODEX_THREAD_ID",
    "CODEX_SESSION*",
    "CODEX_INTERNAL_*",
    "CODEX_CI",
)
"""Those among them that tell an agent in whose session it was started. A new session must not take itself for that."""

_OF_THE_USER = ("XDG_*",)
"""Those that lead a command line with a fresh home back to the user's own files."""


def agent_environment(cli: AgentCli, extras: Extras, environ: Mapping[str, str], home: Path | None) -> dict[str, str]:
    """Return the whole environment of a process of ``cli``.

    ``environ`` is the caller's; ``home`` an empty directory for a run with a fresh home, None for the user's own.
    What :class:`Extras` and its endpoint add comes last and wins.
    """
    passed = _any_of((*ALWAYS, *cli.variables, *extras.pass_env))
    # What the caller names is passed on even if it looks like a session's marker.
    refused = _any_of((*MARKERS, *cli.markers))
    asked = _any_of(extras.pass_env)
    environment = {
        name: value
        for name, value in environ.items()
        if asked.match(name) or (passed.match(name) and not refused.match(name))
    }
    if home is not None:
        _move_in(environment, cli, home)
    if extras.endpoint is not None:
        environment.update(extras.endpoint.agent_settings(cli.name).env)
    for name, value in extras.env.items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value
    return environment


def _move_in(environment: dict[str, str], cli: AgentCli, home: Path) -> None:
    """Let everything that a command line keeps be below ``home``."""
    of_the_user = _any_of(_OF_THE_USER)
    for name in [name for name in environment if of_the_user.match(name)]:
        del environment[name]
    # Codex does without its helpers when its home is below the temporary directory, which this one therefore is not.
    places = {"HOME": "home", "TMPDIR": "tmp", "CLAUDE_CONFIG_DIR": "claude", "CODEX_HOME": "codex", **cli.homes}
    for name, directory in places.items():
        path = home / directory
        path.mkdir(mode=0o700, exist_ok=True)
        environment[name] = str(path)


@lru_cache(maxsize=64)
def _any_of(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, names)) or r"(?!)")


def as_bytes(environment: Mapping[str, str]) -> dict[bytes, bytes]:
    """Return ``environment`` as the system takes it."""
    return {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}
