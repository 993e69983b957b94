"""What expressions see while a workflow runs: tasks that have ended, inputs, the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .expression import Template
from .outcome import TaskState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .file import FileTask, WorkflowFile
    from .outcome import TaskOutcome


class Ended:
    """What is known of the tasks that have ended."""

    def __init__(self, file: WorkflowFile) -> None:
        self._file = file
        self.outcomes: dict[str, TaskOutcome] = {}
        self.records: dict[str, dict[str, Any]] = {}
        """What they gave, also those that failed: ``outputs``, ``stdout``, ``exit_code``."""
        self.stopped: set[str] = set()
        """Tasks that were stopped because another failed."""
        self._children: dict[str, list[str]] = {}
        self._clean: set[str] = set()
        """Tasks that passed, as did all that came before them."""
        self._after_failure: set[str] = set()
        """Tasks that failed, or come after one that did."""
        self._after_stop: set[str] = set()
        """Tasks that were stopped, or come after one that was."""

    def add(self, outcome: TaskOutcome) -> None:
        """Take note of the end of a task, or of one of its combinations."""
        self.outcomes[outcome.name] = outcome
        parent, bracket, _ = outcome.name.partition("[")
        if bracket:
            self._children.setdefault(parent, []).append(outcome.name)
        else:
            self._look_back(outcome.name)
        if isinstance(outcome.result, dict):
            self.records[outcome.name] = outcome.result
        elif isinstance(outcome.result, list):
            self.records[outcome.name] = _gathered(outcome.result)

    def _look_back(self, name: str) -> None:
        """Note how a task ended, and how what it needs did: so nothing has to go all the way back later."""
        needs = self._file.tasks[name].needs
        if self.has_passed(name) and self._clean.issuperset(needs):
            self._clean.add(name)
        if self.is_bad(name) or not self._after_failure.isdisjoint(needs):
            self._after_failure.add(name)
        if self.state(name) is TaskState.CANCELLED or not self._after_stop.isdisjoint(needs):
            self._after_stop.add(name)

    def children(self, name: str) -> list[str]:
        """Return the names of the combinations of a task that have ended, in their order."""
        return sorted(self._children.get(name, ()), key=lambda child: int(child[len(name) + 1 : -1]))

    def state(self, name: str) -> TaskState:
        """Return how a task ended. One whose combinations were stopped, and none failed, was stopped."""
        outcome = self.outcomes.get(name)
        if outcome is None:
            return TaskState.PENDING
        states = [self.state(child) for child in self._children.get(name, ())]
        if (
            outcome.state is TaskState.FAILED
            and TaskState.CANCELLED in states
            and not any(each.is_bad for each in states)
        ):
            return TaskState.CANCELLED
        return outcome.state

    def is_bad(self, name: str) -> bool:
        """Return whether a task failed, and the workflow with it."""
        return self.state(name).is_bad and not self.forgives(name)

    def is_clean(self, name: str) -> bool:
        """Return whether a task passed, as did all that came before it."""
        return name in self._clean

    def is_after_failure(self, name: str) -> bool:
        """Return whether a task failed, or comes after one that did."""
        return name in self._after_failure

    def forgives(self, name: str) -> bool:
        """Return whether the workflow goes on, and passes, when a task or combination fails."""
        return self._file.tasks[name.partition("[")[0]].continue_on_error

    def has_passed(self, name: str) -> bool:
        """Return whether a task counts as passed."""
        state = self.state(name)
        return state is TaskState.PASSED or (state.is_bad and self.forgives(name))

    def status_of(self, task: FileTask) -> dict[str, Callable[[], bool]]:
        """Return the status functions for a task: they ask about all that came before it, however far."""
        return {
            "success": lambda: self._clean.issuperset(task.needs),
            "failure": lambda: not self._after_failure.isdisjoint(task.needs),
            "always": lambda: True,
            "cancelled": lambda: not self._after_stop.isdisjoint(task.needs),
        }

    def seen(self, name: str) -> dict[str, Any]:
        """Return a task as expressions see it."""
        outcome = self.outcomes.get(name)
        record = self.records.get(name)
        if record is None:
            there = [child for child in self.children(name) if self.state(child) is TaskState.PASSED]
            gave = [self.records[child] for child in there if child in self.records]
            record = _gathered(gave) if gave else {}
        state = self.state(name)
        return {
            "result": str(TaskState.PASSED if self.has_passed(name) else state),
            "outcome": str(state),
            "outputs": record.get("outputs", {}),
            "stdout": record.get("stdout", ""),
            "exit_code": record.get("exit_code"),
            "error": None if outcome is None or outcome.error is None else str(outcome.error),
        }


def _gathered(records: Sequence[dict[str, Any] | None]) -> dict[str, Any]:
    """Return what a task gave that was run for several combinations: of each output the list of its values."""
    there = [record for record in records if record is not None]
    keys = dict.fromkeys(key for record in there for key in record.get("outputs", {}))
    return {
        "outputs": {key: [record.get("outputs", {}).get(key) for record in there] for key in keys},
        "stdout": "\n".join(text for record in there if (text := record.get("stdout", ""))),
        "exit_code": max((record.get("exit_code") or 0 for record in there), default=None),
    }


def rendered(value: Any, scope: Mapping[str, Any]) -> Any:
    """Return plain JSON types with what the templates in ``value`` are worth. Raise ExpressionError."""
    if isinstance(value, Template):
        return value.value(scope)
    if isinstance(value, dict):
        return {key: rendered(each, scope) for key, each in value.items()}
    if isinstance(value, list):
        return [rendered(each, scope) for each in value]
    return value


def has_templates(value: Any) -> bool:
    """Return whether there are templates in a value."""
    if isinstance(value, dict):
        return any(map(has_templates, value.values()))
    return any(map(has_templates, value)) if isinstance(value, list) else isinstance(value, Template)
