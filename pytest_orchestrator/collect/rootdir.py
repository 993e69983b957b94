"""Values of our flags that pytest took for arguments when it looked for the rootdir.

It does so before it knows the flags of any plugin: of ``--orchestrate-report-dir out`` it sees a path ``out``, and if
that exists, the rootdir is looked for from there too. All ids and the search for a configuration file hang on it.
"""

from __future__ import annotations

import os
import shlex
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

import pytest

from ..config.option import Kind
from ..config.options import OPTIONS, flag
from ..core.names import quote_name
from .internals import rootdir_and_ini

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def refuse_misled_rootdir(config: pytest.Config) -> None:
    """Raise ``pytest.UsageError`` if the value of a flag of ours led pytest to another rootdir or ini file."""
    words = [*shlex.split(os.environ.get("PYTEST_ADDOPTS", "")), *map(str, config.invocation_params.args)]
    separate = [(name, value) for name, value in _separate_values(words) if os.path.exists(value)]
    if not separate:
        return
    arguments: Sequence[str] = config.option.file_or_dir
    found = config.rootpath, config.inipath
    misled = rootdir_and_ini(config, [*arguments, *(value for _, value in separate)])
    meant = rootdir_and_ini(config, arguments)
    if misled != found or meant == found:
        return  # it makes no difference, or something else made it
    flags = " ".join(f"{name} {shlex.quote(value)}" for name, value in separate)
    joined = " ".join(f"{name}={shlex.quote(value)}" for name, value in separate)
    message = (
        f"{flags}: pytest took the value of a plugin's flag, given as a word of its own, for one of its arguments, and "
        f"so uses {_shown(found)} instead of {_shown(meant)}; write {joined}"
    )
    raise pytest.UsageError(message)


def _separate_values(words: Sequence[str]) -> list[tuple[str, str]]:
    """Return the flags of ours that are followed by a value as a word of its own, with that value."""
    names = {flag(option) for option in OPTIONS if option.has_flag and option.kind is not Kind.BOOL}
    return [(name, value) for name, value in pairwise(takewhile(lambda word: word != "--", words)) if name in names]


def _shown(place: tuple[Path, Path | None]) -> str:
    rootdir, ini = place
    return f"rootdir {quote_name(str(rootdir))} with " + (
        "no ini file" if ini is None else f"the ini file {quote_name(str(ini))}"
    )
