"""Where an interpreter has the path of its script, and how another one is put there.

CPython copies the path from its command line into its configuration, as ``wchar_t``, before it does anything with it.
When it was started with a placeholder that no other text resembles, the copies are found by looking at its memory.
Imported by ``sitecustomize`` of this directory, in whatever Python that runs in.
"""

import os
import sys

HEAD = 31
"""Characters of the placeholder that are its own; ``x`` follows."""


_COPIES = 2
"""CPython has its script's path at least as such, and at the start of the arguments."""


class Unsuitable(Exception):  # noqa: N818 - it says what the interpreter is
    """No script can be started from this interpreter. The message says why."""


class Placeholder:
    """The path that this interpreter was started with in place of a script's."""

    def __init__(self, text: str) -> None:
        """Look for ``text`` in the memory of this process. Raise Unsuitable if it is not where it should be."""
        self._text = text
        self._places = _places_of(text)
        self._title, self._title_size = _title_place()

    def replace(self, path: str, title: bytes) -> None:
        """Put ``path`` where the interpreter has the path of its script, and ``title`` where ``ps`` looks."""
        wide = _wide(path + "\0")
        expected = _wide(self._text[: len(path) + 1])
        memory = os.open("/proc/self/mem", os.O_RDWR | os.O_CLOEXEC)
        written = 0
        for place in self._places:
            # It may have been freed since, and used for something else.
            if os.pread(memory, len(expected), place) == expected:
                os.pwrite(memory, wide, place)
                written += 1
        if written < _COPIES:
            raise Unsuitable("the path of its script is not where it was")
        if self._title:
            # A last byte that is no NUL tells the kernel that a title has taken the place of the arguments.
            room = self._title_size - 2
            os.pwrite(memory, title[:room].ljust(room + 1, b"\0") + b".", self._title)
        os.close(memory)


def _wide(text: str) -> bytes:
    """Return ``text`` as ``wchar_t``, which is how CPython holds paths. A codec would have to be imported."""
    return b"".join([ord(character).to_bytes(4, sys.byteorder) for character in text])


def _places_of(placeholder: str) -> "list[int]":
    """Return the addresses of this process's memory where the placeholder is. Raise Unsuitable if they are too few."""
    # Searched for in two parts, so that what is searched for is not found itself.
    head, rest = _wide(placeholder[:HEAD]), _wide(placeholder[HEAD:])
    found = []
    try:
        with open("/proc/self/maps", "rb") as file:
            lines = file.read().splitlines()
        memory = os.open("/proc/self/mem", os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise Unsuitable(f"its memory cannot be written: {error.strerror}") from None
    try:
        for line in lines:
            fields = line.split()
            if fields[1][:2] != b"rw" or fields[4] != b"0" or b"[stack]" in fields[5:]:
                continue
            start, end = (int(field, 16) for field in fields[0].split(b"-"))
            data = os.pread(memory, end - start, start)
            at = data.find(head)
            while at >= 0:
                if data.startswith(rest, at + len(head)):
                    found.append(start + at)
                at = data.find(head, at + 1)
        for place in found:
            os.pwrite(memory, head, place)
    except OSError as error:
        raise Unsuitable(f"its memory cannot be written: {error.strerror}") from None
    finally:
        os.close(memory)
    if len(found) < _COPIES:
        raise Unsuitable("it does not keep the path of its script where CPython does")
    return found


def _title_place() -> "tuple[int, int]":
    """Return where the command line is that others see, and its size; 0 and 0 if that cannot be known."""
    with open("/proc/self/stat", "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
    if len(fields) < 47:
        return 0, 0
    start, end = int(fields[45]), int(fields[46])
    return (start, end - start) if 0 < start < end else (0, 0)
