"""The shape of a workflow, checked: everything that is wrong with it at once. Nothing in here recurses."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from .task import Task

_MOST_CYCLES = 5


def problems_of(dependencies: Mapping[str, Sequence[str]], duplicates: Iterable[str] = ()) -> list[str]:
    """Return what is wrong with a graph, one sentence each: names that are taken twice, unknown dependencies, cycles.

    ``dependencies`` are the names that each task needs, in the order in which tasks were added.
    """
    problems = [f"task {name!r}: the name is taken by an earlier task" for name in dict.fromkeys(duplicates)]
    for name, needed in dependencies.items():
        for other in dict.fromkeys(needed):
            if other == name:
                problems.append(f"task {name!r}: it needs itself")
            elif other not in dependencies:
                problems.append(f"task {name!r}: it needs {other!r}, {_remedy(other, dependencies)}")
    problems += [f"tasks wait for one another: {' -> '.join(map(repr, cycle))}" for cycle in cycles(dependencies)]
    return problems


def problems_of_late(name: str, needed: Iterable[str], known: Collection[str]) -> list[str]:
    """Return what is wrong with one more task for a graph that has the tasks ``known``, one sentence each."""
    problems = [f"task {name!r}: the name is taken by an earlier task"] if name in known else []
    for other in needed:
        if other == name:
            problems.append(f"task {name!r}: it needs itself")
        elif other not in known:
            problems.append(f"task {name!r}: it needs {other!r}, {_remedy(other, known)}")
    return problems


def in_order(tasks: Mapping[str, Task]) -> list[Task]:
    """Return the tasks so that each stands behind what it needs, else in their order; those that can be placed."""
    placed: set[str] = set()
    order: list[Task] = []
    late: dict[str, list[Task]] = {}
    for task in tasks.values():
        if placed.issuperset(task.dependencies):
            placed.add(task.name)
            order.append(task)
            if task.name not in late:
                continue
            ready = late.pop(task.name)
        else:
            ready = [task]
        while ready:
            each = ready.pop()
            missing = next((name for name in each.dependencies if name not in placed), None)
            if missing is not None:
                late.setdefault(missing, []).append(each)
                continue
            placed.add(each.name)
            order.append(each)
            ready.extend(late.pop(each.name, ()))
    return order


def _remedy(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"which there is not; did you mean {close[0]!r}?" if close else "which there is not"


def cycles(dependencies: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return cycles, each as the path of names from one task to what it needs and back to itself; a few at the most.

    Tasks that need themselves are left out.
    """
    done: set[str] = set()
    found: list[list[str]] = []
    for start in dependencies:
        if start in done:
            continue
        path: list[str] = [start]
        place = {start: 0}
        rest = [iter(dependencies[start])]
        while rest:
            following = next((name for name in rest[-1] if name in dependencies and name != path[-1]), None)
            if following is None:
                rest.pop()
                last = path.pop()
                del place[last]
                done.add(last)
            elif following in place:
                if len(found) < _MOST_CYCLES:
                    found.append([*path[place[following] :], following])
            elif following not in done:
                place[following] = len(path)
                path.append(following)
                rest.append(iter(dependencies[following]))
    return found
