"""A program's output as a result holds it: text of bounded length without secrets, the whole in a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..core.names import decode_output, escape_name
from ..process.temporary import remove_tree
from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from ..process.command import Capture
    from ..process.redaction import Redactor

MARGIN = 4 << 10
"""Bytes at either side of the gap in a long output that are not shown: a secret that was cut in two may be there."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of a result."""

    text: str
    file: bytes | None = None
    """The file with all of it, without secrets."""
    problem: str | None = None
    """Why there is no such file, although there should be."""


def take_stream(capture: Capture, redactor: Redactor, keep: bytes | None, report_dir: str | None) -> Stream:
    """Return a stream for the result, and move its file to ``keep`` (None: remove it).

    ``report_dir`` is what the file's path is shown relative to.
    """
    if not capture.was_cut:
        return Stream(redactor.text(decode_output(capture.head)))
    file, problem = _take_file(capture.path, redactor, keep)
    end = redactor.cut_before(capture.head, len(capture.head) - MARGIN)
    start = redactor.cut_after(capture.tail, MARGIN)
    head = redactor.text(decode_output(capture.head[:end]))
    tail = redactor.text(decode_output(capture.tail[start:]))
    missing = capture.size - end - (len(capture.tail) - start)
    where = "they were not kept"
    if file is not None:
        where = f"all {capture.size} bytes are in {_shown_path(file, report_dir)}"
    return Stream(f"{head}\n[… {missing} bytes left out here; {where} …]\n{tail}", file, problem)


def _take_file(path: bytes | None, redactor: Redactor, keep: bytes | None) -> tuple[bytes | None, str | None]:
    if path is None:
        return None, None if keep is None else "its long output could not be kept: the disk was full or it was removed"
    try:
        if keep is not None:
            redactor.move_file(path, keep)
            return keep, None
    except OSError as error:
        remove_tree(os.fsdecode(path))
        return None, f"its long output could not be kept in {escape_name(keep or b'')}: {error.strerror}"
    remove_tree(os.fsdecode(path))
    return None, None


def _shown_path(file: bytes, report_dir: str | None) -> str:
    return escape_name(file if report_dir is None else os.path.relpath(os.fsdecode(file), report_dir))


def shown_file(stream: Stream, report_dir: str | None) -> str | None:
    """Return the path of a stream's file, relative to the report directory if there is one; None without a file."""
    return None if stream.file is None else _shown_path(stream.file, report_dir)
