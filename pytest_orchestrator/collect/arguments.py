r"""pytest's path arguments, read once more: which are folders of scripts, which name a script.

pytest cannot take some names at all (``[`` in a path, ``::`` in a name), and an id that was printed may hold
``\xNN`` in place of a character. Such an argument is handed to pytest as a directory above it, and what was meant
is remembered in the scope.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from ..core.names import escape_name, unescape_name
from .scope import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(slots=True)
class _Found:
    arguments: list[str] = field(default_factory=list)
    roots: list[str] = field(default_factory=list)
    named: dict[str, set[str] | None] = field(default_factory=dict)
    by_id: set[str] = field(default_factory=set)


def resolve_arguments(config: pytest.Config, default_paths: Sequence[str]) -> tuple[list[str], Scope]:
    """Return the arguments that pytest is to use, and the scope.

    ``default_paths`` (relative to the rootdir) are taken when the command line names none. Raise
    ``pytest.UsageError`` if none of them is there.
    """
    start = config.invocation_params.dir
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        arguments = list(config.args)
    else:
        start = config.rootpath
        arguments = [path for path in default_paths if os.path.exists(start / path)]
        if not arguments:
            shown = ", ".join(repr(path) for path in default_paths)
            message = (
                f"--orchestrate: no path was given, and {shown} (ini option 'orchestrate_paths') is not in the rootdir "
                f"{config.rootpath}. Name the folder of scripts: pytest --orchestrate PATH"
            )
            raise pytest.UsageError(message)
        arguments = [str(start / path) for path in arguments]
    found = _Found()
    for argument in arguments:
        _resolve(argument, str(start), str(config.rootpath), found)
    return found.arguments, Scope(tuple(found.roots), found.named, frozenset(found.by_id))


def _resolve(argument: str, start: str, rootdir: str, found: _Found) -> None:
    path, part = _split(argument, start, rootdir)
    if path is None:
        # pytest says best itself what is wrong with it; with --pyargs it may be a module.
        found.arguments.append(argument)
        return
    if os.path.isdir(path) and part is None:
        found.roots.append(path)
        found.arguments.append(_acceptable(path, argument))
        return
    if part is None:
        found.named[path] = None
    elif found.named.get(path, set()) is not None:
        known = found.named.setdefault(path, set())
        assert known is not None
        known.add(part)
    if _is_plain(path):
        found.by_id |= {path} if part is not None else set()
        found.arguments.append(path if part is None else f"{path}::{part}")
    else:
        found.arguments.append(_acceptable(os.path.dirname(path), argument))


def _split(argument: str, start: str, rootdir: str) -> tuple[str | None, str | None]:
    """Return the absolute path that ``argument`` names and the part of an id behind it, if there is one."""
    for base in dict.fromkeys((start, rootdir)):
        whole = os.path.normpath(os.path.join(base, argument))
        if os.path.lexists(whole):
            return whole, None
        name, separator, part = argument.partition("::")
        for candidate in dict.fromkeys((name, unescape_name(name))):
            path = os.path.normpath(os.path.join(base, candidate))
            if os.path.lexists(path):
                return path, part if separator else None
    return None, None


def _is_plain(path: str) -> bool:
    """Return whether pytest takes ``path`` as an argument and shows it as we do."""
    return escape_name(path) == path


def _acceptable(path: str, argument: str) -> str:
    """Return the nearest directory at or above ``path`` that pytest takes as an argument."""
    while "[" in path or "::" in path:
        path = os.path.dirname(path)
        if os.path.dirname(path) == path:
            message = f"pytest cannot take {argument!r}: no directory above it is free of '[' and '::'"
            raise pytest.UsageError(message)
    return path
