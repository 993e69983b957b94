"""An action of users: words for a shell, or a program with its arguments."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..config.settings import Limits
from ..errors import ArgumentError
from ..process.command import Command
from .arguments import is_positive
from .grace import DEFAULT_GRACE, STOP_SLACK
from .program import ProgramFailedError, run_program

if TYPE_CHECKING:
    from .program import ProgramResult


class Shell:
    """An action: words for ``/bin/sh``, or a program with its arguments."""

    limits_itself = True

    def __init__(
        self,
        command: str | list[str],
        *,
        cwd: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        timeout: float | None = None,
        idle_timeout: float | None = None,
        grace: float = DEFAULT_GRACE,
        limits: Limits | None = None,
    ) -> None:
        """Take a command: a text is given to a shell, a list is a program and its arguments.

        ``cwd`` is where it runs (default: the current directory), ``env`` is added to the environment, ``stdin`` is
        what it reads; ``timeout`` and ``idle_timeout`` are in seconds, and so is ``grace``, from SIGTERM to SIGKILL.
        Raise ArgumentError with all that is wrong.
        """
        _check_shell(command, cwd, env, stdin, timeout, idle_timeout, grace, limits)
        self._command = command
        self._cwd = cwd
        self._env = dict(env or {})
        self._stdin = stdin
        self._timeout = timeout
        self._idle_timeout = idle_timeout
        self._grace = grace
        self._limits = limits
        self.stop_seconds = grace + STOP_SLACK
        self.definition = repr((command, os.fspath(cwd) if cwd is not None else None, sorted(self._env.items()), stdin))

    def __repr__(self) -> str:
        return f"Shell({self._command!r})"

    async def __call__(self) -> ProgramResult:
        """Run it; see :func:`run_program`."""
        return await run_program(self._made())

    def _made(self) -> Command:
        words = ["/bin/sh", "-c", self._command] if isinstance(self._command, str) else list(self._command)
        program = shutil.which(words[0])
        if program is None:
            raise ProgramFailedError(f"{words[0]!r} is not on PATH")
        return Command(
            argv=(os.fsencode(program), *map(os.fsencode, words[1:])),
            cwd=os.fsencode(os.path.abspath(self._cwd or os.curdir)),
            base_env=os.environb,
            env={os.fsencode(name): os.fsencode(value) for name, value in self._env.items()},
            stdin=None if self._stdin is None else self._stdin.encode(),
            timeout=self._timeout,
            idle_timeout=self._idle_timeout,
            grace=self._grace,
            limits=self._limits or Limits(),
        )


def _check_shell(
    command: object, cwd: object, env: object, stdin: object,
    timeout: object, idle_timeout: object, grace: object, limits: object,
) -> None:  # fmt: skip
    problems = []
    words = [command] if isinstance(command, str) else command
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words) or not words[0]:
        problems.append(f"command: {command!r} is neither words for a shell nor a list of a program and its arguments")
    elif any("\0" in word for word in words):
        problems.append(f"command: {command!r} has a NUL character, which no program can be given")
    if cwd is not None and not isinstance(cwd, str | os.PathLike):
        problems.append(f"cwd: {cwd!r} is not a path")
    if env is not None and not _is_environment(env):
        problems.append(f"env: {env!r} is not a mapping of names to texts")
    if stdin is not None and not isinstance(stdin, str):
        problems.append(f"stdin: {stdin!r} is not a text")
    for name, seconds in (("timeout", timeout), ("idle_timeout", idle_timeout)):
        if not is_positive(seconds):
            problems.append(f"{name}: {seconds!r} is not a number of seconds above 0; give None for no limit")
    if grace != 0 and (grace is None or not is_positive(grace)):
        problems.append(f"grace: {grace!r} is not a number of seconds, 0 or more")
    if limits is not None and not isinstance(limits, Limits):
        problems.append(f"limits: {limits!r} is not Limits(…)")
    if problems:
        raise ArgumentError("\n".join(problems))


def _is_environment(env: object) -> bool:
    return isinstance(env, Mapping) and all(
        isinstance(name, str) and isinstance(value, str) and name and "=" not in name and "\0" not in name + value
        for name, value in env.items()
    )
