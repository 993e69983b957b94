"""What tasks hand on: the file that a program writes its outputs to, and the one that it reads its inputs from."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from ..config.regular_file import NotRegularError, read_regular
from ..errors import OrchestratorError
from .file_schema import NAME
from .plain_json import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OUTPUT = "ORCHESTRATOR_OUTPUT"
"""Names the file for outputs."""
INPUTS = "ORCHESTRATOR_INPUTS"
"""Names the JSON file with inputs, and with what tasks before gave."""
LARGEST = 1 << 20
"""Bytes that the outputs of a task may have."""
_LINE = re.compile(rf"({NAME})(=|<<)(.*)")


class OutputError(OrchestratorError):
    """What a program wrote to ``$ORCHESTRATOR_OUTPUT`` cannot be read."""


def parse_outputs(data: bytes) -> dict[str, Any]:
    """Return the outputs in ``data``: ``key=value`` lines, ``key<<WORD`` blocks up to a line WORD, or one JSON object.

    Values of lines and blocks are texts. Raise OutputError with the line that cannot be read.
    """
    if len(data) > LARGEST:
        raise OutputError(f"${OUTPUT} has more than {LARGEST} bytes; write a file, and hand on its path")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise OutputError(f"${OUTPUT} is not UTF-8: byte {data[error.start]:#04x} at {error.start}") from None
    if text.lstrip().startswith("{"):
        return _from_json(text)
    found: dict[str, Any] = {}
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        line = lines[number].removesuffix("\r")
        number += 1
        if not line.strip():
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            shown = line if len(line) <= 80 else f"{line[:80]}…"
            raise OutputError(f"${OUTPUT}, line {number}: {shown!r} is neither key=value nor key<<WORD nor JSON")
        key, sign, rest = match.groups()
        if sign == "=":
            found[key] = rest
            continue
        word = rest.strip().strip("'\"")
        block: list[str] = []
        begin = number
        while number < len(lines) and lines[number].removesuffix("\r") != word:
            block.append(lines[number])
            number += 1
        if not word or number == len(lines):
            raise OutputError(f"${OUTPUT}, line {begin}: the block of {key!r} has no line {word!r} at its end")
        number += 1
        found[key] = "\n".join(block)
    return found


def _from_json(text: str) -> dict[str, Any]:
    try:
        found = parse_json(text)
    except ValueError as error:
        raise OutputError(f"${OUTPUT} begins like a JSON object and is none: {error}") from None
    bad = [key for key in found if not re.fullmatch(NAME, key)]
    if bad:
        raise OutputError(f"${OUTPUT}: {bad[0]!r} is not a name; use letters, digits, '_' and '-'")
    return dict(found)


def read_outputs(path: Path) -> dict[str, Any]:
    """Return the outputs that a program wrote to ``path``; none when it removed the file. Raise OutputError."""
    try:
        return parse_outputs(read_regular(path, LARGEST + 1))
    except FileNotFoundError:
        return {}
    except NotRegularError:
        raise OutputError(f"${OUTPUT} is no regular file any more") from None
    except OSError as error:
        raise OutputError(f"${OUTPUT} cannot be read: {error.strerror}") from None


def write_inputs(path: Path, values: Mapping[str, Any]) -> None:
    """Write the file that a program reads its inputs from; nobody else may read it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    # Half a character, as names of files have, is written as JSON escapes it.
    with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        json.dump(values, file, ensure_ascii=False, indent=1)
        file.write("\n")
