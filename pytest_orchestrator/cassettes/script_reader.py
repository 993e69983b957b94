"""Scripts as users write them: YAML with positions, or plain Python data. All mistakes at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..config.phrases import below, joined, shown, suggestion
from ..config.tree import Listing, Node, Scalar, ScalarKind, Table, from_python, is_absent
from ..config.values import INVALID, Checker
from ..config.yaml_source import Source, parse, read_source, refuse_unprintable
from ..core.transcript import Usage
from ..errors import ArgumentError
from .condition import TextTest, When
from .reply import Cut, ModelError, Reply, Run, ToolUse, Write
from .script_options import ALWAYS, CALL_KEYS, GROUP_KEYS, REPLY_KEYS, ROWS, RUN, TOOL, WRITE

if TYPE_CHECKING:
    from pathlib import Path

    from ..config.values import Report
    from .reply import Call

_DEEPEST_INPUT = 60


def read_script(path: Path, shown_as: str | None = None) -> tuple[Reply, ...]:
    """Return the replies of the YAML file at ``path``.

    Raises :class:`~pytest_orchestrator.errors.ConfigurationError` with every mistake in it, as ``path:line:column``.
    """
    return _replies_of(read_source(path, shown_as or str(path)))


def parse_script(text: str, shown_as: str = "script") -> tuple[Reply, ...]:
    """Return the replies of the YAML ``text``. Raises as :func:`read_script` does."""
    source = Source(text, shown_as)
    refuse_unprintable(source)
    return _replies_of(source)


def as_replies(given: Sequence[object]) -> tuple[Reply, ...]:
    """Return ``given`` as replies: each is one, a text that is said, or a mapping with the keys of a YAML script.

    Raises :class:`~pytest_orchestrator.errors.ArgumentError` with every mistake.
    """
    mistakes: list[str] = []
    reader = _Reader(lambda _, message: mistakes.append(message))
    replies: list[Reply] = []
    for number, entry in enumerate(given, start=1):
        replies += [entry] if isinstance(entry, Reply) else reader.entry(_as_node(entry), f"reply {number}", None)
    if mistakes:
        raise ArgumentError("\n".join(mistakes))
    return tuple(replies)


def _as_node(entry: object) -> Node:
    return from_python(entry, _DEEPEST_INPUT)


def _replies_of(source: Source) -> tuple[Reply, ...]:
    root = parse(source)
    replies: list[Reply] = []
    if isinstance(root, Listing):
        reader = _Reader(source.report)
        for number, node in enumerate(root.items, start=1):
            replies += reader.entry(node, f"reply {number}", None)
    else:
        what = "empty" if is_absent(root) else f"{shown(root)}, not a list of replies"
        source.report(root.at, f"the script is {what}; write one reply after '- ', as in '- say: Done.'")
    source.raise_mistakes()
    return tuple(replies)


class _Reader:
    """Turns nodes into replies; mistakes are reported."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._checker = Checker(report)

    def entry(self, node: Node, where: str, around: When | None) -> list[Reply]:
        """Return the reply that ``node`` is, or those of the group that it is."""
        if isinstance(node, Scalar) and node.kind is ScalarKind.TEXT:
            return [Reply(say=node.text, when=around)]
        if isinstance(node, Table) and "replies" in node.entries:
            return self._group(node, where, around)
        if isinstance(node, Table):
            reply = self._reply(node, where)
            return [replace(reply, when=_within(reply.when, around))]
        if not (isinstance(node, Scalar) and node.kind is ScalarKind.BROKEN):
            self._report(
                node.at, f"{where}: {shown(node)} is not a reply; write text to say, or a mapping as in say: text"
            )
        return []

    def _group(self, node: Table, where: str, around: When | None) -> list[Reply]:
        when = None
        for name, entry in node.entries.items():
            if name == "when":
                when = self._when(entry.value, below(where, name))
            elif name != "replies":
                hint = "put it into the replies" if name in REPLY_KEYS else suggestion(name, GROUP_KEYS)
                self._report(entry.at, f"{below(where, name)}: unknown key of a group of replies; {hint}")
        listed = node.entries["replies"].value
        if not isinstance(listed, Listing):
            self._report(listed.at, f"{where}.replies: {shown(listed)} is not a list of replies")
            return []
        group = _within(when, around)
        found: list[Reply] = []
        for number, item in enumerate(listed.items, start=1):
            found += self.entry(item, f"{where}.{number}", group)
        return found

    def _reply(self, node: Table, where: str) -> Reply:
        values: dict[str, Any] = {}
        calls = self._calls(node, where)
        for name, entry in node.entries.items():
            path = below(where, name)
            if name == "when":
                values[name] = self._when(entry.value, path)
            elif name in ROWS:
                if (value := self._checker.check(ROWS[name], entry.value, path)) is not INVALID:
                    values[name] = _built(name, value)
            elif name == "calls":
                calls += self._list_of_calls(entry.value, path)
            elif name not in CALL_KEYS:
                self._report(entry.at, f"{path}: unknown key; {suggestion(name, REPLY_KEYS)}")
        reply = Reply(**values, calls=tuple(calls))
        self._judge(reply, node, where)
        return reply

    def _judge(self, reply: Reply, node: Table, where: str) -> None:
        error, has_words = reply.error, bool(reply.say or reply.calls)
        if not any(name in node.entries for name in ("say", *CALL_KEYS, "calls", "error", "hang", "stop", "usage")):
            self._report(node.at, f"{where}: says and does nothing; write say:, run:, tool:, write:, error: or hang:")
        if error is not None and has_words and not error.in_stream:
            at = node.entries["error"].at
            self._report(at, f"{where}.error: replaces what is said; remove one of them, or add in_stream: true")
        if reply.hang and (has_words or error is not None):
            self._report(node.entries["hang"].at, f"{where}.hang: sends nothing; remove it, or what is said beside it")
        if reply.cut is not None and reply.cut.events is not None and reply.cut.bytes is not None:
            self._report(node.entries["cut"].at, f"{where}.cut: has both events and bytes; keep one of them")

    def _calls(self, node: Table, where: str) -> list[Call]:
        """Return the calls of a reply, or of an item of its ``calls``, in the order in which they are written."""
        calls: list[Call] = []
        if "input" in node.entries and "tool" not in node.entries:
            self._report(node.entries["input"].at, f"{where}.input: belongs to a tool:, which is missing; add its name")
        for name in (name for name in node.entries if name in CALL_KEYS):
            value, path = node.entries[name].value, below(where, name)
            if name == "tool":
                given = self._checker.check(TOOL, value, path)
                data = node.entries["input"].value if "input" in node.entries else None
                if given is not INVALID:
                    calls.append(ToolUse(given, {} if data is None else self._input(data, below(where, "input"))))
            elif name == "run":
                given = self._checker.check(RUN, value, path)
                calls += [Run(given)] if given is not INVALID else []
            elif name == "write":
                given = self._checker.check(WRITE, value, path)
                if given is not INVALID:
                    calls += self._file(given, value, path)
        return calls

    def _file(self, given: dict[str, Any], node: Node, where: str) -> list[Call]:
        written = node.entries if isinstance(node, Table) else {}
        missing = [name for name in ("path", "content") if name not in written]
        if missing:
            self._report(node.at, f"{where}: {joined(missing)} {'are' if len(missing) > 1 else 'is'} missing; add it")
        return [Write(given["path"], given["content"])] if len(given) == 2 else []

    def _list_of_calls(self, node: Node, where: str) -> list[Call]:
        if not isinstance(node, Listing):
            self._report(
                node.at, f"{where}: {shown(node)} is not a list of calls; write one after '- ', as in '- run: ls'"
            )
            return []
        calls: list[Call] = []
        for number, item in enumerate(node.items, start=1):
            path = f"{where}.{number}"
            if not isinstance(item, Table):
                self._report(item.at, f"{path}: {shown(item)} is not a call; write run:, write:, or tool: and input:")
                continue
            for name, entry in item.entries.items():
                if name not in CALL_KEYS:
                    self._report(entry.at, f"{below(path, name)}: unknown key; {suggestion(name, CALL_KEYS)}")
            calls += self._calls(item, path)
        return calls

    def _input(self, node: Node, where: str) -> dict[str, Any] | str:
        if isinstance(node, Table):
            return {name: self._data(entry.value, below(where, name)) for name, entry in node.entries.items()}
        if isinstance(node, Scalar) and node.kind is ScalarKind.TEXT:
            return node.text
        if not is_absent(node):
            self._report(node.at, f"{where}: {shown(node)} is not a mapping of arguments, and no text")
        return {}

    def _data(self, node: Node, where: str) -> Any:
        """Return a value of a tool's input as JSON has it."""
        if isinstance(node, Table):
            return {name: self._data(entry.value, below(where, name)) for name, entry in node.entries.items()}
        if isinstance(node, Listing):
            return [self._data(item, where) for item in node.items]
        if node.kind is ScalarKind.BOOL:
            return node.truth
        if node.kind in (ScalarKind.NULL, ScalarKind.BROKEN):
            return None
        if node.kind is ScalarKind.OTHER:
            self._report(node.at, f"{where}: {shown(node)} is nothing that JSON can hold")
        return node.text if node.kind in (ScalarKind.TEXT, ScalarKind.OTHER) else self._number(node, where)

    def _number(self, node: Scalar, where: str) -> float | str:
        try:
            number = int(node.text) if node.kind is ScalarKind.INT else float(node.text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self._report(node.at, f"{where}: {shown(node)} is no number of JSON; write plain digits, or quote it")
        return number

    def _when(self, node: Node, where: str) -> When | None:
        given = self._checker.check(ROWS["when"], node, where)
        if given is INVALID:
            return None
        if isinstance(node, Table) and not node.entries:
            self._report(node.at, f"{where}: says nothing; leave it out")
        tests = {name: TextTest(**value) for name, value in given.items() if isinstance(value, dict)}
        if "tools" in given:
            given["tools"] = tuple(given["tools"])
        return When(**{**given, **tests})


def _within(when: When | None, around: When | None) -> When | None:
    return around if when is None else replace(when, within=around)


def _built(name: str, value: Any) -> Any:
    if name == "usage":
        return Usage(**value)
    if name == "error":
        return ModelError(**value)
    if name == "cut":
        return Cut(**value)
    if name == "times":
        return None if value == ALWAYS else value
    return value


def as_reply(made: object) -> Reply | None:
    """Return what a user's function made as a reply: one, None, a text that is said, or a mapping.

    Raises :class:`~pytest_orchestrator.errors.ArgumentError` with every mistake.
    """
    if made is None or isinstance(made, Reply):
        return made
    if not isinstance(made, str | Mapping):
        message = f"the script's function returned {made!r:.80}; return a Reply, text, a mapping, or None for no reply"
        raise ArgumentError(message)
    (reply,) = as_replies([made])
    return reply
