"""What a task is: plain data, as it was given."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, final

from ..quick_dataclasses import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..core.retry import RetryPolicy


class Trigger(StrEnum):
    """When a task runs, by how its dependencies ended."""

    ALL_SUCCESS = "all_success"
    """All have passed. The default."""
    ALL_DONE = "all_done"
    """All have ended, whatever came of them."""
    ONE_SUCCESS = "one_success"
    """One has passed; the others are not waited for."""
    ONE_FAILED = "one_failed"
    """One has failed; the others are not waited for."""


@final
class Branch:
    """What a task returns to choose which of the tasks that need it go on; the others are skipped.

    ``Branch("deploy")`` lets ``deploy`` go on, ``Branch()`` none. The result that others see of it is ``value``.
    """

    __slots__ = ("names", "value")

    def __init__(self, *names: str, value: Any = None) -> None:
        self.names = frozenset(names)
        self.value = value

    def __repr__(self) -> str:
        return f"Branch({', '.join(sorted(map(repr, self.names)))})"


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One step of a workflow (seed 004)."""

    name: str
    action: Callable[..., Any]
    """Called when it is time. A parameter named like a dependency gets its result, one named ``results`` a mapping of
    all results of dependencies; nothing else is given to it."""
    dependencies: tuple[str, ...] = ()
    args: tuple[Any, ...] = ()
    """Positional arguments, which come first."""
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments, which come before results of the same name."""
    timeout: float | None = None
    """Seconds for each attempt; None for no limit."""
    retry_policy: RetryPolicy | None = None
    condition: Callable[..., Any] | None = None
    """Called like the action, before it; the task is skipped where it is not true, and fails where it raises."""
    trigger: Trigger = Trigger.ALL_SUCCESS
    priority: int = 0
    """Of several that could start, the one with the highest goes first."""
    pool: str | None = None
    """The name of a pool of the workflow, of whose places it takes one."""
    tags: frozenset[str] = frozenset()
    over: Any = None
    """What :meth:`Workflow.map` makes one task of each: a list, or the name of a dependency that gives one."""
    is_map: bool = False
