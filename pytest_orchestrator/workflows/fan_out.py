"""One task of many: what is done to each item of a list, and what comes of all together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .errors import MapFailedError
from .outcome import TaskState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .outcome import TaskOutcome
    from .task import Task


def children_of(task: Task, items: Any) -> list[Task]:
    """Return a task for each of ``items``, called ``name[0]`` and so on; the item is the first argument of its action.

    Raise TypeError when ``items`` is no collection.
    """
    if isinstance(items, str | bytes | Mapping) or not isinstance(items, Iterable):
        problem = (
            f"task {task.name!r} maps over {type(items).__name__} {items!r}: give a list, or a task that returns one"
        )
        raise TypeError(problem)
    return [
        replace(
            task,
            name=f"{task.name}[{index}]",
            args=(item, *task.args),
            condition=None,
            retry_policy=task.retry_policy,
            is_map=False,
            over=None,
        )
        for index, item in enumerate(items)
    ]


def gathered(name: str, outcomes: Sequence[TaskOutcome]) -> list[Any]:
    """Return the results in the order of the items, None for those that were skipped.

    Raise MapFailedError when some did not pass.
    """
    bad = [outcome for outcome in outcomes if outcome.state.is_bad or outcome.state is TaskState.CANCELLED]
    if bad:
        raise MapFailedError(name, [outcome.name for outcome in bad], len(outcomes))
    return [outcome.result for outcome in outcomes]
