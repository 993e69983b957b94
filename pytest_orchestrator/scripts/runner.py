"""Running one script to its result: prepare, start, wait, judge, and again as its retry policy says."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.names import unescape_name
from ..core.result import Attempt, RunResult
from ..core.status import Status
from ..process.temporary import remove_tree
from ..quick_dataclasses import dataclass
from .circumstances import circumstances
from .interpreter import NotStartableError
from .judge import not_startable, result_of
from .prepare import Prepared, prepare

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..process.command import Outcome
    from ..process.engine import Engine
    from .spec import RunContext, ScriptSpec

logger = logging.getLogger("pytest_orchestrator.scripts")

RETRIED = frozenset({Status.FAILED, Status.TIMEOUT})
"""What is worth another attempt. An error is not: what cannot be started will not start the next time."""


@dataclass(frozen=True, slots=True)
class Started:
    """A script that was handed to the engine, or could not be."""

    spec: ScriptSpec
    prepared: Prepared | None
    ticket: int | None
    error: str | None = None
    cwd: str | None = None


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs scripts through an engine."""

    engine: Engine
    tick: Callable[[], None] | None = None
    """Called whenever something has arrived while a program is awaited."""
    every: float | None = None
    """Seconds after which ``tick`` is called even if nothing has arrived; None to wait for an event."""
    adapt: Callable[[ScriptSpec, Prepared], Prepared] | None = None
    """May change what is about to be run."""
    abandon: Callable[[BaseException], None] | None = None
    """Called with what ends a wait early, before its program is stopped for it."""
    watch: Callable[[Started], None] | None = None
    """Called for every attempt that was handed to the engine."""

    def start(
        self, spec: ScriptSpec, context: RunContext, keep: tuple[bytes | None, bytes | None] = (None, None)
    ) -> Started:
        """Hand ``spec`` to the engine. It may start at once, or when a place is free."""
        cwd = circumstances(spec, context).directory
        try:
            prepared = prepare(spec, context, *keep)
        except NotStartableError as error:
            return Started(spec, None, None, str(error), cwd)
        if self.adapt is not None:
            prepared = self.adapt(spec, prepared)
        started = Started(spec, prepared, self.engine.submit(prepared.command), None, cwd)
        if self.watch is not None:
            self.watch(started)
        return started

    def finish(self, started: Started, context: RunContext) -> RunResult:
        """Wait for ``started`` and return its result, after as many attempts as its retry policy gives it."""
        policy = started.spec.settings.retry
        result = self._finish_once(started, context)
        if policy.max_attempts == 1:
            return result
        attempts = [_attempt(result)]
        while result.status in RETRIED and len(attempts) < policy.max_attempts:
            number = len(attempts) + 1
            delay = policy.delay_before(number)
            logger.info("attempt %d of %s", number, started.spec.item, extra={"event": "retry", "delay": delay})
            self.engine.pause(delay)
            keep = _forget_files(result, started)
            again = self.start(started.spec, context, keep)
            result = self._finish_once(again, context)
            attempts.append(_attempt(result))
        return replace(result, attempts=tuple(attempts)) if len(attempts) > 1 else result

    def _finish_once(self, started: Started, context: RunContext) -> RunResult:
        outcome: Outcome
        if started.ticket is None:
            outcome = not_startable(started.error or "")
        else:
            try:
                outcome = self.engine.wait(started.ticket, self.tick, self.every)
            except BaseException as reason:
                if self.abandon is not None:
                    self.abandon(reason)
                # Ctrl-C, pytest-timeout, pytest.exit: nobody will ask for this one again.
                self.engine.cancel(started.ticket)
                raise
        return self._result(started, context, outcome)

    @staticmethod
    def _result(started: Started, context: RunContext, outcome: Outcome) -> RunResult:
        result = result_of(started.spec, context, started.prepared, outcome, started.cwd)
        if outcome.tmp is not None and (result.status not in RETRIED or context.report_dir is None):
            remove_tree(os.fsdecode(outcome.tmp))
            result = replace(result, tmp=None)
        return result

    def give_up(
        self,
        *rest: Started,
        context: RunContext,
        tick: Callable[[], None] | None = None,
        every: float | None = None,
    ) -> list[RunResult | None]:
        """Stop what nobody wants any more and return the results, with status ``cancelled``.

        None stands for what never ran, and for what has given its result already. ``tick`` and ``every`` are those of
        :meth:`~pytest_orchestrator.process.engine.Engine.wait`.
        """
        for started in rest:
            if started.ticket is not None:
                self.engine.cancel(started.ticket)
        return [self._cancelled(started, context, tick, every) for started in rest]

    def _cancelled(
        self, started: Started, context: RunContext, tick: Callable[[], None] | None, every: float | None
    ) -> RunResult | None:
        if started.ticket is None or not self.engine.knows(started.ticket):
            return None
        outcome = self.engine.wait(started.ticket, tick, every)
        if not outcome.was_started:
            return None
        return self._result(started, context, replace(outcome, cancelled=True))

    def run(
        self, spec: ScriptSpec, context: RunContext, keep: tuple[bytes | None, bytes | None] = (None, None)
    ) -> RunResult:
        """Run ``spec`` and return its result."""
        return self.finish(self.start(spec, context, keep), context)


def _forget_files(result: RunResult, started: Started) -> tuple[bytes | None, bytes | None]:
    """Remove what an attempt kept, and return where the next one keeps its output."""
    if result.tmp is not None:
        remove_tree(unescape_name(result.tmp))
    if started.prepared is None:
        return None, None
    keep = started.prepared.command.keep_stdout, started.prepared.command.keep_stderr
    for path, file in zip(keep, (result.stdout_file, result.stderr_file), strict=True):
        if path is not None and file is not None:
            remove_tree(os.fsdecode(path))
    return keep


def _attempt(result: RunResult) -> Attempt:
    return Attempt(result.status, result.exit_code, result.execution_time, result.error)
