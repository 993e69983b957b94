"""One report of several runs: the shards of one, or runs of different folders."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.document import FORMAT, RunDocument, end_line
from ..core.jsontext import compact
from ..core.kinds import SCRIPT
from ..core.shards import Shard
from ..errors import ReportError
from .durations import DURATIONS, MEASURED, Recorded, write_durations
from .logs import LOGS
from .marks import RESULTS, prepare_report_dir
from .reader import read_results
from .writer import render_all

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence


def merge_reports(
    directories: Sequence[str | os.PathLike[str]], output_dir: str | os.PathLike[str], *, partial: bool = False
) -> list[Path]:
    """Write one report of the runs in ``directories`` to ``output_dir``, and return the paths of its files.

    They are all the shards of one run, divided in one way, or whole runs that have no item in common. The output of
    each is copied; ``durations.json`` is written anew from all of them. Where a run has not ended, the whole has not;
    the same holds where shards are missing, which only ``partial`` allows.

    Raises :class:`~pytest_orchestrator.errors.ReportError` when the results of one cannot be read, when they do not
    belong together (all reasons at once), or when ``output_dir`` cannot be written or has results already.
    """
    sources = [Path(directory) for directory in directories]
    documents = [read_results(source / RESULTS) for source in sources]
    mistakes = [*_misfits(sources, documents), *_repeated(sources, documents)]
    missing = [] if mistakes else _missing(documents)
    if missing and not partial:
        shards = f"{'shard' if len(missing) == 1 else 'shards'} {', '.join(missing)}"
        raise ReportError(f"{shards} missing: name the directory of each, or add --partial for a report without them")
    if mistakes:
        raise ReportError("these results do not belong together:\n" + "\n".join(f"  {text}" for text in mistakes))
    target = Path(output_dir)
    if (target / RESULTS).exists():
        message = f"{str(target)!r} has results already: remove it, or name another directory with --output-dir"
        raise ReportError(message)
    prepare_report_dir(target)
    try:
        _write_results(sources, documents, target / RESULTS, missing)
        for source in sources:
            if (source / LOGS).is_dir():
                shutil.copytree(source / LOGS, target / LOGS, dirs_exist_ok=True)
    except OSError as error:
        raise ReportError(f"cannot write the report {str(target)!r}: {error}") from error
    write_durations(target / DURATIONS, _durations(documents))
    return [*render_all(target, logs=False), target / LOGS, target / DURATIONS]


def _misfits(sources: Sequence[Path], documents: Sequence[RunDocument]) -> list[str]:
    """Return, for people, why these are not all the shards of one run, nor all whole runs."""
    sharded = [
        (source, document.run) for source, document in zip(sources, documents, strict=True) if document.run.shard
    ]
    if not sharded:
        return []
    mistakes = [
        f"{str(source)!r} is a whole run, others are shards"
        for source, document in zip(sources, documents, strict=True)
        if not document.run.shard
    ]
    first_source, first = sharded[0]
    seen: dict[int, Path] = {}
    for source, run in sharded:
        try:
            shard = Shard.parse(run.shard)
        except ValueError as error:
            mistakes.append(f"{str(source)!r}: {error}")
            continue
        if run.shard.partition("/")[2] != first.shard.partition("/")[2]:
            mistakes.append(f"{str(source)!r} is shard {run.shard}, {str(first_source)!r} is shard {first.shard}")
        elif run.divided_by != first.divided_by:
            mistakes.append(
                f"{str(source)!r} was divided by {_how(run.divided_by)}, {str(first_source)!r} by"
                f" {_how(first.divided_by)}: give all shards the same file of durations"
            )
        elif shard.index in seen:
            mistakes.append(f"{str(source)!r} and {str(seen[shard.index])!r} are both shard {run.shard}")
        seen.setdefault(shard.index, source)
    return mistakes


def _missing(documents: Sequence[RunDocument]) -> list[str]:
    """Return which shards are missing from results that fit together."""
    there = {document.run.shard for document in documents}
    if there == {""}:
        return []
    count = Shard.parse(next(iter(there))).count
    return [text for index in range(1, count + 1) if (text := str(Shard(index, count))) not in there]


def _how(divided_by: str) -> str:
    return "a hash of the ids" if divided_by == "hash" else f"the durations {divided_by}"


def _repeated(sources: Sequence[Path], documents: Sequence[RunDocument]) -> list[str]:
    owners: dict[str, int] = {}
    repeated: dict[tuple[int, int], list[str]] = {}
    for number, document in enumerate(documents):
        for row in document.rows:
            nodeid = document.log_id(row)
            owner = owners.setdefault(nodeid, number)
            if owner != number:
                repeated.setdefault((owner, number), []).append(nodeid)
    return [
        f"{str(sources[one])!r} and {str(sources[other])!r} both have {names[0]}"
        + (f" and {more} more" if more else "")
        for (one, other), names in repeated.items()
        for more in [len(names) - 1]
    ]


def _write_results(
    sources: Sequence[Path], documents: Sequence[RunDocument], path: Path, missing: Sequence[str]
) -> None:
    """Write the merged ``results.jsonl``: a run line for all, every other line as it is, an end line for all."""
    totals = Counter(row.status for document in documents for row in document.rows)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(compact(_run_line(documents, missing)) + "\n")
        for source in sources:
            with open(source / RESULTS, encoding="utf-8", errors="backslashreplace", newline="\n") as lines:
                file.writelines(
                    line for line in lines if _kind(line) in ("result", "agents", "section", "collection_error")
                )
        ends = [document.end for document in documents]
        if not missing and all(end is not None for end in ends):
            statuses = [end.exit_status or 0 for end in ends if end is not None]
            collected = sum(document.collected for document in documents)
            exit_status = next((status for status in statuses if status > 1), max(statuses))
            file.write(end_line(exit_status=exit_status, ended=_ended(documents), totals=totals, collected=collected))


def _kind(line: str) -> object:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value.get("type") if isinstance(value, dict) else None


def _run_line(documents: Sequence[RunDocument], missing: Sequence[str]) -> dict[str, Any]:
    first = min((document.run for document in documents), key=lambda run: run.started)
    return {
        "type": "run", "format": FORMAT, "run_id": first.run_id, "started": first.started,
        "rootdir_name": first.rootdir_name, "command": [], "version": first.version,
        "python": first.python, "pytest": first.pytest, "platform": first.platform,
        "jobs": first.jobs, "workers": first.workers, "per_worker": any(d.run.per_worker for d in documents),
        "collected": sum(document.collected for document in documents), "merged": len(documents),
        "shards": Shard.parse(first.shard).count if first.shard else 0, "missing": list(missing),
        "unended": sum(document.crashed for document in documents),
    }  # fmt: skip


def _ended(documents: Sequence[RunDocument]) -> float:
    from datetime import datetime

    try:
        return max(datetime.fromisoformat(document.end.ended).timestamp() for document in documents if document.end)
    except ValueError:
        return time.time()


def _durations(documents: Sequence[RunDocument]) -> dict[str, Recorded]:
    now = time.time()
    return {
        row.nodeid: Recorded(row.duration, now)
        for document in documents
        for row in document.rows
        if row.status in MEASURED and row.kind == SCRIPT
    }
