"""``history.jsonl``: one line for each run, the last thousand of them."""

from __future__ import annotations

import fcntl
import json
import os
from typing import TYPE_CHECKING, Any

from ..core.jsontext import compact
from ..errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Mapping

KEPT = 1000
"""Runs that are remembered."""

_KEYS = ("run_id", "started", "duration", "verdict", "exit_status", "collected", "totals")


def history_entry(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return the line of a run from its summary (:func:`~pytest_orchestrator.reports.summary.summarize`)."""
    return {key: summary[key] for key in _KEYS}


def _entries(text: str) -> list[dict[str, Any]]:
    entries = []
    for line in text.split("\n"):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict):
            entries.append(entry)
    return entries


def _locked(path: str) -> int:
    """Open the history and lock it; the descriptor is of the file that has the name now."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Whoever held the lock may have put a new file in the place of this one meanwhile.
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def append_history(path: str | os.PathLike[str], entry: Mapping[str, Any], *, keep: int = KEPT) -> None:
    """Add a run to the history, and forget the oldest: the file holds ``keep`` runs and up to a quarter more.

    A run that is in it already (the same ``run_id``) keeps its place and gets the new facts, so a report that is
    rendered again changes nothing. Two writers wait for each other; a reader always sees whole lines.
    Raises :class:`~pytest_orchestrator.errors.ReportError` when the file cannot be written.
    """
    shown = os.fspath(path)
    try:
        descriptor = _locked(shown)
        try:
            with open(descriptor, encoding="utf-8", errors="backslashreplace", closefd=False) as file:
                text = file.read()
            if text.count("\n") < keep + keep // 4 and compact(entry.get("run_id")) not in text:
                # The usual case. A line cut short by a crash must not swallow this one.
                torn = bool(text) and not text.endswith("\n")
                os.write(descriptor, ("\n" * torn + compact(entry) + "\n").encode())
                return
            entries = _entries(text)
            places = [number for number, known in enumerate(entries) if known.get("run_id") == entry.get("run_id")]
            if places:
                entries[places[-1]] = dict(entry)
            else:
                entries.append(dict(entry))
            new = "".join(f"{compact(known)}\n" for known in entries[-keep:])
            if new != text:
                _replace(shown, new)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ReportError(f"cannot write the history {shown!r}: {error.strerror}") from error


def _replace(path: str, text: str) -> None:
    # The lock makes this name ours alone.
    temporary = f"{path}.new"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)
