"""Following a run: what it writes goes to its log, to its reader, and to those who watch, as it comes."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from ..process.temporary import remove_tree
from .console import show
from .tail import Tail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..process.command import Outcome
    from ..process.redaction import Redactor
    from ..process.runs import Run
    from .log import ProcessLog
    from .settings import ProcessSpec
    from .stream import StreamEvent, StreamParser

STEP = 0.05
"""Seconds between two looks at what has been written; the end of a run is told at once."""
PIECES = 16
"""Most pieces that are read between two looks at whether the run has ended."""
MAX_BACKLOG = 128 << 20
"""Bytes that a run may be ahead of who follows it. A program without end writes a gigabyte a second, which takes many
seconds to log: without this bound its time limit would say nothing of when its result is there."""
_PATIENCE = 30.0
"""Seconds that an interrupted run is given beyond its grace period to be gone."""


class Following:
    """Takes in the output of one run."""

    def __init__(self, spec: ProcessSpec, parser: StreamParser, redactor: Redactor, log: ProcessLog) -> None:
        """``parser`` reads standard output; ``log`` keeps all of it."""
        self._spec = spec
        self._parser = parser
        self._redactor = redactor
        self._log = log
        # Who has set a limit gets all output up to that; the supervisor sees to it.
        self._backlog = MAX_BACKLOG if spec.extras.limits.output_mb is None else None
        self.is_flooded = False
        """Whether it was stopped because it wrote faster than anybody can follow."""

    def follow(self, run: Run, step: Callable[[], None]) -> Outcome:
        """Take in all that ``run`` writes, and return its outcome. ``step`` is called all the while.

        An exception, Ctrl-C too, ends the run, and goes on when that has ended and its output is in the log.
        """
        tail = Tail(run)
        try:
            outcome = self._take_in(run, tail, self._take, step)
            assert outcome is not None
            self._show(self._parser.close())
        except BaseException:
            run.cancel()
            patience = self._spec.extras.grace + _PATIENCE
            ended = self._take_in(run, tail, self._log.output, lambda: None, time.monotonic() + patience)
            if ended is not None:
                _remove_files(ended)
            raise
        finally:
            tail.close()
        _remove_files(outcome)
        return outcome

    def _take_in(
        self,
        run: Run,
        tail: Tail,
        take: Callable[[bytes, bytes], None],
        step: Callable[[], None],
        deadline: float = float("inf"),
    ) -> Outcome | None:
        pause = STEP
        while (outcome := run.wait(pause)) is None:
            if time.monotonic() > deadline:
                return None
            pause = 0.0
            for _ in range(PIECES):
                new = tail.read()
                if not any(new):
                    pause = STEP
                    break
                take(*new)
                self._bound(run, tail)
            step()
        for new in tail.rest(outcome):
            take(*new)
        return outcome

    def _bound(self, run: Run, tail: Tail) -> None:
        if self._backlog is not None and not self.is_flooded and tail.backlog() > self._backlog:
            self.is_flooded = True
            run.end_now()

    def _take(self, stdout: bytes, stderr: bytes) -> None:
        self._log.output(stdout, stderr)
        self._show(self._parser.feed(stdout))

    def _show(self, events: Sequence[StreamEvent]) -> None:
        spec = self._spec
        for event in events:
            if spec.stream_output:
                show(spec.process_id, self._redactor.text(event.text))
            if spec.extras.on_event is not None:
                spec.extras.on_event(event)


def _remove_files(outcome: Outcome) -> None:
    """Remove what the engine has kept: all of it is in the log."""
    for capture in (outcome.stdout, outcome.stderr):
        if capture.path is not None:
            with contextlib.suppress(OSError):
                os.unlink(capture.path)
    if outcome.tmp is not None:
        remove_tree(os.fsdecode(outcome.tmp))
