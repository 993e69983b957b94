"""Reading a workflow file: all that is wrong with it at once, each mistake with its place."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config.phrases import below, clipped, joined, shown, suggestion
from ..config.tree import Scalar, ScalarKind, Table, is_absent
from ..config.values import CASE_NAME, INVALID, Checker
from ..config.yaml_source import parse, read_source
from ..core.kinds import is_workflow_file, problem_of_workflow_name
from ..errors import ConfigurationError, Mistake
from .expression import ExpressionError, Template
from .file import REQUIRED, FileInput, WorkflowFile
from .file_graph import check_graph
from .file_nesting import Nesting, ReadFile
from .file_places import place_of
from .file_references import check_references, with_references
from .file_schema import FILE_MAPPINGS, FILE_OPTIONS, INPUT_OPTIONS, NAME, POOL
from .file_tasks import TaskReader, plain

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping

    from ..config.tree import Node
    from ..config.yaml_source import Source
    from .file import FileTask


def load_workflow_file(path: str | os.PathLike[str], shown_as: str | None = None) -> WorkflowFile:
    """Return what the workflow file at ``path`` says, which mistakes call ``shown_as`` (default: ``path`` itself).

    Raise :class:`~pytest_orchestrator.errors.ConfigurationError` with all mistakes of the file, and of those that it
    runs.
    """
    file = Path(path).absolute()
    named = str(path) if shown_as is None else shown_as
    if not is_workflow_file(file.name):
        raise ConfigurationError([Mistake(named, 1, 1, problem_of_workflow_name(file.name))])
    nesting = Nesting(file, named, _read)
    nesting.raise_mistakes()
    assert nesting.first.file is not None
    return replace(nesting.first.file, texts=nesting.texts())


def _read(path: Path, shown_as: str) -> ReadFile:
    try:
        source = read_source(path, shown_as)
        root = parse(source)
    except ConfigurationError as error:
        return ReadFile(path, shown_as, unreadable=error.mistakes)
    return ReadFile(path, shown_as, source, root, _Reader(source, path).read(root))


class _Reader:
    """Judges one file."""

    def __init__(self, source: Source, path: Path) -> None:
        self._source = source
        self._path = path
        self._report = source.report
        self._checker = Checker(source.report)

    def read(self, root: Node) -> WorkflowFile | None:
        if not isinstance(root, Table):
            if not (isinstance(root, Scalar) and root.kind is ScalarKind.BROKEN):
                self._report(root.at, f"{shown(root)} is not a workflow; write tasks: with the tasks below it")
            return None
        values: dict[str, Any] = {}
        for name, entry in root.entries.items():
            if name in FILE_OPTIONS:
                value = self._checker.check(FILE_OPTIONS[name], entry.value, name)
                if value is not INVALID:
                    values[name] = value
            elif name not in FILE_MAPPINGS:
                known = [*FILE_OPTIONS, *FILE_MAPPINGS]
                self._report(entry.at, f"{below('', name)}: unknown key; {suggestion(name, known)}")
        section = {name: root.entries[name].value for name in FILE_MAPPINGS if name in root.entries}
        inputs = self._inputs(section.get("inputs"))
        pools = self._pools(section.get("pools"))
        tasks = self._tasks(root, section.get("tasks"), pools)
        name = self._path.name[: self._path.name.rindex(".workflow.")]
        summary = root.entries.get("summary")
        found = WorkflowFile(
            path=self._path,
            shown_as=self._source.shown_as,
            name=values.get("name", name),
            digest=hashlib.sha256(self._source.text.encode()).hexdigest(),
            tasks=tasks,
            description=values.get("description", ""),
            env=self._env(root, values.get("env", {})),
            timeout=values.get("timeout") or None,
            max_concurrency=values.get("max_concurrency"),
            stops_on_failure=values.get("on_failure") == "stop",
            inputs=inputs,
            cases=self._cases(section.get("cases"), inputs),
            summary=None if summary is None or "summary" not in values else self._template(summary.value, "summary"),
            pools=pools,
        )
        check_references(self._source, root, found)
        return with_references(found)

    def _template(self, node: Node, where: str) -> Template | None:
        assert isinstance(node, Scalar)
        try:
            return Template.parse(node.text)
        except ExpressionError as error:
            self._report(place_of(self._source, node, error.at), f"{where}: {error.problem}")
            return None

    def _env(self, root: Table, values: Mapping[str, str | None]) -> dict[str, Template | None]:
        entry = root.entries.get("env")
        if entry is None or not isinstance(entry.value, Table):
            return {}
        nodes = entry.value.entries
        return {
            name: None if text is None else self._template(nodes[name].value, below("env", name))
            for name, text in values.items()
        }

    def _entries(self, node: Node | None, where: str, form: str) -> Iterator[tuple[str, int, Node]]:
        """Yield name, place and value of each entry of a mapping whose keys are names."""
        if node is None or is_absent(node):
            return
        if not isinstance(node, Table):
            self._report(node.at, f"{where}: {shown(node)} is not a mapping; write {form}")
            return
        for name, entry in node.entries.items():
            if re.fullmatch(NAME, name):
                yield name, entry.at, entry.value
            else:
                remedy = "use letters, digits, '_' and '-', and a letter or '_' first"
                self._report(entry.at, f"{where}: {clipped(name)} is not a name; {remedy}")

    def _inputs(self, node: Node | None) -> dict[str, FileInput]:
        found = {}
        for name, _, value in self._entries(node, "inputs", "name: default"):
            where = below("inputs", name)
            if not isinstance(value, Table):
                found[name] = FileInput(name, default=plain(self._report, value, where))
                continue
            given: dict[str, Any] = {}
            for key, entry in value.entries.items():
                if key == "default":
                    given[key] = plain(self._report, entry.value, below(where, key))
                elif key in INPUT_OPTIONS:
                    given[key] = self._checker.check(INPUT_OPTIONS[key], entry.value, below(where, key))
                else:
                    hint = suggestion(key, [*INPUT_OPTIONS, "default"])
                    self._report(entry.at, f"{below(where, key)}: unknown key; {hint}")
            if given.get("required") is True and "default" in given:
                self._report(value.entries["required"].at, f"{where}: it is required and has a default; remove one")
            default = given.get("default", REQUIRED if given.get("required") is True else None)
            found[name] = FileInput(name, str(given.get("description", "")), default)
        return found

    def _cases(self, node: Node | None, inputs: Mapping[str, FileInput]) -> dict[str, dict[str, Any]]:
        if node is None or is_absent(node):
            return {}
        if not isinstance(node, Table):
            self._report(node.at, f"cases: {shown(node)} is not a mapping; write name: {{input: value}}")
            return {}
        found: dict[str, dict[str, Any]] = {}
        for name, entry in node.entries.items():
            where = below("cases", name)
            if re.fullmatch(CASE_NAME, name) is None:
                message = f"cases: {clipped(name)} is not a case name; use letters, digits, '.', '_' and '-'"
                self._report(entry.at, message)
            elif isinstance(entry.value, Table):
                found[name] = self._case(entry.value, where, inputs)
                missing = [each.name for each in inputs.values() if each.default is REQUIRED]
                missing = [each for each in missing if each not in found[name]]
                if missing:
                    self._report(
                        entry.at, f"{where}: required input{'s' if missing[1:] else ''} {joined(missing)} missing"
                    )
            elif is_absent(entry.value):
                found[name] = {}
            else:
                self._report(entry.value.at, f"{where}: {shown(entry.value)} is not a mapping; write input: value")
        return found

    def _case(self, node: Table, where: str, inputs: Mapping[str, FileInput]) -> dict[str, Any]:
        found = {}
        for key, entry in node.entries.items():
            if key in inputs:
                found[key] = plain(self._report, entry.value, below(where, key))
            else:
                hint = suggestion(key, inputs) or "the workflow has none"
                self._report(entry.at, f"{below(where, key)}: unknown input; {hint.replace('known keys', 'inputs')}")
        return found

    def _pools(self, node: Node | None) -> dict[str, int]:
        pools = {}
        for name, _, value in self._entries(node, "pools", "name: places"):
            places = self._checker.check(POOL, value, below("pools", name))
            if places is not INVALID:
                pools[name] = places
        return pools

    def _tasks(self, root: Table, node: Node | None, pools: Mapping[str, int]) -> dict[str, FileTask]:
        if node is None or is_absent(node) or (isinstance(node, Table) and not node.entries):
            at = root.entries["tasks"].at if "tasks" in root.entries else root.at
            self._report(at, "tasks: there is none; write name: {run: …} below tasks:")
            return {}
        reader = TaskReader(self._source, pools, str(self._path.parent))
        nodes: dict[str, Table] = {}
        tasks = {}
        for name, at, value in self._entries(node, "tasks", "name: {run: …}"):
            found = reader.read(name, at, value)
            if found is not None:
                tasks[name] = found
                assert isinstance(value, Table)
                nodes[name] = value
        # What is broken itself is there all the same for those that need it.
        names = [name for name in node.entries if re.fullmatch(NAME, name)] if isinstance(node, Table) else []
        return check_graph(self._report, tasks, nodes, names)
