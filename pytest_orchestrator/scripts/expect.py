"""Whether what a script printed, wrote and took is what its ``expect:`` says."""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING

from ..config.settings import Expectation, OutputExpectation
from ..core.names import decode_output, escape_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..process.command import Capture, Outcome

_SHOWN = 200
MTIME_SLACK = 0.02
"""Seconds by which a file's time stamp may lie before the start: the kernel stamps with its tick, not the clock."""


def whole_text(capture: Capture) -> str:
    """Return a stream as text: all of it, from its file if the result holds only head and tail."""
    if capture.was_cut and capture.path is not None:
        with open(capture.path, "rb") as file:
            return decode_output(file.read())
    return decode_output(capture.head + capture.tail)


def _quote(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def _check_output(stream: str, expected: OutputExpectation, capture: Capture) -> Iterator[str]:
    if expected == OutputExpectation():
        return
    text = whole_text(capture)
    if expected.equals is not None and text.removesuffix("\n") != expected.equals.removesuffix("\n"):
        yield f"{stream} is {_quote(text)}, expected exactly {_quote(expected.equals)}"
    for part in expected.contains:
        if part not in text:
            yield f"{stream} does not contain {_quote(part)}"
    for part in expected.not_contains:
        if part in text:
            yield f"{stream} contains {_quote(part)}, which it must not"
    for pattern in expected.matches:
        if not pattern.search(text):
            yield f"{stream} does not match the regular expression {_quote(pattern.pattern)}"
    for pattern in expected.not_matches:
        found = pattern.search(text)
        if found:
            yield f"{stream} matches {_quote(pattern.pattern)} with {_quote(found.group())}, which it must not"


def _changed(path: str) -> float | None:
    """Return when ``path`` was changed last; None if there is nothing."""
    try:
        return os.stat(path).st_mtime
    except OSError:
        return None


def _check_files(files: tuple[str, ...], directory: str | None, started: float) -> Iterator[str]:
    for wanted in files:
        if directory is None and not os.path.isabs(wanted):
            yield f"file {wanted!r} was not created in the temporary directory, where nothing was"
            continue
        pattern = os.path.join(glob.escape(directory or ""), wanted)
        found = [changed for path in glob.glob(pattern, recursive=True) if (changed := _changed(path)) is not None]
        if not found:
            yield f"file {wanted!r} was not created in {escape_name(directory or '')}"
        elif max(found) < started - MTIME_SLACK:
            yield f"file {wanted!r} was there before and was not changed"


def unmet_expectations(expect: Expectation, outcome: Outcome, directory: str | None) -> tuple[str, ...]:
    """Return one sentence per expectation that does not hold.

    ``directory`` is where the script ran; None for a temporary directory that it left empty.
    """
    failures = [
        *_check_output("stdout", expect.stdout, outcome.stdout),
        *_check_output("stderr", expect.stderr, outcome.stderr),
        *_check_files(expect.files, directory, outcome.started),
    ]
    if expect.max_duration is not None and outcome.duration > expect.max_duration:
        failures.append(f"took {outcome.duration:.2f} s, expected at most {expect.max_duration:g} s")
    if expect.min_duration is not None and outcome.duration < expect.min_duration:
        failures.append(f"took {outcome.duration:.2f} s, expected at least {expect.min_duration:g} s")
    return tuple(failures)
