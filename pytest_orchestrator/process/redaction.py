"""Keeping secrets out of everything that is stored or shown.

Two nets: the values of environment variables whose names look secret, and tokens whose shape is well known.
This module is imported by the supervisor in its last moments, without any package that is installed.
"""

from __future__ import annotations

import os
import re
from fnmatch import translate
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

REPLACEMENT = "[redacted]"
MIN_LENGTH = 5
"""Shorter values are left alone: redacting every ``1`` or ``true`` would ruin the output and protect nothing."""
_HARMLESS = frozenset({"false", "none"})

_BEGIN, _END = "-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----", "-----END [A-Z ]{0,40}PRIVATE KEY-----"
# All have a longest match, so that a file can be read in blocks.
_SHAPES = (
    r"gh[pousr]_[A-Za-z0-9]{30,255}",  # GitHub
    r"github_pat_[A-Za-z0-9_]{22,255}",
    r"glpat-[A-Za-z0-9_-]{20,255}",  # GitLab
    r"sk-(?=[A-Za-z_-]{0,64}[0-9])[A-Za-z0-9_-]{20,255}",  # Anthropic, OpenAI; and not disk-usage-of-the-machine
    r"xox[abeoprs]-[A-Za-z0-9-]{10,255}",  # Slack
    r"(?:AKIA|ASIA)[A-Z0-9]{16}",  # AWS
    r"AIza[A-Za-z0-9_-]{35}",  # Google
    r"npm_[A-Za-z0-9]{36}",
    r"pypi-[A-Za-z0-9_-]{50,1023}",
    r"eyJ[A-Za-z0-9_-]{10,8191}\.eyJ[A-Za-z0-9_-]{10,8191}\.[A-Za-z0-9_-]{10,8191}",  # JSON Web Token
)
_KEY = rf"{_BEGIN}(?:[^-]{{0,16383}}{_END}|[A-Za-z0-9+/=\s]{{0,16383}})"
_SHAPE = rf"(?<![A-Za-z0-9])(?:{'|'.join(_SHAPES)})|{_KEY}"
_TEXT_SHAPE = re.compile(_SHAPE)
_HINTS = ("gh", "github_pat_", "glpat-", "sk-", "xox", "AKIA", "ASIA", "AIza", "npm_", "pypi-", "eyJ", "-----BEGIN")

BLOCK = 1 << 20
"""Bytes of a file that are looked at in one go."""
LONGEST = 64 << 10
"""Bytes of the longest secret that is found across two blocks; longer than any shape, and than most environments."""


class Redactor:
    """Replaces secrets in text and in files by ``[redacted]``."""

    def __init__(self, names: Iterable[str], environment: Mapping[str, str]) -> None:
        """Take the values of all variables in ``environment`` whose name matches one of the globs ``names``.

        Names are compared without regard to case.
        """
        patterns = [translate(name.upper()) for name in names]
        self._name = re.compile("|".join(patterns)) if patterns else None
        self._known = frozenset(self._secrets(environment))

    def is_secret_name(self, name: str) -> bool:
        """Return whether a variable of this name holds a secret."""
        return self._name is not None and self._name.match(name.upper()) is not None

    def extended(self, environment: Mapping[str, str | None]) -> Redactor:
        """Return a redactor that knows the secrets of ``environment`` as well; itself if there are none new."""
        added = self._secrets({name: value for name, value in environment.items() if value}) - self._known
        if not added:
            return self
        other = Redactor((), {})
        other._name = self._name
        other._known = self._known | added
        return other

    def _secrets(self, environment: Mapping[str, str]) -> set[str]:
        found: set[str] = set()
        for name, value in environment.items():
            if len(value) >= MIN_LENGTH and value.lower() not in _HARMLESS and self.is_secret_name(name):
                # A secret with several lines is also printed line by line.
                found.update(part for part in (value, *value.splitlines()) if len(part) >= MIN_LENGTH)
        return found

    # -- text -------------------------------------------------------------------------------------------------

    @cached_property
    def _text_values(self) -> re.Pattern[str] | None:
        shown = {_escaped(value) for value in self._known}
        return _any_of(re.escape(value) for value in _longest_first(self._known | shown))

    def text(self, text: str) -> str:
        """Return ``text`` without its secrets."""
        if len(text) < MIN_LENGTH:
            return text
        if self._text_values is not None:
            text = self._text_values.sub(REPLACEMENT, text)
        if any(hint in text for hint in _HINTS):
            text = _TEXT_SHAPE.sub(REPLACEMENT, text)
        return text

    # -- bytes ------------------------------------------------------------------------------------------------

    @cached_property
    def _bytes_pattern(self) -> re.Pattern[bytes]:
        values = [re.escape(_bytes(value)) for value in _longest_first(self._known)]
        return re.compile(b"|".join([*values, _SHAPE.encode()]))

    def _spans(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Yield where the secrets in ``data`` start and end."""
        for match in self._bytes_pattern.finditer(data):
            yield match.span()

    def cut_before(self, data: bytes, position: int) -> int:
        """Return ``position`` or, if that would cut a secret or a UTF-8 character in two, where that starts."""
        for start, end in self._spans(data):
            if start < position < end:
                return start
        while 0 < position < len(data) and data[position] & 0xC0 == 0x80:
            position -= 1
        return position

    def cut_after(self, data: bytes, position: int) -> int:
        """Return ``position`` or, if that would cut a secret or a UTF-8 character in two, where that ends."""
        for start, end in self._spans(data):
            if start < position < end:
                return end
        while position < len(data) and data[position] & 0xC0 == 0x80:
            position += 1
        return position

    def move_file(self, source: bytes, target: bytes) -> None:
        """Move a file of output to ``target`` without its secrets, with all of it when it holds none.

        In blocks, so that it takes little memory. Raise OSError when it cannot be written; ``source`` is still there
        then, and ``target`` is not.
        """
        os.makedirs(os.path.dirname(target), exist_ok=True)
        part = target + b".part"
        try:
            if self._copy_redacted(source, part):
                os.unlink(source)
            else:
                _move(source, part)
            os.rename(part, target)
        except OSError:
            _remove(part)
            raise

    def _copy_redacted(self, source: bytes, target: bytes) -> bool:
        """Write ``target`` if ``source`` holds a secret; return whether it does."""
        with open(source, "rb", buffering=0) as reader:
            if next(self._spans_in_file(reader.fileno()), None) is None:
                return False
            with open(target, "wb", opener=_private) as writer:
                written = 0
                for start, end in self._spans_in_file(reader.fileno()):
                    _copy(reader.fileno(), written, start, writer.fileno())
                    os.write(writer.fileno(), REPLACEMENT.encode())
                    written = end
                _copy(reader.fileno(), written, os.fstat(reader.fileno()).st_size, writer.fileno())
        return True

    def _spans_in_file(self, file: int) -> Iterator[tuple[int, int]]:
        position = 0
        while data := os.pread(file, BLOCK + LONGEST, position):
            is_last = len(data) < BLOCK + LONGEST
            next_position = position + (len(data) if is_last else BLOCK)
            for start, end in self._spans(data):
                if not is_last and start >= BLOCK:
                    break  # it may go on behind what was read; it is found again
                yield position + start, position + end
                next_position = max(next_position, position + end)
            position = next_position


def _longest_first(values: Iterable[str]) -> list[str]:
    # Or a secret that starts with another would keep its end.
    return sorted(values, key=lambda value: (-len(value), value))


def _any_of(patterns: Iterable[str]) -> re.Pattern[str] | None:
    text = "|".join(patterns)
    return re.compile(text) if text else None


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def _escaped(value: str) -> str:
    r"""Return how a value that is not UTF-8 looks in text made from output, with ``\xNN``."""
    return _bytes(value).decode("utf-8", "backslashreplace")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _copy(source: int, start: int, end: int, target: int) -> None:
    while start < end:
        sent = os.sendfile(target, source, start, min(end - start, 1 << 30))
        if sent == 0:
            return
        start += sent


def _move(source: bytes, target: bytes) -> None:
    try:
        os.rename(source, target)
    except OSError:  # in another file system
        with open(source, "rb", buffering=0) as reader, open(target, "wb", opener=_private) as writer:
            _copy(reader.fileno(), 0, os.fstat(reader.fileno()).st_size, writer.fileno())
        os.unlink(source)


def _remove(path: bytes) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
