"""The files that come with a skill: its scripts, references, assets and whatever else lies in its directory."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import field
from typing import TYPE_CHECKING

from ..config.regular_file import read_regular
from ..core.kinds import SKILL_FILES
from ..core.names import escape_name
from ..quick_dataclasses import dataclass
from .discovery import PARTS_OF_A_SKILL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .document import SkillDocument

MOST = 5000
"""Entries of a skill's directory that are looked at; what has more is a project, not a skill."""
DEEPEST = 12
"""Levels of directories that are entered."""
LARGEST_TEXT = 1024 * 1024
"""Bytes of a larger file are not read."""
MOST_TEXT = 32 * 1024 * 1024
"""Bytes of all files of a skill that are read for one check of it."""
OWN_DIRECTORIES = frozenset({"scripts", "references", "reference", "assets", "templates"})
"""Directories that belong to a skill also where it lies at the top of a whole project."""
_PYTHON = re.compile(r"#![^\n]*\bpython[\d.]*\b")
_SHELL = re.compile(r"#![^\n]*[/ ](?:ba|da|k)?sh\b")
_MATERIAL = frozenset({
    "references", "reference", "assets", "templates", "examples", "resources", "docs", "evals", "tests", "test",
    "__tests__", "fixtures",
})  # fmt: skip
_MANIFESTS = frozenset({
    "package.json", "pyproject.toml", "setup.py", "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "Gemfile",
})  # fmt: skip
_SOURCES = frozenset({"src", "lib", "cmd", "tests", "test", ".github"})
_NOT_ENTERED = frozenset({"__pycache__", "node_modules", "venv", "build", "dist", "target"})


@dataclass(frozen=True, slots=True)
class SkillFile:
    """One file of a skill."""

    path: str
    """Absolute."""
    name: str
    """Relative to the skill's directory, with ``/``."""
    shown_as: str
    """The path as messages show it."""
    size: int
    """In bytes; of a symbolic link that of the link."""
    mode: int

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link, to whatever."""
        return stat.S_ISLNK(self.mode)

    @property
    def extension(self) -> str:
        """What its name ends in, in lower case and with the dot; empty if there is none."""
        return os.path.splitext(self.name)[1].lower()

    def is_python(self, text: str) -> bool:
        """Return whether it is a Python program, by its name or the first line of its ``text``."""
        return self.extension == ".py" or (not self.extension and _PYTHON.match(text) is not None)

    def is_shell(self, text: str) -> bool:
        """Return whether it is a program for bash or sh, by its name or the first line of its ``text``."""
        return self.extension in (".sh", ".bash") or (not self.extension and _SHELL.match(text) is not None)

    @property
    def is_executable(self) -> bool:
        """Whether it is a file without an extension that somebody may execute: a program by its first line."""
        return not self.extension and stat.S_ISREG(self.mode) and self.mode & 0o111 != 0

    @property
    def is_markdown(self) -> bool:
        """Whether it is a Markdown file."""
        return self.extension in (".md", ".markdown", ".mdx")


@dataclass(frozen=True, slots=True)
class Bundle:
    """What lies in the directory of a skill besides its ``SKILL.md``."""

    files: Sequence[SkillFile] = ()
    """Sorted by name."""
    directories: frozenset[str] = frozenset()
    """Names of the directories, relative and with ``/``; those of skills within the skill are not among them."""
    is_complete: bool = True
    """Whether everything was looked at; not, where there are too many files or a directory cannot be read."""
    is_project: bool = False
    """Whether it is the top of a whole project, with sources and the manifest of a package or with ``.git``."""
    by_name: Mapping[str, SkillFile] = field(default_factory=dict)
    """All ``files`` by their names."""

    @property
    def own(self) -> Sequence[SkillFile]:
        """The files that are the skill's: of a whole project those in :data:`OWN_DIRECTORIES`, else all."""
        if not self.is_project:
            return self.files
        return [file for file in self.files if file.name.partition("/")[0] in OWN_DIRECTORIES]

    def has(self, name: str) -> bool:
        """Return whether there is a file or a directory of this name."""
        return name in self.by_name or name in self.directories


def skill_files(skill: SkillDocument) -> Sequence[SkillFile]:
    """Return the files of a skill besides its ``SKILL.md``, sorted by name.

    What lies in ``.git`` and other directories with a dot, in ``__pycache__``, ``node_modules`` and the like, and in
    directories of skills of their own is not among them; a ``SKILL.md`` below ``references/`` and the like is a
    sample. Symbolic links are, but none is followed. At most :data:`MOST` entries are looked at. The walk is made once
    for each document.
    """
    return skill.bundle.files


def read_bundle(skill: SkillDocument) -> Bundle:
    """Return the bundle of a skill, from one walk through its directory. Nothing is raised."""
    walk = _Walk(skill)
    files = sorted(walk.files(skill.directory, "", 0), key=_name)
    by_name = {file.name: file for file in files}
    return Bundle(tuple(files), frozenset(walk.directories), walk.is_complete, walk.is_project, by_name)


class _Walk:
    def __init__(self, skill: SkillDocument) -> None:
        self._own = os.path.basename(skill.path)
        self._shown_in = os.path.dirname(skill.shown_as)
        self._seen = 0
        self.directories: set[str] = set()
        self.is_complete = True
        self.is_project = False

    def files(self, directory: str, prefix: str, depth: int) -> Iterator[SkillFile]:
        """Yield the files below a directory, whose names begin with ``prefix``."""
        try:
            with os.scandir(directory) as listing:
                entries = [*listing]
        except OSError:
            self.is_complete = False
            return
        if not depth:
            names = {entry.name for entry in entries}
            self.is_project = ".git" in names or not (_MANIFESTS.isdisjoint(names) or _SOURCES.isdisjoint(names))
        else:
            is_part = prefix.partition("/")[0] in PARTS_OF_A_SKILL
            if not is_part and any(entry.name in SKILL_FILES for entry in entries):
                return
            self.directories.add(prefix.rstrip("/"))
        for entry in entries:
            self._seen += 1
            if self._seen > MOST:
                self.is_complete = False
                return
            if entry.is_dir(follow_symlinks=False):
                if entry.name.startswith(".") or entry.name in _NOT_ENTERED:
                    continue
                if depth >= DEEPEST:
                    self.is_complete = False
                else:
                    yield from self.files(entry.path, f"{prefix}{entry.name}/", depth + 1)
            elif (depth or entry.name != self._own) and (file := self._file(entry, prefix)) is not None:
                yield file

    def _file(self, entry: os.DirEntry[str], prefix: str) -> SkillFile | None:
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            self.is_complete = False
            return None
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)):
            return None
        name = prefix + entry.name
        shown = os.path.join(self._shown_in, escape_name(name))
        return SkillFile(entry.path, name, shown, status.st_size, status.st_mode)


def leads_outside(skill: SkillDocument, name: str) -> bool:
    """Return whether what is called ``name`` in the directory of a skill is outside of it, links being followed."""
    base = os.path.realpath(skill.directory)
    real = os.path.realpath(os.path.join(skill.directory, name))
    return real != base and not real.startswith(os.path.join(base, ""))


def is_program(file: SkillFile) -> bool:
    """Return whether a file may be a program that an agent runs: not one that it only reads or copies, and no test."""
    if ".template." in file.name or ".example." in file.name:
        return False
    return file.extension in (".py", ".sh", ".bash", "") and _MATERIAL.isdisjoint(file.name.split("/")[:-1])


class Texts:
    """The texts of files, each read once, and no more than :data:`MOST_TEXT` altogether."""

    def __init__(self) -> None:
        self._known: dict[str, str | None] = {}
        self._left = MOST_TEXT

    def of(self, file: SkillFile) -> str | None:
        """Return what :func:`read_text` does; None when enough was read."""
        if file.path not in self._known:
            text = read_text(file) if file.size <= self._left else None
            self._left -= file.size if text is not None else 0
            self._known[file.path] = text
        return self._known[file.path]


def read_text(file: SkillFile) -> str | None:
    """Return the text of a file; None of one that is a link, is no text, is too large or cannot be read.

    What is no UTF-8 in it is replaced.
    """
    if file.is_link or not 0 < file.size <= LARGEST_TEXT:
        return None
    try:
        data = read_regular(file.path, LARGEST_TEXT)
    except OSError:
        return None
    if b"\0" in data[:8192]:
        return None
    return data.decode("utf-8", "replace")


def _name(file: SkillFile) -> str:
    return file.name
