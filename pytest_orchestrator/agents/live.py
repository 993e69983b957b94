"""A table in the terminal that shows how the processes of a strategy stand, while they run."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING

from ..core.columns import cell_width, clip, fit
from ..core.names import escape_name
from ..errors import ArgumentError
from ..quick_dataclasses import dataclass
from .console import SCREEN, standing
from .crew import THREAD_NAME
from .progress import Stage

if TYPE_CHECKING:
    from typing import TextIO

    from .progress import ProgressEvent
    from .result import ProcessResult

REFRESH = 0.5
"""Seconds between two looks at the clock while something runs."""
_MANY = 50
"""Processes from which on not every step is worth a new table."""
_CALM = 0.1
"""Seconds between two tables of many processes at least."""
_USUAL_SIZE = os.terminal_size((80, 24))
_WIDEST_NAME = 40
"""Columns of a process id; a longer one loses its middle."""
_UP_AND_CLEAR = "\x1b[{}A\r\x1b[J"


@dataclass(slots=True)
class _Row:
    """How one process stands."""

    name: str
    stage: Stage = Stage.WAITING
    since: float = 0.0
    attempt: int = 1
    result: ProcessResult | None = None

    @property
    def is_running(self) -> bool:
        return self.stage in (Stage.STARTED, Stage.RETRYING)

    @property
    def rank(self) -> int:
        """What matters most where there is no room for all: what runs, what went wrong, what is to come."""
        if self.is_running:
            return 0
        if self.result is not None:
            return 3 if self.result.ok else 1
        return 2

    def words(self, now: float) -> str:
        if self.result is not None and self.stage is Stage.ENDED:
            return _result_words(self.result)
        if self.is_running:
            again = f"   attempt {self.attempt}" if self.attempt > 1 else ""
            return f"running   {_clock(max(0.0, now - self.since)):>8}{again}"
        return "not run" if self.stage is Stage.NOT_RUN else "waiting"


def _result_words(result: ProcessResult) -> str:
    parts = [f"{result.status:<9} {_clock(result.duration):>8}"]
    if result.attempts:
        parts.append(f"attempt {len(result.attempts) + 1}")
    if result.cost_usd is not None:
        parts.append(f"${result.cost_usd:.4f}")
    elif result.usage.total:
        parts.append(f"{result.usage.total} tokens")
    if result.error and not result.ok:
        parts.append(escape_name(result.error.partition("\n")[0]))
    return "   ".join(parts)


def _clock(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02} min"


class LiveTable:
    """Shows progress: give one as ``on_progress`` of a strategy.

    On a terminal it is a table, one line for each process, drawn again in its place whenever something happens and
    every half second; elsewhere it is one line for each step. What processes say (``stream_output``) stands above the
    table; whatever else is printed meanwhile destroys it. Use one for strategies that run one after another, never for
    two at once.

    It ends with the last process. As a context manager it also does when the strategy was left before that. A terminal
    that cannot be written to any more ends the display, not the strategy.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        """``stream`` is where it is written; by default standard error. Raise ArgumentError when it is no stream."""
        if stream is not None and not hasattr(stream, "write"):
            message = f"stream: {stream!r} is not a stream of text; give sys.stdout or an open file"
            raise ArgumentError(message)
        self._stream = stream
        self._rows: list[_Row] = []
        self._open = 0
        """Processes of which more is to be told."""
        self._drawn = 0
        """Lines of the table that stand above the cursor."""
        self._drawn_at = 0.0
        self._over = threading.Event()
        self._clockwork: threading.Thread | None = None
        self._is_broken = False

    def __call__(self, event: ProgressEvent) -> None:
        """Take note of a step."""
        with SCREEN:
            if not self._is_terminal:
                if event.stage is not Stage.WAITING:
                    self._write(f"{event}\n")
                return
            self._note(event)
            is_over = not self._open
            is_worth_it = event.stage is not Stage.WAITING or event.index == event.total - 1
            is_calm = len(self._rows) < _MANY or time.monotonic() - self._drawn_at >= _CALM
            if is_over or (is_worth_it and is_calm):
                self._draw()
            if not is_over and self._clockwork is None:
                self._over.clear()
                self._clockwork = threading.Thread(target=self._tick, name=f"{THREAD_NAME}-live", daemon=True)
                self._clockwork.start()
        if is_over:
            self.close()

    def close(self) -> None:
        """Leave the table as it stands; the next event begins another one below it."""
        with SCREEN:
            self._over.set()
            clockwork, self._clockwork = self._clockwork, None
            if self in standing:
                standing.remove(self)
        if clockwork is not None:
            clockwork.join()
        self._rows, self._drawn = [], 0

    def lift(self) -> None:
        """Remove what is drawn, for others to write in its place."""
        if self._drawn:
            self._write(_UP_AND_CLEAR.format(self._drawn))
            self._drawn = 0

    def put_back(self) -> None:
        """Draw it again, below what was written."""
        self._draw()

    def __enter__(self) -> LiveTable:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def _is_terminal(self) -> bool:
        try:
            return self._out.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        except ValueError:  # it is closed
            return False

    @property
    def _out(self) -> TextIO:
        return sys.stderr if self._stream is None else self._stream

    def _note(self, event: ProgressEvent) -> None:
        if event.stage is Stage.WAITING and not event.index:
            if self not in standing:
                standing.append(self)
            self._rows, self._drawn, self._open = [_Row("") for _ in range(event.total)], 0, event.total
        row = self._rows[event.index]
        row.name, row.stage = escape_name(event.process_id), event.stage
        self._open -= event.stage.is_final
        if event.stage is Stage.STARTED:
            row.since = event.time
        if event.stage is Stage.RETRYING:
            row.attempt = event.attempt + 1
        if event.stage is Stage.ENDED:
            row.result = event.result

    def _tick(self) -> None:
        while not self._over.wait(REFRESH):
            with SCREEN:
                self._draw()

    def _draw(self) -> None:
        width, height = self._size()
        lines = [clip(line, width - 1) for line in self._lines(height - 1, time.time())]
        back = _UP_AND_CLEAR.format(self._drawn) if self._drawn else ""
        self._write(back + "".join(f"{line}\n" for line in lines))
        self._drawn, self._drawn_at = len(lines), time.monotonic()

    def _lines(self, most: int, now: float) -> list[str]:
        shown = self._rows
        if len(shown) > most - 1:
            by_rank = sorted(range(len(shown)), key=lambda index: shown[index].rank)
            chosen = sorted(by_rank[: max(most - 1, 1)])
            shown = [self._rows[index] for index in chosen]
        names = [fit(row.name, _WIDEST_NAME) for row in shown]
        widest = max(map(cell_width, names), default=0)
        lines = [
            f"{name}{' ' * (widest - cell_width(name))}   {row.words(now)}"
            for name, row in zip(names, shown, strict=True)
        ]
        return [*lines, self._summary(len(self._rows) - len(shown))]

    def _summary(self, hidden: int) -> str:
        ended = [row for row in self._rows if row.stage is Stage.ENDED]
        good = sum(row.result is not None and row.result.ok for row in ended)
        running = sum(row.is_running for row in self._rows)
        words = f"{len(ended)} of {len(self._rows)} ended, {good} passed, {running} running"
        return f"{words}; {hidden} not shown" if hidden else words

    def _size(self) -> os.terminal_size:
        try:
            size = os.get_terminal_size(self._out.fileno())
        except (OSError, ValueError):
            return _USUAL_SIZE
        return os.terminal_size((size.columns or _USUAL_SIZE.columns, size.lines or _USUAL_SIZE.lines))

    def _write(self, text: str) -> None:
        if self._is_broken:
            return
        out = self._out
        encoding = getattr(out, "encoding", None) or "utf-8"
        try:
            out.write(text.encode(encoding, "replace").decode(encoding))
            out.flush()
        except (OSError, ValueError):  # the terminal is gone, or the stream was closed
            self._is_broken = True
