"""The closing lines of the terminal: counts, hints, where the reports are. Plain text; the plugin colours it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.columns import fit
from .agents import agents_line
from .amounts import format_duration, plural
from .quoting import one_line
from .skills import counted, passed_over
from .summary import status_counts, uncollected_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_LINES = 12
NARROWEST = 40
"""A terminal that says it is narrower is written to as if it were this wide."""

_WORTH_NAMING = 1.0
"""Seconds from which the slowest item is worth a line."""


def _wrap(pieces: list[str], width: int) -> list[str]:
    lines: list[str] = []
    for piece in pieces:
        if lines and len(lines[-1]) + 1 + len(piece) <= width:
            lines[-1] += f" {piece}"
        else:
            lines.append(piece if not lines else f"  {piece}")
    return lines


def counts_lines(summary: Mapping[str, Any], width: int) -> list[str]:
    """Return the line of counts, or more where they do not fit into ``width`` columns.

    ``summary`` needs no more than ``totals``, ``collected``, ``duration``, ``crashed`` and ``collection_errors``.
    """
    width = max(width, NARROWEST)
    counts = [*uncollected_count(summary), *status_counts(summary["totals"])]
    lasted = "" if summary["duration"] is None else f" in {format_duration(summary['duration'])}"
    pieces = [f"{count}," for count in counts[:-1]] + [f"{count};" for count in counts[-1:]]
    lines = _wrap([*pieces, f"{summary['collected']} collected{lasted}"], width)
    if summary["crashed"]:
        lines.append("the run did not end: counts so far")
    return lines


class _Writer:
    """Makes lines of one width."""

    def __init__(self, width: int, ascii_only: bool) -> None:
        self.width = max(width, NARROWEST)
        self._ascii_only = ascii_only

    def line(self, before: str, text: str, after: str = "") -> str:
        """Return a line in which ``text`` is cut as far as need be."""
        text = one_line(text, 10_000)
        if self._ascii_only:
            text = text.encode("ascii", "backslashreplace").decode()
        gap = "..." if self._ascii_only else "…"
        return f"{before}{fit(text, self.width - len(before) - len(after), gap)}{after}"

    def first(self, before: str, nodeids: Sequence[str], items: int) -> str:
        """Return a line with the first id and how many more there are."""
        return self.line(before, nodeids[0], f" and {items - 1} more" if items > 1 else "")


def standing_out(summary: Mapping[str, Any], width: int, ascii_only: bool) -> list[str]:
    """Return a line about flaky passes, one about left processes and one about skills, where there are any.

    ``summary`` needs no more than the keys ``flaky``, ``left_processes`` and ``skills`` of a summary.
    """
    writer = _Writer(width, ascii_only)
    flaky, left = summary["flaky"], summary["left_processes"]
    lines: list[str] = []
    if flaky["count"]:
        lines.append(writer.first("flaky: ", flaky["nodeids"], flaky["count"]))
    if left["count"]:
        processes = plural(left["count"], "process", "processes")
        lines.append(writer.first(f"left {processes}: ", left["nodeids"], left["items"]))
    skills = summary["skills"]
    found, more = counted({**skills["findings"], "note": 0}), passed_over(skills)
    if found:
        concerned = skills["concerned"]
        of_all = f" of {skills['count']}" if skills["count"] != concerned["count"] else ""
        where = f" in {concerned['count']}{of_all} skills, first " if skills["count"] > 1 else " in "
        lines.append(writer.line(f"skills: {found}{where}", concerned["paths"][0]))
    if more:
        lines.append(f"skills: {'besides, ' if found else 'nothing found; '}{more}")
    return lines


def closing_lines(
    document_summary: Mapping[str, Any], report_dir_shown: str, width: int, ascii_only: bool, *, brief: bool = False
) -> list[str]:
    """Return at most 12 lines about a run, none wider than ``width`` columns (or 40, if that is more).

    ``document_summary`` is what :func:`~pytest_orchestrator.reports.summary.summarize` returned,
    ``report_dir_shown`` the report directory as the user should see it. With ``ascii_only`` (a terminal that
    cannot show more) other characters are written by their number. With ``brief`` only what stands out (see
    :func:`standing_out`) and where the report is.
    """
    writer = _Writer(width, ascii_only)
    hints = standing_out(document_summary, width, ascii_only)
    directory = report_dir_shown.rstrip("/") or "/"
    report = writer.line("report: ", f"{directory}/report.md")
    order, verdict = document_summary["run"]["order"], document_summary["verdict"]
    if order.startswith("random") and verdict not in ("passed", "nothing collected"):
        hints.append(f"order: --orchestrate-order={order}")
    agents = document_summary["agents"]
    if agents["runs"]:
        hints.insert(0, writer.line("agents: ", agents_line(agents, lambda status, _: status)))
    if brief:
        return [*hints, report]
    head = counts_lines(document_summary, width) if document_summary["collected"] or not agents["tests"] else []
    if document_summary["unrecorded"]:
        hints.append(f"no result: {plural(document_summary['unrecorded'], 'item')}")
    slowest = document_summary["slowest"][:1]
    if slowest and slowest[0]["duration"] >= _WORTH_NAMING and document_summary["collected"] > 1:
        after = f" {format_duration(slowest[0]['duration'])}"
        hints.append(writer.line("slowest: ", slowest[0]["nodeid"], after))
    tail = [
        report,
        writer.line("results: ", f"{directory}/results.jsonl"),
        writer.line("logs: ", f"{directory}/logs/"),
    ]
    return [*head, *hints[: MOST_LINES - len(head) - len(tail)], *tail]
