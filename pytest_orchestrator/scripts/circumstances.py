"""What all scripts of one directory with the same settings run in: worked out once for them, not once for each."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass
from .environment import additions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..config.settings import ScriptSettings
    from ..process.redaction import Redactor
    from .spec import RunContext, ScriptSpec

TMP_DIRECTORY = "{tmp}"
"""``cwd`` that starts with this means the temporary directory of the run, or one that is made below it."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where and with what a script runs."""

    settings: ScriptSettings
    directory: str | None
    """The absolute working directory; None for the temporary directory of the run."""
    cwd: bytes | None
    """The same for the operating system."""
    env: Mapping[bytes, bytes]
    """What is added to the environment."""
    unset: tuple[bytes, ...]
    search_path: str
    """The ``PATH`` that the program will have, its relative entries as seen from where it runs."""
    redactor: Redactor
    """Knows the secrets of that environment."""


def circumstances(spec: ScriptSpec, context: RunContext) -> Circumstances:
    """Return the circumstances of ``spec``, the same object for all scripts that share them."""
    key = id(spec.settings), spec.path.rpartition("/")[0]
    known: Circumstances | None = context.circumstances.get(key)
    # The object that had this identity may be gone, unless it is kept here.
    if known is None or known.settings is not spec.settings:
        known = context.circumstances[key] = _work_out(spec, context)
    return known


def _work_out(spec: ScriptSpec, context: RunContext) -> Circumstances:
    directory = working_directory(spec, context)
    cwd = None if directory is None else os.fsencode(directory)
    added, removed = additions(spec, context)
    return Circumstances(
        settings=spec.settings,
        directory=directory,
        cwd=cwd,
        env=added,
        unset=removed,
        search_path=search_path(added, removed, context, cwd),
        redactor=extended_redactor(spec, context, added),
    )


def working_directory(spec: ScriptSpec, context: RunContext) -> str | None:
    """Return the absolute directory that ``spec`` runs in; None for the temporary directory of the run."""
    cwd = spec.settings.cwd
    if cwd is None:
        return str(context.rootdir)
    if TMP_DIRECTORY in cwd:
        return None
    cwd = cwd.replace("{script_dir}", os.path.dirname(spec.path))
    return os.path.normpath(os.path.join(context.rootdir, os.path.expanduser(cwd)))


def search_path(
    added: Mapping[bytes, bytes], removed: tuple[bytes, ...], context: RunContext, cwd: bytes | None
) -> str:
    """Return the ``PATH`` that a program will have, its relative entries as seen from where it runs."""
    text = os.defpath if b"PATH" in removed else context.search_path
    text = os.fsdecode(added.get(b"PATH", text))
    if cwd is None:
        return text
    # An empty entry is the working directory (POSIX).
    directory = os.fsdecode(cwd)
    return os.pathsep.join(os.path.join(directory, entry) for entry in text.split(os.pathsep))


def redactor_of(spec: ScriptSpec, context: RunContext, env: Mapping[bytes, bytes] | None) -> Redactor:
    """Return a redactor that knows the secrets of one run of ``spec``; ``env`` is what its command adds, if it has one.

    A hook may have added to that what the settings do not know.
    """
    around = circumstances(spec, context)
    return around.redactor if env is None or env is around.env else extended_redactor(spec, context, env)


def extended_redactor(spec: ScriptSpec, context: RunContext, added: Mapping[bytes, bytes]) -> Redactor:
    """Return a redactor that knows the secrets in the settings of ``spec``, and in what is ``added`` for it."""
    settings = context.redactor.extended(spec.settings.env)
    return settings.extended({os.fsdecode(name): os.fsdecode(value) for name, value in added.items()})
