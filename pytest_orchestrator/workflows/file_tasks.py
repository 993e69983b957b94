"""Reading the tasks of a workflow file."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from ..config.phrases import below, clipped, joined, shown, suggestion
from ..config.tree import Listing, Scalar, ScalarKind, Table, is_absent, is_nothing
from ..config.values import INVALID, Checker
from ..core.kinds import is_workflow_file, problem_of_workflow_name
from ..core.retry import RetryPolicy
from .expression import Condition, ExpressionError, Template
from .file import FileTask
from .file_matrix import read_matrix
from .file_places import place_of
from .file_schema import ACTION_NAMES, NAME, TASK_MAPPINGS, TASK_OPTIONS
from .grace import DEFAULT_GRACE
from .shell_text import check_shell_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..config.tree import Node
    from ..config.values import Report
    from ..config.yaml_source import Source

_PROGRAMS = ("run", "script", "python")
_ONLY_FOR = {
    "args": ("script", "python"),
    "stdin": _PROGRAMS,
    "expect": _PROGRAMS,
    "cwd": (*_PROGRAMS, "claude", "codex"),
    "env": (*_PROGRAMS, "claude", "codex"),
    "inputs": ("workflow",),
}
"""Keys that mean something beside some actions only."""
_NOT_FOR_GATES = ("matrix", "retry", "outputs", "pool")
_FUNCTION = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


def plain(report: Report, node: Node, where: str) -> Any:
    """Return any YAML value as plain JSON types."""
    match node:
        case Table(entries):
            return {key: plain(report, entry.value, below(where, key)) for key, entry in entries.items()}
        case Listing(items):
            return [plain(report, item, where) for item in items]
        case Scalar(ScalarKind.BOOL):
            return node.truth
        case Scalar(ScalarKind.NULL):
            return None
        case Scalar(ScalarKind.INT, text) if re.fullmatch(r"[-+]?(0|[1-9][0-9]{0,17})", text):
            return int(text)
        case Scalar(ScalarKind.FLOAT, text) if re.fullmatch(r"[-+]?[0-9]+\.[0-9]*([eE][-+]?[0-9]{1,2})?", text):
            return float(text)
        case Scalar(ScalarKind.INT | ScalarKind.FLOAT):
            report(
                node.at, f"{where}: {shown(node)} is read in different ways; write plain decimal digits, or quote it"
            )
        case Scalar(_, text):
            return text
    return None


class TaskReader:
    """Turns nodes of the tree into tasks. Whatever is wrong is reported."""

    def __init__(self, source: Source, pools: Mapping[str, int], directory: str) -> None:
        """``directory`` is what paths are relative to."""
        self._directory = directory
        self._source = source
        self._report = source.report
        self._checker = Checker(source.report)
        self._pools = pools

    def read(self, name: str, at: int, node: Node) -> FileTask | None:
        """Return the task called ``name``; None when it is not even a mapping."""
        where = below("tasks", name)
        if not isinstance(node, Table):
            if not (isinstance(node, Scalar) and node.kind is ScalarKind.BROKEN):
                self._report(node.at or at, f"{where}: {shown(node)} is not a task; write a mapping, as in {{run: …}}")
            return None
        values = self._values(node, where)
        kind = self._kind(node, at, where)
        if kind is None:
            return None
        self._refuse_misplaced(node, kind, where)
        retry = values.get("retry")
        options = dict(values[kind]) if isinstance(values.get(kind), dict) else {}
        options.pop("prompt", None)
        return FileTask(
            name=name,
            line=self._source.position(at)[0],
            kind=kind,
            action=self._text(node, kind, values, where) or Template(("",)),
            options=options,
            needs=tuple(dict.fromkeys(values.get("needs", ()))),
            condition=self._condition(node, where),
            env=self._env(node, values.get("env", {}), where),
            timeout=values.get("timeout") or None,
            grace=values.get("grace", DEFAULT_GRACE),
            retry=None if retry is None else RetryPolicy(**retry),
            continue_on_error=values.get("continue_on_error", False),
            matrix=read_matrix(node, where, self._any, self._report),
            pool=self._pool(node, values, where),
            expect=values.get("expect", {}),
            approve=self._text(node, "approve", values, where),
            outputs=self._outputs(node, where),
            cwd=self._text(node, "cwd", values, where),
            stdin=self._text(node, "stdin", values, where),
            args=self._args(node, values, where),
            inputs=self._inputs(node, where),
        )

    def _values(self, node: Table, where: str) -> dict[str, Any]:
        values = {}
        for key, entry in node.entries.items():
            if key == "if":
                continue
            if key in TASK_OPTIONS:
                value = self._checker.check(TASK_OPTIONS[key], entry.value, below(where, key))
                if value is not INVALID:
                    values[key] = value
            elif key not in TASK_MAPPINGS:
                known = [*TASK_OPTIONS, *TASK_MAPPINGS]
                self._report(entry.at, f"{below(where, key)}: unknown key; {suggestion(key, known)}")
        return values

    def _kind(self, node: Table, at: int, where: str) -> str | None:
        actions = [key for key in ACTION_NAMES if key in node.entries]
        if len(actions) > 1:
            extra = node.entries[actions[1]].at
            self._report(extra, f"{where}: it has {joined(actions)}; a task does one thing, make two tasks of it")
        if actions:
            return actions[0]
        if "approve" in node.entries:
            return "approve"
        close = any(suggestion(key, ACTION_NAMES, close_only=True) for key in node.entries if key not in TASK_OPTIONS)
        if not close:  # then that was told of already
            self._report(at, f"{where}: it does nothing; write one of {joined([*ACTION_NAMES, 'approve'], 'or')}")
        return None

    def _refuse_misplaced(self, node: Table, kind: str, where: str) -> None:
        for key, kinds in _ONLY_FOR.items():
            if key in node.entries and kind not in kinds:
                self._report(
                    node.entries[key].at, f"{where}: {key!r} means nothing to {kind!r}; it is for {joined(kinds)}"
                )
        for key in _NOT_FOR_GATES if kind == "approve" else ():
            if key in node.entries:
                self._report(
                    node.entries[key].at, f"{where}: {key!r} means nothing to a task that only waits for a person"
                )

    # -- texts with expressions -------------------------------------------------------------------------------

    def _template(self, node: Node, where: str) -> Template | None:
        if not isinstance(node, Scalar):
            return None
        try:
            return Template.parse(node.text)
        except ExpressionError as error:
            self._report(place_of(self._source, node, error.at), f"{where}: {error.problem}")
            return None

    def _text(self, node: Table, key: str, values: Mapping[str, Any], where: str) -> Template | None:
        if key not in values:
            return None
        at = node.entries[key].value
        if isinstance(at, Table):  # of an agent
            if "prompt" not in at.entries:
                self._report(at.at, f"{below(where, key)}: there is no prompt; write prompt: …")
                return None
            at, key = at.entries["prompt"].value, f"{key}.prompt"
        found = self._template(at, f"{where}.{key}")
        if key == "run" and found is not None:
            self._check_words(at, found, where)
        if key in ("script", "workflow") and found is not None and found.is_plain:
            self._check_file(at, key, found.text, where)
        if key == "python" and found is not None and not (found.is_plain and _FUNCTION.fullmatch(found.text)):
            self._report(at.at, f"{below(where, key)}: {clipped(found.text)} names no function; write module:function")
        return found

    def _check_words(self, node: Node, words: Template, where: str) -> None:
        assert isinstance(node, Scalar)
        try:
            check_shell_text(words)
        except ExpressionError as error:
            self._report(place_of(self._source, node, error.at), f"{below(where, 'run')}: {error.problem}")

    def _check_file(self, node: Node, key: str, name: str, where: str) -> None:
        if not os.path.isfile(os.path.join(self._directory, name)):
            message = f"there is no file {clipped(name)} beside the workflow; correct the path, which is relative to it"
            self._report(node.at, f"{below(where, key)}: {message}")
        elif key == "workflow" and not is_workflow_file(name):
            problem = problem_of_workflow_name(name)
            self._report(node.at, f"{below(where, key)}: {clipped(name)} is no workflow: {problem}")

    def _condition(self, node: Table, where: str) -> Condition | None:
        entry = node.entries.get("if")
        if entry is None:
            return None
        value = entry.value
        if not isinstance(value, Scalar) or is_nothing(value):
            self._report(entry.at, f"{where}.if: {shown(value)} is not a condition; write one as in failure()")
            return None
        if value.kind is ScalarKind.BOOL:
            return Condition.parse(str(value.truth).lower())
        try:
            return Condition.parse(value.text)
        except ExpressionError as error:
            self._report(place_of(self._source, value, error.at), f"{where}.if: {error.problem}")
            return None

    def _env(self, node: Table, values: Mapping[str, str | None], where: str) -> dict[str, Template | None]:
        entry = node.entries.get("env")
        if entry is None or not isinstance(entry.value, Table):
            return {}
        nodes = entry.value.entries
        return {
            name: None if text is None else self._template(nodes[name].value, below(f"{where}.env", name))
            for name, text in values.items()
        }

    def _args(self, node: Table, values: Mapping[str, Any], where: str) -> tuple[Template, ...]:
        entry = node.entries.get("args")
        if entry is None or not isinstance(entry.value, Listing) or "args" not in values:
            return ()
        found = (self._template(item, f"{where}.args") for item in entry.value.items)
        return tuple(each for each in found if each is not None)

    def _outputs(self, node: Table, where: str) -> dict[str, Template]:
        entry = node.entries.get("outputs")
        found: dict[str, Template] = {}
        if entry is None:
            return found
        if not isinstance(entry.value, Table):
            message = "is not a mapping; write name: ${{ … }} (what is written to $ORCHESTRATOR_OUTPUT is there anyway)"
            self._report(entry.value.at, f"{where}.outputs: {shown(entry.value)} {message}")
            return found
        for name, item in entry.value.entries.items():
            path = below(f"{where}.outputs", name)
            if not re.fullmatch(NAME, name):
                self._report(item.at, f"{path}: {clipped(name)} is not a name; use letters, digits, '_' and '-'")
            elif not isinstance(item.value, Scalar) or is_nothing(item.value):
                self._report(item.value.at, f"{path}: {shown(item.value)} is not text; write ${{{{ … }}}}")
            elif (template := self._template(item.value, path)) is not None:
                found[name] = template
        return found

    def _any(self, node: Node, where: str) -> Any:
        """Return a value of any type with templates in place of its texts."""
        match node:
            case Table(entries):
                return {key: self._any(entry.value, below(where, key)) for key, entry in entries.items()}
            case Listing(items):
                return [self._any(item, where) for item in items]
            case Scalar(ScalarKind.TEXT):
                found = self._template(node, where)
                return node.text if found is None or found.is_plain else found
        return plain(self._report, node, where)

    def _inputs(self, node: Table, where: str) -> dict[str, Any]:
        entry = node.entries.get("inputs")
        if entry is None or is_absent(entry.value):
            return {}
        if not isinstance(entry.value, Table):
            self._report(entry.value.at, f"{where}.inputs: {shown(entry.value)} is not a mapping; write input: value")
            return {}
        found = self._any(entry.value, f"{where}.inputs")
        assert isinstance(found, dict)
        return found

    def _pool(self, node: Table, values: Mapping[str, Any], where: str) -> str | None:
        pool: str | None = values.get("pool")
        if pool is not None and pool not in self._pools:
            hint = (
                suggestion(pool, self._pools).replace("known keys are", "there is")
                or "there is none: name it under pools:"
            )
            self._report(node.entries["pool"].value.at, f"{where}.pool: there is no pool {clipped(pool)}; {hint}")
            return None
        return pool
