"""One configuration file: where it is, what it says, and which of its entries apply to a script."""

from __future__ import annotations

import os
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.names import escape_name, quote_name
from ..errors import ConfigurationError, Mistake
from ..quick_dataclasses import dataclass
from .content import Content, PathEntry
from .path_table import PathTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .codex import CodexConfig

_MOST_HINTS = 10
_EXCEPTIONS = "skills.exceptions"

FILE_NAMES = ("orchestrator.yaml", "orchestrator.yml")


def find_config_file(start: Path, rootdir: Path) -> Path | None:
    """Return the configuration file nearest to ``start``: in that directory or a parent of it, up to ``rootdir``.

    ``start`` may be a file, whose directory is meant. Outside of ``rootdir`` only its own directory is looked
    into. Only the nearest file counts; None when there is none. Raises
    :class:`~pytest_orchestrator.errors.ConfigurationError` when both spellings lie in one directory.
    """
    start, rootdir = Path(os.path.abspath(start)), Path(os.path.abspath(rootdir))
    directory = start if start.is_dir() else start.parent
    parents = directory.parents if directory.is_relative_to(rootdir) else ()
    for place in (directory, *parents):
        found = [place / name for name in FILE_NAMES if os.path.lexists(place / name) and not (place / name).is_dir()]
        if len(found) > 1:
            shown = os.path.relpath(found[0], rootdir)
            message = f"{FILE_NAMES[1]} lies beside it and both cannot count; remove one of them"
            raise ConfigurationError([Mistake(shown, 1, 1, message)])
        if found:
            return found[0]
        if place == rootdir:
            break
    return None


@dataclass(frozen=True, slots=True, eq=False)
class ProjectConfig:
    """A configuration file in which no mistake was found, or the absence of any."""

    path: Path | None
    """The file; None when there is none."""
    directory: Path
    """What its paths and globs are relative to; made absolute."""
    shown_as: str
    """How messages call the file."""
    content: Content = field(default_factory=Content)
    positions: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    """Line and column of each path, by its offset in the file."""
    codex: CodexConfig | None = None
    """What a ``config.toml`` of a script-first library says, which counts less."""
    skip: PathTable = field(init=False)
    timeout_override: PathTable = field(init=False)
    scripts: PathTable = field(init=False)
    resolvers: dict[tuple[int, int], Any] = field(default_factory=dict, init=False, repr=False)
    """What :mod:`~pytest_orchestrator.config.resolve` keeps between calls."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "directory", Path(os.path.abspath(self.directory)))
        for section in ("skip", "timeout_override", "scripts"):
            entries: tuple[PathEntry, ...] = getattr(self.content, section)
            object.__setattr__(self, section, PathTable([entry.pattern for entry in entries]))

    @classmethod
    def load(cls, path: Path, shown_as: str, directory: Path | None = None) -> ProjectConfig:
        """Return the configuration in the file at ``path``, which messages call ``shown_as``.

        Its paths are relative to ``directory``, by default the file's own. Raises
        :class:`~pytest_orchestrator.errors.ConfigurationError` with all mistakes of the file.
        """
        # PyYAML takes long to import, and a project without a file needs neither it nor what judges files.
        from .validate import check_file
        from .yaml_source import parse, read_source

        source = read_source(path, shown_as)
        content = check_file(source.report, parse(source))
        source.raise_mistakes()
        places = {entry.at for entry in _path_entries(content)} | {content.skills.baseline_at}
        positions = {at: source.position(at) for at in places}
        return cls(path, path.parent if directory is None else directory, shown_as, content, positions)

    @classmethod
    def empty(cls, directory: Path) -> ProjectConfig:
        """Return the configuration of a directory that has no file."""
        return cls(None, directory, "default")

    @classmethod
    def from_plain(cls, data: Mapping[str, Any], directory: Path, shown_as: str = "config") -> ProjectConfig:
        """Return the configuration that a dictionary in the form of the YAML file describes.

        Raises :class:`~pytest_orchestrator.errors.ConfigurationError` with all its mistakes, each at line 1,
        column 1.
        """
        from .tree import from_python
        from .validate import check_file

        mistakes: list[Mistake] = []
        content = check_file(lambda _, message: mistakes.append(Mistake(shown_as, 1, 1, message)), from_python(data))
        if mistakes:
            raise ConfigurationError(mistakes)
        return cls(None, directory, shown_as, content)

    def as_plain(self) -> dict[str, Any]:
        """Return what the file says as plain data, with every section present."""
        content = self.content
        return {
            "default": content.default,
            "skip": [
                entry.pattern.text if entry.values["skip"] is True else {entry.pattern.text: entry.values["skip"]}
                for entry in content.skip
            ],
            "timeout_override": {entry.pattern.text: entry.values["timeout"] for entry in content.timeout_override},
            "scripts": {entry.pattern.text: entry.values for entry in content.scripts},
            "discovery": content.discovery,
            "skills": content.skills.as_plain(),
        }

    def unmatched_paths(self, section: str | None = None) -> list[Mistake]:
        """Return a mistake for each exact path in the file that names no existing file, in file order.

        Globs may well match nothing and are not among them, but for those of ``skills.exceptions`` that begin with a
        directory which does not exist: each is an excuse for nothing. ``section`` is the one to look at, all by
        default.
        """
        from .phrases import clipped

        missing: list[Mistake] = []
        for entry in sorted(_path_entries(self.content), key=lambda entry: entry.at):
            if section not in (None, entry.section):
                continue
            path = os.path.join(self.directory, entry.pattern.path)
            if entry.pattern.glob is None and not os.path.isfile(path):
                # To look for a name that is close costs; the first few slips are enough to see what happened.
                hint = _hint(entry.pattern.path, path) if len(missing) < _MOST_HINTS else "correct or remove it"
                message = f"{entry.section}: there is no file {clipped(entry.pattern.text)}; {hint}"
                missing.append(Mistake(self.shown_as, *self.positions.get(entry.at, (1, 1)), message))
            elif entry.section == _EXCEPTIONS and not os.path.isdir(os.path.join(self.directory, entry.pattern.start)):
                message = (
                    f"{entry.section}: {clipped(entry.pattern.text)} matches nothing: there is no directory "
                    f"{quote_name(entry.pattern.start)} below that of this file; correct or remove it"
                )
                missing.append(Mistake(self.shown_as, *self.positions.get(entry.at, (1, 1)), message))
        return missing


def _hint(relative: str, path: str) -> str:
    from difflib import get_close_matches  # only where there is a mistake

    from .phrases import clipped

    if os.path.isdir(path):
        return f"it is a directory, write {clipped(escape_name(relative) + '/')} for everything below it"
    parent, name = os.path.split(path)
    try:
        names = os.listdir(parent)
    except OSError:
        names = []
    close = get_close_matches(name, names, 1)
    if not close:
        return "correct or remove it"
    return f"did you mean {clipped(escape_name(os.path.join(os.path.dirname(relative), close[0])))}?"


def _path_entries(content: Content) -> tuple[PathEntry, ...]:
    return content.skip + content.timeout_override + content.scripts + content.skills.exceptions
