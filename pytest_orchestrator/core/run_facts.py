"""The ``run`` line of ``results.jsonl``: how a run was started, and of what it consists."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ..quick_dataclasses import dataclass
from .jsontext import compact
from .result import iso_time

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FORMAT = 1
"""Version of the format; it changes only when an old reader would misread a new file."""


def run_line(
    *,
    run_id: str,
    started: float,
    rootdir_name: str,
    command: Sequence[str],
    version: str,
    python: str,
    pytest: str,
    platform: str,
    jobs: int,
    workers: int,
    collected: int | None = None,
    per_worker: bool = False,
    shard: str | None = None,
    divided_by: str | None = None,
    order: str | None = None,
) -> str:
    """Return the first line of ``results.jsonl``, newline included.

    ``started`` is in seconds since the epoch. ``rootdir_name`` is the last component only, never a whole path.
    ``command`` is how pytest was called. ``workers`` is the number of xdist workers, 0 without xdist.
    ``collected``, when it is known this early, lets the report of a crashed run say how much is missing.
    ``per_worker`` says that every worker ran every item (``--dist each``): each row then has a log of its own.
    ``shard`` (``2/5``) says that this is a part of a run, and ``divided_by`` how it was divided, which must be the same
    in all parts. ``order`` is that of the scripts, with the seed of a random one.
    """
    facts = {
        "type": "run", "format": FORMAT, "run_id": run_id, "started": iso_time(started), "rootdir_name": rootdir_name,
        "command": list(command), "version": version, "python": python, "pytest": pytest, "platform": platform,
        "jobs": jobs, "workers": workers, "per_worker": per_worker,
    }  # fmt: skip
    if collected is not None:
        facts["collected"] = collected
    if order is not None:
        facts["order"] = order
    if shard is not None:
        facts |= {"shard": shard, "divided_by": divided_by}
    return compact(facts) + "\n"


def text_of(value: object) -> str:
    """Return a text that a line holds; an empty one for anything else."""
    return value if isinstance(value, str) else ""


def seconds_of(value: object) -> float:
    """Return seconds that a line holds; 0 for anything else."""
    # Python's reader takes NaN and numbers beyond any float, and a result line may hold either.
    try:
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0
    except OverflowError:
        return 0.0


def count_of(value: object) -> int | None:
    """Return a number that a line holds; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _texts_of(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The ``run`` line."""

    run_id: str
    started: str
    """ISO 8601 with the offset."""
    rootdir_name: str = ""
    command: tuple[str, ...] = ()
    version: str = ""
    python: str = ""
    pytest: str = ""
    platform: str = ""
    jobs: int = 1
    workers: int = 0
    collected: int | None = None
    per_worker: bool = False
    """Whether every worker ran every item."""
    shard: str = ""
    """Which part of a run this is, as in ``2/5``; empty for a whole one."""
    divided_by: str = ""
    """How the run was divided: ``hash``, or the digest of the durations."""
    order: str = ""
    """The order of the scripts, with the seed of a random one; empty where it was not recorded."""
    merged: int = 0
    """Of how many runs this was merged; 0 of a run that was not."""
    shards: int = 0
    """Into how many shards the merged run was divided; 0 where it was not."""
    missing: tuple[str, ...] = ()
    """The shards that are missing, as in ``3/3``."""
    unended: int = 0
    """How many of the merged runs did not end."""

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> RunFacts:
        """Return the facts of a parsed ``run`` line.

        Raises ``ValueError``, with what is wrong and what is allowed, for another format than :data:`FORMAT`.
        """
        if line.get("format") != FORMAT:
            raise ValueError(
                f"format {line.get('format')!r} is not known here; this version reads format {FORMAT}: "
                "render it with the version that wrote it"
            )
        return cls(
            run_id=text_of(line.get("run_id")),
            started=text_of(line.get("started")),
            rootdir_name=text_of(line.get("rootdir_name")),
            command=_texts_of(line.get("command")),
            version=text_of(line.get("version")),
            python=text_of(line.get("python")),
            pytest=text_of(line.get("pytest")),
            platform=text_of(line.get("platform")),
            jobs=count_of(line.get("jobs")) or 1,
            workers=count_of(line.get("workers")) or 0,
            collected=count_of(line.get("collected")),
            per_worker=line.get("per_worker") is True,
            shard=text_of(line.get("shard")),
            divided_by=text_of(line.get("divided_by")),
            order=text_of(line.get("order")),
            merged=count_of(line.get("merged")) or 0,
            shards=count_of(line.get("shards")) or 0,
            missing=_texts_of(line.get("missing")),
            unended=count_of(line.get("unended")) or 0,
        )
