"""What ``bash -n`` says of many pieces of shell, from as few processes as possible."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import SupervisorError
from ..process.command import Command
from ..process.pool import shared_pool

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ..process.command import Capture
    from ..process.engine import Engine

AT_ONCE = 500
"""Pieces of code that one bash looks at. A few kinds of errors end the whole shell; another one goes on from there."""
TIMEOUT = 60.0
"""Seconds until a bash is given up; it takes milliseconds."""
_MOST_KEPT = 20_000

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


_known: dict[str, ShellFault | None] = {}
"""What was found out in this process already."""


class NoBashError(Exception):
    """There is no bash here that could be asked."""


def bash_faults(texts: Iterable[str]) -> dict[str, ShellFault | None]:
    """Return for each of ``texts`` what bash has against it; None if nothing.

    What bash could not be brought to judge is missing. Each text is looked at once in the life of this process. Raises
    :class:`NoBashError` where there is no bash of at least version 4.4, or nothing can be started at all.
    """
    wanted = list(dict.fromkeys(texts))
    new = [text for text in wanted if text not in _known]
    if len(_known) + len(new) > _MOST_KEPT:
        _known.clear()
        new = wanted
    if new:
        _ask(new)
    return {text: _known[text] for text in wanted if text in _known}


def _ask(texts: Sequence[str]) -> None:
    bash = shutil.which("bash")
    if bash is None:
        raise NoBashError("bash is not installed")
    pool = shared_pool()
    try:
        with pool.directory() as directory, pool.engine(None) as engine:
            at = 0
            while at < len(texts):
                at += _ask_one(engine, os.path.abspath(bash), texts[at : at + AT_ONCE], directory)
    except SupervisorError as error:
        raise NoBashError(str(error)) from error


def _ask_one(engine: Engine, bash: str, texts: Sequence[str], directory: Path) -> int:
    """Let one bash look at ``texts``; return how many of them it has dealt with, at least one."""
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
    parts = _all_of(outcome.stdout).split("\0")[1:]
    answers = dict(zip(parts[::2], parts[1::2], strict=False))
    is_complete = answers.pop("end", None) is not None
    for number, text in enumerate(texts):
        if (answer := answers.get(str(number))) is not None:
            _known[text] = _fault(answer)
    return len(texts) if is_complete else max(len(answers), 1)


def _all_of(capture: Capture) -> str:
    data = capture.head + capture.tail
    if capture.was_cut and capture.path is not None:
        with open(capture.path, "rb") as file:
            data = file.read()
    return data.decode("utf-8", "replace")


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
