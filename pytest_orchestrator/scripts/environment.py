"""The environment of a script: the user's own, the project's ``src/`` on ``PYTHONPATH``, the script's ``env``."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..process.redaction import REPLACEMENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..process.command import Command
    from .spec import RunContext, ScriptSpec

NOT_INHERITED = (b"PYTEST_CURRENT_TEST",)
"""pytest sets it for the test that runs in its own process; with programs running ahead it would name another item."""


def raw_environment() -> Mapping[bytes, bytes]:
    """Return this process's environment as it is now; not a copy."""
    # Asked for at every start: os.environb encodes and checks each name and value again, its dictionary is ready.
    return getattr(os.environ, "_data", None) or dict(os.environb)


def current_environment() -> dict[bytes, bytes]:
    """Return this process's environment as scripts get it."""
    environment = dict(raw_environment())
    for name in NOT_INHERITED:
        environment.pop(name, None)
    return environment


def source_directory(directory: str, context: RunContext) -> str | None:
    """Return the nearest ``src`` directory beside ``directory`` or one of its parents up to the rootdir (seed 004)."""
    try:
        return context.sources[directory]
    except KeyError:
        found = context.sources[directory] = _find_source(directory, str(context.rootdir))
        return found


def _find_source(directory: str, rootdir: str) -> str | None:
    while True:
        candidate = os.path.join(directory, "src")
        if os.path.isdir(candidate):
            return candidate
        parent = os.path.dirname(directory)
        if directory in (rootdir, parent):
            return None
        directory = parent


def additions(spec: ScriptSpec, context: RunContext) -> tuple[dict[bytes, bytes], tuple[bytes, ...]]:
    """Return what ``spec`` adds to the environment of ``context``, and what it removes."""
    added: dict[bytes, bytes] = {}
    removed = []
    if context.report_dir is not None:
        added[b"ORCHESTRATOR_REPORT_DIR"] = os.fsencode(context.report_dir)
    for name, value in spec.settings.env.items():
        if value is None:
            removed.append(os.fsencode(name))
            added.pop(os.fsencode(name), None)
        else:
            added[os.fsencode(name)] = os.fsencode(value)
    source = source_directory(os.path.dirname(spec.path), context)
    if source is not None and b"PYTHONPATH" not in removed:
        others = added.get(b"PYTHONPATH", context.environment.get(b"PYTHONPATH"))
        own = os.fsencode(source)
        added = {b"PYTHONPATH": b"", **added}
        added[b"PYTHONPATH"] = own + os.pathsep.encode() + others if others else own
    return added, tuple(removed)


def shown_additions(command: Command, context: RunContext) -> dict[str, str | None]:
    """Return what ``command`` adds to the environment, secrets replaced; a value of None is removed."""
    added = {os.fsdecode(name): os.fsdecode(value) for name, value in command.env.items()}
    redactor = context.redactor.extended(added)
    shown: dict[str, str | None] = {}
    for name, value in added.items():
        shown[name] = REPLACEMENT if redactor.is_secret_name(name) else redactor.text(value)
    return shown | dict.fromkeys(map(os.fsdecode, command.unset))
