"""From a script and its settings to the command that the engine runs."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..process.command import Command
from .environment import additions
from .interpreter import resolve_interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..config.settings import Requirements
    from .spec import RunContext, ScriptSpec

TMP_DIRECTORY = "{tmp}"
"""``cwd`` of this value means the temporary directory of the run."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A command, and what to tell about it."""

    command: Command
    shown: tuple[str, ...]
    """The program's own command line, without the shell that sets limits."""
    notes: tuple[str, ...] = ()

    def with_argv(self, argv: tuple[str, ...], context: RunContext) -> Prepared:
        """Return the same with another command line."""
        words = tuple(os.fsencode(word) for word in (_find(argv[0], context), *argv[1:]))
        return replace(self, command=replace(self.command, argv=words), shown=argv)

    def with_environment(self, changes: Mapping[str, str | None]) -> Prepared:
        """Return the same with variables added; a value of None removes one."""
        added = dict(self.command.env)
        removed = list(self.command.unset)
        for name, value in changes.items():
            if value is None:
                added.pop(os.fsencode(name), None)
                removed.append(os.fsencode(name))
            else:
                added[os.fsencode(name)] = os.fsencode(value)
                removed = [other for other in removed if other != os.fsencode(name)]
        return replace(self, command=replace(self.command, env=added, unset=tuple(removed)))


def _find(program: str, context: RunContext) -> str:
    """Return the absolute path of a program that is looked up on PATH; what is not found stays, to be explained."""
    if os.sep in program:
        return program
    return shutil.which(program, path=context.search_path or None) or program


def working_directory(spec: ScriptSpec, context: RunContext) -> str | None:
    """Return the absolute directory that ``spec`` runs in; None for the temporary directory of the run."""
    cwd = spec.settings.cwd
    if cwd is None:
        return str(context.rootdir)
    if cwd == TMP_DIRECTORY:
        return None
    cwd = cwd.replace("{script_dir}", os.path.dirname(spec.path))
    return os.path.normpath(os.path.join(context.rootdir, os.path.expanduser(cwd)))


def prepare(
    spec: ScriptSpec, context: RunContext, keep_stdout: bytes | None = None, keep_stderr: bytes | None = None
) -> Prepared:
    """Return the command for ``spec``.

    ``keep_stdout`` and ``keep_stderr`` say where output goes that is too long for the result. Raise
    :class:`~pytest_orchestrator.scripts.interpreter.NotStartableError` when no interpreter can be found.
    """
    settings = spec.settings
    interpretation = resolve_interpreter(spec.path, settings.interpreter, context.python)
    shown = (*interpretation.argv, *settings.args)
    program = _find(shown[0], context)
    cwd = working_directory(spec, context)
    added, removed = additions(spec, context)
    command = Command(
        argv=tuple(os.fsencode(word) for word in (program, *shown[1:])),
        cwd=None if cwd is None else os.fsencode(cwd),
        base_env=context.environment,
        env=added,
        unset=removed,
        item=spec.item,
        stdin=None if settings.stdin is None else settings.stdin.encode("utf-8", "surrogateescape"),
        timeout=settings.timeout,
        idle_timeout=settings.idle_timeout,
        grace=settings.grace,
        limits=settings.limits,
        resources=settings.resources,
        left_processes=settings.left_processes,
        keep_stdout=keep_stdout,
        keep_stderr=keep_stderr,
    )
    return Prepared(command, shown, interpretation.notes)


def unmet_requirement(requires: Requirements, environment: dict[str, str] | None = None) -> str | None:
    """Return why a script with these requirements is skipped here; None if all are met.

    ``environment`` is the one to look in (default: this process's own).
    """
    values = os.environ if environment is None else environment
    if requires.platform and not sys.platform.startswith(tuple(requires.platform)):
        return f"requires platform {' or '.join(requires.platform)}, this is {sys.platform}"
    missing = [name for name in requires.commands if shutil.which(name, path=values.get("PATH")) is None]
    if missing:
        return f"requires command {', '.join(missing)}, not found on PATH"
    unset = [name for name in requires.env if not values.get(name)]
    if unset:
        return f"requires environment variable {', '.join(unset)}, not set"
    return None
