"""What a caller of the library gave, checked and turned into settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..config.given_arguments import Arguments
from ..config.options import by_name
from ..config.resolve import apply_keywords
from ..config.settings import ScriptSettings
from ..errors import OrchestratorError
from ..process.redaction import Redactor
from .environment import current_environment
from .spec import RunContext

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class _NotGiven(int):
    """A default that can be told from the same number given by the caller, and shows itself as that number."""

    __slots__ = ()


DEFAULT_TIMEOUT = _NotGiven(60)
"""Seconds, when neither the caller nor the configuration says anything."""

_FILE_SECTIONS = frozenset({"default", "scripts", "timeout_override"})


class Given(Arguments):
    """The arguments of one call that become settings; every mistake among them is told at once."""

    def __init__(self, function: str) -> None:
        super().__init__()
        self._function = function
        self._settings = ScriptSettings()

    def config(self, config: object) -> None:
        """Take the settings of a script as plain data."""
        if config is None:
            return
        if not isinstance(config, Mapping):
            self.problems.append(f"config: {type(config).__name__} is not a mapping; {_CONFIG_REMEDY}")
        elif _FILE_SECTIONS & config.keys():
            self.problems.append(f"config: it is a whole configuration, as load_config returns; {_CONFIG_REMEDY}")
        else:
            self._apply(config, "config", f"{self._function}(config=…)")

    def limits(self, timeout: object, memory_limit_mb: object) -> None:
        """Take the limits that were given, which come before those of a configuration."""
        given: dict[str, object] = {}
        if timeout is not DEFAULT_TIMEOUT:
            given["timeout"] = 0 if timeout is None else timeout
        if memory_limit_mb is not None:
            given["limits"] = {"memory_mb": memory_limit_mb}
        self._apply(given, f"{self._function}(timeout={timeout!r})", f"{self._function}()")

    def environment(self, env: object) -> None:
        """Take variables that are added to the environment.

        What this process's own environment has already is passed over, so that a whole copy of it with one more
        variable, as :mod:`subprocess` asks for, means just that variable.
        """
        if isinstance(env, Mapping):
            odd = [name for name in env if not isinstance(name, str)]
            self.problems += [f"env: {name!r} is not the name of a variable; names are texts" for name in odd]
            given = {name: value for name, value in env.items() if isinstance(name, str)}
            added = {name: value for name, value in given.items() if value is None or os.environ.get(name) != value}
            self._apply({"env": added}, "", f"{self._function}()")
        elif env is not None:
            self.problems.append(f"env: {type(env).__name__} is not a mapping; give names and texts")

    def checked(self) -> ScriptSettings:
        """Return the settings. Raise ArgumentError with all that is wrong."""
        self.check()
        return self._settings

    def _apply(self, keywords: Mapping[str, object], timeout_source: str, place: str) -> None:
        try:
            self._settings = apply_keywords(self._settings, keywords, timeout_source)
        except OrchestratorError as error:
            prefix = f"{timeout_source}: "
            self.problems += [f"{place}: {line.removeprefix(prefix)}" for line in str(error).splitlines()]


_CONFIG_REMEDY = "give what get_script_config returned, or a dictionary of settings"


def current_directory() -> str:
    """Return the current directory. Raise OrchestratorError when it was removed."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        message = "the current directory does not exist any more: change to one that does, or give cwd"
        raise OrchestratorError(message) from None


def library_context(rootdir: Path) -> RunContext:
    """Return what programs have in common that are run without a pytest session."""
    global _latest  # noqa: PLW0603 - a cache of one: reading the environment for secrets costs more than a call
    latest = _latest
    environment = current_environment()
    if latest is None or latest.rootdir != rootdir or latest.environment != environment:
        latest = _latest = RunContext(
            rootdir=rootdir,
            python=sys.executable,
            redactor=Redactor(by_name("redact").default, dict(os.environ)),
            environment=environment,
            search_path=os.environ.get("PATH", os.defpath),
        )
    return replace(latest, sources={})  # what was found for the last call may be gone, or have come


_latest: RunContext | None = None


def name_of(function: Callable[..., Any]) -> str:
    """Return the name of a callable for people; a partial object has that of what it calls."""
    while not hasattr(function, "__name__") and callable(inner := getattr(function, "func", None)):
        function = inner
    name = getattr(function, "__name__", None)
    return name if isinstance(name, str) else type(function).__name__
