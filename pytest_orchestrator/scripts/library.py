"""Doors to the engine for programs that run scripts without pytest (seed 004)."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config.library import load_config, plain_settings, project_root, script_configs
from ..config.settings import DiscoverySettings, ScriptSettings
from ..core.names import escape_name
from ..core.status import Reason, Status
from ..errors import SupervisorError
from ..process.pool import shared_pool
from ..process.redaction import REPLACEMENT
from ..process.workplace import lock_directory
from .arguments import DEFAULT_TIMEOUT, Given, checked_path, current_directory, library_context
from .circumstances import working_directory
from .judge import not_startable, result_of
from .prepare import unmet_requirement
from .runner import Runner
from .spec import ScriptSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.result import RunResult
    from ..process.redaction import Redactor
    from .spec import RunContext


def run_script(
    script_path: str | os.PathLike[str],
    timeout: float | None = DEFAULT_TIMEOUT,
    env: Mapping[str, str | None] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    config: Mapping[str, Any] | None = None,
    memory_limit_mb: float | None = None,
) -> dict[str, Any]:
    """Run one script to its end and return its result (seed 004).

    It runs as it does under pytest: with the same interpreter rules, in a session of its own, stopped with its
    whole process tree at its time limit. May be called from several threads; as many scripts run at the same time.

    :param script_path: the script; a relative path counts from the current directory.
    :param timeout: seconds; None or 0 for no limit. When given it comes before the one in ``config``.
    :param env: variables added to the environment, on top of those in ``config``; None removes one.
    :param cwd: working directory. Default: that of ``config``, which is relative to the root of the script's
        project, else the current directory.
    :param config: settings as :func:`get_script_config` returns them, or some of them. ``xfail`` changes nothing here.
    :param memory_limit_mb: largest address space in MiB (RLIMIT_AS), also under pytest. Default: no limit.

    Returns a dictionary with the keys of seed 004 (``script``, ``name``, ``subdirectory``, ``start_time``,
    ``end_time``, ``status``, ``exit_code``, ``execution_time``, ``stdout``, ``stderr``, ``error``), then those that
    the reference page on results lists, then ``skipped`` (a reason, or None). ``status`` is ``passed``, ``failed``,
    ``timeout`` or ``error``: a script that is not run because of ``skip`` or ``requires`` in ``config`` is an
    ``error``, one that ended with one of ``skip_exit_codes`` has ``passed``.

    Whatever the script does, nothing is raised. :class:`~pytest_orchestrator.errors.ArgumentError` (a ``TypeError``
    and ``ValueError``) is raised for arguments that make no sense, all mistakes at once.
    """
    return run_script_in(None, script_path, timeout, env, cwd, config, memory_limit_mb)


def run_script_in(
    rootdir: Path | None,
    script_path: str | os.PathLike[str],
    timeout: float | None = DEFAULT_TIMEOUT,
    env: Mapping[str, str | None] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    config: Mapping[str, Any] | None = None,
    memory_limit_mb: float | None = None,
) -> dict[str, Any]:
    """Run a script as :func:`run_script` does.

    ``rootdir``, when given, is the root of the project, what relative paths count from, and where the script runs
    by default.
    """
    given = Given("run_script")
    given.config(config)
    given.environment(env)
    given.limits(timeout, memory_limit_mb)
    settings = given.checked()
    start = current_directory() if rootdir is None else str(rootdir)
    path = os.path.normpath(os.path.join(start, checked_path("script_path", script_path)))
    if cwd is not None:
        settings = replace(settings, cwd=os.path.join(start, checked_path("cwd", cwd)))
    elif settings.cwd is None:
        settings = replace(settings, cwd=start)
    shown = path.removeprefix(os.path.join(start, ""))
    spec = ScriptSpec(path, f"{escape_name(shown)}::run", settings)
    context = library_context(project_root(Path(path).parent) if rootdir is None else rootdir)
    result, skipped = _run(spec, context)
    return {**result.as_dict(), "skipped": skipped}


def _run(spec: ScriptSpec, context: RunContext) -> tuple[RunResult, str | None]:
    """Return the result, and why the script did not run or skipped itself."""
    settings = spec.settings
    if settings.skip is not None:
        return _not_run(spec, context, f"skip is set: {settings.skip}", Reason.CONFIGURATION), settings.skip
    missing = unmet_requirement(settings)
    if missing is not None:
        return _not_run(spec, context, missing, Reason.NOT_STARTABLE), missing
    try:
        locks = lock_directory(context.rootdir) if settings.resources else None
        with shared_pool().engine(locks) as engine:
            result = Runner(engine).run(spec, context)
    except SupervisorError as error:
        return _not_run(spec, context, str(error), Reason.INFRASTRUCTURE), None
    if result.status is Status.SKIPPED:
        notes = (*result.notes, result.error or "")
        return replace(result, status=Status.PASSED, error=None, notes=notes), result.error
    return result, None


def _not_run(spec: ScriptSpec, context: RunContext, why: str, reason: Reason) -> RunResult:
    result = result_of(spec, context, None, not_startable(why), working_directory(spec, context))
    return replace(result, error=context.redactor.text(f"not run: {why}"), reason=reason)


def generate_script_documentation(scripts_dir: str | os.PathLike[str], output_file: str | os.PathLike[str]) -> Path:
    """Write a Markdown page about the scripts below ``scripts_dir`` and return its path (seed 004).

    What a script is for is read from its text, what it is run with from the configuration: no script is run or
    imported. Secrets are replaced.

    Raises :class:`~pytest_orchestrator.errors.DiscoveryError` when ``scripts_dir`` cannot be searched,
    :class:`~pytest_orchestrator.errors.ConfigurationError` with all mistakes of a configuration file, and ``OSError``
    when the page cannot be written.
    """
    from .documentation import generate_script_documentation as write_page

    directory = Path(checked_path("scripts_dir", scripts_dir))
    config = load_config(directory)
    given: dict[str, Any] = config["discovery"]
    discovery: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
    }
    built_in = plain_settings(ScriptSettings())
    redactor = library_context(directory).redactor
    settings_of = script_configs(directory, config)

    def redactor_for(script: Path) -> Redactor:
        environment: dict[str, str | None] = settings_of(script).get("env", {})
        return redactor.extended(environment)

    def settings_for(script: Path) -> dict[str, object]:
        changed = {name: value for name, value in settings_of(script).items() if value != built_in.get(name)}
        environment = changed.get("env", {})
        hidden = {name: REPLACEMENT for name, value in environment.items() if value and redactor.is_secret_name(name)}
        return {**changed, "env": {**environment, **hidden}} if hidden else changed

    return write_page(
        directory,
        checked_path("output_file", output_file),
        settings=replace(DiscoverySettings(), **discovery),
        settings_for=settings_for,
        redacted_for=lambda script: redactor_for(script).text,
    )
