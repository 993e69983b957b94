"""What ``bash -n`` says of many pieces of shell, from as few processes as possible."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from ..errors import SupervisorError
from ..process.command import Command
from ..process.pool import shared_pool
from ..quick_dataclasses import dataclass
from .answers import Answers, whole_output

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ..process.engine import Engine

AT_ONCE = 500
"""Pieces of code that one bash looks at. A few kinds of errors end the whole shell; another one goes on from there."""
TIMEOUT = 60.0
"""Seconds until a bash is given up; it takes milliseconds."""

# Within a function that has said `local -`, the option that keeps bash from executing anything lasts until its end.
# What is checked comes after `set -n` in the same text, and bash executes a text line by line: nothing of it is run.
_CHECKER = """check() { local -; eval "set -n"$'\\n'"$1"; }
((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)) || exit 3
shopt -s extglob
mapfile -d '' -t texts
for number in "${!texts[@]}"; do
  printf '\\0%d\\0' "$number"
  check "${texts[number]}" 2>&1
done
printf '\\0end\\0'
"""
_LINE = re.compile(r"^[^:\n]*: (?:[a-z ]+: )?line (\d+): (.*)$", re.MULTILINE)
_HERE_DOCUMENT = re.compile(r"warning: here-document at line (\d+) delimited by end-of-file \(wanted `(.*)'\)")


@dataclass(frozen=True, slots=True)
class ShellFault:
    """The first thing that bash does not like about a piece of code."""

    line: int
    """Counted from 1 in the piece."""
    message: str
    is_error: bool = True
    """Whether bash would refuse to run it; it only warns of a here-document that never ends."""


class NoBashError(Exception):
    """There is no bash here that could be asked."""


def bash_faults(texts: Iterable[str]) -> dict[str, ShellFault | None]:
    """Return for each of ``texts`` what bash has against it; None if nothing.

    What bash could not be brought to judge is missing. Each text is looked at once in the life of this process. Raises
    :class:`NoBashError` where there is no bash of at least version 4.4, or nothing can be started at all.
    """
    return _ANSWERS.about(texts)


def _ask(texts: Sequence[str]) -> Iterator[tuple[str, ShellFault | None]]:
    bash = shutil.which("bash")
    if bash is None:
        raise NoBashError("bash is not installed")
    pool = shared_pool()
    try:
        with pool.directory() as directory, pool.engine(None) as engine:
            at = 0
            while at < len(texts):
                answers, dealt_with = _ask_one(engine, os.path.abspath(bash), texts[at : at + AT_ONCE], directory)
                yield from answers
                at += dealt_with
    except SupervisorError as error:
        raise NoBashError(str(error)) from error


_ANSWERS = Answers(_ask)


def _ask_one(
    engine: Engine, bash: str, texts: Sequence[str], directory: Path
) -> tuple[list[tuple[str, ShellFault | None]], int]:
    """Let one bash look at ``texts``; return its answers, and how many texts it has dealt with, at least one."""
    kept = os.fsencode(directory / "answers")
    command = Command(
        argv=(os.fsencode(bash), b"--norc", b"--noprofile", b"-c", _CHECKER.encode(), b"bash"),
        cwd=None,
        base_env={b"LC_ALL": b"C", b"PATH": b""},
        stdin=b"".join(text.replace("\0", " ").encode("utf-8", "replace") + b"\0" for text in texts),
        timeout=TIMEOUT,
        keep_stdout=kept,
        item="skills: bash -n",
    )
    outcome = engine.wait(engine.submit(command))
    if outcome.exit_code == 3 and not outcome.stdout.size:
        raise NoBashError("bash is older than 4.4")
    if not outcome.was_started:
        raise NoBashError(outcome.error or "bash could not be started")
    output = whole_output(outcome.stdout)
    if output is None:
        raise NoBashError("there is no room for what it says")
    parts = output.decode("utf-8", "replace").split("\0")[1:]
    said = dict(zip(parts[::2], parts[1::2], strict=False))
    is_complete = said.pop("end", None) is not None
    answers = [(text, _fault(said[str(number)])) for number, text in enumerate(texts) if str(number) in said]
    return answers, len(texts) if is_complete else max(len(said), 1)


def _fault(answer: str) -> ShellFault | None:
    """Return what an answer says. Its first line of code is the second that bash saw."""
    warning = None
    for match in _LINE.finditer(answer):
        line, message = int(match[1]), match[2]
        if (unended := _HERE_DOCUMENT.match(message)) is not None:
            what = f"the here-document that begins here never ends: no line is {unended[2]!r}"
            warning = warning or ShellFault(max(int(unended[1]) - 1, 1), what, is_error=False)
        elif not message.startswith(("warning:", "`")):
            return ShellFault(max(line - 1, 1), message)
    return warning
