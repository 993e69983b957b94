"""What the expressions of a workflow file name, and whether that will be there when they are worked out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..config.phrases import below, clipped, joined, suggestion
from ..config.tree import Entry, Listing, Scalar, ScalarKind, Table
from ..quick_dataclasses import dataclass
from .expression import Condition, ExpressionError, Template
from .expression_functions import STATUS_FUNCTIONS, called, problem_of_call
from .expression_tree import Binary, Call, Each, Expression, Literal, Member, Name, path_of, walk
from .file_places import place_of
from .matrix import names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..config.tree import Node
    from ..config.yaml_source import Source
    from .file import FileTask, WorkflowFile

RESULTS = ("passed", "failed", "timeout", "skipped", "cancelled")
"""What ``tasks.NAME.result`` may be."""
TASK_FIELDS = ("result", "outcome", "outputs", "stdout", "exit_code", "error")
"""What there is of a task."""
COUNTS = (*RESULTS, "total")
_GITHUB = {"success": "passed", "failure": "failed"}
_RUN = ("tasks", "inputs", "env", "workflow")
WORKFLOW_FIELDS = ("name", "directory")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an expression stands, and what can be named there."""

    where: str
    node: Scalar
    names: tuple[str, ...]
    tasks: tuple[str, ...]
    """Those that have ended when it is worked out."""
    task: FileTask | None = None
    has_status: bool = False


def check_references(source: Source, root: Table, file: WorkflowFile) -> None:
    """Report what expressions name that is not there: tasks, inputs, fields, functions out of place."""
    checker = _Checker(source, file)
    for name, entry in _entries(root, "env"):
        checker.check(entry.value, below("env", name), _names(("inputs", "env", "workflow")))
    if "summary" in root.entries and file.summary is not None:
        names = (*_RUN, "counts", "errors", "result")
        checker.check(root.entries["summary"].value, "summary", _names(names, tuple(file.tasks)))
    for name, entry in _entries(root, "tasks"):
        if name in file.tasks and isinstance(entry.value, Table):
            checker.check_task(file.tasks[name], entry.value)


def _names(names: tuple[str, ...], tasks: tuple[str, ...] = ()) -> Callable[[Scalar, str], _Place]:
    return lambda node, where: _Place(where, node, names, tasks)


def _entries(node: Node, key: str) -> Iterator[tuple[str, Entry]]:
    found = node.entries.get(key) if isinstance(node, Table) else None
    if found is not None and isinstance(found.value, Table):
        yield from found.value.entries.items()


def referred(task: FileTask) -> tuple[str, ...]:
    """Return the tasks before it that the expressions of a task name; all where a name is worked out."""
    found: set[str] = set()
    for expression in _expressions_of(task):
        for each in walk(expression):
            path = path_of(each)
            if path[:1] == ("tasks",) and len(path) > 1:
                found |= set(task.upstream) if path[1] is None else {path[1]}
    return tuple(name for name in task.upstream if name in found)


def _expressions_of(task: FileTask) -> Iterator[Expression]:
    if task.condition is not None:
        yield task.condition.expression
    rest: list[Any] = [
        task.action, task.approve, task.cwd, task.stdin, *task.args, *task.env.values(), *task.outputs.values(),
        task.matrix, task.inputs,
    ]  # fmt: skip
    while rest:
        each = rest.pop()
        if isinstance(each, Template):
            yield from each.expressions
        elif isinstance(each, dict):
            rest += each.values()
        elif isinstance(each, list):
            rest += each


def with_references(file: WorkflowFile) -> WorkflowFile:
    """Return the file with what the expressions of each task name."""
    return replace(file, tasks={name: replace(task, refers=referred(task)) for name, task in file.tasks.items()})


class _Checker:
    def __init__(self, source: Source, file: WorkflowFile) -> None:
        self._source = source
        self._file = file

    def check_task(self, task: FileTask, node: Table) -> None:
        """Check everything in a task."""
        start = below("tasks", task.name)
        matrix = () if task.matrix is None else ("matrix",)
        names = {
            "if": _RUN, "matrix": _RUN, "approve": (*_RUN, *matrix),
            "outputs": (*_RUN, *matrix, "outputs", "stdout", "exit_code"),
        }  # fmt: skip
        for key, entry in node.entries.items():
            if key in ("needs", "retry", "expect", "pool", "timeout", "continue_on_error", "python"):
                continue
            known = names.get(key, (*_RUN, *matrix))
            self.check(
                entry.value,
                below(start, key),
                lambda at, where, key=key, known=known: _Place(  # type: ignore[misc]
                    where, at, known, task.upstream, task, has_status=key == "if"
                ),
            )

    def check(self, node: Node, where: str, place: Callable[[Scalar, str], _Place]) -> None:
        """Check the texts in a node, which messages call ``where`` with the keys below it."""
        match node:
            case Table(entries):
                for key, entry in entries.items():
                    self.check(entry.value, below(where, key), place)
            case Listing(items):
                for item in items:
                    self.check(item, where, place)
            case Scalar(ScalarKind.TEXT | ScalarKind.INT | ScalarKind.FLOAT):
                self._check_text(place(node, where))

    def _check_text(self, place: _Place) -> None:
        text = place.node.text
        try:
            if place.has_status:
                expressions = [Condition.parse(text).expression]
            else:
                expressions = list(Template.parse(text).expressions)
        except ExpressionError:  # which was reported when it was read
            return
        for expression in expressions:
            self._check_expression(expression, place)

    def _check_expression(self, expression: Expression, place: _Place) -> None:
        inner = {id(each.of) for each in walk(expression) if isinstance(each, Member | Each)}
        for each in walk(expression):
            if isinstance(each, Call) and (problem := problem_of_call(each.name, len(each.arguments))) is not None:
                self._report(place, each.at, problem)
            elif isinstance(each, Call) and each.name in STATUS_FUNCTIONS and not place.has_status:
                self._report(place, each.at, f"{each.name}() is known in 'if' only; a text can use tasks.NAME.result")
            elif isinstance(each, Binary) and each.operator in ("==", "!="):
                self._check_result(each, place)
            elif isinstance(each, Name | Member | Each) and id(each) not in inner:
                self._check_path(each, place)

    def _report(self, place: _Place, at: int, message: str) -> None:
        self._source.report(place_of(self._source, place.node, at), f"{place.where}: {message}")

    def _check_result(self, comparison: Binary, place: _Place) -> None:
        """Report a result that no task can have: such a condition would be silently false for ever."""
        for asked, literal in ((comparison.left, comparison.right), (comparison.right, comparison.left)):
            path = path_of(asked)
            is_result = len(path) == 3 and path[0] == "tasks" and path[2] in ("result", "outcome")
            if is_result and isinstance(literal, Literal) and literal.value not in RESULTS:
                word = str(literal.value)
                hint = f"did you mean {_GITHUB[word]!r}?" if word in _GITHUB else f"it is {joined(RESULTS, 'or')}"
                self._report(place, literal.at, f"{word!r} is no result of a task; {hint}")

    def _check_path(self, expression: Expression, place: _Place) -> None:
        path = path_of(expression)
        if not path:
            return
        first, at = path[0], _first_at(expression)
        assert first is not None
        if (
            first == "matrix"
            and "matrix" not in place.names
            and place.task is not None
            and place.task.matrix is not None
        ):
            self._report(
                place, at, "'matrix' is not known here: this is worked out once, before there are combinations"
            )
        elif first not in place.names:
            self._report(place, at, f"{first!r} is not known here; {self._hint(path, place)}")
        elif first == "tasks":
            self._check_task_path(expression, path, place)
        elif first == "inputs" and len(path) > 1 and path[1] is not None and path[1] not in self._file.inputs:
            hint = (
                suggestion(path[1], self._file.inputs).replace("known keys are", "there is") or "the file has no inputs"
            )
            self._report(place, at, f"there is no input {clipped(path[1])}; {hint}")
        elif first == "matrix" and len(path) > 1 and path[1] is not None:
            assert place.task is not None
            assert place.task.matrix is not None
            names = names_of(place.task.matrix)
            if names is not None and path[1] not in names:
                hint = suggestion(path[1], sorted(names)).replace("known keys are", "there is")
                self._report(place, at, f"the matrix has no {clipped(path[1])}; {hint}")
        elif first == "workflow" and len(path) > 1 and path[1] is not None and path[1] not in WORKFLOW_FIELDS:
            hint = suggestion(path[1], WORKFLOW_FIELDS).replace("known keys are", "there is")
            self._report(place, at, f"workflow has no {clipped(path[1])}; {hint}")
        elif first == "counts" and len(path) > 1 and path[1] is not None and path[1] not in COUNTS:
            hint = suggestion(path[1], COUNTS).replace("known keys are", "there is")
            self._report(place, at, f"counts has no {clipped(path[1])}; {hint}")

    def _hint(self, path: tuple[str | None, ...], place: _Place) -> str:
        """Return what may be meant by a path that begins with an unknown name."""
        first = str(path[0])
        if len(path) == 1 and place.has_status and called(first) in STATUS_FUNCTIONS:
            return f"did you mean {called(first)}()?"
        if "tasks" in place.names and first in self._file.tasks:
            return f"did you mean 'tasks.{first}'?"
        if "tasks" in place.names and first in ("needs", "steps", "jobs"):
            return "did you mean 'tasks'?"
        return suggestion(first, place.names).replace("known keys are", "known is") or "nothing is known here"

    def _check_task_path(self, expression: Expression, path: tuple[str | None, ...], place: _Place) -> None:
        at = _first_at(expression)
        name = path[1] if len(path) > 1 else None
        if name is not None and name not in place.tasks:
            self._report(place, at, self._unknown_task(name, place))
        elif len(path) > 2 and path[2] is not None and path[2] not in TASK_FIELDS:
            hint = suggestion(path[2], TASK_FIELDS).replace("known keys are", "there is")
            self._report(place, at, f"a task has no {clipped(path[2])}; {hint}")

    def _unknown_task(self, name: str, place: _Place) -> str:
        if name not in self._file.tasks:
            hint = suggestion(name, self._file.tasks).replace("known keys are", "there is")
            return f"there is no task {clipped(name)}; {hint}"
        if place.task is None:
            return f"task {clipped(name)} has not ended here"
        if name == place.task.name:
            return "a task cannot see its own result"
        return f"task {clipped(name)} does not come before this one; add it to 'needs'"


def _first_at(expression: Expression) -> int:
    while isinstance(expression, Member | Each):
        expression = expression.of
    return expression.at
