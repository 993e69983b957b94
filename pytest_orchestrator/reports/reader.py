"""Reading ``results.jsonl``, whatever a crash made of it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from ..core.agent_row import AgentRow
from ..core.document import NO_DATA, ResultRow, RunDocument, RunEnd, RunFacts
from ..core.status import Status
from ..errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS_WITH_OUTPUT = 2000
"""How many failures keep their output in memory; a report has no room for more of them."""


def _lines(path: str | os.PathLike[str]) -> Iterator[dict[str, Any] | None]:
    """Yield every line as an object; None for one that is no JSON object."""
    shown = os.fspath(path)
    try:
        with open(path, encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            for line in file:
                try:
                    value = json.loads(line)
                except (ValueError, RecursionError):
                    value = None
                if isinstance(value, dict):
                    yield value
                # A line cut short by a crash is no result and no mistake: its item counts as unrecorded.
                elif line.endswith("\n") and line.strip():
                    yield None
    except FileNotFoundError:
        raise ReportError(
            f"there is no results file {shown!r}: give the directory that a run with --orchestrate wrote its report to"
        ) from None
    except OSError as error:
        raise ReportError(f"cannot read the results file {shown!r}: {error.strerror}") from error


def _run_facts(lines: Iterator[dict[str, Any] | None], path: str | os.PathLike[str]) -> RunFacts:
    shown = os.fspath(path)
    for line in lines:
        if line is None or line.get("type") != "run":
            break
        try:
            return RunFacts.from_json(line)
        except ValueError as error:
            raise ReportError(f"{shown}:1: {error}") from None
    else:
        raise ReportError(
            f"the results file {shown!r} is empty: the run ended before it wrote its first line; run it again"
        )
    raise ReportError(f'{shown}:1: not a results file: its first line must be an object with "type": "run"')


def _row(line: dict[str, Any]) -> ResultRow | None:
    try:
        return ResultRow.from_json(line)
    except ValueError:
        return None


def iter_results(path: str | os.PathLike[str]) -> Iterator[ResultRow]:
    """Yield the rows of a ``results.jsonl`` with all their data, one at a time.

    Raises :class:`~pytest_orchestrator.errors.ReportError` as :func:`read_results` does.
    """
    lines = _lines(path)
    _run_facts(lines, path)
    for line in lines:
        if line is not None and line.get("type") == "result" and (row := _row(line)) is not None:
            yield row


class Gathering:
    """A document in the making: the lines of a ``results.jsonl``, as they are read or written."""

    __slots__ = ("_agents", "_end", "_rows", "_run", "_sections", "_uncollected", "_unreadable", "_with_output")

    def __init__(self, run: RunFacts) -> None:
        """Take what the first line says."""
        self._run = run
        self._rows: list[ResultRow] = []
        self._sections: list[tuple[str, str]] = []
        self._uncollected: list[tuple[str, str]] = []
        self._agents: list[AgentRow] = []
        self._end: RunEnd | None = None
        self._unreadable = 0
        self._with_output = 0

    def take(self, line: dict[str, Any] | None) -> None:
        """Take the next line, parsed; None stands for one that could not be."""
        kind = None if line is None else line.get("type")
        if line is None or kind == "run":
            self._unreadable += 1
        elif kind == "result":
            row = _row(line)
            if row is None:
                self._unreadable += 1
                return
            self._with_output += row.status.is_bad
            self._rows.append(row.digest(output=self._with_output <= ROWS_WITH_OUTPUT))
        elif kind == "collection_error":
            self._uncollected.append((str(line.get("nodeid", "")), str(line.get("message", ""))))
        elif kind == "agents":
            try:
                self._agents.append(AgentRow.from_json(line))
            except ValueError:
                self._unreadable += 1
        elif kind == "section":
            self._sections.append((str(line.get("title", "")), str(line.get("markdown", ""))))
        elif kind == "end":
            self._end = RunEnd.from_json(line)

    def take_written(self, line: str, row: ResultRow | None = None) -> None:
        """Take a line that was just written; ``row`` is what it is about, if it is about the result of an item.

        Of most items a document says nothing but that they passed. For those no line is parsed.
        """
        if row is not None and row.status is Status.PASSED and row.nodeid.isascii():
            digest = row.digest()
            if digest.data is NO_DATA:
                self._rows.append(digest)
                return
        self.take(json.loads(line))

    def document(self) -> RunDocument:
        """Return what is known by now."""
        return RunDocument(
            self._run,
            tuple(self._rows),
            self._end,
            tuple(self._sections),
            self._unreadable,
            tuple(self._uncollected),
            tuple(self._agents),
        )


def read_results(path: str | os.PathLike[str]) -> RunDocument:
    """Return the document of a ``results.jsonl``, with digests of its rows (:meth:`ResultRow.digest`).

    A missing end (``crashed`` is then true), a last line cut short, and unknown keys and line types are taken as
    they come; lines that cannot be understood are counted in ``unreadable``.

    Raises :class:`~pytest_orchestrator.errors.ReportError` when the file is missing, unreadable, empty, no
    results file or of another format.
    """
    lines = _lines(path)
    gathering = Gathering(_run_facts(lines, path))
    for line in lines:
        gathering.take(line)
    return gathering.document()
