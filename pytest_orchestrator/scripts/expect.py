"""Whether what a script printed, wrote and took is what its ``expect:`` says."""

from __future__ import annotations

import glob
import os
from typing import TYPE_CHECKING

from ..config.settings import Expectation, OutputExpectation
from ..core.names import escape_name
from .windows import whole_text, windows

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from ..process.command import Capture, Outcome

_SHOWN = 200
MTIME_SLACK = 0.02
"""Seconds by which a file's time stamp may lie before the start: the kernel stamps with its tick, not the clock."""


_NOTHING = Expectation()


def _quote(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def _check_output(stream: str, expected: OutputExpectation, capture: Capture) -> Iterator[str]:
    if expected == OutputExpectation():
        return
    if expected.equals is not None:
        yield from _check_equal(stream, expected.equals, capture)
    missing, forbidden = dict.fromkeys(expected.contains), dict.fromkeys(expected.not_contains)
    unmatched, open_patterns = dict.fromkeys(expected.matches), dict.fromkeys(expected.not_matches)
    present: set[str] = set()
    matched: dict[re.Pattern[str], str] = {}
    for window in windows(capture) if missing or forbidden or unmatched or open_patterns else ():
        for part in [part for part in missing if window.contains(part)]:
            del missing[part]
        for part in [part for part in forbidden if window.contains(part)]:
            present.add(part)
            del forbidden[part]
        for pattern in [pattern for pattern in unmatched if window.search(pattern) is not None]:
            del unmatched[pattern]
        for pattern in list(open_patterns):
            found = window.search(pattern)
            if found is not None:
                matched[pattern] = found
                del open_patterns[pattern]
        if not (missing or forbidden or unmatched or open_patterns):
            break
    yield from (f"{stream} does not contain {_quote(part)}" for part in expected.contains if part in missing)
    for part in expected.not_contains:
        if part in present:
            yield f"{stream} contains {_quote(part)}, which it must not"
    for pattern in expected.matches:
        if pattern in unmatched:
            yield f"{stream} does not match the regular expression {_quote(pattern.pattern)}"
    for pattern in expected.not_matches:
        if pattern in matched:
            yield f"{stream} matches {_quote(pattern.pattern)} with {_quote(matched[pattern])}, which it must not"


def _check_equal(stream: str, expected: str, capture: Capture) -> Iterator[str]:
    wanted = expected.removesuffix("\n")
    # No character takes more than four bytes, so what is longer need not be read to be known as different.
    text = whole_text(capture, 4 * len(wanted) + 4)
    if text is None:
        text = next(iter(windows(capture))).text
    if text.removesuffix("\n") != wanted:
        yield f"{stream} is {_quote(text)}, expected exactly {_quote(expected)}"


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
            where = "" if os.path.isabs(wanted) else f" in {escape_name(directory or '')}"
            yield f"file {wanted!r} was not created{where}"
        elif max(found) < started - MTIME_SLACK:
            yield f"file {wanted!r} was there before and was not changed"


def unmet_expectations(expect: Expectation, outcome: Outcome, directory: str | None) -> tuple[str, ...]:
    """Return one sentence per expectation that does not hold.

    ``directory`` is where the script ran; None for a temporary directory that it left empty.
    """
    if expect == _NOTHING:
        return ()
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
