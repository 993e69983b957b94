"""From a script and its settings to the command that the engine runs."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from ..process.command import Command, Warm
from ..quick_dataclasses import dataclass
from .circumstances import TMP_DIRECTORY, circumstances, search_path
from .interpreter import NotStartableError, resolve_interpreter
from .warm import PLAIN, WARM, find_warm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..config.settings import ScriptSettings
    from .spec import RunContext, ScriptSpec


@dataclass(frozen=True, slots=True)
class Prepared:
    """A command, and what to tell about it."""

    command: Command
    shown: tuple[str, ...]
    """The program's own command line, without the shell that sets limits."""
    notes: tuple[str, ...] = ()

    def with_argv(self, argv: tuple[str, ...], context: RunContext) -> Prepared:
        """Return the same with another command line."""
        command = self.command
        path = search_path(command.env, command.unset, context, command.cwd)
        words = tuple(os.fsencode(word) for word in (_find(argv[0], path, context), *argv[1:]))
        return replace(self, command=replace(command, argv=words, warm=_warm_with(command, words)), shown=argv)

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
        # Another PATH may mean another interpreter.
        warm = None if "PATH" in changes else self.command.warm
        return replace(self, command=replace(self.command, env=added, unset=tuple(removed), warm=warm))


def _warm_with(command: Command, words: tuple[bytes, ...]) -> Warm | None:
    """Return how a command with other ``words`` is started warm: only if interpreter and script are still the same."""
    warm = command.warm
    if warm is None:
        return None
    up_to_script = command.argv.index(warm.words[1]) + 1
    if words[:up_to_script] != command.argv[:up_to_script]:
        return None
    return replace(warm, words=(*warm.words[:2], *words[up_to_script:]))


def _find(program: str, search_path: str, context: RunContext) -> str:
    """Return the absolute path of a program that is looked up on PATH; what is not found stays, to be explained."""
    if os.sep in program:
        return program
    return shutil.which(program, path=search_path) or shutil.which(program, path=context.search_path) or program


def _below_tmp(cwd: str | None) -> str | None:
    """Return which directory below the temporary one of the run ``cwd`` names; None if it names none.

    Raise NotStartableError when it leads out of it, or names it elsewhere than at the start.
    """
    if cwd is None or TMP_DIRECTORY not in cwd:
        return None
    first, _, rest = cwd.partition("/")
    below = os.path.normpath(rest or ".")
    if first != TMP_DIRECTORY or TMP_DIRECTORY in rest or below.startswith((os.pardir, "/")):
        message = (
            f"cwd {cwd!r} does not name a directory in {TMP_DIRECTORY}: write {TMP_DIRECTORY} or {TMP_DIRECTORY}/NAME"
        )
        raise NotStartableError(message)
    return "" if below == os.curdir else below


def prepare(
    spec: ScriptSpec, context: RunContext, keep_stdout: bytes | None = None, keep_stderr: bytes | None = None
) -> Prepared:
    """Return the command for ``spec``.

    ``keep_stdout`` and ``keep_stderr`` say where output goes that is too long for the result. Raise
    :class:`~pytest_orchestrator.scripts.interpreter.NotStartableError` when no interpreter can be found.
    """
    settings = spec.settings
    around = circumstances(spec, context)
    path = around.search_path
    configured = None if settings.interpreter in (WARM, PLAIN) else settings.interpreter
    interpretation = resolve_interpreter(
        spec.file, configured, context.python, search_path=path, fallback=context.search_path
    )
    shown = (*interpretation.argv, *settings.args)
    argv = (_find(shown[0], path, context), *shown[1:])
    warm, notes = None, interpretation.notes
    if settings.interpreter == WARM or (context.is_warm and settings.interpreter != PLAIN):
        program = argv[: len(interpretation.argv)]
        must = settings.interpreter == WARM
        warm, more = find_warm(program, settings.args, spec.file, path, context.warm_imports, must=must)
        notes += more
    command = Command(
        argv=tuple(map(os.fsencode, argv)),
        cwd=around.cwd,
        below_tmp=os.fsencode(_below_tmp(settings.cwd) or ""),
        base_env=context.environment,
        env=around.env,
        unset=around.unset,
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
        warm=warm,
    )
    return Prepared(command, shown, notes)


def unmet_requirement(settings: ScriptSettings) -> str | None:
    """Return why a script with these settings is skipped here; None if it has all that it requires.

    Commands and variables are looked for in this process's environment with the script's own ``env`` laid over it.
    """
    requires = settings.requires
    faults = []
    if requires.platform and not sys.platform.startswith(tuple(requires.platform)):
        faults.append(f"platform {' or '.join(requires.platform)}, this is {sys.platform}")
    if requires.commands or requires.env:
        values: dict[str, str | None] = {**os.environ, **settings.env}
        path = os.defpath if values.get("PATH") is None else values["PATH"]
        missing = [name for name in requires.commands if shutil.which(name, path=path) is None]
        if missing:
            faults.append(f"command {', '.join(missing)}, not found on PATH")
        unset = [name for name in requires.env if not values.get(name)]
        if unset:
            faults.append(f"environment variable {', '.join(unset)}, not set")
    return f"requires {'; '.join(faults)}" if faults else None
