"""Following a run: what it writes goes to its log, to its reader, and to those who watch, as it comes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..process.outcomes import remove_files
from ..process.tail import Tail
from .console import show

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..process.command import Outcome
    from ..process.redaction import Redactor
    from ..process.runs import Run
    from .log import ProcessLog
    from .settings import ProcessSpec
    from .stream import StreamEvent, StreamParser

STEP = 0.05
LONGEST_STEP = 0.2
"""Seconds between two looks at what has been written: more of them the longer nothing has come, for an agent may think
for minutes, and fifty are looked at. The end of a run is told at once."""
SLICE = 0.25
"""Seconds for which output is taken in between two calls of those who have something else to look at."""
MAX_BACKLOG = 128 << 20
"""Bytes that a run may be ahead of who follows it. A program without end writes a gigabyte a second, which takes many
seconds to log: without this bound its time limit would say nothing of when its result is there."""
READ_SECONDS = 5.0
"""How long what came last may be read when a run has ended. The log gets all of it, which is faster; of what is left
then, the reader gets the end."""
LAST = 1 << 20
"""Bytes of the end that it gets."""
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
        self.bound = MAX_BACKLOG if spec.extras.limits.output_mb is None else None
        """Bytes that the run may be ahead; None for no bound."""
        self._hurry = float("inf")
        """When (by the monotonic clock) output is no longer read but skipped."""
        self._skipped = 0
        self._last = b""
        self.is_flooded = False
        """Whether it was stopped because it wrote faster than anybody can follow."""

    def follow(self, run: Run, begin: Callable[[], None], step: Callable[[], None]) -> Outcome:
        """Take in all that ``run`` writes, and return its outcome. ``begin`` begins it; ``step`` is called meanwhile.

        An exception, Ctrl-C too, ends the run, and goes on when that has ended and its output is in the log.
        """
        tail = Tail(run)

        def take(stdout: bytes, stderr: bytes) -> None:
            self._log.output(stdout, stderr)
            tail.note_taken()
            self._read(stdout)

        try:
            begin()
            outcome = self._take_in(run, tail, take, step)
            assert outcome is not None
            self._show(self._parser.close())
        except BaseException:
            self._break_off(run, tail)
            raise
        finally:
            tail.close()
        remove_files(outcome)
        return outcome

    def _break_off(self, run: Run, tail: Tail) -> None:
        run.cancel()
        if not run.is_begun:
            return
        tail.go_back()  # what was on its way to the log may come twice there, rather than not at all
        patience = self._spec.extras.grace + _PATIENCE
        ended = self._take_in(run, tail, self._log.output, lambda: None, time.monotonic() + patience)
        if ended is not None:
            remove_files(ended)

    def _take_in(
        self,
        run: Run,
        tail: Tail,
        take: Callable[[bytes, bytes], None],
        step: Callable[[], None],
        deadline: float = float("inf"),
    ) -> Outcome | None:
        looked, pause = 0.0, STEP
        while (outcome := run.wait(pause)) is None:
            new = tail.read()
            pause = 0.0 if any(new) else min(max(STEP, pause * 1.5), LONGEST_STEP)
            if any(new):
                take(*new)
                self._bound(run, tail)
            now = time.monotonic()
            if pause or now > looked + SLICE:
                looked = now
                step()
                if now > deadline:
                    return None
        self._hurry = min(self._hurry, time.monotonic() + READ_SECONDS)
        for new in tail.rest(outcome):
            take(*new)
        self._read_skipped()
        return outcome

    def _bound(self, run: Run, tail: Tail) -> None:
        if self.bound is not None and not self.is_flooded and tail.backlog() > self.bound:
            self.is_flooded = True
            run.end_now()

    def _read(self, stdout: bytes) -> None:
        if time.monotonic() <= self._hurry:
            self._show(self._parser.feed(stdout))
        elif stdout:
            self._skipped += len(stdout)
            self._last = (self._last + stdout)[-LAST:]

    def _read_skipped(self) -> None:
        """Let the end of what was skipped be read, from the start of a line on."""
        if not self._skipped:
            return
        _, _, last = self._last.partition(b"\n")
        self._log.note(f"not read, for there was too much of it: {self._skipped - len(last)} bytes of its output")
        self._show(self._parser.feed(b"\n" + last))

    def _show(self, events: Sequence[StreamEvent]) -> None:
        spec = self._spec
        for event in events:
            if spec.stream_output:
                show(spec.process_id, self._redactor.text(event.text))
            if spec.extras.on_event is not None:
                spec.extras.on_event(event)
