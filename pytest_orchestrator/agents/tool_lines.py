"""A tool call, its result, or an error as one line to show while the agent works."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..core.jsontext import compact

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_WIDTH = 200
"""Characters of a line."""

_TELLING = ("script", "command", "file_path", "path", "pattern", "query", "url", "prompt", "skill", "description")
"""Names of inputs that say what a call is about, the most telling first."""

_GAPS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def one_line(text: str) -> str:
    """Return the beginning of ``text`` on one line, without control characters."""
    line = _GAPS.sub(" ", text[: 4 * MAX_WIDTH]).strip()
    return line if len(line) <= MAX_WIDTH and len(text) <= 4 * MAX_WIDTH else f"{line[: MAX_WIDTH - 1]}…"


def printable(text: str) -> str:
    """Return ``text`` with its lines, without what a terminal would obey."""
    return _CONTROLS.sub("", text)


def call_line(name: str, given: Mapping[str, Any]) -> str:
    """Return a tool call as one line: ``Bash: wc -l notes.txt``."""
    told = next((given[key] for key in _TELLING if isinstance(given.get(key), str) and given[key]), None)
    if told is None:
        told = compact(given) if given else ""
    return one_line(f"{name}: {told}" if told else name)


def result_line(name: str, data: bytes, is_error: bool) -> str:
    """Return a tool result as one line: ``Bash gave: 3 notes.txt (+ 2 lines)``."""
    text = data[: 8 * MAX_WIDTH].decode("utf-8", "replace").strip()
    first = text.split("\n", 1)[0]
    more = data.strip().count(b"\n")
    verb = "failed" if is_error else "gave"
    rest = f" (+ {more} line{'s' if more > 1 else ''})" if more else ""
    return one_line(f"{name or 'a tool'} {verb}: {one_line(first)[: MAX_WIDTH - 60] or 'nothing'}{rest}")
