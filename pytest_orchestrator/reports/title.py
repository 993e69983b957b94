"""How ``report.md`` begins: the verdict, the counts, and what the reader must know before the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .amounts import format_duration, plural
from .quoting import code
from .summary import status_counts, uncollected_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..core.document import RunDocument

_BAD = ("failed", "error")
"""How a test with agents ended that did not pass."""


def _warnings(document: RunDocument, summary: dict[str, Any]) -> Iterator[str]:
    run = document.run
    if run.missing:
        shards = f"shard {run.missing[0]} is" if len(run.missing) == 1 else f"shards {', '.join(run.missing)} are"
        yield f"**{shards} missing:** what those would have run is not in this report.".replace("**s", "**S", 1)
    finished = f"{plural(len(document.rows), 'item')} had finished by the last line of `results.jsonl`."
    ended_badly = "pytest was killed, crashed, or is still running"
    if run.unended:
        yield f"**{run.unended} of the {run.merged} merged runs did not end:** {ended_badly}. {finished}"
    elif document.crashed and not run.missing:
        yield f"**This run did not end:** {ended_badly}. {finished}"
    if document.unrecorded:
        yield f"{plural(document.unrecorded, 'collected item')} left no result; counted as not run."
    if document.unreadable:
        yield f"{plural(document.unreadable, 'line')} of `results.jsonl` could not be read."
    is_explained = summary["failing"]["count"] or document.collection_errors
    if summary["exit_status"] == 1 and summary["verdict"] == "failed" and not is_explained:
        failed = sum(count for word, count in summary["agents"]["outcomes"].items() if word in _BAD)
        if failed:
            yield f"{plural(failed, 'test')} with agents did not pass, see *Agents* below."
        else:
            yield "pytest ended with exit status 1 although nothing here failed: other tests did, or a plugin."


def title_of(document: RunDocument, summary: dict[str, Any]) -> str:
    """Return the beginning of the report: verdict and counts, when it ran, and what the reader must know first."""
    agents = summary["agents"]["tests"]
    nothing = f"agents in {plural(agents, 'test')}" if agents else "no items"
    counts = ", ".join([*uncollected_count(summary), *status_counts(summary["totals"])]) or nothing
    title = f"# {summary['verdict'].capitalize()}: {counts}\n"
    run = document.run
    lasted = f", {format_duration(document.duration)}" if document.duration is not None else ""
    where = f" in {code(run.rootdir_name)}" if run.rootdir_name else ""
    about = f"Run {code(run.run_id)}{where}, started {code(run.started)}{lasted}.\n"
    return "\n".join([title, about, *(f"> {warning}\n" for warning in _warnings(document, summary))])
