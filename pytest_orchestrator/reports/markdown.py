"""``report.md``: one run as GitHub-flavoured Markdown, failures first, always below 1 MiB.

GitHub throws a larger job summary away whole. So every section has a budget; what does not fit is counted.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from ..core.document import TAIL_CHARS
from ..core.kinds import WORKFLOW
from ..core.status import Status
from .agents import agents_section
from .amounts import format_duration, format_size, plural
from .quoting import cell, code, fence, last_lines, plain
from .skills import found_in_skills, skill_blocks, skills_line
from .summary import UNRECORDED, slowest, summarize
from .title import title_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ..core.document import ResultRow, RunDocument

LIMIT_BYTES = 1_000_000
"""Upper bound of the whole report, below GitHub's 1 MiB."""

_KIB = 1024
_DETAILS = {Status.FAILED: 340 * _KIB, Status.TIMEOUT: 120 * _KIB, Status.ERROR: 120 * _KIB}
_LINES = 24 * _KIB
_LIST = 32 * _KIB
_MOST_FOR_SKILLS = 200 * _KIB
_WORKFLOWS = 60 * _KIB
_LEAST_FOR_SKILLS = 16 * _KIB
_IDS_PER_GROUP = 5
_MESSAGE_LINES = 30

_HEADINGS = {Status.FAILED: "Failures", Status.TIMEOUT: "Timeouts", Status.ERROR: "Errors"}


def _bounded(blocks: Iterator[str], limit: int) -> tuple[str, int]:
    """Join blocks as long as they fit into ``limit`` bytes; return the text and how many they were."""
    parts: list[str] = []
    for block in blocks:
        limit -= len(block.encode())
        if limit < 0:
            break
        parts.append(block)
    return "".join(parts), len(parts)


def _list(rows: Sequence[ResultRow], line: Callable[[ResultRow], str]) -> str:
    text, shown = _bounded(map(line, rows), _LIST)
    return text + _more(len(rows) - shown)


def _more(number: int) -> str:
    return f"- … and {number} more, all in `results.jsonl`\n" if number else ""


def _grouped(pairs: Iterable[tuple[str, str]]) -> str:
    """List texts with the ids that share each, the most frequent first; texts are Markdown already."""
    ids: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for text, nodeid in pairs:
        counts[text] = counts.get(text, 0) + 1
        named = ids.setdefault(text, [])
        if len(named) < _IDS_PER_GROUP:
            named.append(nodeid)
    order = sorted(counts, key=lambda text: (-counts[text], text))

    def line(text: str) -> str:
        more = counts[text] - len(ids[text])
        names = ", ".join(map(code, ids[text])) + (f" … and {more} more" if more else "")
        return f"- {text} ({counts[text]}): {names}\n"

    text, shown = _bounded(map(line, order), _LIST)
    return text + _more(sum(counts[text] for text in order[shown:]))


def _failures(document: RunDocument, rows: Sequence[ResultRow], status: Status) -> str:
    if not rows:
        return ""
    from .failure import failure_block, failure_line  # most runs have none

    # What was found in skills has a section of its own.
    found = [row for row in rows if row.entries("findings")]
    detailed = [row for row in rows if not row.entries("findings")]
    blocks = (failure_block(row, document.log_id(row)) for row in detailed)
    details, shown = _bounded(blocks, _DETAILS[status])
    brief = [*found, *detailed[shown:]]
    lines, listed = _bounded(map(failure_line, brief), _LINES)
    if lines:
        kinds = ["parts of skills (see *Skills* below)"] if found else []
        kinds += ["without details"] if len(brief) > len(found) else []
        heading = ", and others ".join(kinds)
        lines = f"### {heading[0].upper()}{heading[1:]}\n\n{lines}"
    rest = _more(len(brief) - listed)
    reasons = ""
    if status is Status.ERROR:
        reasons = _grouped((code(str(row.data.get("reason") or "unknown"), 60), row.nodeid) for row in rows) + "\n"
    return f"{reasons}{details}{lines}{rest}"


def _skills(rows: Sequence[ResultRow], summary: dict[str, Any], limit: int) -> tuple[str, str]:
    """Return the heading of the section about skills, and the section, which is empty where there are none."""
    skills = found_in_skills(rows)
    if not skills:
        return "Skills", ""
    blocks = list(skill_blocks(skills))
    text, shown = _bounded(iter(blocks), limit)
    more = len(blocks) - shown
    rest = f"… and {plural(more, 'more skill')} with findings, all in `results.jsonl`\n" if more else ""
    first = f"{skills_line(skills, summary)}\n"
    return f"Skills: findings in {len(blocks)} of {len(skills)}", f"{first}\n{text}{rest}" if blocks else first


def _workflows(rows: Sequence[ResultRow], summary: dict[str, Any]) -> tuple[str, str]:
    """Return the heading of the section about workflows, and the section, which is empty where there are none."""
    if WORKFLOW not in summary["by_kind"]:
        return "Workflows", ""
    from .workflows import workflow_blocks, workflow_rows

    found = workflow_rows(rows)
    text, shown = _bounded(workflow_blocks(found), _WORKFLOWS)
    return f"Workflows ({len(found)})", text + _more(len(found) - shown)


def _uncollected(document: RunDocument) -> str:
    def block(error: tuple[str, str]) -> str:
        nodeid, message = error
        return f"### {code(nodeid, 500)}\n\n{fence(last_lines(message, _MESSAGE_LINES, TAIL_CHARS))}\n"

    text, shown = _bounded(map(block, document.collection_errors), _LIST)
    return text + _more(len(document.collection_errors) - shown)


def _totals(summary: dict[str, Any]) -> str:
    totals = summary["totals"]
    kinds = [kind for kind in summary["by_kind"] if kind != UNRECORDED][:6]
    columns = kinds if len(kinds) > 1 else []
    lines = [
        "".join(["| status | count |", *(f" {cell(kind, 40)} |" for kind in columns)]),
        "".join(["|---|---:|", *("---:|" for _ in columns)]),
    ]
    for status in Status:
        if totals[status]:
            row = [f"| {status.replace('_', ' ')} | {totals[status]} |"]
            row += [f" {summary['by_kind'][kind]['totals'][status]} |" for kind in columns]
            lines.append("".join(row))
    row = [f"| **collected** | **{summary['collected']}** |"]
    row += [f" **{summary['by_kind'][kind]['collected']}** |" for kind in columns]
    return "\n".join([*lines, "".join(row), ""])


def _directories(summary: dict[str, Any]) -> str:
    groups = summary["by_directory"]
    if len(groups) < 2:
        return ""

    def bad(name: str) -> int:
        return sum(groups[name]["totals"][status] for status in Status if status.is_bad)

    def line(name: str) -> str:
        group = groups[name]
        counts = (group["collected"], group["totals"]["passed"], bad(name), format_duration(group["duration"]))
        return f"| {cell(name)} | {' | '.join(map(str, counts))} |\n"

    order = sorted(groups, key=lambda name: (-bad(name), name))
    text, shown = _bounded(map(line, order[:100]), _LIST)
    rest = f"\n… and {len(order) - shown} more directories, all in `summary.json`\n" if shown < len(order) else ""
    return (
        f"| directory | collected | passed | failed, timeout, error | time |\n|---|---:|---:|---:|---:|\n{text}{rest}"
    )


def _slowest(rows: Sequence[ResultRow]) -> str:
    lines = [f"| {format_duration(row.duration)} | {cell(row.nodeid)} | {row.status} |" for row in slowest(rows)]
    return "\n".join(["| time | item | status |", "|---:|---|---|", *lines, ""]) if lines else ""


def _flaky(row: ResultRow) -> str:
    from .failure import describe_attempts

    return "".join([f"- {code(row.nodeid)}\n", *(f"  - {attempt}\n" for attempt in describe_attempts(row))])


def _left(row: ResultRow) -> str:
    from .failure import describe_left

    return f"- {code(row.nodeid)}: {describe_left(row)}\n"


def _told(row: ResultRow, without: str = "no reason was recorded") -> str:
    return code(row.error) if row.error else without


def _expected(row: ResultRow) -> str:
    reason = row.data.get("xfail")
    parts = [code(reason)] if isinstance(reason, str) and reason else []
    if row.error and row.error != reason:
        parts.append(f"it was {code(row.error)}")
    return f"{row.status}: {', '.join(parts) or 'no reason was recorded'}"


def _facts(document: RunDocument) -> str:
    run = document.run
    versions = (("pytest-orchestrator", run.version), ("pytest", run.pytest), ("Python", run.python))
    engine = plural(run.workers, "xdist worker") if run.workers else plural(run.jobs, "job")
    divided = f"{run.merged} of {run.shards} shards" if run.missing else f"{run.merged} shards"
    lines = [
        f"- merged from {divided if run.shards else plural(run.merged, 'run')}" if run.merged else "",
        f"- command: {code(shlex.join(run.command), 1000)}" if run.command else "",
        f"- shard {code(run.shard, 60)}" if run.shard else "",
        f"- order {code(run.order, 60)}" if run.order else "",
        f"- {', '.join(f'{name} {code(version, 60)}' for name, version in versions if version)}",
        f"- {engine}{f', {code(run.platform, 120)}' if run.platform else ''}",
    ]
    return "\n".join(line for line in lines if line.strip("- ")) + "\n"


def _sections(document: RunDocument, summary: dict[str, Any]) -> Iterator[tuple[str, str]]:
    rows = sorted(document.rows, key=lambda row: (row.nodeid, row.worker))
    by_status: dict[Status, list[ResultRow]] = {status: [] for status in Status}
    for row in rows:
        by_status[row.status].append(row)
    yield f"Could not be collected ({len(document.collection_errors)})", _uncollected(document)
    room = sum(_DETAILS.values())
    for status, heading in _HEADINGS.items():
        body = _failures(document, by_status[status], status)
        room -= len(body.encode())
        yield f"{heading} ({len(by_status[status])})", body
    yield _skills(rows, summary["skills"], min(max(room, _LEAST_FOR_SKILLS), _MOST_FOR_SKILLS))
    yield _workflows(rows, summary)
    yield f"Agents ({sum(len(row.runs) for row in document.agents)})", agents_section(document.agents, _LIST)
    stopped = [*by_status[Status.CANCELLED], *by_status[Status.NOT_RUN]]
    yield (
        f"Cancelled and not run ({len(stopped)})",
        _grouped((f"{row.status.replace('_', ' ')}: {_told(row)}", row.nodeid) for row in stopped),
    )
    flaky = [row for row in rows if row.is_flaky]
    yield f"Flaky: passed, but not at the first attempt ({len(flaky)})", _list(flaky, _flaky)
    left = [row for row in rows if row.entries("left_processes")]
    yield (
        f"Processes left behind ({len(left)})",
        _list(left, _left),
    )
    yield "Directories", _directories(summary)
    yield "Slowest", _slowest(rows)
    skipped = by_status[Status.SKIPPED]
    yield f"Skipped ({len(skipped)})", _grouped((_told(row), row.nodeid) for row in skipped)
    expected = [*by_status[Status.XFAILED], *by_status[Status.XPASSED]]
    yield (
        f"Expected to fail ({len(expected)})",
        _grouped((_expected(row), row.nodeid) for row in expected),
    )
    noted = [(code(str(note)), row.nodeid) for row in rows for note in row.entries("notes")]
    yield f"Notes ({len(noted)})", _grouped(noted)


def _extra(sections: Sequence[tuple[str, str]], room: int) -> list[str]:
    """Return the sections of hooks that fit; one too large is named, with its size."""
    parts: list[str] = []
    for number, (title, markdown) in enumerate(sections):
        body = markdown.strip().encode("utf-8", "backslashreplace").decode()
        heading = f"## {plain(title, 100)}\n\n"
        part = f"{heading}{body}\n"
        if len(part.encode()) > room - _KIB:
            size = format_size(len(body.encode()))
            part = f"{heading}Left out: its {size} are more than what the report has room for.\n"
        if len(part.encode()) > room - _KIB:
            return [*parts, f"… and {plural(len(sections) - number, 'more section')} without room here.\n"]
        parts.append(part)
        room -= len(part.encode()) + 1
    return parts


def render_markdown(document: RunDocument, summary: dict[str, Any] | None = None) -> str:
    """Return ``report.md`` for one run.

    Text of programs stands in code spans and fenced blocks only, so it can never be taken for Markdown. The
    report has at most :data:`LIMIT_BYTES` bytes: details of failures first, then one line each, then a count.
    The document's ``sections``, which hooks add, come last; one that does not fit is left out with a line that
    says so. ``summary`` is what :func:`~.summary.summarize` says of the document, for a caller that has asked it.
    """
    if summary is None:
        summary = summarize(document)
    parts = [title_of(document, summary), _totals(summary)]
    parts += [f"## {heading}\n\n{body.rstrip()}\n" for heading, body in _sections(document, summary) if body]
    parts.append(f"## This run\n\n{_facts(document)}")
    room = LIMIT_BYTES - sum(len(part.encode()) + 1 for part in parts)
    return "\n".join([*parts, *_extra(document.sections, room)])
