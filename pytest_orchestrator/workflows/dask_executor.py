"""Functions of a workflow on the workers of dask.distributed, each called once at the most."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

from ..errors import OrchestratorError

if TYPE_CHECKING:
    from collections.abc import Callable

_HANDLER = "pytest_orchestrator_claim"
_CLAIMED = "_pytest_orchestrator_claimed"


class CalledBeforeError(OrchestratorError):
    """A worker was lost while it ran a function, or before it told what came of that; it is not called again."""


class DaskExecutor(Executor):
    """An executor for :class:`Workflow` that uses a ``distributed.Client``.

    When a worker is lost, dask has another one do its work again. For what changes the world that is wrong. So a worker
    asks the scheduler before each call whether it was made before, and raises CalledBeforeError if so.

    This package must be installed where the scheduler and the workers run.
    """

    def __init__(self, client: Any) -> None:
        """``client`` is a ``distributed.Client`` with no other loop than its own (``asynchronous=False``)."""
        self._client = client
        self._prefix = f"workflow-{uuid.uuid4().hex[:12]}"
        self._numbers = itertools.count()
        client.run_on_scheduler(_install)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have ``fn`` called on a worker and return the future of what it returns."""
        key = f"{self._prefix}-{next(self._numbers)}"
        # In a list: bare arguments are searched for futures of dask's own.
        task = self._client.submit(_call_once, key, [fn, args, kwargs], key=key, pure=False, retries=0)
        answer = _Answer(self._client, task)
        task.add_done_callback(lambda done: _hand_over(done, answer))
        return answer


class _Answer(Future[Any]):
    """What comes of a call. Cancelled, a call that no worker has begun is not made; one that was begun goes on."""

    def __init__(self, client: Any, task: Any) -> None:
        super().__init__()
        self._client = client
        self._task = task
        self.set_running_or_notify_cancel()

    def cancel(self) -> bool:
        """Have dask forget the call if it still waits for a worker. Return False: it may have been begun."""
        if not self.done():
            # In the thread of the client: nobody here waits for the scheduler.
            forget = self._client.cancel([self._task], asynchronous=True)
            asyncio.run_coroutine_threadsafe(forget, self._client.loop.asyncio_loop)
        return False


def _hand_over(done: Any, answer: Future[Any]) -> None:
    from distributed import CancelledError  # type: ignore[import-not-found,unused-ignore]

    try:
        if done.status == "finished":
            answer.set_result(done.result())
            return
        error = done.exception()
    except (Exception, CancelledError) as trouble:  # noqa: BLE001 - it is told where the result is asked for
        error = trouble
    answer.set_exception(error or CalledBeforeError("dask does not tell what came of the call"))


def _call_once(key: str, call: list[Any]) -> Any:
    """Run on a worker: call the function, unless that was done before."""
    from distributed import get_worker

    if not _claim(get_worker(), key):
        raise CalledBeforeError(f"a worker was lost while it ran {call[0]!r}; what it did may have been done")
    function, args, kwargs = call
    return function(*args, **kwargs)


def _claim(worker: Any, key: str) -> bool:
    from distributed.utils import sync  # type: ignore[import-not-found,unused-ignore]

    async def ask() -> bool:
        return bool(await getattr(worker.scheduler, _HANDLER)(key=key))

    return bool(sync(worker.loop, ask))


def _install(dask_scheduler: Any) -> None:
    """Run on the scheduler: let it remember which calls were begun."""
    if not hasattr(dask_scheduler, _CLAIMED):
        claimed: set[str] = set()
        setattr(dask_scheduler, _CLAIMED, claimed)

        def claim(key: str) -> bool:
            if key in claimed:
                return False
            claimed.add(key)
            return True

        dask_scheduler.handlers[_HANDLER] = claim
