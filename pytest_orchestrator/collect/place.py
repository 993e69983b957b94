"""Where a directory lies in the search, and which are searched for skills in spite of their names."""

from __future__ import annotations

import os
from fnmatch import fnmatch, fnmatchcase
from typing import TYPE_CHECKING

from ..config.settings import DiscoverySettings
from ..quick_dataclasses import dataclass
from ..skills.discovery import AGENT_DIRS, skill_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from ..scripts.filter import ScriptFilter

_NO_TESTS = ("CVS", "_darcs", "build", "dist", "node_modules", "venv", "{arch}")
"""What pytest leaves out by itself."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a directory lies in the search."""

    filter: ScriptFilter
    settings: DiscoverySettings
    depth: int
    """0 for the directory that was asked for."""
    in_skill: bool = False
    """Whether it belongs to a skill."""
    in_part: bool = False
    """Whether it belongs to a directory of a skill that holds no further skills: a ``SKILL.md`` there is a sample."""
    in_agents: bool = False
    """Whether it belongs to a directory of a coding agent, in which nothing but skills is searched for."""

    @property
    def has_scripts(self) -> bool:
        """Whether the scripts in it are run."""
        return self.settings.skill_scripts if self.in_skill else not self.in_agents

    def accepts(self, path: Path) -> bool:
        """Return whether the directory ``path`` in it is searched."""
        return self.filter.accepts_directory(str(path), path.name, self.depth, path.is_symlink())

    def enters_in_spite(self, path: Path) -> bool:
        """Return whether the directory ``path`` in it is searched in spite of its name."""
        return in_spite(self.settings)(str(path), path.name) and self.accepts(path)


def in_spite(settings: DiscoverySettings) -> Callable[[str, str], bool]:
    """Return what says of path and name of a directory whether it is searched for skills in spite of its name.

    That are directories of agents, as ``.claude``, and a skill that is called like what builds leave behind.
    """
    # The built-in list is about scripts; who writes one means it.
    given = settings.skip_dirs if settings.skip_dirs != DiscoverySettings().skip_dirs else ()

    def is_entered(path: str, name: str) -> bool:
        if any(fnmatchcase(name, glob) for glob in given):
            return False
        return name in AGENT_DIRS or (not name.startswith(".") and skill_file(path) is not None)

    return is_entered


def is_left_out(path: Path, config: pytest.Config) -> bool:
    """Return whether somebody told pytest to leave out the directory ``path``.

    That is more than pytest's own answer has: its option ``norecursedirs`` has ``.*``, ``build`` and the like by
    default, for what no tests are in.
    """
    if path.name in config.getini("norecursedirs") and path.name not in _NO_TESTS:
        return True
    ignored = [os.path.abspath(each) for each in config.getoption("ignore") or ()]
    globs = [os.path.abspath(each) for each in config.getoption("ignore_glob") or ()]
    return str(path) in ignored or any(fnmatch(str(path), glob) for glob in globs)
