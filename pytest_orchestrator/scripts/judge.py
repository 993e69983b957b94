"""From an outcome to the result: what the exit code, the limits, the output and the leftovers mean."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.names import escape_name
from ..core.result import LeftProcess, Limit, RunResult
from ..core.status import Reason, Status
from ..process.command import Command, Outcome
from ..process.limits import REFUSED, fired_limit, limits_in_force, refused_limit
from ..process.outcomes import signal_name
from ..quick_dataclasses import dataclass
from .circumstances import redactor_of
from .expect import unmet_expectations
from .streams import shown_file, take_stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config.settings import ScriptSettings
    from .prepare import Prepared
    from .spec import RunContext, ScriptSpec

DISK_FULL = "output was lost, or may have been: the disk of the report directory was full when it ended"
"""Note of a script whose output, which goes to files there, need not be all that it wrote."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A status and why."""

    status: Status
    error: str | None = None
    reason: Reason | None = None
    limit: Limit | None = None
    failures: tuple[str, ...] = ()


def describe_left(left: tuple[LeftProcess, ...]) -> str:
    """Return one line about processes that a script left behind."""
    commands = ", ".join(process.command for process in left[:3])
    more = f" and {len(left) - 3} more" if len(left) > 3 else ""
    return f"left {len(left)} background process{'' if len(left) == 1 else 'es'}: {commands}{more}"


def _expected(settings: ScriptSettings) -> str:
    codes = settings.allowed_exit_codes
    return str(codes[0]) if len(codes) == 1 else "one of " + ", ".join(map(str, codes))


def _judge_exit(settings: ScriptSettings, outcome: Outcome) -> Verdict | None:
    """Return the verdict if the exit code alone decides it; None when it is an allowed one."""
    code = outcome.exit_code
    name = signal_name(code)
    if code in settings.skip_exit_codes:
        return Verdict(Status.SKIPPED, f"exit {code} means skipped (skip_exit_codes)")
    if code in settings.allowed_exit_codes:
        return None
    limit = fired_limit(settings.limits, outcome)
    if limit is not None:
        return Verdict(Status.FAILED, f"stopped by its limit: {limit}", limit=limit)
    if name is not None:
        return Verdict(
            Status.FAILED, f"killed by {name}, expected exit {_expected(settings)}{limits_in_force(settings.limits)}"
        )
    if code == REFUSED and (refused := refused_limit(outcome.stderr.head)) is not None:
        error = f"its limit {refused} could not be set: is it above a limit of this session (ulimit -H -a)? See stderr"
        return Verdict(Status.ERROR, error, Reason.CONFIGURATION)
    return Verdict(Status.FAILED, f"exit {code}, expected {_expected(settings)}{limits_in_force(settings.limits)}")


def judge(spec: ScriptSpec, outcome: Outcome, directory: str | None) -> Verdict:
    """Return what ``outcome`` means for ``spec``.

    ``directory`` is where it ran; None for a temporary directory that it left empty.
    """
    settings = spec.settings
    if outcome.lost:
        return Verdict(Status.ERROR, outcome.error, Reason.INFRASTRUCTURE)
    if outcome.cancelled:
        return Verdict(Status.CANCELLED, "stopped because its result was no longer wanted")
    if not outcome.was_started:
        return Verdict(Status.ERROR, f"not startable: {outcome.error}", Reason.NOT_STARTABLE)
    if outcome.limit is not None:
        return _judge_limit(settings, outcome)
    verdict = _judge_exit(settings, outcome)
    if verdict is not None:
        return verdict
    if outcome.left and settings.left_processes == "fail":
        return Verdict(Status.FAILED, describe_left(outcome.left))
    failures = unmet_expectations(settings.expect, outcome, directory)
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        return Verdict(Status.FAILED, failures[0] + more, failures=failures)
    return Verdict(Status.PASSED)


def _judge_limit(settings: ScriptSettings, outcome: Outcome) -> Verdict:
    if outcome.limit == "timeout":
        limit = Limit("timeout", settings.timeout or 0.0, settings.timeout_source)
        return Verdict(Status.TIMEOUT, f"timed out after {limit.value:g} s ({limit.source})", limit=limit)
    if outcome.limit == "idle_timeout":
        limit = Limit("idle_timeout", settings.idle_timeout or 0.0, settings.idle_timeout_source)
        set_by = f", {limit.source}" if limit.source else ""
        return Verdict(Status.TIMEOUT, f"no output for {limit.value:g} s (idle_timeout{set_by})", limit=limit)
    limit = Limit("output_mb", settings.limits.output_mb or 0.0)
    return Verdict(Status.FAILED, f"wrote more than its limit: {limit}", limit=limit)


def explain_not_started(error: str, prepared: Command | None, cwd: str | None) -> str:
    """Return ``error`` of a program that could not be started, with the cause if it can be seen from here."""
    if cwd is not None and not os.path.isdir(cwd):
        return f"its working directory {escape_name(cwd)!r} does not exist; create it or change 'cwd'"
    if prepared is not None and not os.path.exists(prepared.argv[0]):
        return f"{escape_name(prepared.argv[0])!r} does not exist"
    return error


def _is_full(directory: str) -> bool:
    try:
        return os.statvfs(directory).f_bavail == 0
    except OSError:  # somebody removed it
        return False


def result_of(
    spec: ScriptSpec,
    context: RunContext,
    prepared: Prepared | None,
    outcome: Outcome,
    cwd: str | None,
) -> RunResult:
    """Return the record of one run.

    ``prepared`` is None when no command could be made; ``cwd`` is None for a run in its temporary directory.
    """
    directory = cwd
    if cwd is None and outcome.tmp is not None and prepared is not None:
        directory = os.path.normpath(os.fsdecode(os.path.join(outcome.tmp, prepared.command.below_tmp)))
    if outcome.error is not None and not outcome.lost and prepared is not None:
        error = explain_not_started(outcome.error, prepared.command, cwd)
        outcome = replace(outcome, error=error)
    verdict = judge(spec, outcome, directory)
    redactor = redactor_of(spec, context, None if prepared is None else prepared.command.env)
    keep_stdout = keep_stderr = None
    notes: list[str] = []
    words: tuple[str, ...] = ()
    if prepared is not None:
        keep_stdout, keep_stderr = prepared.command.keep_stdout, prepared.command.keep_stderr
        notes += prepared.notes
        words = tuple(map(escape_name, prepared.shown))
    notes += outcome.notes
    report_dir = None if context.report_dir is None else str(context.report_dir)
    if report_dir is not None and outcome.was_started and _is_full(report_dir):
        notes.append(DISK_FULL)
    stdout = take_stream(outcome.stdout, redactor, keep_stdout, report_dir)
    stderr = take_stream(outcome.stderr, redactor, keep_stderr, report_dir)
    notes += [stream.problem for stream in (stdout, stderr) if stream.problem is not None]
    if outcome.left:
        notes.append(describe_left(outcome.left))
    if outcome.unkillable:
        notes.append(f"could not kill {len(outcome.unkillable)} of its processes: {outcome.unkillable[0].command}")
    shown_directory = escape_name(directory or "")
    left = [process.command for process in outcome.left]
    # One look at all of them, which are clean as a rule, in place of one at each.
    texts = (shown_directory, *words, verdict.error or "", *verdict.failures, *notes, *left)
    redacted: Callable[[str], str] = str if redactor.are_clean(texts) else redactor.text
    script = escape_name(spec.path)
    parent, _, name = script.rpartition("/")
    return RunResult(
        script=script,
        name=name,
        subdirectory=parent.rpartition("/")[2],
        started=outcome.started,
        ended=outcome.ended,
        status=verdict.status,
        exit_code=outcome.exit_code,
        execution_time=outcome.duration,
        stdout=stdout.text,
        stderr=stderr.text,
        error=None if verdict.error is None else redacted(verdict.error),
        reason=verdict.reason,
        case=spec.case,
        command=tuple(map(redacted, words)),
        cwd=redacted(shown_directory),
        timeout=spec.settings.timeout,
        limit=verdict.limit,
        signal=signal_name(outcome.exit_code),
        left_processes=tuple(LeftProcess(process.pid, redacted(process.command)) for process in outcome.left),
        failures=tuple(map(redacted, verdict.failures)),
        notes=tuple(map(redacted, notes)),
        stdout_bytes=outcome.stdout.size,
        stderr_bytes=outcome.stderr.size,
        stdout_file=shown_file(stdout, report_dir),
        stderr_file=shown_file(stderr, report_dir),
        cpu_time=outcome.cpu_time,
        max_rss_kb=outcome.max_rss_kb,
        tmp=None if outcome.tmp is None else escape_name(outcome.tmp),
    )


def not_startable(error: str) -> Outcome:
    """Return the outcome of a script for which no command could be made."""
    now = time.time()
    return Outcome(started=now, ended=now, duration=0.0, error=error, was_started=False)
