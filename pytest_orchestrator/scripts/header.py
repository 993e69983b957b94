"""The first bytes of a script: its shebang, and the metadata that it carries inline (PEP 723)."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD_SIZE = 4096
"""Bytes that are enough to know how a script starts."""

_KERNEL_LINE = 255
"""Bytes of a first line that Linux looks at (``BINPRM_BUF_SIZE`` less its terminator)."""

_METADATA = re.compile(r"(?m)^# /// script[ \t]*\r?$\n(?P<content>(?:^#(?: .*)?\r?$\n)+)^# ///[ \t]*\r?$")
_SPLIT_STRING = re.compile(r"-(?:[iv0]*S|-split-string[= \t])[ \t]*(.*)", re.DOTALL)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")


def read_head(path: str, size: int = HEAD_SIZE) -> bytes:
    """Return the first ``size`` bytes of ``path``, with one open and one read.

    Never waits: a FIFO that took the file's place since it was looked at gives no bytes. Raises
    :class:`OSError` when the file cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        return os.read(descriptor, size)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Shebang:
    """The ``#!`` line of a script, taken apart as the Linux kernel does it."""

    interpreter: str
    """As written; empty when nothing follows ``#!``."""
    argument: str | None
    """All that follows the interpreter, as one argument; None when nothing does."""
    cut: bool = False
    """Whether the interpreter's name goes on past the bytes that the kernel looks at."""
    words: tuple[str, ...] = field(init=False, compare=False)
    """The command that is meant: ``env`` and its ``-S`` are looked through.

    Empty when ``env`` is given options that hide what it will start.
    """

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", self._meant())

    @property
    def has_carriage_return(self) -> bool:
        """Whether the line ends in CRLF, which puts a carriage return into the last word."""
        return (self.argument or self.interpreter).endswith("\r")

    @property
    def argv(self) -> tuple[str, ...]:
        """The words that the kernel puts before the script's path."""
        return (self.interpreter,) if self.argument is None else (self.interpreter, self.argument)

    def _meant(self) -> tuple[str, ...]:
        if os.path.basename(self.interpreter) != "env":
            return (self.interpreter, *(self.argument or "").split())
        argument = self.argument or ""
        split = _SPLIT_STRING.fullmatch(argument)
        if split is None:
            return () if argument.startswith("-") or _ASSIGNMENT.match(argument) else (argument,)
        try:
            words = shlex.split(split.group(1))
        except ValueError:
            return ()
        while words and _ASSIGNMENT.match(words[0]) and not words[0].startswith("PATH="):
            del words[0]
        return () if not words or words[0].startswith(("-", "PATH=")) else tuple(words)


def parse_shebang(head: bytes) -> Shebang | None:
    """Return the shebang of a script that starts with ``head``; None when there is none."""
    return _parsed(head.split(b"\n", 1)[0]) if head.startswith(b"#!") else None


# The scripts of a folder begin alike.
@lru_cache(maxsize=64)
def _parsed(first_line: bytes) -> Shebang:
    line = first_line.split(b"\0", 1)[0]
    seen = line[:_KERNEL_LINE]
    interpreter, *rest = re.split(rb"[ \t]+", seen[2:].lstrip(b" \t"), maxsplit=1)
    argument = rest[0].rstrip(b" \t") if rest else b""
    cut = len(line) > _KERNEL_LINE and not rest
    return Shebang(os.fsdecode(interpreter), os.fsdecode(argument) if argument else None, cut)


def inline_metadata(text: str) -> Mapping[str, Any] | None:
    """Return the table of a ``# /// script`` block (PEP 723); None when there is none or it is broken."""
    if "# /// script" not in text:
        return None
    match = _METADATA.search(text)
    if match is None:
        return None
    import tomllib

    lines = match.group("content").split("\n")
    try:
        return tomllib.loads("\n".join(line[2:].removesuffix("\r") for line in lines))
    except tomllib.TOMLDecodeError:
        return None


def inline_dependencies(text: str) -> tuple[str, ...]:
    """Return what a ``# /// script`` block lists under ``dependencies``."""
    listed = (inline_metadata(text) or {}).get("dependencies", [])
    return tuple(entry for entry in listed if isinstance(entry, str)) if isinstance(listed, list) else ()
