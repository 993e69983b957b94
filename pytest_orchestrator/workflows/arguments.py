"""The arguments of a task and of a workflow, checked: all mistakes at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..core.retry import RetryPolicy as Delays
from ..errors import ArgumentError
from .binding import makes_generator
from .task import Task, Trigger


def task_of(
    *,
    name: Any,
    action: Any,
    dependencies: Any = None,
    args: Any = (),
    kwargs: Any = None,
    timeout: Any = None,
    retry_policy: Any = None,
    condition: Any = None,
    trigger: Any = Trigger.ALL_SUCCESS,
    priority: Any = 0,
    pool: Any = None,
    tags: Any = (),
    pools: Mapping[str, int],
) -> Task:
    """Return the task of these arguments. Raise ArgumentError with all that is wrong."""
    problems = []
    if not isinstance(name, str) or not name:
        problems.append(f"name: {name!r} is not a text with something in it")
    if not callable(action):
        problems.append(f"action: {action!r} cannot be called")
    elif makes_generator(action):
        problems.append(f"action: {action!r} is a generator function, and a call of it does nothing; return a value")
    needed = _texts("dependencies", dependencies, problems)
    placed = _several("args", args, problems)
    if not is_positive(timeout):
        problems.append(f"timeout: {timeout!r} is not a number of seconds above 0; give None for no limit")
    if retry_policy is not None and not isinstance(retry_policy, Delays):
        problems.append(f"retry_policy: {retry_policy!r} is not a RetryPolicy(…)")
    if condition is not None and not callable(condition):
        problems.append(f"condition: {condition!r} cannot be called")
    elif condition is not None and makes_generator(condition):
        problems.append(f"condition: {condition!r} is a generator function, which would always be true")
    if type(trigger) is not Trigger:
        if trigger in list(Trigger):
            trigger = Trigger(trigger)
        else:
            problems.append(f"trigger: {trigger!r} is not one of {', '.join(repr(str(each)) for each in Trigger)}")
    if isinstance(priority, bool) or not isinstance(priority, int):
        problems.append(f"priority: {priority!r} is not a whole number")
    if pool is not None and not (isinstance(pool, str) and pool in pools):
        known = ", ".join(map(repr, pools)) or "none: name them in Workflow(pools=…)"
        problems.append(f"pool: there is no pool {pool!r}; there is {known}")
    if kwargs is not None and not (isinstance(kwargs, Mapping) and all(isinstance(key, str) for key in kwargs)):
        problems.append(f"kwargs: {kwargs!r} is not a mapping of names")
    labels = frozenset(_texts("tags", tags, problems))
    if problems:
        raise ArgumentError("\n".join(f"task {name!r}: {problem}" for problem in problems))
    return Task(
        name, action, needed, placed, dict(kwargs) if kwargs else {}, timeout, retry_policy, condition, trigger,
        priority, pool, labels,
    )  # fmt: skip


def _several(what: str, given: Any, problems: list[str]) -> tuple[Any, ...]:
    if isinstance(given, str | bytes):
        problems.append(f"{what}: {given!r} is one value; give a list, [{given!r}]")
        return ()
    if given is not None and not isinstance(given, Iterable):
        problems.append(f"{what}: {given!r} is not a list")
        return ()
    return tuple(given or ())


def _texts(what: str, given: Any, problems: list[str]) -> tuple[str, ...]:
    """Return the names in ``given``, each once."""
    several = _several(what, given, problems)
    if not several:
        return ()
    odd = [each for each in several if not isinstance(each, str)]
    problems += [f"{what}: {each!r} is not a text" for each in odd]
    return tuple(dict.fromkeys(several)) if not odd else ()


def workflow_problems(
    name: Any, timeout: Any, max_concurrency: Any, pools: Any, executor: Any, journal_sync: Any
) -> list[str]:
    """Return what is wrong with the arguments of a workflow, one sentence each."""
    problems = []
    if not isinstance(name, str) or not name:
        problems.append(f"name: {name!r} is not a text with something in it")
    if not is_positive(timeout):
        problems.append(f"timeout: {timeout!r} is not a number of seconds above 0; give None for no limit")
    if max_concurrency is not None and not is_count(max_concurrency):
        problems.append(f"max_concurrency: {max_concurrency!r} is not a whole number from 1, or None")
    if not isinstance(pools, Mapping):
        problems.append(f"pools: {pools!r} is not a mapping of names to numbers of places")
    else:
        problems += [
            f"pools[{pool!r}]: {size!r} is not a whole number from 1"
            for pool, size in pools.items()
            if not is_count(size)
        ]
    if executor is not None and not callable(getattr(executor, "submit", None)):
        problems.append(f"executor: {executor!r} has no submit(); give a concurrent.futures.Executor")
    if journal_sync not in ("normal", "full"):
        problems.append(f"journal_sync: {journal_sync!r} is not one of 'normal', 'full'")
    return problems


def is_positive(value: object) -> bool:
    """Whether ``value`` is a number above 0, or None."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and value > 0)


def is_count(value: object) -> bool:
    """Whether ``value`` is a whole number from 1."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
