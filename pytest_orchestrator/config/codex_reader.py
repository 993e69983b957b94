"""Reading the ``config.toml`` of a script-first library. Few projects have one.

The file belongs to a coding agent as well, so whatever else stands in it is none of our business.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError, Mistake
from .codex import HOMES, SCRATCH, UNCONFINED, CodexConfig
from .option import LONGEST, Kind, Option
from .phrases import shown, suggestion
from .regular_file import read_regular
from .tree import Table, from_python
from .values import INVALID, Checker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_LARGEST = 16 * 1024 * 1024
_SANDBOX_MODE = Option(
    "sandbox_mode", Kind.CHOICE, "How programs are confined", choices=("read-only", "workspace-write", UNCONFINED)
)
_SCRIPTS: dict[str, Option] = {
    option.name: option
    for option in (
        Option(
            "allowed_extensions",
            Kind.TEXTS,
            "Extensions that make a file a script",
            single=True,
            pattern=r"\.[^/]+",
            pattern_help="an extension with its dot, as in '.py'",
        ),
        Option(
            "execution_timeout",
            Kind.SECONDS,
            "Time limit of a script in the scratch directory",
            minimum=0,
            maximum=LONGEST,
            zero="no limit",
        ),
        Option("cleanup_after_run", Kind.BOOL, "Whether a script may leave nothing in the scratch directory"),
        Option("temp_dir", Kind.PATH, "The scratch directory"),
    )
}
_SECTION = re.compile(r"^[ \t]*\[[ \t]*(?P<name>[^\[\]\n]+?)[ \t]*\]")
_KEY = r"""(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[\w-]+))"""
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)$")


def load_codex_config(path: Path, shown_as: str) -> CodexConfig:
    """Return what the file at ``path`` says, which mistakes call ``shown_as``.

    Raises :class:`~pytest_orchestrator.errors.ConfigurationError` with all mistakes of the two tables that are read.
    """
    import tomllib  # few projects have such a file

    text = _read(path, shown_as)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        line, column = (int(place[1]), int(place[2])) if place else _end_of(text)
        problem = _PLACE.sub("", str(error)).replace("(at end of document)", "")
        message = f"not valid TOML: {problem.strip().lower()}; correct it"
        raise ConfigurationError([Mistake(shown_as, line, column, message)]) from None
    except RecursionError:
        raise ConfigurationError([Mistake(shown_as, 1, 1, "nested too deep; write it flat")]) from None
    return _Reader(path, shown_as, text).read(data)


def _read(path: Path, shown_as: str) -> str:
    try:
        data = read_regular(path, _LARGEST + 1)
        if len(data) > _LARGEST:
            message = f"larger than {_LARGEST // 2**20} MiB; leave in it what is configuration"
            raise ConfigurationError([Mistake(shown_as, 1, 1, message)])
        # Lines end as an editor has it, also in a file of an old Mac, which TOML does not allow.
        return data.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        message = f"byte {data[error.start]:#04x} is no UTF-8; save the file as UTF-8"
        before = data[: error.start].decode("utf-8")
        place = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise ConfigurationError([Mistake(shown_as, *place, message)]) from None
    except OSError as error:
        message = f"cannot be read: {error.strerror}; correct the path or its permissions"
        raise ConfigurationError([Mistake(shown_as, 1, 1, message)]) from None
    except ValueError as error:
        raise ConfigurationError([Mistake(shown_as, 1, 1, f"cannot be read: {error}; correct the path")]) from None


def _end_of(text: str) -> tuple[int, int]:
    lines = text.rstrip().split("\n")
    return len(lines), len(lines[-1]) + 1


class _Reader:
    """Judges one file."""

    def __init__(self, path: Path, shown_as: str, text: str) -> None:
        self._path = path
        self._shown_as = shown_as
        self._lines = text.split("\n")
        self._mistakes: list[Mistake] = []
        self._places: dict[str, dict[str | None, tuple[int, int]]] = {}
        """Where the keys of each table are that was asked about."""

    def read(self, data: Mapping[str, Any]) -> CodexConfig:
        environment = self._table(data, "execution_environment", {_SANDBOX_MODE.name: _SANDBOX_MODE}, is_ours=False)
        scripts = self._table(data, "scripts", _SCRIPTS, is_ours=True)
        if self._mistakes:
            raise ConfigurationError(self._mistakes)
        extensions = scripts.get("allowed_extensions")
        scratch, line = self._scratch(scripts.get("temp_dir"))
        timeout = scripts.get("execution_timeout")
        cleanup = scripts.get("cleanup_after_run", False)
        settings: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
        return CodexConfig(
            path=self._path,
            shown_as=self._shown_as,
            scratch=scratch,
            scratch_line=line,
            sandbox_mode=environment.get("sandbox_mode"),
            allowed_extensions=None if extensions is None else tuple(extensions),
            cleanup=cleanup,
            settings=settings,
        )

    def _scratch(self, written: str | None) -> tuple[str, int]:
        """Return the scratch directory, and the line that names it."""
        home = self._path.parent
        if written is None:
            return str(home / SCRATCH), self._place("scripts", None)[0]
        # As in the documents of such a library: relative to the directory that holds dotcodex/.
        base = home.parent if home.name in HOMES else home
        return os.path.normpath(base / os.path.expanduser(written)), self._place("scripts", "temp_dir")[0]

    def _table(
        self, data: Mapping[str, Any], name: str, known: Mapping[str, Option], *, is_ours: bool
    ) -> dict[str, Any]:
        node = from_python(data.get(name, {}))
        if not isinstance(node, Table):
            self._report(name, None, f"{name}: {shown(node)} is not a table; write [{name}] and key = value below it")
            return {}
        values: dict[str, Any] = {}
        for key, entry in node.entries.items():
            if key in known:
                checker = Checker(lambda _, message, key=key: self._report(name, key, message))  # type: ignore[misc]
                value = checker.check(known[key], entry.value, f"{name}.{key}")
                if value is not INVALID:
                    values[key] = value
            elif hint := suggestion(key, known, close_only=not is_ours):
                self._report(name, key, f"{name}.{key}: unknown key; {hint}")
        return values

    def _report(self, table: str, key: str | None, message: str) -> None:
        self._mistakes.append(Mistake(self._shown_as, *self._place(table, key), message))

    def _place(self, table: str, key: str | None) -> tuple[int, int]:
        """Return line and column of a key, or of its table; of the file where it is written in some other way."""
        places = self._places.get(table)
        if places is None:
            places = self._places[table] = self._places_in(table)
        return places.get(key) or places.get(None) or (1, 1)

    def _places_in(self, table: str) -> dict[str | None, tuple[int, int]]:
        """Return line and column of each key of a table, and under None those of its head.

        The parser does not say where it found what, so the lines are looked through.
        """
        pattern = re.compile(rf"\s*(?:{re.escape(table)}\s*\.\s*)?{_KEY}\s*=")
        places: dict[str | None, tuple[int, int]] = {}
        for number, line in self._lines_of(table):
            place = number, len(line) - len(line.lstrip()) + 1
            places.setdefault(None, place)
            if match := pattern.match(line):
                places.setdefault(match[match.lastgroup or 0], place)
        return places

    def _lines_of(self, table: str) -> Iterator[tuple[int, str]]:
        """Yield the lines of a table with their numbers, its head first; also those that spell it with a dot."""
        current = ""
        for number, line in enumerate(self._lines, start=1):
            if found := _SECTION.match(line):
                current = found["name"].strip("\"'")
                if current == table:
                    yield number, line
            elif current == table or (not current and line.lstrip().startswith((f"{table}.", f"{table} "))):
                yield number, line
