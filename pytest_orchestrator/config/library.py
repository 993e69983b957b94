"""Configuration for those who call the library without pytest (seed 004): plain dictionaries in and out."""

from __future__ import annotations

import copy
import itertools
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.names import quote_name
from ..errors import DiscoveryError
from .given_arguments import Arguments
from .project import FILE_NAMES, ProjectConfig, find_config_file
from .resolve import INI, Layer, shared_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .settings import OutputExpectation, ScriptSettings

_ROOT_MARKS = (".git", ".hg", "pyproject.toml", "pytest.ini", "pytest.toml", "tox.ini", "setup.cfg", "setup.py")
_NOTHING_GIVEN = Layer(INI, {})


def load_config(scripts_dir: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the configuration that governs the scripts in ``scripts_dir`` (seed 004).

    The nearest ``orchestrator.yaml`` (or ``.yml``) counts, in the directory itself or a parent up to the root of
    the project: the nearest directory with ``.git``, ``pyproject.toml`` or the like. Outside of a project every
    parent is looked into, up to the first to which everybody may write (``/tmp``), which is left out.

    Returns a dictionary with ``path`` (of the file, or None), ``default``, ``skip`` (paths, or one-entry
    dictionaries of path and reason), ``timeout_override``, ``scripts``, ``discovery`` and ``skills``; without a file
    all of them are empty. Raises :class:`~pytest_orchestrator.errors.DiscoveryError` when ``scripts_dir`` is no
    directory, and :class:`~pytest_orchestrator.errors.ConfigurationError` with all mistakes of the file.
    """
    given = Arguments()
    directory = Path(os.path.abspath(given.path("scripts_dir", scripts_dir)))
    given.check()
    if not directory.is_dir():
        what = (
            "is a file: name the directory that holds it"
            if directory.exists()
            else "does not exist: name one that does"
        )
        message = f"the scripts directory {quote_name(os.fspath(scripts_dir))} {what}"
        raise DiscoveryError(message)
    path = find_config_file(directory, project_root(directory))
    project = ProjectConfig.load(path, os.path.relpath(path)) if path else ProjectConfig.empty(directory)
    return {"path": None if path is None else str(path), **copy.deepcopy(project.as_plain())}


def get_script_config(
    script: str | os.PathLike[str], scripts_dir: str | os.PathLike[str], config: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the settings of one script (seed 004): built-in ones with those of ``config`` laid over them.

    ``config`` is what :func:`load_config` returned, or a dictionary of the same form; its paths are relative to
    the directory of its ``path``, without one to ``scripts_dir``. Cases are left out: these are the settings
    that they share.

    Returns a dictionary with the keys of a script in the configuration file. ``timeout`` and ``idle_timeout`` are
    seconds, 0 for none; keys for which nothing is set and that have no built-in value are left out. Raises
    :class:`~pytest_orchestrator.errors.ConfigurationError` when ``config`` holds mistakes.
    """
    given = Arguments()
    given.path("script", script)
    given.path("scripts_dir", scripts_dir)
    given.mapping("config", config, "give what load_config returned")
    given.check()
    return script_configs(scripts_dir, config)(script)


def script_configs(
    scripts_dir: str | os.PathLike[str], config: Mapping[str, Any]
) -> Callable[[str | os.PathLike[str]], dict[str, Any]]:
    """Return :func:`get_script_config` for many scripts: ``config`` is checked once, and not again for each.

    Raises :class:`~pytest_orchestrator.errors.ConfigurationError` when ``config`` holds mistakes.
    """
    path = config.get("path")
    directory = Path(os.path.abspath(scripts_dir if path is None else os.path.dirname(path)))
    sections = {name: section for name, section in config.items() if name != "path"}
    project = ProjectConfig.from_plain(sections, directory, "config" if path is None else os.path.relpath(path))

    def settings_of(script: str | os.PathLike[str]) -> dict[str, Any]:
        return plain_settings(shared_settings(project, os.path.abspath(script), _NOTHING_GIVEN, _NOTHING_GIVEN))

    return settings_of


def plain_settings(settings: ScriptSettings) -> dict[str, Any]:
    """Return ``settings`` as plain data, in the form that the configuration file and marker keywords have."""
    retry, expect, requires = settings.retry, settings.expect, settings.requires
    output = {name: _plain_output(getattr(expect, name)) for name in ("stdout", "stderr")}
    durations = {"max_duration": expect.max_duration, "min_duration": expect.min_duration}
    limits = settings.limits
    plain = {
        "timeout": settings.timeout or 0.0,
        "idle_timeout": settings.idle_timeout or 0.0,
        "grace": settings.grace,
        "args": list(settings.args),
        "stdin": settings.stdin,
        "env": dict(settings.env),
        "allowed_exit_codes": list(settings.allowed_exit_codes),
        "skip_exit_codes": list(settings.skip_exit_codes),
        "cwd": settings.cwd,
        "skip": settings.skip is not None,
        "skip_reason": settings.skip,
        "xfail": settings.xfail is not None and _given({"reason": settings.xfail, "strict": settings.xfail_strict}),
        "retry": {name: getattr(retry, name) for name in retry.__slots__},
        "expect": _given({**output, "files": list(expect.files) or None, **durations}),
        "resources": list(settings.resources),
        "requires": {name: list(getattr(requires, name)) for name in requires.__slots__},
        "left_processes": settings.left_processes,
        "limits": _given({name: getattr(limits, name) for name in limits.__slots__}),
        "interpreter": None if settings.interpreter is None else list(settings.interpreter),
    }
    return _given(plain)


def _plain_output(expected: OutputExpectation) -> dict[str, Any] | None:
    plain: dict[str, Any] = {
        "contains": list(expected.contains),
        "not_contains": list(expected.not_contains),
        "matches": [pattern.pattern for pattern in expected.matches],
        "not_matches": [pattern.pattern for pattern in expected.not_matches],
    }
    plain = {name: texts for name, texts in plain.items() if texts}
    return plain | _given({"equals": expected.equals}) or None


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _is_root(directory: Path) -> bool:
    return any((directory / mark).exists() for mark in _ROOT_MARKS)


def project_root(directory: Path) -> Path:
    """Return the root of the project that ``directory`` (absolute) belongs to, without pytest to ask for it.

    That is the nearest directory, itself or a parent, with ``.git``, ``pyproject.toml`` or the like. Outside of a
    project it is the one with the nearest configuration file, below those to which everybody may write; else
    ``directory`` itself.
    """
    places = (directory, *directory.parents)
    root = next((place for place in places if _is_root(place)), None)
    if root is None:
        ours = itertools.takewhile(lambda place: place == directory or not _is_everybodys(place), places)
        root = next((place for place in ours if any((place / name).is_file() for name in FILE_NAMES)), directory)
    return root


def _is_everybodys(directory: Path) -> bool:
    """Return whether anybody could have put a file into ``directory``, which would then say what we run."""
    try:
        return bool(directory.stat().st_mode & stat.S_IWOTH)
    except OSError:
        return True
