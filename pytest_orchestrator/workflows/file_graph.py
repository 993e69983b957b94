"""The graph of a workflow file: what tasks need, and whether that can be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..config.phrases import below, clipped, suggestion
from ..config.tree import Listing
from .graph import cycles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..config.tree import Node, Table
    from ..config.values import Report
    from .file import FileTask


def check_graph(
    report: Report, tasks: Mapping[str, FileTask], nodes: Mapping[str, Table], names: Sequence[str]
) -> dict[str, FileTask]:
    """Return the tasks, each with all that comes before it. Unknown names and cycles are reported.

    ``names`` are those of all tasks, also of those with mistakes in them.
    """
    for name, task in tasks.items():
        where = f"{below('tasks', name)}.needs"
        for needed in task.needs:
            at = _place(nodes[name].entries["needs"].value, needed)
            if needed == name:
                report(at, f"{where}: the task needs itself; remove it")
            elif needed not in names:
                hint = suggestion(needed, names).replace("known keys are", "there is")
                report(at, f"{where}: there is no task {clipped(needed)}; {hint}")
    dependencies = {name: [each for each in task.needs if each in tasks] for name, task in tasks.items()}
    for cycle in cycles(dependencies):
        first = cycle[0]
        at = _place(nodes[first].entries["needs"].value, cycle[1])
        report(
            at, f"{below('tasks', first)}.needs: tasks wait for one another: {' -> '.join(cycle)}; remove one of these"
        )
    return {name: replace(task, upstream=_upstream(name, dependencies)) for name, task in tasks.items()}


def _place(node: Node, name: str) -> int:
    items = node.items if isinstance(node, Listing) else (node,)
    return next((item.at for item in items if getattr(item, "text", None) == name), node.at)


def _upstream(name: str, dependencies: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    rest = list(dependencies[name])
    while rest:
        each = rest.pop()
        if each not in found and each != name:
            found[each] = None
            rest += dependencies[each]
    return tuple(each for each in dependencies if each in found)
