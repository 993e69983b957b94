"""The scripts of a directory, found without pytest."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.given_arguments import Arguments
from ..config.settings import DiscoverySettings
from ..core.globs import compile_path_globs
from ..core.names import escape_name, quote_name
from ..errors import DiscoveryError, why_unreadable
from .filter import ScriptFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_DEFAULTS = DiscoverySettings()

SKIP_DIRS = _DEFAULTS.skip_dirs
"""Names (globs) of directories that are never entered (seed 004); those starting with a dot never are either."""

SKIP_PATTERNS = _DEFAULTS.skip_patterns
"""Names (globs) of files that are no scripts (seed 004)."""

_log = logging.getLogger("pytest_orchestrator.discovery")


def discover_scripts(
    scripts_dir: str | os.PathLike[str],
    subdirs: Sequence[str] | None = None,
    pattern: str | None = None,
    max_depth: int | None = None,
    *,
    settings: DiscoverySettings = _DEFAULTS,
) -> list[Path]:
    """Return the scripts below ``scripts_dir``, sorted, as ``scripts_dir`` joined with their relative paths.

    A script is a regular file with an allowed extension (``.py``, ``.sh``, ``.bash``), or an executable one
    that starts with ``#!``, those directly in the directory included; see
    :class:`~pytest_orchestrator.config.settings.DiscoverySettings` for what is left out.

    :param subdirs: names of sub-directories; when given, only these are searched. Default: everything.
    :param pattern: a glob on the file name or, when it holds a ``/``, on the relative path. Default: every file.
    :param max_depth: 0 takes the scripts directly in the directory, 1 also those one level below. Default: no bound.
    :param settings: what counts as a script; ``subdirs`` and ``max_depth``, when given, replace its own.
    :raises DiscoveryError: when ``scripts_dir`` or one of ``subdirs`` is no directory that can be read, or
        ``max_depth`` is negative.

    A directory further down that cannot be read is a warning of the logger ``pytest_orchestrator.discovery``.
    Contract: seed 004.
    """
    given = Arguments()
    base = given.path("scripts_dir", scripts_dir)
    given.names("subdirs", subdirs)
    given.text("pattern", pattern)
    given.whole_number("max_depth", max_depth)
    given.check()
    if max_depth is not None:
        if max_depth < 0:
            raise DiscoveryError(
                f"max_depth is {max_depth!r}: give 0 for the scripts directly in {quote_name(base)}, or more"
            )
        settings = replace(settings, max_depth=max_depth)
    if subdirs is not None:
        settings = replace(settings, subdirs=_checked_subdirs(subdirs))
    wanted = None if pattern is None else compile_path_globs([pattern])
    prefix = len(os.path.join(base.rstrip("/") or "/", ""))
    return [Path(path) for path in walk(base, settings) if wanted is None or wanted.match(path[prefix:])]


def walk(
    base: str, settings: DiscoverySettings = _DEFAULTS, on_problem: Callable[[str, str], None] | None = None
) -> Iterator[str]:
    """Return an iterator over the paths of the scripts below ``base``, as ``base`` joined with their relative paths.

    The order is that of pytest's own directories: by name within each, what lies below a directory in the
    place of that directory. ``on_problem`` is called with the path of what cannot be searched and the reason;
    by default that is logged as a warning.

    Raises :class:`~pytest_orchestrator.errors.DiscoveryError` when ``base``, or one of the sub-directories
    that ``settings`` name, is no directory that can be read.
    """
    script_filter = ScriptFilter(settings, base)
    _check_base(base, script_filter)
    return _descend(script_filter, _log_problem if on_problem is None else on_problem)


def _descend(script_filter: ScriptFilter, report: Callable[[str, str], None]) -> Iterator[str]:
    stack = [_accepted(script_filter, script_filter.base, 0, report)]
    while stack:
        for path, is_directory in stack[-1]:
            if is_directory:
                stack.append(_accepted(script_filter, path, len(stack), report))
                break
            yield path
        else:
            stack.pop()


def _accepted(
    script_filter: ScriptFilter, directory: str, depth: int, report: Callable[[str, str], None]
) -> Iterator[tuple[str, bool]]:
    # A list, because the filter must have been asked about all entries of a directory before the walk goes down.
    accepted = []
    try:
        with os.scandir(directory) as scan:
            entries = sorted(scan, key=lambda entry: entry.name)
    except OSError as problem:
        report(directory, problem.strerror or str(problem))
        entries = []
    for entry in entries:
        try:
            if entry.is_dir():
                if script_filter.accepts_directory(entry.path, entry.name, depth, entry.is_symlink()):
                    accepted.append((entry.path, True))
            elif script_filter.accepts_file(entry.path, entry.name, depth, is_file=entry.is_file()):
                accepted.append((entry.path, False))
        except OSError as problem:
            report(entry.path, problem.strerror or str(problem))
    return iter(accepted)


def _log_problem(path: str, reason: str) -> None:
    _log.warning("not searched for scripts: %s: %s", escape_name(path), reason)


def _check_base(base: str, script_filter: ScriptFilter) -> None:
    shown = quote_name(base)
    try:
        with os.scandir(base):
            pass
    except FileNotFoundError:
        raise DiscoveryError(f"the scripts directory {shown} does not exist: name one that does") from None
    except NotADirectoryError:
        raise DiscoveryError(f"{shown} is a file: name the directory that holds it") from None
    except (OSError, ValueError) as problem:
        raise DiscoveryError(f"the scripts directory {shown} cannot be read: {why_unreadable(problem)}") from None
    missing = script_filter.missing_subdirs()
    if missing:
        raise DiscoveryError(no_subdirs(base, shown, missing))


def no_subdirs(base: str, shown: str, missing: Sequence[str]) -> str:
    """Return the sentence that says that ``base``, quoted as ``shown``, has none of the ``missing`` sub-directories."""
    with os.scandir(base) as scan:
        there = sorted(escape_name(entry.name) for entry in scan if entry.is_dir())
    names = ", ".join(quote_name(name) for name in missing)
    have = f"it has {', '.join(there)}" if there else "it has none"
    return f"no sub-directory {names} in {shown}: {have}"


def _checked_subdirs(subdirs: Sequence[str]) -> tuple[str, ...]:
    # A lone string is a sequence of its letters: surely one name was meant.
    names = (subdirs,) if isinstance(subdirs, str) else tuple(os.fspath(name) for name in subdirs)
    for name in names:
        if os.path.isabs(name) or ".." in name.split("/"):
            raise DiscoveryError(
                f"sub-directory {quote_name(name)}: give a path relative to the scripts directory, without '..'"
            )
    return names
