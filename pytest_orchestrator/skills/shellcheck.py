"""What ShellCheck says of many pieces of shell, where the ``[lint]`` extra has brought it."""

from __future__ import annotations

import json
import os
import sysconfig
from typing import TYPE_CHECKING

from ..errors import SupervisorError
from ..process.command import Command
from ..process.pool import shared_pool
from ..quick_dataclasses import dataclass
from .answers import Answers, whole_output

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ..process.engine import Engine

AT_ONCE = 200
"""Files that one ShellCheck looks at."""
TIMEOUT = 120.0
"""Seconds until one is given up; it takes some milliseconds a file."""
LONGEST = 64 * 1024
"""Characters of a text that it is asked about: it takes time that grows with the square of a line's length."""
_ABOUT_GRAMMAR = range(1000, 2000)
"""Codes of its parser, which knows less of the language than bash, whose word counts."""
_GOOD_GRAMMAR = frozenset({1037, 1066, 1068, 1087, 1097})
"""What bash only finds out when it runs: ``x = 1``, ``$x=1``."""
_MATTERS_OF_TASTE = frozenset({2034, 2155, 2206, 2207})


@dataclass(frozen=True, slots=True)
class Comment:
    """One thing that ShellCheck says."""

    line: int
    """Counted from 1 in the piece."""
    column: int
    """Counted from 1."""
    code: int
    is_error: bool
    """Whether it calls it an error; else a warning."""
    message: str


def shellcheck_path() -> str | None:
    """Return the ShellCheck that belongs to this Python; None where the extra is not installed.

    One that happens to be on ``PATH`` does not count: verdicts would differ from machine to machine.
    """
    path = os.path.join(sysconfig.get_path("scripts"), "shellcheck")
    return path if os.access(path, os.X_OK) else None


def shellcheck_comments(texts: Iterable[str]) -> Mapping[str, Sequence[Comment]]:
    """Return what ShellCheck says of each of ``texts``, taken for bash unless a shebang says otherwise.

    Nothing where it is not installed. A text is missing that is longer than :data:`LONGEST`, or that it could not be
    brought to judge. Each is looked at once in the life of this process.
    """
    return _ANSWERS.about(texts)


def _ask(texts: Sequence[str]) -> Iterator[tuple[str, tuple[Comment, ...]]]:
    path = shellcheck_path()
    if path is None:
        return
    fitting = [text for text in texts if len(text) <= LONGEST]
    try:
        with shared_pool().directory() as directory, shared_pool().engine(None) as engine:
            for start in range(0, len(fitting), AT_ONCE):
                yield from _ask_one(engine, path, fitting[start : start + AT_ONCE], directory)
    except SupervisorError:
        return


_ANSWERS = Answers(_ask)


def _ask_one(
    engine: Engine, path: str, texts: Sequence[str], directory: Path
) -> Iterator[tuple[str, tuple[Comment, ...]]]:
    """Let one ShellCheck look at ``texts``; yield what it says, nothing if it does not come to an end."""
    names = []
    for number, text in enumerate(texts):
        names.append(str(number))
        with open(directory / names[-1], "w", encoding="utf-8", errors="replace", newline="") as file:
            file.write(text if text.startswith("#!") else f"# shellcheck shell=bash\n{text}")
    command = Command(
        argv=tuple(map(os.fsencode, (path, "--norc", "--format=json", "--severity=warning", *names))),
        cwd=os.fsencode(directory),
        base_env={b"LC_ALL": b"C.UTF-8"},
        timeout=TIMEOUT,
        keep_stdout=os.fsencode(directory / "answer"),
        item="skills: shellcheck",
    )
    outcome = engine.wait(engine.submit(command))
    output = whole_output(outcome.stdout)
    if outcome.exit_code not in (0, 1) or output is None:
        return
    try:
        told = json.loads(output)
    except ValueError:
        return
    comments: dict[str, list[Comment]] = {name: [] for name in names}
    for each in told:
        if (comment := _comment(each, shift=not texts[int(each["file"])].startswith("#!"))) is not None:
            comments[each["file"]].append(comment)
    for name, text in zip(names, texts, strict=True):
        yield text, tuple(comments[name])


def _comment(told: Mapping[str, object], *, shift: bool) -> Comment | None:
    line, column, code = (int(str(told[name])) for name in ("line", "column", "code"))
    if code in _MATTERS_OF_TASTE or (code in _ABOUT_GRAMMAR and code not in _GOOD_GRAMMAR):
        return None
    return Comment(max(line - shift, 1), column, code, told["level"] == "error", str(told["message"]))
