"""What counts as a script in one walk of one directory."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ..core.globs import compile_name_globs, compile_path_globs
from .program import has_shebang, is_executable, is_program, is_regular_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config.settings import DiscoverySettings

    InSpite = Callable[[str, str], bool]
    """Tells of path and name of a directory whether it is entered in spite of its name."""


def describe(settings: DiscoverySettings) -> str:
    """Return one line that says what is looked for with ``settings``."""
    wanted = " ".join(f"*{extension}" for extension in settings.allowed_extensions)
    parts = [f"{wanted} and executables with a shebang" if wanted else "executables with a shebang"]
    if settings.subdirs:
        parts.append(f"in the sub-directories {', '.join(settings.subdirs)} only")
    if settings.max_depth is not None:
        levels = "level" if settings.max_depth == 1 else "levels"
        parts.append(
            f"at most {settings.max_depth} {levels} down" if settings.max_depth else "directly in the directory"
        )
    if settings.include:
        parts.append(f"only {' '.join(settings.include)}")
    if settings.exclude:
        parts.append(f"without {' '.join(settings.exclude)}")
    if settings.skip_patterns:
        parts.append(f"not {' '.join(settings.skip_patterns)}")
    directories = " ".join([".*", *(name for name in settings.skip_dirs if not name.startswith("."))])
    parts.append(f"nothing below {directories}")
    if not settings.skill_scripts:
        parts.append("no scripts/ of a skill")
    return "; ".join(parts)


class ScriptFilter:
    """Decides for one walk of the directory ``base``, entry by entry, what is entered and what is a script.

    Paths are given as ``base`` joined with the names that a scan of the directories yields. ``depth`` is the
    number of directories between ``base`` and the entry: 0 for what lies directly in ``base``.

    Every directory is searched once. A symbolic link to a directory is entered, except when the directory
    behind it

    - is ``base``, holds ``base``, or holds the link: that is a loop;
    - is reached in this walk under its own name, or below a link that was entered already;
    - is what another link stands for that was entered already.

    So of several links to one directory the first that is asked about is entered; a walk that asks about the
    entries of a directory sorted by name, before it goes down, always enters the same one. Asking twice about
    one path gives the same answer.

    An instance belongs to one walk in one thread: it remembers the links that it let in, and which
    directories are Python packages.
    """

    __slots__ = (
        "_exclude", "_extensions", "_in_spite", "_include", "_links", "_packages", "_passed", "_prefix", "_real_base",
        "_settings", "_skip_dirs", "_skip_files", "_subdirs", "base",
    )  # fmt: skip

    def __init__(self, settings: DiscoverySettings, base: str, in_spite: InSpite | None = None) -> None:
        self.base = base.rstrip("/") or "/"
        """The directory that the walk starts from."""
        self._settings = settings
        self._in_spite = in_spite
        self._prefix = self.base if self.base == "/" else self.base + "/"
        self._extensions = frozenset(settings.allowed_extensions)
        self._skip_dirs = compile_name_globs(settings.skip_dirs)
        self._skip_files = compile_name_globs(settings.skip_patterns)
        self._include = compile_path_globs(settings.include, below=True)
        self._exclude = compile_path_globs(settings.exclude)
        subdirs = tuple(os.path.normpath(name) for name in settings.subdirs)
        # The directory itself, named as one of its own sub-directories, is everything.
        self._subdirs = () if "." in subdirs else subdirs
        self._packages: dict[str, bool] = {}
        self._real_base: str | None = None
        self._links: dict[str, tuple[str, int]] = {}
        self._passed: dict[str, str] = {}

    def accepts_directory(self, path: str, name: str, depth: int, is_symlink: bool) -> bool:
        """Return whether the walk enters the directory ``path``, whose last component is ``name``."""
        if self._directory_fault(path, name, depth) is not None:
            return False
        if is_symlink:
            real = os.path.realpath(path)
            if self._link_fault(path, real) is not None:
                return False
            self._links[real] = (path, depth)
            return True
        return not self._links or self._alias_fault(path) is None

    def repeats(self, path: str) -> bool:
        """Return whether the link ``path`` leads to a directory that is searched in another place.

        For somebody who goes below this walk's ``base`` as well, and further: also into what the walk leaves out.
        The answer is that of :meth:`accepts_directory`, as far as links matter to it; asking twice gives it again.
        """
        real = os.path.realpath(path)
        return self._link_fault(path, real) is not None or self._passed.setdefault(real, path) != path

    def accepts_file(self, path: str, name: str, depth: int, *, is_file: bool | None = None) -> bool:
        """Return whether ``path``, whose last component is ``name``, is a script.

        ``is_file`` is what :meth:`os.DirEntry.is_file` says (it follows links, and costs nothing for other
        files); without it the file is looked at. Whatever is no regular file is never opened.
        """
        return self._file_fault(path, name, depth, is_file) is None

    def accepts_skill(self, path: str, depth: int) -> bool:
        """Return whether the walk takes the skill or workflow at ``path``: what is said of path and depth holds for it.

        Its name and extension do not matter, and whether it can be read is for the check to say.
        """
        if self._settings.max_depth is not None and depth > self._settings.max_depth:
            return False
        return self._path_fault(path[len(self._prefix) :]) is None

    def is_asked_for(self, path: str) -> bool:
        """Return whether the directory ``path`` is one of the ``subdirs`` that were asked for by name."""
        return path[len(self._prefix) :] in self._subdirs

    def why_not(self, path: str) -> str | None:
        """Return why the file ``path`` is not taken, as a clause (``it matches …``); None when it is."""
        if not path.startswith(self._prefix):
            return f"it is not below {self.base}"
        parent = self.base
        *directories, name = path[len(self._prefix) :].split("/")
        for depth, directory in enumerate(directories):
            parent = os.path.join(parent, directory)
            fault = self._directory_fault(parent, directory, depth)
            if fault is None and os.path.islink(parent):
                fault = self._link_fault(parent, os.path.realpath(parent))
            elif fault is None:
                fault = self._alias_fault(parent)
            if fault is not None:
                return f"{parent} is not entered: {fault}"
        if not os.path.islink(path):
            if not os.path.exists(path):
                return "it does not exist"
            if os.path.isdir(path):
                return "it is a directory"
        return self._file_fault(path, name, len(directories), None)

    def missing_subdirs(self) -> tuple[str, ...]:
        """Return those of the ``subdirs`` asked for that are no directories."""
        return tuple(name for name in self._subdirs if not os.path.isdir(self._prefix + name))

    def _directory_fault(self, path: str, name: str, depth: int) -> str | None:
        settings = self._settings
        if settings.max_depth is not None and depth >= settings.max_depth:
            return f"max_depth is {settings.max_depth}"
        if self._subdirs:
            relative = path[len(self._prefix) :]
            below = relative + "/"
            if any(wanted == relative or wanted.startswith(below) for wanted in self._subdirs):
                # What was asked for by name is entered whatever its name.
                return None
            if not any(relative.startswith(wanted + "/") for wanted in self._subdirs):
                return "it is not among the sub-directories asked for"
        fault = self._name_fault(name)
        if fault is not None and (self._in_spite is None or not self._in_spite(path, name)):
            return fault
        if self._exclude is not None and self._exclude.match(path[len(self._prefix) :]):
            return "it matches `exclude`"
        if name == "scripts" and not settings.skill_scripts and os.path.lexists(path[: -len(name)] + "SKILL.md"):
            return "it belongs to a skill (skill_scripts is off)"
        return None

    def _name_fault(self, name: str) -> str | None:
        if name.startswith("."):
            return "its name starts with a dot"
        if self._skip_dirs is not None and self._skip_dirs.match(name):
            return f"its name matches {_first(self._settings.skip_dirs, name)!r} in skip_dirs"
        return None

    def _link_fault(self, path: str, real: str) -> str | None:
        base = self._real_base
        if base is None:
            base = self._real_base = os.path.realpath(self.base)
        holder = os.path.realpath(os.path.dirname(path))
        if _is_or_holds(real, base) or _is_or_holds(real, holder):
            return "it is a link to a directory that holds it"
        known = self._links.get(real)
        if known is not None:
            return None if known[0] == path else f"it leads to the same directory as {known[0]}"
        if self._is_reached(self.base, base, 0, real):
            return "the directory that it leads to is searched under its own name"
        for root, (link, depth) in self._links.items():
            if self._is_reached(link, root, depth + 1, real):
                return f"the directory that it leads to is searched below {link}"
        return None

    def _alias_fault(self, path: str) -> str | None:
        real = os.path.realpath(path)
        known = self._links.get(real)
        return None if known is None or known[0] == path else f"it is the same directory as {known[0]}"

    def _is_reached(self, path: str, root: str, depth: int, target: str) -> bool:
        if target == root or not _is_or_holds(root, target):
            return False
        for name in target[len(root.rstrip("/")) + 1 :].split("/"):
            path = os.path.join(path, name)
            if self._directory_fault(path, name, depth) is not None:
                return False
            depth += 1
        return True

    def _file_fault(self, path: str, name: str, depth: int, is_file: bool | None) -> str | None:
        settings = self._settings
        if settings.max_depth is not None and depth > settings.max_depth:
            return f"max_depth is {settings.max_depth}"
        if self._skip_files is not None and self._skip_files.match(name):
            return f"its name matches {_first(settings.skip_patterns, name)!r} in skip_patterns"
        if self._subdirs or self._include is not None or self._exclude is not None:
            fault = self._path_fault(path[len(self._prefix) :])
            if fault is not None:
                return fault
        dot = name.rfind(".")
        extension = name[dot:] if dot > 0 else ""
        if is_file is False:
            return "it is no regular file"
        if extension in self._extensions:
            if is_file is None and not is_regular_file(path):
                return "it is no regular file"
            if extension == ".py" and self._is_in_package(path, name) and not is_program(path):
                return "it is a module of a package, with neither a shebang nor a __main__ guard"
            return None
        allowed = " ".join(settings.allowed_extensions)
        if not is_executable(path):
            return f"it is not executable, and its extension is not one of {allowed}"
        return None if has_shebang(path) else f"it has no shebang, and its extension is not one of {allowed}"

    def _path_fault(self, relative: str) -> str | None:
        if self._subdirs and not any(relative.startswith(wanted + "/") for wanted in self._subdirs):
            return "it is not in one of the sub-directories asked for"
        if self._include is not None and not self._include.match(relative):
            return "it matches nothing in `include`"
        if self._exclude is not None and self._exclude.match(relative):
            return "it matches `exclude`"
        return None

    def _is_in_package(self, path: str, name: str) -> bool:
        directory = path[: -len(name)]
        known = self._packages.get(directory)
        if known is None:
            known = self._packages[directory] = os.path.isfile(directory + "__init__.py")
        return known


def _first(globs: tuple[str, ...], name: str) -> str:
    return next(glob for glob in globs if fnmatchcase(name, glob))


def _is_or_holds(directory: str, path: str) -> bool:
    return directory in (path, "/") or path.startswith(directory + "/")
