"""The commands of a shell script, as far as they can be told apart without a shell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = re.compile(r"(?<!<)<<(?P<tabs>-?)\s*(?P<quote>[\"']?)(?P<word>\w+)(?P=quote)")
# What a line is made of: text in quotes, a comment, a mark between commands, anything else.
_PART = re.compile(
    r"(?P<quoted>'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.)|(?P<comment>(?<!\S)#.*)|(?P<mark>\|\||&&|[;|&()`]|\$\()|[^'\"\\#;|&()`$]+|."
)
_BEFORE = re.compile(
    r"\s*(?:(?:then|do|else|elif|if|while|until|sudo|exec|time|command|env|xargs|\$|!|\{|--)\s+|[A-Za-z_]\w*=(?:\"[^\"]*\"|'[^']*'|\S*)\s+)*"
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command: its name and all that follows it, up to the next."""

    text: str
    """Without the words before it, such as ``then`` and ``sudo``."""
    line: int
    column: int
    is_piped: bool
    """Whether it stands behind a ``|``."""


def commands(text: str, first: int = 1) -> Iterator[Command]:
    """Yield the commands of a script whose first line has the number ``first``.

    Comments and the text of here-documents are none. What spans lines, but for a backslash at a line's end, counts as
    a command a line. No script is run, and none is refused.
    """
    ends: list[tuple[str, bool]] = []
    for number, line in enumerate(text.split("\n"), first):
        if ends:
            word, is_stripped = ends[0]
            if (line.lstrip("\t") if is_stripped else line).rstrip("\r") == word:
                ends.pop(0)
            continue
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        yield from _of_line(line, number)
        if "<<" in line:
            ends = [(match["word"], bool(match["tabs"])) for match in _HERE.finditer(line)]


def _of_line(line: str, number: int) -> Iterator[Command]:
    start, is_piped = 0, False
    for match in _PART.finditer(line):
        if match["comment"] is not None:
            line = line[: match.start()]
            break
        if match["mark"] is not None:
            yield from _command(line, start, match.start(), number, is_piped=is_piped)
            start, is_piped = match.end(), match["mark"] == "|"
    yield from _command(line, start, len(line), number, is_piped=is_piped)


def _command(line: str, start: int, end: int, number: int, *, is_piped: bool) -> Iterator[Command]:
    before = _BEFORE.match(line, start, end)
    at = before.end() if before is not None else start
    if text := line[at:end].strip():
        yield Command(text, number, at + 1, is_piped)
