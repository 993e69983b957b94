"""What a command that is stood in for expects, and what it answers."""

from __future__ import annotations

import math
import re
import shlex
from dataclasses import field
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .stand_in import Rule


@dataclass(frozen=True, slots=True)
class FakeRule:
    """Which call is expected, and what it is answered."""

    pattern: str | tuple[str, ...]
    """A regular expression for all arguments, joined by blanks, or one for each."""
    stdin: str | None = None
    times: int | None = None
    delay: float = 0.0
    """Seconds."""
    stdout: bytes = b""
    stderr: bytes = b""
    exit_code: int = 0
    files: Mapping[str, bytes] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.pattern if isinstance(self.pattern, str) else shlex.join(self.pattern)

    def as_plain(self) -> Rule:
        """Return what the stand-in reads."""
        pattern = self.pattern if isinstance(self.pattern, str) else list(self.pattern)
        files = list(self.files.items())
        return pattern, self.stdin, self.times, self.delay, self.stdout, self.stderr, self.exit_code, files


def rule_of(pattern: Any, given: Mapping[str, Any]) -> FakeRule:
    """Return the rule that a user has given: the pattern, and the other fields by name, all of them.

    Raise ArgumentError with all that is wrong with it.
    """
    mistakes = list(_mistakes(pattern, given))
    if mistakes:
        raise ArgumentError("\n".join(mistakes))
    return FakeRule(
        pattern=pattern if isinstance(pattern, str) else tuple(pattern),
        stdin=given["stdin"],
        times=given["times"],
        delay=float(given["delay"]),
        stdout=_bytes(given["stdout"]),
        stderr=_bytes(given["stderr"]),
        exit_code=given["exit_code"],
        files={name: _bytes(data) for name, data in given["files"].items()},
    )


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def _mistakes(pattern: Any, given: Mapping[str, Any]) -> Iterator[str]:
    patterns = [pattern] if isinstance(pattern, str) or not isinstance(pattern, list | tuple) else pattern
    for each in (*patterns, *([] if given["stdin"] is None else [given["stdin"]])):
        if not isinstance(each, str):
            yield f"{each!r} is no regular expression; give text, or a list of texts for the arguments"
            continue
        try:
            re.compile(each, re.DOTALL)
        except re.error as error:
            yield f"the regular expression {each!r} is not valid: {error}"
    files = given["files"]
    if not isinstance(files, dict) or not all(isinstance(name, str) and name for name in files):
        yield f"files must be names with their contents, not {files!r}"
        files = {}
    for name, text in (("stdout", given["stdout"]), ("stderr", given["stderr"]), *files.items()):
        if not isinstance(text, str | bytes):
            yield f"{name} must be text or bytes, not {text!r}"
    if not _is_whole(given["exit_code"]) or not 0 <= given["exit_code"] <= 255:
        yield f"exit_code must be a whole number from 0 to 255, not {given['exit_code']!r}"
    if given["times"] is not None and (not _is_whole(given["times"]) or given["times"] < 1):
        yield f"times must be a whole number from 1 on, or None for any number of times, not {given['times']!r}"
    delay = given["delay"]
    if isinstance(delay, bool) or not isinstance(delay, int | float) or not delay >= 0 or math.isinf(delay):
        yield f"delay must be a number of seconds from 0 on, not {delay!r}"


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
