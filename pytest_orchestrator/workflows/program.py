"""An action that is a program: it runs on the one engine, and its limits hold."""

from __future__ import annotations

import asyncio
import contextlib
import os
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from ..core.names import decode_output
from ..errors import OrchestratorError
from ..process.dispatcher import shared_dispatcher
from ..process.outcomes import remove_files, signal_name, text_of
from ..quick_dataclasses import dataclass
from .errors import TaskTimeoutError
from .grace import STOP_SLACK
from .output import TELLER, Following

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from ..process.command import Capture, Command, Outcome
    from ..process.runs import Run
    from .output import OutputLog

MAX_OUTPUT = 1 << 20
"""Bytes of each stream that a result has whole. Of more it has the beginning, and this much by half of the end."""


@dataclass(frozen=True, slots=True)
class ProgramResult:
    """What a program gave."""

    exit_code: int
    stdout: str
    """Its standard output; of more than 1 MiB the middle is left out, and that is said."""
    stderr: str
    duration: float
    """Seconds."""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """What it wrote to the file that ``ORCHESTRATOR_OUTPUT`` names."""


class ProgramFailedError(OrchestratorError):
    """A program did not end as it should."""

    def __init__(self, message: str, result: ProgramResult | None = None) -> None:
        self.result = result
        """What there is of its result; None when it never started."""
        super().__init__(message)


class ProgramTimeoutError(TaskTimeoutError):
    """A time limit ended a program."""

    def __init__(self, message: str, result: ProgramResult) -> None:
        self.result = result
        """What there was of its result until then."""
        super().__init__(message)


async def run_program(command: Command, log: OutputLog | None = None) -> ProgramResult:
    """Run ``command`` and return its result. Cancelled, end its whole tree first.

    ``log`` gets what it writes as it comes: the stream, and whole lines; what one that is cancelled had written, too.
    Whoever listens to the workflow is told the same.

    Raise ProgramTimeoutError when one of its time limits ended it, and ProgramFailedError when it could not be started,
    was ended by another limit or a signal, or its exit code is not 0.
    """
    tellers = [each for each in (None if log is None else log.output, TELLER.get()) if each is not None]
    run = shared_dispatcher().start(replace(command, whole_output=True))
    ended = _end_of(run)
    following = Following(run, tellers) if tellers else None
    try:
        try:
            await (ended.wait() if following is None else following.until(ended))
        except BaseException:
            run.cancel()
            await waited(ended.wait, command.grace + STOP_SLACK)
            stopped = run.wait(0)
            if stopped is not None:
                if following is not None:
                    following.finish(stopped)
                remove_files(stopped)
            raise
        outcome = run.wait(0)
        assert outcome is not None
        if following is not None:
            following.finish(outcome)
    finally:
        if following is not None:
            following.close()
    result = _result(outcome)
    remove_files(outcome)
    return _judged(outcome, result, command)


async def waited(wait: Callable[[], Awaitable[object]], seconds: float) -> None:
    """Wait for what ``wait`` gives, ``seconds`` at the most, and however often whoever waits is cancelled meanwhile.

    What is being ended must be gone before anybody goes on: a task that is stopped at its limit may be stopped once
    more, by the limit of the workflow or by Ctrl-C, while its program still takes its grace period.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                await wait()
        except asyncio.CancelledError:
            # Some versions of Python tell of the deadline so in a task that was cancelled before.
            if loop.time() < deadline:
                continue
        except TimeoutError:
            pass
        return


def _end_of(run: Run) -> asyncio.Event:
    """Return what is set when ``run`` has ended."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def wake() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(ended.set)

    run.when_ended(wake)
    return ended


def _result(outcome: Outcome) -> ProgramResult:
    code = outcome.exit_code
    shell_code = 128 - code if code is not None and code < 0 else code
    return ProgramResult(
        -1 if shell_code is None else shell_code, _text(outcome.stdout), _text(outcome.stderr), outcome.duration
    )


def _text(capture: Capture) -> str:
    """Return a stream as text: all of it, or its beginning and its end, and how much is left out between them."""
    if not capture.was_cut or capture.path is None:
        return text_of(capture)
    try:
        with open(capture.path, "rb", buffering=0) as file:
            if capture.size <= MAX_OUTPUT:
                return decode_output(file.read(MAX_OUTPUT))
            file.seek(-MAX_OUTPUT // 2, os.SEEK_END)
            return text_of(replace(capture, tail=file.read(MAX_OUTPUT // 2)))
    except OSError:  # it emptied the file
        return text_of(capture)


def _judged(outcome: Outcome, result: ProgramResult, command: Command) -> ProgramResult:
    if outcome.lost or not outcome.was_started:
        raise ProgramFailedError(outcome.error or "it could not be started")
    if outcome.limit == "timeout":
        raise ProgramTimeoutError(f"timed out after {command.timeout:g} s", result)
    if outcome.limit == "idle_timeout":
        raise ProgramTimeoutError(f"no output for {command.idle_timeout:g} s (idle_timeout)", result)
    if outcome.limit is not None:
        raise ProgramFailedError(f"stopped by its limit {outcome.limit}", result)
    if outcome.exit_code is not None and outcome.exit_code < 0:
        raise ProgramFailedError(f"killed by {signal_name(outcome.exit_code)}", result)
    if outcome.exit_code:
        raise ProgramFailedError(f"exit {outcome.exit_code}", result)
    return result
