"""Events out of a stream of bytes that promises one JSON object a line and may hold anything."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass
from .stream import MAX_LINE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_SHOWN = 500
"""Characters of a line that was not understood which are kept."""

MAX_DEPTH = 50
"""Levels of lists and mappings that are kept of a value."""

NO_EVENT = "(no event)"
"""What a line that is no JSON object with a type is counted as."""

TOO_LONG = "(too long)"
"""What a line beyond the longest one that is read is counted as."""

MANY = 4096
"""Bytes of lines without any event from which on they are not looked at one by one."""

MOST = 1024 * 1024
"""Bytes of such lines that are taken at once: they are looked through before it is known what they hold."""

FIRST = 10
"""Of these so many are yielded each for itself."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, or a part of one: an event, or something else."""

    event: Mapping[str, Any] | None
    """The object; it has a ``type`` that is a text. None for anything else."""
    shown: str
    """The beginning of the line as text that can be printed."""
    trouble: str = ""
    """:data:`NO_EVENT` or :data:`TOO_LONG` where there is no event."""
    count: int = 1
    """How many lines it stands for, where there is no event."""


class EventLines:
    """Cuts bytes into lines, and lines into events. What it holds is bounded by the longest line."""

    def __init__(self, max_line: int = MAX_LINE) -> None:
        """``max_line`` is the number of bytes of the longest line that is read."""
        self._max_line = max_line
        self._begun = bytearray()
        self._is_too_long = False

    def feed(self, data: bytes) -> Iterator[Line]:
        """Yield what the next bytes complete."""
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            self._keep(data, start, end)
            yield from self._finish()
            start = end + 1
            if (stop := self._end_of_chatter(data, start)) > start:
                yield from _chatter(data[start:stop])
                start = stop
        self._keep(data, start, len(data))

    def _end_of_chatter(self, data: bytes, start: int) -> int:
        """Return where complete lines end that hold no event for certain, if there are many; else ``start``."""
        stop = min(len(data), start + min(self._max_line, MOST))
        brace = data.find(b'{"', start, stop)
        end = data.rfind(b"\n", start, stop if brace < 0 else brace) + 1
        return end if end - start > MANY else start

    def close(self) -> Iterator[Line]:
        """Yield what stands after the last newline."""
        return self._finish()

    def _keep(self, data: bytes, start: int, end: int) -> None:
        if not self._is_too_long and len(self._begun) + end - start > self._max_line:
            self._is_too_long = True
            # Four bytes make at most one character that is shown.
            del self._begun[4 * MAX_SHOWN :]
        if self._is_too_long:
            end = min(end, start + 4 * MAX_SHOWN - len(self._begun))
        self._begun += memoryview(data)[start : max(start, end)]

    def _finish(self) -> Iterator[Line]:
        line, was_too_long = bytes(self._begun), self._is_too_long
        self._begun.clear()
        self._is_too_long = False
        if was_too_long:
            yield Line(None, shown(line), TOO_LONG)
        elif line.strip():
            yield from _events(line)


def _chatter(lines: bytes) -> Iterator[Line]:
    """Yield what stands for lines without any event: the first ones, and one for all others."""
    full = [line for line in lines.split(b"\n") if line.strip()]
    for line in full[:FIRST]:
        yield Line(None, shown(line), NO_EVENT)
    if len(full) > FIRST:
        yield Line(None, shown(full[-1]), NO_EVENT, len(full) - FIRST)


_BLANK = " \t\n\r\v\f"
"""What bytes.strip() takes off: a line is blank or not, whichever way it came."""


def _events(line: bytes) -> Iterator[Line]:
    # Lone surrogates stand for the bytes that are no UTF-8: they pass through JSON, and can be turned back.
    text = line.decode("utf-8", "surrogateescape")
    start = 0
    while start < len(text):
        # Whatever else writes to the same place may have been cut in, before an event or after it.
        brace = text.find('{"', start)
        event, end = (None, start) if brace < 0 else _decoded(text, brace)
        if event is None:
            break
        if text[start:brace].strip(_BLANK):
            yield Line(None, shown(text[start:brace]), NO_EVENT)
        yield Line(event, shown(text[brace : brace + MAX_SHOWN]))
        start = end
    if text[start:].strip(_BLANK):
        yield Line(None, shown(text[start:]), NO_EVENT)


def _decoded(text: str, start: int) -> tuple[dict[str, Any] | None, int]:
    try:
        try:
            value, end = _STRICT.raw_decode(text, start)
        except json.JSONDecodeError:
            return None, start
        except ValueError:  # a number with more digits than Python turns into an int
            value, end = _LENIENT.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None, start
    return (value, end) if isinstance(value, dict) and isinstance(value.get("type"), str) else (None, start)


def _number(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:
        return float(digits)


_STRICT = json.JSONDecoder()
_LENIENT = json.JSONDecoder(parse_int=_number)


def to_bytes(text: str) -> bytes:
    """Return the bytes that ``text`` was made from, those that are no UTF-8 included."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a pair that JSON spelled out
        return text.encode("utf-8", "surrogatepass")


def clean(text: str) -> str:
    r"""Return ``text`` with what is no UTF-8 shown as ``\xNN``: it can be encoded, printed and stored."""
    return text if text.isascii() else to_bytes(text).decode("utf-8", "backslashreplace")


def shown(line: bytes | str) -> str:
    """Return the beginning of a line, fit to be kept and printed."""
    text = line[: 4 * MAX_SHOWN].decode("utf-8", "backslashreplace") if isinstance(line, bytes) else clean(line)
    return text.strip()[:MAX_SHOWN]


def plain(value: object, depth: int = 0) -> Any:
    """Return ``value``, which came from JSON, without what could not be written as strict JSON again.

    A number that is not finite becomes text, and so does what is nested deeper than :data:`MAX_DEPTH`.
    """
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict | list) and depth >= MAX_DEPTH:
        return "(nested too deeply)"
    if isinstance(value, dict):
        return {clean(str(key)): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item, depth + 1) for item in value]
    return value


def mapping(value: object) -> Mapping[str, Any]:
    """Return ``value`` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """Return ``value`` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text_of(value: object) -> str:
    """Return ``value`` if it is a text, cleaned, else an empty one."""
    return clean(value) if isinstance(value, str) else ""


def count_of(value: object) -> int:
    """Return ``value`` if it is a number that counts something, else 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**63:
        return 0
    return int(value)


def amount_of(value: object) -> float | None:
    """Return ``value`` if it is a finite number that is not negative, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**63:
        return None
    return float(value)
