"""Threads for actions that are no coroutines. They never keep a program from ending."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

IDLE_SECONDS = 5.0
"""How long a thread waits for its next call before it ends."""


class DaemonThreads(Executor):
    """Runs each call at once, in a thread that is free or a new one.

    Python's own executor waits for its threads when the program ends. A call that was given up at its time limit may
    still be going on in one: nobody must wait for that.
    """

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._free = 0
        """Threads that wait for a call, less the calls that wait for them."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call ``fn`` in a thread and return the future of what it returns.

        Raise RuntimeError when there is no free thread, and the system gives no other.
        """
        future: Future[Any] = Future()
        with self._guard:
            self._free -= 1
            is_needed = self._free < 0
            if is_needed:
                self._free += 1
        if is_needed:
            threading.Thread(target=self._work, name="workflow-action", daemon=True).start()
        self._calls.put((future, lambda: fn(*args, **kwargs)))
        return future

    def _work(self) -> None:
        while True:
            try:
                future, call = self._calls.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                with self._guard:
                    if self._free > 0:  # else a call is on its way to us
                        self._free -= 1
                        return
                continue
            result, error = _called(future, call)
            with self._guard:
                self._free += 1  # before anybody hears of the result: who does may have another call at once
            if error is not None:
                future.set_exception(error)
            elif not future.cancelled():
                future.set_result(result)
            del future, call, result, error  # what they hold must not live as long as a thread that waits


def _called(future: Future[Any], call: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    if not future.set_running_or_notify_cancel():
        return None, None
    try:
        return call(), None
    except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
        return None, error
