"""Workflow files that run others: all of them are judged before anything runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.phrases import below, joined, suggestion
from ..config.tree import Table, is_absent
from ..core.kinds import is_workflow_file
from ..errors import ConfigurationError
from ..quick_dataclasses import dataclass
from .file_texts import text_of
from .graph import cycles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..config.tree import Node
    from ..config.yaml_source import Source
    from ..errors import Mistake
    from .file import FileTask, WorkflowFile
    from .file_texts import Text


@dataclass(frozen=True, slots=True)
class ReadFile:
    """One file as it was read, whatever is wrong with it."""

    path: Path
    shown_as: str
    source: Source | None = None
    """Takes mistakes; None where nothing could be read."""
    root: Node | None = None
    file: WorkflowFile | None = None
    unreadable: Sequence[Mistake] = ()
    """Why nothing could be read."""

    @property
    def mistakes(self) -> Sequence[Mistake]:
        """All that is wrong with it."""
        if self.source is None:
            return self.unreadable
        try:
            self.source.raise_mistakes()
        except ConfigurationError as error:
            return error.mistakes
        return ()

    def report(self, at: int, message: str) -> None:
        """Note a mistake."""
        assert self.source is not None
        self.source.report(at, message)


@dataclass(frozen=True, slots=True)
class _Call:
    """One task that runs another file."""

    task: FileTask
    node: Table
    child: str
    """What that file is known by."""

    @property
    def at(self) -> int:
        """Where the file is named."""
        return self.node.entries["workflow"].value.at


class Nesting:
    """A workflow file and all that it runs, however far below it. Each file is read once, and nothing recurses."""

    def __init__(self, path: Path, shown_as: str, read: Callable[[Path, str], ReadFile]) -> None:
        """``read`` reads one file: its path is absolute, and mistakes call it by the other text."""
        self.first = read(path, shown_as)
        self._files = {_key(path): self.first}
        self._calls: dict[str, list[_Call]] = {}
        rest = list(self._files)
        while rest:
            key = rest.pop()
            calls = self._calls[key] = list(_calls_of(self._files[key]))
            for call in calls:
                if call.child not in self._files:
                    by = self._files[key]
                    shown = os.path.normpath(os.path.join(os.path.dirname(by.shown_as), call.task.action.text))
                    self._files[call.child] = read(_called_path(by.path, call.task), shown)
                    rest.append(call.child)

    def raise_mistakes(self) -> None:
        """Raise ConfigurationError with all mistakes of all files, if there are any."""
        for key, calls in self._calls.items():
            for call in calls:
                _check_inputs(self._files[key], call, self._files[call.child])
        self._check_cycles()
        mistakes = [mistake for file in self._files.values() for mistake in file.mistakes]
        if mistakes:
            raise ConfigurationError(mistakes)

    def texts(self) -> dict[str, tuple[Text, ...]]:
        """Return what the tasks of the first file call, by their names, with all that is called below that."""
        first = _key(self.first.path)
        assert self.first.file is not None
        base = self.first.path.parent
        found: dict[str, tuple[Text, ...]] = {
            name: (text_of(task, base),) for name, task in self.first.file.tasks.items()
        }
        below_child: dict[str, tuple[Text, ...]] = {}
        for call in self._calls[first]:
            if call.child not in below_child:
                below_child[call.child] = tuple(dict.fromkeys(self._texts_from(call.child)))
            found[call.task.name] += below_child[call.child]
        return found

    def _texts_from(self, start: str) -> Iterator[Text]:
        seen, rest = {start}, [start]
        while rest:
            key = rest.pop()
            read = self._files[key]
            for task in {} if read.file is None else read.file.tasks.values():
                yield text_of(task, read.path.parent)
            new = [call.child for call in self._calls[key] if call.child not in seen]
            seen.update(new)
            rest += reversed(dict.fromkeys(new))

    def _check_cycles(self) -> None:
        children = {key: list(dict.fromkeys(call.child for call in calls)) for key, calls in self._calls.items()}
        alone = [[key, key] for key, called in children.items() if key in called]
        for cycle in (*alone, *cycles(children)):
            by = self._files[cycle[0]]
            chain = " -> ".join(self._files[key].path.name for key in cycle)
            for call in self._calls[cycle[0]]:
                if call.child == cycle[1]:
                    where = below("tasks", call.task.name)
                    by.report(call.at, f"{where}.workflow: the workflow runs itself: {chain}; take one of these out")


def _key(path: Path) -> str:
    """Return what a file is known by: a loop of symbolic links makes no new files without end.

    A link to a file is a file of its own: paths in it are relative to where the link is.
    """
    return os.path.join(os.path.realpath(path.parent), path.name)


def _called_path(by: Path, task: FileTask) -> Path:
    return Path(os.path.normpath(by.parent / task.action.text))


def _calls_of(by: ReadFile) -> Iterator[_Call]:
    """Yield the tasks whose files are known now; of one that is not there the file itself has told."""
    for name, task in {} if by.file is None else by.file.tasks.items():
        text = task.action.text
        if task.kind != "workflow" or not task.action.is_plain or not is_workflow_file(text):
            continue
        if os.path.isfile(os.path.join(by.path.parent, text)):
            node = _entry(_entry(by.root, "tasks"), name)
            assert isinstance(node, Table)
            yield _Call(task, node, _key(_called_path(by.path, task)))


def _entry(node: Node | None, key: str) -> Node | None:
    found = node.entries.get(key) if isinstance(node, Table) else None
    return None if found is None else found.value


def _check_inputs(by: ReadFile, call: _Call, child: ReadFile) -> None:
    """Report inputs that the child has not, and those that it must be given."""
    given, has = _entry(call.node, "inputs"), _entry(child.root, "inputs")
    if child.file is None or not (_is_mapping(given) and _is_mapping(has)):
        return  # Whichever it is has been told.
    where = below("tasks", call.task.name)
    # What is broken itself is there all the same.
    names = list(has.entries) if isinstance(has, Table) else []
    entries = given.entries if isinstance(given, Table) else {}
    for name, entry in entries.items():
        if name not in names:
            hint = suggestion(name, names).replace("known keys are", "it has") or "it has none"
            by.report(entry.at, f"{below(f'{where}.inputs', name)}: {child.path.name} has no such input; {hint}")
    missing = [name for name in child.file.missing_inputs if name not in entries]
    if missing:
        words, them = ("inputs", "them") if missing[1:] else ("input", "it")
        message = f"required {words} {joined(missing)} of {child.path.name} missing; write {them} below inputs:"
        by.report(call.at, f"{where}: {message}")


def _is_mapping(node: Node | None) -> bool:
    return node is None or isinstance(node, Table) or is_absent(node)
