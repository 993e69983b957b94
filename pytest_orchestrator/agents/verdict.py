"""What the end of a command line means: its status, its exit code, and one sentence why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config.phrases import clipped
from ..core.names import decode_output
from ..core.result import Limit
from ..core.status import Reason, Status
from ..process.limits import REFUSED, fired_limit, limits_in_force, refused_limit
from ..process.outcomes import signal_name
from ..quick_dataclasses import dataclass
from .result import CANCELLED, FAILURE, NOT_EXECUTABLE, NOT_FOUND, SIGNALLED, SUCCESS, TIMED_OUT

if TYPE_CHECKING:
    from ..core.transcript import Transcript
    from ..process.command import Capture, Outcome
    from .settings import Extras


_LONGEST_LINE = 200
"""Characters of a line of standard error that are told."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run is reported as."""

    status: Status
    exit_code: int
    error: str | None = None
    reason: Reason | None = None
    limit: Limit | None = None
    signal: str | None = None


def judge(
    outcome: Outcome,
    transcript: Transcript,
    extras: Extras,
    timeout: float | None,
    budget: Limit | None,
    allowance: Limit | None = None,
) -> Verdict:
    """Return what ``outcome`` means.

    ``budget`` is the limit of the budget for which it was stopped, if it was; ``allowance`` is what the command line
    was told that it may cost, if it was told.
    """
    if outcome.lost:
        return Verdict(Status.ERROR, FAILURE, outcome.error, Reason.INFRASTRUCTURE)
    if budget is not None and outcome.cancelled:  # else it had ended when that was found
        error = f"stopped: the budget is spent ({budget})"
        return Verdict(Status.FAILED, CANCELLED, error, limit=budget)
    if outcome.cancelled:
        return Verdict(Status.CANCELLED, CANCELLED, "stopped because its result was no longer wanted")
    if not outcome.was_started:
        return not_started(outcome.error or "it could not be started")
    if outcome.limit is not None:
        return _judge_limit(outcome.limit, extras, timeout)
    code = outcome.exit_code
    assert code is not None
    if code == REFUSED and (refused := refused_limit(outcome.stderr.head)) is not None:
        error = f"its limit {refused} could not be set: is it above a limit of this session (ulimit -H -a)?"
        return Verdict(Status.ERROR, code, error, Reason.CONFIGURATION)
    name = signal_name(code)
    fired = fired_limit(extras.limits, outcome)
    if fired is not None:
        exit_code = code if name is None else SIGNALLED - code
        return Verdict(Status.FAILED, exit_code, f"stopped by its limit: {fired}", limit=fired, signal=name)
    under = limits_in_force(extras.limits)
    if name is not None:
        return Verdict(Status.FAILED, SIGNALLED - code, f"killed by {name}{under}", signal=name)
    if allowance is not None and transcript.error_kind == "max_cost" and transcript.is_error:
        return _judge_cost(code, transcript, extras, allowance)
    return _judge_exit(code, transcript, outcome.stderr, under)


def _judge_exit(code: int, transcript: Transcript, stderr: Capture, under: str) -> Verdict:
    said = f": {clipped(transcript.error)}" if transcript.error else ""
    if code == SUCCESS and not transcript.is_error and transcript.is_complete:
        return Verdict(Status.PASSED, SUCCESS)
    if transcript.is_infrastructure and (code != SUCCESS or transcript.is_error):
        kind = str(transcript.error_kind).replace("_", " ")
        return Verdict(Status.ERROR, code or FAILURE, f"{kind}{said}", Reason.INFRASTRUCTURE)
    if code != SUCCESS:
        return Verdict(Status.FAILED, code, f"exit {code}{said or _complaint(stderr)}{under}")
    if transcript.is_error:
        return Verdict(Status.FAILED, FAILURE, f"exit 0, but it reports an error{said}")
    return Verdict(Status.FAILED, FAILURE, "exit 0, but its output ends before its result")


def _judge_cost(code: int, transcript: Transcript, extras: Extras, allowance: Limit) -> Verdict:
    said = f": {clipped(transcript.error)}" if transcript.error else ""
    limit, what = allowance, f"stopped by its limit: {allowance}"
    if limit.name == "budget_usd" and extras.budget is not None:
        # What was left of it when this one began says little: the limit is the whole, as where others reach it.
        limit = Limit("budget_usd", extras.budget.usd or allowance.value)
        what = f"stopped: the budget is spent ({limit}; {allowance.value:g} was left)"
    return Verdict(Status.FAILED, code or FAILURE, f"{what}{said}", limit=limit)


def _complaint(stderr: Capture) -> str:
    """Return the last line of standard error that calls itself an error, else the last: its stream says not why."""
    lines = [line.strip() for line in decode_output(stderr.tail or stderr.head).split("\n") if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "fatal"))]
    return f": {(errors or lines)[-1][:_LONGEST_LINE]!r}" if lines else ""


def _judge_limit(name: str, extras: Extras, timeout: float | None) -> Verdict:
    if name == "timeout":
        limit = Limit("timeout", timeout or 0.0)
        return Verdict(Status.TIMEOUT, TIMED_OUT, f"timed out after {limit.value:g} s", limit=limit)
    if name == "idle_timeout":
        limit = Limit("idle_timeout", extras.idle_timeout or 0.0)
        return Verdict(Status.TIMEOUT, TIMED_OUT, f"no output for {limit.value:g} s (idle_timeout)", limit=limit)
    limit = Limit("output_mb", extras.limits.output_mb or 0.0)
    return Verdict(Status.FAILED, FAILURE, f"wrote more than its limit: {limit}", limit=limit)


def flooded(ahead: int) -> Verdict:
    """Return the verdict on what was killed because it was ``ahead`` bytes ahead of who follows its output."""
    limit = Limit("output_mb", ahead / (1 << 20))
    error = (
        f"stopped: it wrote faster than anybody can follow, and was {limit.value:g} MiB ahead; "
        "give it limits=Limits(output_mb=…) if it may write that much"
    )
    return Verdict(Status.FAILED, FAILURE, error, limit=limit)


def not_started(why: str, exit_code: int = NOT_EXECUTABLE) -> Verdict:
    """Return the verdict on what never ran, for lack of something."""
    return Verdict(Status.ERROR, exit_code, f"not startable: {why}", Reason.NOT_STARTABLE)


def not_found(executable: str, install: str) -> Verdict:
    """Return the verdict on a command line that is not there."""
    remedy = f"; install it with: {install}" if install else "; install it, or put it on PATH"
    return not_started(f"{executable!r} is not on PATH{remedy}", NOT_FOUND)


def refused_by(limit: Limit) -> Verdict:
    """Return the verdict on what was not started because the budget does not allow it."""
    return Verdict(Status.NOT_RUN, FAILURE, f"not started: the budget does not allow it ({limit})", limit=limit)
