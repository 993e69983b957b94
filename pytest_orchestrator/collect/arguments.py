r"""pytest's path arguments, read once more: which are folders of scripts, which name a script.

pytest cannot take some names at all (``[`` in a path, ``::`` in a name), and an id that was printed may hold
``\xNN`` in place of a character. Such an argument is handed to pytest as a directory above it, and what was meant
is remembered in the scope. So is a link that leads nowhere: pytest says only that it is not found.
"""

from __future__ import annotations

import os
from dataclasses import field
from typing import TYPE_CHECKING

import pytest

from ..core.kinds import SKILL_FILES, WORKFLOW, is_workflow_file
from ..core.names import escape_name, quote_name, unescape_name
from ..errors import ConfigurationError
from ..quick_dataclasses import dataclass
from ..scripts.discovery import no_subdirs
from .items import ITEM_NAME, item_part
from .ownership import PytestFiles
from .scope import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .orchestration import Orchestration


@dataclass(slots=True)
class _Found:
    """What pytest's arguments are turned into."""

    start: str
    """The directory that pytest joins its arguments to."""
    pytests_own: PytestFiles
    arguments: list[str] = field(default_factory=list)
    """What pytest is to use, one for each that was given."""
    roots: list[str] = field(default_factory=list)
    named: dict[str, set[str] | None] = field(default_factory=dict)
    by_id: set[str] = field(default_factory=set)
    widened: dict[str, str] = field(default_factory=dict)
    """Arguments given, by the directory that had to take their place."""
    tests: dict[str, str] = field(default_factory=dict)
    """Arguments given that name test modules or something in them, by path."""


def resolve_arguments(config: pytest.Config, default_paths: Sequence[str]) -> tuple[list[str], Scope]:
    """Return the arguments that pytest is to use, and the scope.

    ``default_paths`` (relative to the rootdir) are taken when the command line names none. Raise
    ``pytest.UsageError`` if none of them is there.
    """
    base = str(config.invocation_params.dir)
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        arguments = list(config.args)
    else:
        base = str(config.rootpath)
        arguments = [path for path in default_paths if os.path.exists(os.path.join(base, path))]
        if not arguments:
            shown = ", ".join(repr(path) for path in default_paths)
            message = (
                f"--orchestrate: no path was given, and {shown} (ini option 'orchestrate_paths') is not in the rootdir "
                f"{config.rootpath}. Name the folder of scripts: pytest --orchestrate PATH"
            )
            raise pytest.UsageError(message)
    found = _Found(str(config.invocation_params.dir), PytestFiles(config))
    for argument in arguments:
        _resolve(argument, (base, str(config.rootpath)), found)
    _refuse_what_pytest_would_drop(found)
    return found.arguments, Scope(tuple(found.roots), found.named, frozenset(found.by_id))


def _resolve(argument: str, bases: tuple[str, str], found: _Found) -> None:
    path, part = _split(argument, bases)
    if path is None:
        # pytest says best itself what is wrong with it; with --pyargs it may be a module.
        found.arguments.append(argument)
        return
    if os.path.isdir(path):
        if part is None:
            found.roots.append(path)
            _add(path, argument, found)
        else:
            found.arguments.append(argument)
        return
    if path in found.pytests_own:
        _add_pytests_own(path, part, argument, found)
        return
    if part is None:
        found.named[path] = None
    elif found.named.get(path, set()) is not None:
        known = found.named.setdefault(path, set())
        assert known is not None
        known.add(part)
    acceptable = _acceptable(path, found.start)
    if acceptable is None or not os.path.exists(path):  # a link that leads nowhere
        _add(os.path.dirname(path), argument, found)
    elif part is None:
        found.arguments.append(acceptable)
    else:
        found.by_id.add(path)
        found.arguments.append(f"{acceptable}::{part}")


def _add_pytests_own(path: str, part: str | None, argument: str, found: _Found) -> None:
    found.tests[path] = argument
    acceptable = _acceptable(path, found.start)
    if acceptable is None:
        found.arguments.append(argument)
    else:
        found.arguments.append(acceptable if part is None else f"{acceptable}::{part}")


def _split(argument: str, bases: tuple[str, str]) -> tuple[str | None, str | None]:
    """Return the absolute path that ``argument`` names and the part of an id behind it, if there is one."""
    for base in dict.fromkeys(bases):
        whole = os.path.normpath(os.path.join(base, argument))
        if os.path.lexists(whole):
            return whole, None
        name, separator, part = argument.partition("::")
        for candidate in dict.fromkeys((name, unescape_name(name))):
            path = os.path.normpath(os.path.join(base, candidate))
            if os.path.lexists(path):
                return path, part if separator else None
    return None, None


def _acceptable(path: str, start: str) -> str | None:
    """Return ``path`` in a form that pytest takes as an argument; None if it takes none."""
    for form in (path, os.path.relpath(path, start)):
        if "[" not in form and "::" not in form:
            return form
    return None


def _add(directory: str, argument: str, found: _Found) -> None:
    """Add the nearest directory at or above ``directory`` that pytest takes as an argument."""
    wanted = directory
    acceptable = _acceptable(directory, found.start)
    while acceptable is None:
        parent = os.path.dirname(directory)
        if parent == directory:
            message = f"pytest cannot take {_quoted(argument)}: no directory above it is free of '[' and '::'"
            raise pytest.UsageError(message)
        directory = parent
        acceptable = _acceptable(directory, found.start)
    if directory != wanted or wanted not in found.roots:
        found.widened.setdefault(directory, argument)
    found.arguments.append(acceptable)


def _refuse_what_pytest_would_drop(found: _Found) -> None:
    """Raise ``pytest.UsageError`` if pytest's own arguments lie below a directory that took the place of another.

    pytest drops an argument that lies below another one, and we collect there only what was asked of us.
    """
    for directory, argument in found.widened.items():
        if directory in found.roots:
            continue
        for path, other in found.tests.items():
            if path.startswith(os.path.join(directory, "")):
                message = (
                    f"pytest cannot take {_quoted(argument)} together with {_quoted(other)}, because of the '[' or "
                    "'::' in the name, or because it is a link that leads nowhere; give them to two runs"
                )
                raise pytest.UsageError(message)


def _quoted(argument: str) -> str:
    return f"'{argument}'" if argument.isprintable() else quote_name(argument)


def refuse_unknown_parts(orchestration: Orchestration) -> None:
    """Raise ``pytest.UsageError`` that lists what there is, for ids whose file has no such item."""
    mistakes = []
    for path, parts in orchestration.scope.named.items():
        if parts is None:
            continue
        try:
            there, whole = _parts_of(path, orchestration)
        except ConfigurationError:  # which is reported when the file is collected
            continue
        shown = orchestration.shown(path)
        has = f"{shown} has {', '.join(there)}" + (f", and {whole} for all of them" if whole else "")
        mistakes += [
            f"{shown}::{part if part.isprintable() else escape_name(part)}: there is no such item; {has}"
            for part in sorted(parts - {whole, *there})
        ]
    if mistakes:
        raise pytest.UsageError("\n".join(mistakes))


def _parts_of(path: str, orchestration: Orchestration) -> tuple[list[str], str]:
    """Return what may follow ``::`` in an id, and what stands for all of it, if something does."""
    if os.path.basename(path) in SKILL_FILES:
        from .skill_items import skill_parts

        return skill_parts(path, orchestration), ""
    if is_workflow_file(path):
        from .workflow_items import workflow_parts

        return workflow_parts(path, orchestration), WORKFLOW if orchestration.workflow(path).cases else ""
    cases = [case for case, _ in orchestration.variants(path)]
    return [item_part(case) for case in cases], "" if cases == [None] else ITEM_NAME


def refuse_unknown_subdirs(orchestration: Orchestration) -> None:
    """Raise ``pytest.UsageError`` for sub-directories given on the command line that no directory asked for has."""
    if "subdirs" not in orchestration.flags.values:
        return
    mistakes, missing_everywhere = [], []
    for root in orchestration.scope.roots:
        try:
            missing = orchestration.root_place(root).filter.missing_subdirs()
        except ConfigurationError:  # which is reported when its scripts are collected
            return
        missing_everywhere.append(set(missing))
        if missing:
            mistakes.append(no_subdirs(root, quote_name(orchestration.shown(root)), missing))
    if missing_everywhere and set.intersection(*missing_everywhere):
        raise pytest.UsageError("\n".join(mistakes))
