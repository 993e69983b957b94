"""The command that runs a script: configured, its shebang's, or its extension's."""

from __future__ import annotations

import os
import stat
from functools import lru_cache
from typing import TYPE_CHECKING

from ..core.names import escape_name, quote_name
from ..errors import OrchestratorError, why_unreadable
from ..quick_dataclasses import dataclass
from .header import Shebang, inline_dependencies, parse_shebang, read_head

if TYPE_CHECKING:
    from collections.abc import Sequence

_BY_EXTENSION = {".py": "{python}", ".sh": "sh", ".bash": "bash"}

_SUGGESTIONS = {
    ".cjs": "node", ".js": "node", ".ksh": "ksh", ".lua": "lua", ".mjs": "node", ".php": "php", ".pl": "perl",
    ".r": "Rscript", ".rb": "ruby", ".ts": "deno run", ".zsh": "zsh",
}  # fmt: skip

# Commands that install what a PEP 723 block asks for, before they run the script.
_RUNNERS = frozenset({"uv", "pipx", "hatch", "pdm", "pip-run"})

_REMEDY = "correct that line, or set `interpreter:` for the script"


_Search = tuple[str | None, str]
"""Where a command is looked for first, and then."""


class NotStartableError(OrchestratorError):
    """A script cannot be started. The message is one sentence: why, and what to do."""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """How a script is started."""

    argv: tuple[str, ...]
    """The command up to and including the script's path; its own arguments come after."""
    notes: tuple[str, ...] = ()
    """Things worth knowing that stop nothing, one sentence each."""


def resolve_interpreter(
    path: str, configured: tuple[str, ...] | None, python: str, *, search_path: str | None = None, fallback: str = ""
) -> Interpretation:
    """Return the command that runs the script at ``path``.

    In this order: the ``configured`` interpreter; the file itself when it is executable and has a shebang (so
    that the kernel honours it) or is a compiled program; by extension, ``.py`` with ``python``, ``.sh`` with
    ``sh``, ``.bash`` with ``bash``; the shebang of a file that is not executable.

    ``path`` must be absolute, so that a name that starts with ``-`` is never taken for an option; it may hold
    any character. ``{python}`` in ``configured`` is replaced by ``python``, the path of the running
    interpreter. Costs one stat, and one read of at most 4 KiB.

    Commands are looked up in ``search_path``, the ``PATH`` that the program will have, and one that is not
    there is refused. Those that we run and not ``env`` may also come from ``fallback``. Without ``search_path``
    they are looked up in this process's own ``PATH``, where a miss proves nothing: the bare name stays in the command.

    Raises :class:`NotStartableError` when the script, its interpreter or a rule for it is missing.
    """
    mode = _regular_file_mode(path)
    head, unread = b"", ""
    try:
        head = read_head(path)
    except OSError as problem:
        unread = problem.strerror or "unknown error"
    shebang = parse_shebang(head)
    if configured:
        return _configured(path, configured, python, (search_path, fallback), head)
    extension = os.path.splitext(path)[1]
    by_extension = _BY_EXTENSION.get(extension)
    if unread and by_extension is not None:
        # Its interpreter cannot read it either, and would say so with an exit code that could be the script's.
        raise NotStartableError(f"it cannot be read: {unread}: let the user that runs the tests read it (chmod +r)")
    if mode & 0o111 and os.access(path, os.X_OK) and (shebang or head.startswith(b"\x7fELF") or unread):
        if shebang:
            notes = _check_shebang(shebang, search_path) + _carriage_return(shebang)
            return Interpretation((path,), notes + _missing_dependencies(head, shebang.words, path))
        return Interpretation((path,))
    if by_extension is not None and not head.startswith(b"\x7fELF"):
        program = (
            python
            if by_extension == "{python}"
            else _find(by_extension, (search_path, fallback), f"runs {extension} files")
        )
        return Interpretation((program, path), _overruled(shebang, program) + _missing_dependencies(head, (), path))
    if shebang:
        notes = _check_shebang(shebang, search_path) + _carriage_return(shebang)
        return Interpretation((*shebang.argv, path), notes + _missing_dependencies(head, shebang.words, path))
    raise NotStartableError(_nothing_known(extension, head, mode, unread))


def named_interpreter(path: str) -> str:
    """Return what the script at ``path`` is run with, in words that do not depend on this machine.

    That is its shebang's command, ``python``, ``sh`` or ``bash`` by its extension, ``itself`` for a compiled
    program, and an empty string when nothing is known. Nothing is looked up, nothing raised.
    """
    try:
        mode, head = os.stat(path).st_mode, read_head(path)
    except (OSError, ValueError):
        mode, head = 0, b""
    shebang = parse_shebang(head)
    by_extension = _BY_EXTENSION.get(os.path.splitext(path)[1], "").strip("{}")
    if head.startswith(b"\x7fELF"):
        return "itself"
    if shebang is not None and (mode & 0o111 or not by_extension):
        return " ".join(shebang.argv)
    return by_extension


def _regular_file_mode(path: str) -> int:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        if os.path.islink(path):
            message = f"it is a link to {quote_name(os.readlink(path))}, which does not exist: correct or remove it"
            raise NotStartableError(message) from None
        raise NotStartableError("the file does not exist") from None
    except (OSError, ValueError) as problem:
        raise NotStartableError(f"the file cannot be looked at: {why_unreadable(problem)}") from None
    if not stat.S_ISREG(mode):
        what = "directory" if stat.S_ISDIR(mode) else "FIFO, socket or device"
        raise NotStartableError(f"it is a {what}, not a file: name a script")
    return mode


def _configured(path: str, words: Sequence[str], python: str, search: _Search, head: bytes) -> Interpretation:
    replaced = tuple(word.replace("{python}", python) for word in words)
    program = _find(replaced[0], search, "is its configured interpreter")
    return Interpretation((program, *replaced[1:], path), _missing_dependencies(head, replaced, path))


def _check_shebang(shebang: Shebang, search: str | None) -> tuple[str, ...]:
    name = shebang.interpreter
    if not name:
        raise NotStartableError(f"its first line names no interpreter after '#!': {_REMEDY}")
    if shebang.cut:
        raise NotStartableError(f"its first line names an interpreter beyond the 255 bytes the kernel reads: {_REMEDY}")
    if name.endswith("\r") and not os.path.exists(name):
        shown = quote_name(name[:-1])
        raise NotStartableError(
            f"its first line ends in CRLF, so the kernel looks for interpreter {shown} plus a carriage return:"
            " convert its line ends to LF"
        )
    if "/" not in name:
        raise NotStartableError(
            f"interpreter {quote_name(name)} named in its first line is not an absolute path:"
            f" write '#!/usr/bin/env {escape_name(name)}'"
        )
    # A relative path is the working directory's business, and that is not known here.
    if name.startswith("/") and not os.access(name, os.X_OK):
        what = "is not executable" if os.path.exists(name) else "does not exist"
        raise NotStartableError(f"interpreter {quote_name(name)} named in its first line {what}: {_REMEDY}")
    if os.path.isdir(name):
        raise NotStartableError(f"interpreter {quote_name(name)} named in its first line is a directory: {_REMEDY}")
    words = shebang.words
    if os.path.basename(name) == "env" and words:
        return _check_env_program(words[0], search)
    return ()


def _check_env_program(program: str, search: str | None) -> tuple[str, ...]:
    if "/" in program or _lookup_or_none(program, search) is not None:
        return ()
    if program.endswith("\r"):
        raise NotStartableError(
            f"its first line ends in CRLF, so env looks for {quote_name(program[:-1])} plus a carriage return:"
            " convert its line ends to LF"
        )
    missing = f"interpreter {quote_name(program)} named in its first line is not on PATH"
    # A relative entry of PATH depends on the working directory, and that is not known here.
    if search is None or not all(entry.startswith("/") for entry in search.split(":")):
        return (missing,)
    raise NotStartableError(f"{missing}: install it, or set `interpreter:` for the script")


def _carriage_return(shebang: Shebang) -> tuple[str, ...]:
    if not shebang.has_carriage_return:
        return ()
    return ("its first line ends in CRLF, so its interpreter is given a carriage return: convert its line ends to LF",)


@lru_cache(maxsize=64)
def _overruled(shebang: Shebang | None, program: str) -> tuple[str, ...]:
    words = shebang.words if shebang else ()
    meant = os.path.basename(words[0].rstrip("\r")) if words else ""
    used = os.path.basename(program)
    if not meant or meant == used or (meant.startswith("python") and used.startswith("python")):
        return ()
    note = (
        f"its first line names {quote_name(meant)}, but it is not executable, so {used} runs it:"
        " make it executable (chmod +x) to have its first line honoured"
    )
    return (note,)


def _missing_dependencies(head: bytes, words: Sequence[str], path: str) -> tuple[str, ...]:
    if b"# /// script" not in head or not _is_python(words, path) or _installs(words):
        return ()
    dependencies = inline_dependencies(head.decode("utf-8", "replace"))
    if not dependencies:
        return ()
    listed = ", ".join(map(escape_name, dependencies))
    note = (
        f"its PEP 723 dependencies ({listed}) are not installed for it:"
        " set `interpreter: uv run --script` (or `pipx run`) for the script"
    )
    return (note,)


def _is_python(words: Sequence[str], path: str) -> bool:
    return path.endswith(".py") or any(os.path.basename(word).startswith("python") for word in words)


def _installs(words: Sequence[str]) -> bool:
    names = [os.path.basename(word) for word in words]
    return any(name == "pip-run" or (name in _RUNNERS and "run" in names[at:]) for at, name in enumerate(names))


def _nothing_known(extension: str, head: bytes, mode: int, unread: str) -> str:
    if unread:
        return f"it can be neither executed nor read: {unread}"
    if head.startswith(b"\x7fELF"):
        return "it is a compiled program without permission to execute it: chmod +x"
    example = _SUGGESTIONS.get(extension.lower())
    setting = f"`interpreter: {example}`" if example else "`interpreter:`"
    known = ", ".join(_BY_EXTENSION)
    kind = f"its extension {quote_name(extension)} is not one of {known}" if extension else "it has no extension"
    remedy = "start it with a shebang" if mode & 0o111 else "start it with a shebang and make it executable"
    return f"no interpreter is known for it ({kind}, and it has no shebang): {remedy}, or set {setting} for it"


def _find(name: str, search: _Search, role: str) -> str:
    if "/" in name:
        return name
    path, fallback = search
    found = _lookup_or_none(name, path) or (_lookup_or_none(name, fallback) if fallback else None)
    if found is None and path is None:
        return name
    if found is None:
        raise NotStartableError(
            f"{quote_name(name)}, which {role}, is not on PATH: install it, or set another `interpreter:`"
        )
    return found


def _lookup_or_none(name: str, search: str | None) -> str | None:
    try:
        return _lookup(name, os.environ.get("PATH", os.defpath) if search is None else search)
    except LookupError:
        return None


# A miss is an exception because that is not remembered: the command may be installed a moment later.
@lru_cache(maxsize=256)
def _lookup(name: str, search: str) -> str:
    for directory in search.split(":"):
        candidate = os.path.join(directory, name)
        if directory.startswith("/") and os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate
    raise LookupError(name)
