"""Keeping secrets out of everything that is stored or shown.

Two nets: the values of environment variables whose names look secret, and tokens whose shape is well known.
This module is imported by the supervisor in its last moments, without any package that is installed.
"""

from __future__ import annotations

import os
import re
from fnmatch import translate
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from .known_values import with_more
from .secret_spans import Net, Search
from .shapes import BYTES_SHAPES, BYTES_TOKEN, LONGEST, TEXT_SHAPES, TEXT_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .secret_spans import Span

REPLACEMENT = "[redacted]"
MIN_LENGTH = 5
"""Shorter values are left alone: redacting every ``1`` or ``true`` would ruin the output and protect nothing."""
_HARMLESS = frozenset({"false", "none"})

BLOCK = 1 << 20
"""Bytes of a file that are looked at in one go."""


class Redactor:
    """Replaces secrets in text and in files by ``[redacted]``."""

    def __init__(self, names: Iterable[str], environment: Mapping[str, str]) -> None:
        """Take the values of all variables in ``environment`` whose name matches the globs ``names``.

        Names are compared without regard to case. A glob with ``!`` in front takes back what those before it match.
        """
        self._name = _any_name(tuple(names))
        self._known = frozenset(self._secrets(environment))
        self._groups = with_more((), self._known)

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
        other._groups = with_more(self._groups, added)
        return other

    def _secrets(self, environment: Mapping[str, str]) -> set[str]:
        found: set[str] = set()
        for name, value in environment.items():
            if len(value) >= MIN_LENGTH and self.is_secret_name(name) and not _is_harmless(value):
                # A secret with several lines is also printed line by line.
                found.update(part for part in (value, *value.splitlines()) if len(part) >= MIN_LENGTH)
        return found

    # -- text -------------------------------------------------------------------------------------------------

    @cached_property
    def _text_net(self) -> Net[str]:
        return Net([group.in_text for group in self._groups], TEXT_SHAPES, TEXT_TOKEN)

    def text(self, text: str) -> str:
        """Return ``text`` without its secrets."""
        if len(text) < MIN_LENGTH or not (spans := self._text_net.spans(text)):
            return text
        parts, kept = [], 0
        for start, end in spans:
            parts += [text[kept:start], REPLACEMENT]
            kept = end
        return "".join([*parts, text[kept:]])

    def are_clean(self, texts: Iterable[str]) -> bool:
        """Return whether there is certainly no secret in any of ``texts``: quicker than to look at one by one."""
        return self._text_net.is_clean("\n".join(texts))

    # -- bytes ------------------------------------------------------------------------------------------------

    @cached_property
    def _bytes_net(self) -> Net[bytes]:
        reach = max([LONGEST, *(group.longest for group in self._groups)])
        return Net([group.in_bytes for group in self._groups], BYTES_SHAPES, BYTES_TOKEN, reach)

    def cut_before(self, data: bytes, position: int) -> int:
        """Return ``position`` or, if that would cut a secret or a UTF-8 character in two, where that starts."""
        for start, end in self._bytes_net.spans(data):
            if start < position < end:
                return start
        while 0 < position < len(data) and data[position] & 0xC0 == 0x80:
            position -= 1
        return position

    def cut_after(self, data: bytes, position: int) -> int:
        """Return ``position`` or, if that would cut a secret or a UTF-8 character in two, where that ends."""
        for start, end in self._bytes_net.spans(data):
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

    def _spans_in_file(self, file: int) -> Iterator[Span]:
        net = self._bytes_net
        search, size = Search(net), os.fstat(file).st_size
        for start in range(0, size, BLOCK):
            base = max(0, start - 1)
            data = os.pread(file, start - base + BLOCK + net.reach, base)
            yield from search.block(data, start, start + BLOCK, base)
        yield from search.rest()


@lru_cache(maxsize=16)
def _any_name(names: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return a pattern for the names of secrets: the last glob that matches one decides."""
    pattern = ""
    for name in names:
        if name.startswith("!"):
            pattern = pattern and f"(?!{translate(name[1:].upper())})(?:{pattern})"
        else:
            pattern = "|".join(filter(None, [translate(name.upper()), pattern]))
    return re.compile(pattern) if pattern else None


def _is_harmless(value: str) -> bool:
    # A directory is what PWD in a name usually means, and where credentials are is no secret either.
    return value.lower() in _HARMLESS or (value.startswith("/") and os.path.isdir(value))


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
