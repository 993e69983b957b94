"""How long items took when they last ran: a small file that outlives runs, and travels between machines.

It is JSON: ``{"format": 1, "durations": {ID: [SECONDS, WHEN]}}``, times of day in seconds since the epoch.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.status import Status
from ..errors import ReportError
from .writer import write_atomically

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DURATIONS = "durations.json"
FORMAT = 1
MEASURED = frozenset({Status.PASSED, Status.FAILED, Status.TIMEOUT})
"""What a script ended with that says how long it takes."""


class Recorded(NamedTuple):
    """What is known of an item."""

    seconds: float
    when: float
    """When it ended."""


def read_durations(path: Path) -> dict[str, Recorded]:
    """Return what the file at ``path`` knows; nothing when there is none.

    Raise ReportError when it cannot be read or is something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"cannot read the durations {str(path)!r}: {error}") from error
    try:
        return durations_of(json.loads(text))
    except (ValueError, RecursionError) as error:
        message = f"{str(path)!r} holds no durations: {error}; remove it, or name another file"
        raise ReportError(message) from error


def durations_of(value: Any) -> dict[str, Recorded]:
    """Return the durations in the decoded JSON ``value``. Raise ValueError when it is something else."""
    if not isinstance(value, dict) or value.get("format") != FORMAT or not isinstance(value.get("durations"), dict):
        raise ValueError(f'expected {{"format": {FORMAT}, "durations": {{…}}}}')
    found = {}
    for nodeid, pair in value["durations"].items():
        match pair:
            case [int() | float() as seconds, int() | float() as when] if 0 <= seconds < float("inf"):
                found[nodeid] = Recorded(float(seconds), float(when))
            case _:
                raise ValueError(f"{nodeid!r} has {pair!r}, expected [seconds, time]")
    return found


def _joined(durations: Mapping[str, Recorded], separator: str) -> str:
    # A tenth of a millisecond decides nothing, and the file is read in every run.
    return separator.join(
        f"{json.dumps(nodeid)}: [{round(known.seconds, 4)}, {int(known.when)}]"
        for nodeid, known in sorted(durations.items())
    )


def as_text(durations: Mapping[str, Recorded]) -> str:
    """Return what :func:`durations_of` reads as JSON on one line: pytest's cache indents what it is given, slowly."""
    return f'{{"format": {FORMAT}, "durations": {{{_joined(durations, ", ")}}}}}'


def write_durations(path: Path, durations: Mapping[str, Recorded]) -> None:
    """Write ``durations``, a line for each. Raise ReportError when that fails."""
    lines = _joined(durations, ",\n")
    write_atomically(path, f'{{"format": {FORMAT}, "durations": {{\n{lines}\n}}}}\n')


def digest(durations: Mapping[str, Recorded]) -> str:
    """Return what tells two sets of durations apart."""
    return hashlib.sha256(as_text(durations).encode()).hexdigest()[:16]
