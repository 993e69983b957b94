"""The strategies as plans: which processes run together, and what follows from how they ended. Nothing runs here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from ..quick_dataclasses import dataclass
from .attempts import Attempts, is_worth_retrying
from .calls import note_call
from .course import Course
from .crew import Wave
from .given import Given
from .handover import Handover, acceptance_of, handed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .course import Plan
    from .process import AgentProcess
    from .result import ProcessResult


@dataclass(frozen=True, slots=True)
class Watching:
    """The arguments that all strategies have, as they were given."""

    on_progress: Any = None
    retry: Any = None
    retry_on: Any = None
    pattern: str | None = None
    """The pattern that was called, where it was no strategy: messages name what the user called."""


def parallel_course(
    name: str, processes: Any, watching: Watching, max_workers: Any, *, fail_fast: bool
) -> Course[list[ProcessResult]]:
    """Return the course of ``run_parallel``."""
    given = Given()
    members, workers = given.processes(processes), given.workers(max_workers)
    options = {"max_workers": max_workers, "fail_fast": fail_fast}
    return _course(name, given, members, _parallel(members, workers, fail_fast), watching, options)


def sequential_course(
    name: str, processes: Any, watching: Watching, pass_output: Any, *, stop_on_failure: bool, pass_failed: bool
) -> Course[list[ProcessResult]]:
    """Return the course of ``run_sequential``: batches of one."""
    given = Given()
    members, handover = given.processes(processes), given.handover(pass_output, pass_failed)
    options = {"pass_output": pass_output, "stop_on_failure": stop_on_failure, "pass_failed": pass_failed}
    return _course(name, given, members, _batched(members, 1, handover, stop_on_failure), watching, options)


def batched_course(
    name: str,
    processes: Any,
    watching: Watching,
    batch_size: Any,
    pass_output: Any,
    *,
    fail_fast: bool,
    pass_failed: bool,
) -> Course[list[ProcessResult]]:
    """Return the course of ``run_batched``."""
    given = Given()
    members, size = given.processes(processes), given.at_least_one("batch_size", batch_size)
    handover = given.handover(pass_output, pass_failed)
    options = {
        "batch_size": batch_size,
        "pass_output": pass_output,
        "fail_fast": fail_fast,
        "pass_failed": pass_failed,
    }
    return _course(name, given, members, _batched(members, size, handover, fail_fast), watching, options)


def fallback_course(name: str, processes: Any, watching: Watching, timeout: Any) -> Course[ProcessResult]:
    """Return the course of ``run_with_fallback``."""
    given = Given()
    members, limit = given.processes(processes), given.seconds("timeout", timeout)
    if not members and not given.problems:
        given.problems.append("processes: there is none to fall back to; give at least one")
    return _course(name, given, members, _fallback(members, limit), watching, {"timeout": timeout})


def cascade_course(
    levels: Any, watching: Watching, accept: Any, timeout: Any, pass_output: Any
) -> Course[tuple[list[ProcessResult], bool]]:
    """Return the course of ``cascade``: the results of what was tried, and whether the last was accepted."""
    given = Given()
    members, limit = given.processes(levels, "levels"), given.seconds("timeout", timeout)
    given.chooser("accept", accept)
    handover = given.handover(pass_output, pass_failed=False)
    if not members and not given.problems:
        given.problems.append("levels: there is none; give at least one")
    accepts = _always if accept is None or given.problems else acceptance_of(accept)
    plan = _cascade(members, limit, accepts, handover)
    # What a fallback has not is given as functions, which cannot be written down: nobody else can do this again.
    more = {"accept": accepts if accept is not None else None, "pass_output": handover.choose}
    options = {"timeout": timeout, **{key: value for key, value in more.items() if value is not None}}
    return _course("run_with_fallback", given, members, plan, watching, options)


def _course(
    name: str,
    given: Given,
    members: Sequence[AgentProcess],
    plan: Plan[Any],
    watching: Watching,
    options: Mapping[str, Any],
) -> Course[Any]:
    given.function("on_progress", watching.on_progress)
    given.function("retry_on", watching.retry_on)
    attempts = Attempts(given.retry(watching.retry), watching.retry_on or is_worth_retrying)
    called = watching.pattern or name
    if given.problems:
        raise ArgumentError("\n".join(f"{called}: {problem}" for problem in given.problems))
    note_call(name, members, attempts.policy, options, watching.retry_on)
    return Course(called, members, plan, attempts, watching.on_progress)


def _parallel(members: Sequence[AgentProcess], workers: int, fail_fast: bool) -> Plan[list[ProcessResult]]:
    if not members:
        return []
    ended = yield Wave(tuple(enumerate(members)), workers, fail_fast)
    return [result for _, result in ended]


def _batched(members: Sequence[AgentProcess], size: int, handover: Handover, stops: bool) -> Plan[list[ProcessResult]]:
    results: list[ProcessResult] = []
    before: list[ProcessResult] = []
    for start in range(0, len(members), size):
        passages = handover.passages(before)
        batch = enumerate(members[start : start + size], start)
        ended = yield Wave(tuple((index, handed(process, passages)) for index, process in batch), size, stops)
        results += [result for _, result in ended]
        if stops and not all(result.ok for _, result in ended):
            break
        # In the order of the list, not of completion: the same outputs make the same prompt.
        before = [result for _, result in sorted(ended, key=_place)]
    return results


def _place(pair: tuple[int, ProcessResult]) -> int:
    return pair[0]


def _fallback(members: Sequence[AgentProcess], timeout: float | None) -> Plan[ProcessResult]:
    results, _ = yield from _cascade(members, timeout, _always, Handover())
    return results[-1]


def _cascade(
    members: Sequence[AgentProcess], timeout: float | None, accepts: Callable[[ProcessResult], bool], handover: Handover
) -> Plan[tuple[list[ProcessResult], bool]]:
    results: list[ProcessResult] = []
    for index, process in enumerate(members):
        ready = handed(limited(process, timeout), handover.passages(results[-1:]))
        ((_, result),) = yield Wave(((index, ready),))
        results.append(result)
        if result.ok and accepts(result):
            return results, True
    return results, False


def _always(_: ProcessResult) -> bool:
    return True


def limited(process: AgentProcess, timeout: float | None) -> AgentProcess:
    """Return the process that is to run: itself, or a copy where ``timeout`` (seconds) is the smaller limit."""
    if timeout is None or (process.timeout and process.timeout <= timeout):
        return process
    return process.replace(timeout=timeout)
