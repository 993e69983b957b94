"""One round of a pattern: all processes in parallel, and what came of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..plans import Watching, parallel_course
from ..strategies import follow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..process import AgentProcess
    from ..result import ProcessResult


def run_round(processes: Sequence[AgentProcess], watching: Watching, max_workers: int | None) -> list[ProcessResult]:
    """Run processes in parallel and return their results in the order of the processes, not of completion."""
    course = parallel_course("run_parallel", processes, watching, max_workers, fail_fast=False)
    follow(course)
    # A place for each result: process ids may be the same, and their order is nothing to rely on.
    places = dict(course.results)
    return [places[index] for index in range(len(places))]
