"""A process as plain data, so that another program can run it again."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from ..config.settings import Limits
from .settings import AgentSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..process.redaction import Redactor
    from .process import CliProcess

_PLAIN = (
    "idle_timeout",
    "grace",
    "allowed_tools",
    "permission_mode",
    "extra_args",
    "pass_env",
    "isolation",
    "stdin",
    "max_cost_usd",
    "max_tokens",
)
"""Keyword arguments of a process that are plain data."""


class RecordedEndpoint:
    """An endpoint of which only the settings are left."""

    def __init__(self, settings: AgentSettings) -> None:
        self._settings = settings

    def agent_settings(self, cli_name: str) -> AgentSettings:  # noqa: ARG002 - an endpoint's own signature
        """Return the settings; they were made for one command line."""
        return self._settings


def digest(prompt: str) -> str:
    """Return what a prompt is known by."""
    return hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()


def record_of(process: CliProcess, redactor: Redactor) -> dict[str, Any]:
    """Return ``process`` as plain JSON types, without secrets.

    Variables with one are named in ``secret_env``: who runs it again must have them in the environment. Whatever else
    holds one is named in ``lost``, and ``redactor`` has replaced it.
    """
    extras = process.extras
    settings: Mapping[str, Any] = {name: _plain(getattr(extras, name)) for name in _PLAIN}
    env, secrets = _without_secrets(extras.env, redactor)
    record: dict[str, Any] = {
        "process_id": process.process_id,
        "cli": process.cli.name,
        "prompt": process.prompt,
        "prompt_sha256": digest(process.prompt),
        "working_dir": str(process.working_dir.absolute()),
        "model": process.model,
        "stream_output": process.stream_output,
        "timeout": process.timeout,
        "extras": {**settings, "limits": asdict(extras.limits)},
    }
    clean: dict[str, Any] = {
        name: value if name == "process_id" else cleaned(value, redactor) for name, value in record.items()
    }
    endpoint = None
    if extras.endpoint is not None:
        given = extras.endpoint.agent_settings(process.cli.name)
        endpoint = {"env": dict(given.env), "extra_args": list(given.extra_args)}
        if not _is_loopback(given):  # of one on this machine the key opens nothing
            endpoint["env"], more = _without_secrets(given.env, redactor)
            secrets += more
    clean["copy_of"] = process.copy_of
    clean["lost"] = [name for name, value in record.items() if clean[name] != value]
    clean["secret_env"] = sorted(secrets)
    clean["extras"] |= {"env": env, "endpoint": endpoint}
    return clean


def environment_of(process: CliProcess) -> dict[str, str | None]:
    """Return the variables that a process is given: whatever it prints of them that is secret is not kept."""
    given = dict(process.extras.env)
    if process.extras.endpoint is not None:
        settings = process.extras.endpoint.agent_settings(process.cli.name)
        given |= {} if _is_loopback(settings) else settings.env
    return given


def cleaned(value: Any, redactor: Redactor) -> Any:
    """Return plain JSON types without secrets."""
    if isinstance(value, str):
        return redactor.text(value)
    if isinstance(value, dict):
        return {name: cleaned(each, redactor) for name, each in value.items()}
    return [cleaned(each, redactor) for each in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _without_secrets(env: Mapping[str, str | None], redactor: Redactor) -> tuple[dict[str, str | None], list[str]]:
    secrets = [
        name
        for name, value in env.items()
        if value and (redactor.is_secret_name(name) or redactor.text(value) != value)
    ]
    return {name: value for name, value in env.items() if name not in secrets}, secrets


def _is_loopback(settings: AgentSettings) -> bool:
    values = (*settings.env.values(), *settings.extra_args)
    return any(part in value for value in values for part in ("//127.0.0.1:", "//localhost:", "//[::1]:"))


def extras_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments of a recorded process; secrets are taken from the environment of this one."""
    # What an earlier version did not know has its default.
    given: dict[str, Any] = {name: record["extras"][name] for name in _PLAIN if name in record["extras"]}
    for name in {"allowed_tools", "extra_args", "pass_env"} & given.keys():
        given[name] = tuple(given[name])
    env = dict(record["extras"]["env"])
    env |= {name: os.environ[name] for name in record["secret_env"] if name in os.environ}
    known = {field.name for field in fields(Limits)}
    given["limits"] = Limits(**{name: value for name, value in record["extras"]["limits"].items() if name in known})
    endpoint = record["extras"]["endpoint"]
    if endpoint is not None:
        given["endpoint"] = RecordedEndpoint(AgentSettings(endpoint["env"], tuple(endpoint["extra_args"])))
    return {**given, "env": env}


def missing_secrets(record: Mapping[str, Any]) -> list[str]:
    """Return the names of the variables that a recorded process needs and this program has not."""
    return [name for name in record["secret_env"] if name not in os.environ]
