"""The arguments of an agent's process, checked where they enter: all mistakes of a call at once."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from ..config.given_arguments import Arguments
from ..config.settings import Limits
from .budget import Budget
from .settings import Extras, Isolation, StdinKind

LONGEST = 10 * 365 * 86400
"""Seconds of the longest time limit."""


class ProcessArguments(Arguments):
    """Collects what is wrong with the arguments of a process or a session."""

    def some_text(self, name: str, value: object) -> str:
        """Return a text that is not empty."""
        if isinstance(value, str) and value:
            return value
        return self._refuse(name, value, "a text with something in it")

    def prompt(self, name: str, value: object) -> str:
        """Return a text that is not empty and can be sent."""
        text = self.some_text(name, value)
        try:
            text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError as error:
            self.problems.append(f"{name}: its character {error.start} is half of one ({text[error.start]!r})")
        return text

    def directory(self, name: str, value: object) -> Path:
        """Return a path."""
        return Path(self.path(name, value) or ".")

    def word(self, name: str, value: object) -> None:
        """Take a text that can stand on a command line, or None."""
        if isinstance(value, str) and "\0" in value:
            self._refuse(name, value, "a text without NUL characters")
        else:
            self.text(name, value)

    def seconds(self, name: str, value: object, *, none: bool = True) -> float | None:
        """Return a number of seconds above 0, or None."""
        if value is None and none:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LONGEST:
            self._refuse(name, value, "a number of seconds above 0" + ("; give None for no limit" if none else ""))
            return None
        return float(value)

    def flag(self, name: str, value: object) -> bool:
        """Return a truth value."""
        if not isinstance(value, bool):
            self._refuse(name, value, "True or False")
        return bool(value)

    def one_of(self, name: str, value: object, allowed: Sequence[str]) -> None:
        """Take one of some words."""
        if value not in allowed:
            self._refuse(name, value, f"one of {', '.join(map(repr, allowed))}")

    def extras(self, given: Mapping[str, Any]) -> Extras:
        """Return the keyword arguments of a process, with their defaults where they are missing."""
        known = [field.name for field in fields(Extras)]
        for name in given.keys() - set(known):
            close = get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"allowed are {', '.join(known)}"
            self.problems.append(f"{name}: no such keyword argument; {hint}")
        before = len(self.problems)
        values = {name: given[name] for name in known if name in given}
        for name in ("idle_timeout", "grace"):
            if name in values:
                values[name] = self.seconds(name, values[name], none=name == "idle_timeout")
        for name in ("allowed_tools", "extra_args", "pass_env"):
            if name in values:
                self.words(name, values[name])
                values[name] = () if values[name] is None else values[name]
                for word in values[name] if isinstance(values[name], list | tuple) else ():
                    if isinstance(word, str) and "\0" in word:
                        self.word(name, word)
        if "permission_mode" in values:
            self.word("permission_mode", values["permission_mode"])
        if "env" in values:
            values["env"] = self._environment(values["env"])
        if "isolation" in values:
            self.one_of("isolation", values["isolation"], get_args(Isolation))
        if "stdin" in values:
            self.one_of("stdin", values["stdin"], get_args(StdinKind))
        self._objects(values)
        for name in ("max_cost_usd", "max_tokens"):
            self._amount(name, values.get(name))
        if len(self.problems) > before:
            return Extras()
        for name in ("allowed_tools", "extra_args", "pass_env"):
            if name in values:
                values[name] = tuple(values[name])
        return Extras(**values)

    def _environment(self, env: object) -> dict[str, str | None]:
        if env is None:
            return {}
        if not isinstance(env, Mapping):
            self._refuse("env", env, "a mapping; give names and texts")
            return {}
        for name, value in env.items():
            if not isinstance(name, str) or not name or "=" in name or "\0" in name:
                self._refuse("env", name, "the name of a variable")
            elif value is not None and (not isinstance(value, str | os.PathLike) or "\0" in os.fspath(value)):
                self._refuse(
                    f"env[{name!r}]", value, "a text without a NUL character; give None to remove the variable"
                )
        return {name: os.fspath(value) if isinstance(value, os.PathLike) else value for name, value in env.items()}

    def _objects(self, values: Mapping[str, Any]) -> None:
        limits, budget, endpoint = values.get("limits"), values.get("budget"), values.get("endpoint")
        if "limits" in values and not isinstance(limits, Limits):
            self._refuse("limits", limits, "Limits(…)")
        if budget is not None and not isinstance(budget, Budget):
            self._refuse("budget", budget, "Budget(…)")
        if endpoint is not None and not callable(getattr(endpoint, "agent_settings", None)):
            self._refuse(
                "endpoint", endpoint, "an endpoint; give a ModelEndpoint, or what has agent_settings(cli_name)"
            )
        if values.get("on_event") is not None and not callable(values["on_event"]):
            self._refuse("on_event", values["on_event"], "a function of one StreamEvent")

    def _amount(self, name: str, value: object) -> None:
        whole = name == "max_tokens"
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not 0 < value < math.inf
        ):
            self._refuse(name, value, f"a {'whole ' if whole else ''}number above 0; give None for no limit")
