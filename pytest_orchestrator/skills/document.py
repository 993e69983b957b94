"""One ``SKILL.md``: its text, its front matter, its Markdown."""

from __future__ import annotations

import os
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING

from ..config.regular_file import read_regular
from ..errors import why_unreadable
from ..quick_dataclasses import dataclass
from .body import Body
from .body_reader import read_blocks, read_body
from .frontmatter import FrontMatter, read_front_matter
from .places import lines_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .body import Block
    from .files import Bundle

LARGEST = 4 * 1024 * 1024
"""Bytes of a file that are read; nobody wants more in a context window."""
BOM = b"\xef\xbb\xbf"
"""A byte order mark in UTF-8."""


@dataclass(frozen=True, slots=True)
class ReadProblem:
    """What is wrong with a file before it can be called Markdown."""

    kind: str
    """``unreadable``, ``not_utf8``, ``too_large``, ``empty`` or ``nul``."""
    line: int
    column: int
    message: str
    remedy: str


# Not slotted: what few rules ask for is worked out when the first one does.
@dataclass(frozen=True)
class SkillDocument:
    """A skill's file as it was read."""

    path: str
    """Absolute."""
    shown_as: str
    """The path as ids and messages show it."""
    text: str = ""
    """Decoded, without a byte order mark; of a file that is no UTF-8, the part before the first wrong byte."""
    has_bom: bool = False
    front: FrontMatter = field(default_factory=FrontMatter)
    body_at: int = 0
    """Offset in ``text`` where the body begins."""
    problem: ReadProblem | None = None
    """What kept the file from being read as a whole."""

    @property
    def directory(self) -> str:
        """The directory of the skill."""
        return os.path.dirname(self.path)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of the whole file, without their ends."""
        return lines_of(self.text)

    @property
    def body_line(self) -> int:
        """The number of the first line of the body, counted from 1."""
        return self.front.end_line + 1 if self.front.is_there and self.front.is_closed else 1

    @property
    def body_text(self) -> str:
        """The Markdown."""
        return self.text[self.body_at :]

    @cached_property
    def body(self) -> Body:
        """The structure of the Markdown. Empty when the front matter never ends."""
        if self.front.is_there and not self.front.is_closed:
            return Body()
        return read_body(self.lines, self.body_line)

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of the Markdown, whatever is in them. Few ask for them: it takes a parse of its own."""
        if self.front.is_there and not self.front.is_closed:
            return ()
        return read_blocks(self.lines, self.body_line)

    @cached_property
    def bundle(self) -> Bundle:
        """The files that lie in the directory of the skill. Empty when it cannot be read."""
        from .files import read_bundle

        return read_bundle(self)

    @cached_property
    def values(self) -> Mapping[str, object]:
        """The front matter as plain data."""
        return {name: entry.value for name, entry in self.front.fields.items()}

    @property
    def name(self) -> str:
        """What the skill calls itself; the name of its directory if it does not."""
        given = self.front.get("name")
        return (given.text if given is not None else None) or os.path.basename(self.directory)

    @property
    def is_script_first(self) -> bool:
        """Whether ``script_first: true`` is set, at the top or under ``metadata``."""
        metadata = self.values.get("metadata")
        nested = metadata.get("script_first") if isinstance(metadata, dict) else None
        return self.values.get("script_first") is True or nested is True or str(nested).lower() == "true"


def read_skill(path: str, shown_as: str) -> SkillDocument:
    """Return the document at ``path``, which findings call ``shown_as``.

    Nothing is raised for what is in the file: what cannot be read, or is no UTF-8, is the document's ``problem``.
    """
    try:
        data = read_regular(path, LARGEST + 1)
    except (OSError, ValueError) as error:
        message = f"the file cannot be read: {why_unreadable(error)}"
        return _unread(path, shown_as, "unreadable", message, "correct the path or its permissions")
    if len(data) > LARGEST:
        message = f"the file is larger than {LARGEST // 2**20} MiB"
        return _unread(path, shown_as, "too_large", message, "move what is long into files under references/")
    return parse_skill(data, path, shown_as)


def parse_skill(data: bytes, path: str, shown_as: str) -> SkillDocument:
    """Return the document that ``data`` would be at ``path``."""
    has_bom = data.startswith(BOM)
    data = data.removeprefix(BOM)
    problem = None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = data[: error.start].decode("utf-8")
        line, column = _end_of(text)
        what = "UTF-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else f"byte {data[error.start]:#04x}"
        problem = ReadProblem("not_utf8", line, column, f"{what} is no UTF-8", "save the file as UTF-8")
    else:
        if not text.strip():
            problem = ReadProblem("empty", 1, 1, "the file is empty", "write front matter and instructions")
        elif "\0" in text:
            line, column = _end_of(text[: text.index("\0")])
            problem = ReadProblem("nul", line, column, "a NUL character is in the file", "remove it")
            text = text.replace("\0", "\ufffd")
    front, body_at = read_front_matter(text, shown_as)
    return SkillDocument(path, shown_as, text, has_bom, front, body_at, problem)


def _unread(path: str, shown_as: str, kind: str, message: str, remedy: str) -> SkillDocument:
    front = FrontMatter(is_there=False, is_closed=False)
    return SkillDocument(path, shown_as, front=front, problem=ReadProblem(kind, 1, 1, message, remedy))


def _end_of(text: str) -> tuple[int, int]:
    lines = lines_of(text)
    return len(lines), len(lines[-1]) + 1
