"""How a workflow is run: everything about it but its tasks."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Executor

    from .journal import Journal


@dataclass(frozen=True, slots=True)
class Plan:
    """The options of one run."""

    name: str
    timeout: float | None = None
    """Seconds for everything; None for no limit."""
    fail_fast: bool = False
    """Whether the first failure ends everything but the tasks that are there for failures."""
    max_concurrency: int | None = None
    pools: Mapping[str, int] = field(default_factory=dict)
    executor: Executor | None = None
    """Where actions run that are no coroutines; None for threads."""
    journal: Journal | None = None
