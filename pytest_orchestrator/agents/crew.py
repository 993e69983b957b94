"""The threads that run the processes of one wave, and end them when they are told to.

Nobody waits in here but threads of its own: the caller may be a main thread that Ctrl-C interrupts anywhere, or an
event loop. So what has happened stands in a list, a wake-up only says that there is more, and stopping is an order to
a thread that no signal reaches.
"""

from __future__ import annotations

import contextvars
import itertools
import logging
import queue
import threading
import time
import traceback
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.status import Reason, Status
from ..quick_dataclasses import dataclass
from .progress import Stage
from .result import FAILURE, ProcessResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from .attempts import Attempts
    from .process import AgentProcess

logger = logging.getLogger("pytest_orchestrator.agents")

THREAD_NAME = "agent-strategy"
"""How the names of all threads of strategies start."""

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Wave:
    """Processes that run at the same time."""

    members: tuple[tuple[int, AgentProcess], ...]
    """Each with its place in the list that was given."""
    workers: int = 1
    """How many run at most at once."""
    fail_fast: bool = False
    """Whether the first that does not pass ends the others."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened to a member of a wave."""

    stage: Stage
    index: int
    time: float
    attempt: int = 1
    result: ProcessResult | None = None
    delay: float = 0.0


class _Hand(threading.Thread):
    """One thread of a crew. Daemonic: a second Ctrl-C lets the program end without it."""

    def __init__(self, name: str, work: Callable[[], None], left: Callable[[], None]) -> None:
        super().__init__(name=name, daemon=True)
        self._work = work
        self._left = left
        self._context = contextvars.copy_context()
        self.has_left = False

    def run(self) -> None:
        """Work, then say so."""
        try:
            self._context.run(self._work)
        finally:
            self.has_left = True
            self._left()

    @property
    def is_over(self) -> bool:
        """Whether it does nothing more: it has left, or was never started."""
        return self.has_left or not self.is_alive()


class Crew:
    """Runs the members of one wave. :attr:`told` and :attr:`is_over` may be read at any time."""

    def __init__(self, wave: Wave, attempts: Attempts, wake: Callable[[], None]) -> None:
        """Prepare. ``wake`` is called, from any thread, after each change of :attr:`told` and :attr:`is_over`."""
        self._wave = wave
        self._attempts = attempts
        self._wake = wake
        self._waiting = deque(wave.members)
        self._running: dict[int, AgentProcess] = {}
        self._guard = threading.Lock()
        self._stopped = threading.Event()
        self._orders: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._at_work = min(wave.workers, len(wave.members))
        name = f"{THREAD_NAME}-{next(_numbers)}"
        self._hands = [_Hand(f"{name}-stop", self._watch, wake)]
        self._hands += [_Hand(f"{name}-{number}", self._serve, wake) for number in range(1, self._at_work + 1)]
        self.told: list[Told] = []
        """What has happened, in order. It only grows."""
        self.failure: BaseException | None = None
        """What a thread could not go on after: an exception of ``retry_on``, or a fault in here."""

    def start(self) -> None:
        """Start the threads, and with them the first processes."""
        for hand in self._hands:
            hand.start()

    def halt(self) -> None:
        """Terminate what runs and start nothing more. Returns at once; may be called often, and from any thread."""
        self._orders.put(True)
        self._stopped.set()

    @property
    def is_over(self) -> bool:
        """Whether no thread does anything any more."""
        return all(hand.is_over for hand in self._hands)

    def join(self) -> None:
        """Wait for the last moments of the threads, which have all left."""
        for hand in self._hands:
            if hand.is_alive():
                hand.join()

    # -- in the threads ---------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Wait for an order, which is to stop, or for the last one at work to leave."""
        if not self._orders.get():
            return
        with self._guard:
            self._stopped.set()  # an exception may have kept halt() from it
            running = list(self._running.values())
        # Each in a thread of its own, so that one which takes its time to end does not keep the others running.
        name = threading.current_thread().name
        enders = [threading.Thread(target=_end, args=(process,), name=name, daemon=True) for process in running]
        started = []
        for ender, process in zip(enders, running, strict=True):
            try:
                ender.start()
            except RuntimeError:  # there are too many threads already, or the interpreter ends
                _end(process)
            else:
                started.append(ender)
        for ender in started:
            ender.join()

    def _serve(self) -> None:
        try:
            while (member := self._next()) is not None:
                result = self._run(*member)
                if self._wave.fail_fast and not result.ok:
                    self.halt()
        except BaseException as error:  # noqa: BLE001 - it is raised where the strategy was called
            self.failure = error
            self.halt()
        finally:
            with self._guard:
                self._at_work -= 1
                is_last = not self._at_work
            if is_last:
                self._orders.put(False)

    def _next(self) -> tuple[int, AgentProcess] | None:
        with self._guard:
            if self._stopped.is_set() or not self._waiting:
                return None
            index, process = self._waiting.popleft()
            self._running[index] = process
            return index, process

    def _run(self, index: int, process: AgentProcess) -> ProcessResult:
        """Run a member to the end of its last attempt."""
        earlier: list[ProcessResult] = []
        self._tell(Stage.STARTED, index)
        result = _result_of(process.process_id, process.run)
        while self._attempts.follow(len(earlier) + 1, result) and not self._stopped.is_set():
            delay = self._attempts.policy.delay_before(len(earlier) + 2)
            self._tell(Stage.RETRYING, index, len(earlier) + 1, result, delay)
            if self._stopped.wait(delay):
                break
            earlier.append(result)
            result = _result_of(process.process_id, lambda: self._run_copy(index, process))
        with self._guard:
            del self._running[index]
        if earlier:
            result = replace(result, attempts=tuple(earlier))
        self._tell(Stage.ENDED, index, len(earlier) + 1, result)
        return result

    def _run_copy(self, index: int, process: AgentProcess) -> ProcessResult:
        copy = process.replace()
        with self._guard:
            self._running[index] = copy
            is_unwanted = self._stopped.is_set()
        if is_unwanted:
            copy.terminate()
        return copy.run()

    def _tell(
        self, stage: Stage, index: int, attempt: int = 1, result: ProcessResult | None = None, delay: float = 0.0
    ) -> None:
        self.told.append(Told(stage, index, time.time(), attempt, result, delay))
        self._wake()


def _result_of(process_id: str, run: Callable[[], object]) -> ProcessResult:
    """Return what ``run`` gives; what it raises is a result, too."""
    moment, started = time.time(), time.monotonic()
    try:
        result = run()
    except BaseException as error:  # noqa: BLE001 - the contract: an exception is a failed result
        problem, reason = _last_line(error), Reason.INFRASTRUCTURE
        told = "".join(traceback.format_exception(error))
    else:
        if isinstance(result, ProcessResult):
            return result
        problem = told = f"run() of process {process_id!r} returned {result!r}, which is no ProcessResult"
        reason = Reason.CONFIGURATION
    return ProcessResult(
        exit_code=FAILURE,
        output="",
        stderr=told,
        duration=time.monotonic() - started,
        process_id=process_id,
        status=Status.ERROR,
        reason=reason,
        error=problem,
        started=moment,
    )


def _last_line(error: BaseException) -> str:
    """Return type and message as a traceback ends with them, without notes and the further lines of a message."""
    told = traceback.TracebackException.from_exception(error)
    told.__notes__ = []
    return list(told.format_exception_only())[-1].partition("\n")[0]


def _end(process: AgentProcess) -> None:
    try:
        process.terminate()
    except Exception:
        # The others must still be ended, and its run() tells how it went.
        logger.exception("process %r cannot be terminated", process.process_id)
