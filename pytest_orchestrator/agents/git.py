"""git, run in a workspace so that nothing of this machine's or its user's settings counts."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from ..core.names import decode_output
from ..errors import AgentError
from ..process.command import Command
from ..process.pool import shared_pool

if TYPE_CHECKING:
    from pathlib import Path

TIMEOUT = 120.0
"""Seconds until one git is given up; it takes milliseconds."""
_SURE = ("core.fsmonitor=false", f"core.hooksPath={os.devnull}", "log.showSignature=false", "safe.directory=*")
"""What a repository says of itself must not start programs when it is only read: an agent may have written it."""
IDENTITY = {"NAME": "Workspace", "EMAIL": "workspace@example.invalid", "DATE": "2000-01-01T00:00:00+00:00"}
"""Who makes the first commit, and when: the same start has the same commit id everywhere."""


def isolation(root: Path) -> dict[str, str]:
    """Return the variables with which git in ``root`` sees no settings but those of its own repository.

    Nor does it take a repository around ``root`` for its own, when that one has none.
    """
    return {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CEILING_DIRECTORIES": os.path.dirname(os.path.realpath(root)),
    }


class Git:
    """Runs git in one directory."""

    def __init__(self, root: Path) -> None:
        """Look for git. Raise AgentError when it is not on ``PATH``."""
        program = shutil.which("git")
        if program is None:
            message = (
                "an agent's workspace is a git repository, and there is no git on PATH; install it with the system's"
                " package manager, as in 'apt-get install git' (Debian, Ubuntu) or 'dnf install git' (Fedora)"
            )
            raise AgentError(message)
        self._program = os.fsencode(os.path.abspath(program))
        self._root = os.fsencode(root)
        environment = isolation(root) | {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C.UTF-8",
            # git reads files there even when it is told of another configuration.
            "HOME": os.devnull,
            "XDG_CONFIG_HOME": os.devnull,
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_LAZY_FETCH": "1",
        }
        for name, value in IDENTITY.items():
            environment |= {f"GIT_AUTHOR_{name}": value, f"GIT_COMMITTER_{name}": value}
        self._environment = {os.fsencode(name): os.fsencode(value) for name, value in environment.items()}

    def run(self, *words: str, allowed: tuple[int, ...] = (0,), below: Path | None = None) -> bytes:
        """Run git with ``words``, in its directory or ``below`` it, and return what it printed.

        Raise AgentError when it ends with a code that is not allowed, or not within :data:`TIMEOUT`.
        """
        sure = [word for setting in _SURE for word in ("-c", setting)]
        with shared_pool().directory() as directory:
            command = Command(
                argv=(self._program, *map(os.fsencode, ("--no-pager", *sure, *words))),
                cwd=self._root if below is None else os.fsencode(below),
                base_env=self._environment,
                timeout=TIMEOUT,
                item="agent workspace: git",
                keep_stdout=os.fsencode(directory / "output"),
            )
            with shared_pool().engine(None) as engine:
                outcome = engine.wait(engine.submit(command))
            if outcome.exit_code not in allowed or outcome.limit is not None:
                said = decode_output(outcome.stderr.head).strip()
                why = said or outcome.error or f"it ended with exit code {outcome.exit_code}"
                how = f"took longer than {TIMEOUT:g} s" if outcome.limit is not None else "failed"
                raise AgentError(f"'git {' '.join(words[:2])}' {how} in {os.fsdecode(self._root)!r}: {why}")
            if outcome.stdout.path is None:
                return outcome.stdout.head + outcome.stdout.tail
            with open(outcome.stdout.path, "rb") as file:
                return file.read()
