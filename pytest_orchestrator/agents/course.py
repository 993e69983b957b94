"""One call of a strategy: its plan, who takes part, who has ended, and who is told."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Generic, TypeVar

from ..core.names import escape_name
from .crew import Crew, Told
from .progress import ProgressEvent, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .attempts import Attempts
    from .crew import Wave
    from .process import AgentProcess
    from .result import ProcessResult

    OnProgress = Callable[[ProgressEvent], object]

T = TypeVar("T")
Ended = list[tuple[int, "ProcessResult"]]
"""Places in the list that was given with results, in the order of completion."""
Plan = Generator["Wave", Ended, T]
"""Yields waves, gets what came of each, and returns what the strategy does."""

_NAMED = 5
"""Processes that the note on an exception names of each kind."""


class Course(Generic[T]):
    """What the two ways to run a plan, with and without an event loop, have in common."""

    def __init__(
        self,
        name: str,
        processes: Sequence[AgentProcess],
        plan: Plan[T],
        attempts: Attempts,
        on_progress: OnProgress | None,
    ) -> None:
        self._name = name
        self._ids = [process.process_id for process in processes]
        self._attempts = attempts
        self._on_progress = on_progress
        self._stages = [Stage.WAITING] * len(self._ids)
        self._ended = 0
        self._crews: list[Crew] = []
        self._seen = 0
        self._tells = True
        self.plan = plan

    def begin(self) -> None:
        """Tell of every process that takes part."""
        now = time.time()
        for index in range(len(self._ids)):
            self._tell(Told(Stage.WAITING, index, now))

    def crew_of(self, wave: Wave, wake: Callable[[], None]) -> Crew:
        """Return the crew for the next wave."""
        crew = Crew(wave, self._attempts, wake)
        self._crews.append(crew)
        self._seen = 0
        return crew

    def tell(self, crew: Crew) -> None:
        """Tell what has happened in ``crew`` since the last time."""
        while self._seen < len(crew.told):
            self._seen += 1
            self._tell(crew.told[self._seen - 1])

    def ended(self, crew: Crew) -> Ended:
        """Return what came of a wave. Raise what a thread could not go on after."""
        if crew.failure is not None:
            raise crew.failure
        return _ended(crew)

    @property
    def results(self) -> Ended:
        """What has come so far, of all waves."""
        return [pair for crew in self._crews for pair in _ended(crew)]

    def finish(self) -> None:
        """Tell of every process that was never started."""
        now = time.time()
        for index, stage in enumerate(self._stages):
            if stage is Stage.WAITING:
                self._tell(Told(Stage.NOT_RUN, index, now))

    def note(self, error: BaseException) -> None:
        """Put what has come so far on an exception that ends all: ``results``, and a note for the reader."""
        ended = self.results
        left = set(range(len(self._ids))) - {index for index, _ in ended}
        started = {told.index for crew in self._crews for told in crew.told if told.stage is Stage.STARTED}
        kinds = {
            "ended": [index for index, result in ended if result.status != "cancelled"],
            "stopped": [index for index, result in ended if result.status == "cancelled"],
            "still ending": list(left & started),
            "not run": list(left - started),
        }
        parts = [f"{len(found)} {kind} ({self._named(sorted(found))})" for kind, found in kinds.items() if found]
        error.add_note(f"{self._name}, {len(self._ids)} processes: {', '.join(parts)}")
        # Some exceptions have no room for attributes.
        with contextlib.suppress(AttributeError, TypeError):
            error.results = [result for _, result in ended]  # type: ignore[attr-defined]

    def _named(self, found: list[int]) -> str:
        names = [escape_name(self._ids[index]) for index in found[:_NAMED]]
        return ", ".join([*names, "…"] if len(found) > _NAMED else names)

    def _tell(self, told: Told) -> None:
        self._stages[told.index] = told.stage
        self._ended += told.stage is Stage.ENDED
        if self._on_progress is None or not self._tells:
            return
        event = ProgressEvent(
            stage=told.stage,
            process_id=self._ids[told.index],
            index=told.index,
            total=len(self._ids),
            ended=self._ended,
            time=told.time,
            attempt=told.attempt,
            result=told.result,
            delay=told.delay,
        )
        try:
            self._on_progress(event)
        except Exception:
            self._tells = False  # it ends the strategy, and is not to hear of that, too
            raise


def _ended(crew: Crew) -> Ended:
    return [(told.index, told.result) for told in list(crew.told) if told.stage is Stage.ENDED and told.result]
