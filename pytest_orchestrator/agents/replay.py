"""What had finished before a session was resumed: it is not run again, but its results come again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..core.status import Status
from ..errors import AgentError
from .result import ProcessResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .store import SessionStore

FINISHED = frozenset({Status.PASSED, Status.FAILED, Status.TIMEOUT})


def has_finished(result: ProcessResult) -> bool:
    """Return whether a run is not to be made again: it ended by itself or at a limit of its own.

    Not what was cancelled, what was stopped for a budget that may be larger the next time, and infrastructure trouble.
    """
    is_budget = result.limit is not None and result.limit.name.startswith("budget_")
    return result.status in FINISHED and not is_budget


class Replay:
    """Results by process and prompt, each of which is given out once, in the order in which they came.

    So the third attempt of a retried process has the result of the third, also after the program has died in between.
    """

    def __init__(self, store: SessionStore, records: Iterable[Mapping[str, Any]]) -> None:
        self._store = store
        self._runs: dict[str, list[tuple[str, int]]] = {
            record["process_id"]: [(entry["prompt"], entry["run"]) for entry in record["finished"]]
            for record in records
        }

    def knows(self, process_id: str) -> bool:
        """Return whether there are results of a process that were not given out."""
        return bool(self._runs.get(process_id))

    def take(self, process_id: str, prompt: str) -> ProcessResult | None:
        """Return the next result of a process with this prompt, or None.

        Raise AgentError when it cannot be read.
        """
        runs = self._runs.get(process_id, [])
        for index, (known, run) in enumerate(runs):
            if known == prompt:
                del runs[index]
                data = self._store.result(process_id, run)
                try:
                    return ProcessResult.from_dict(data)
                except (KeyError, TypeError, ValueError) as error:
                    problem = f"{str(self._store.result_path(process_id, run))!r} holds no result: {error!r}"
                    raise AgentError(problem) from error
        return None
