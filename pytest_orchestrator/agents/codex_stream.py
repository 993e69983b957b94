"""The stream of Codex: ``codex exec --json``."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

from ..core.transcript import Usage
from .event_lines import EventLines, Line, count_of, items, mapping, text_of, to_bytes
from .stream import MAX_LINE, StreamEvent
from .tool_lines import call_line, one_line, printable, result_line
from .transcript_builder import TranscriptBuilder, result_bytes
from .trouble import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..core.transcript import ErrorKind, Transcript

MAX_REMEMBERED = 20_000
"""Items whose ids are remembered, so that one which comes twice counts once."""

MAX_QUOTED = 100_000
"""Characters of the longest command whose quoting is undone."""

_SHELL = re.compile(r"(?:\S*/)?(?:ba|z|da|k)?sh")


class CodexParser:
    """Reads the stream of one run of Codex; see :class:`~pytest_orchestrator.agents.stream.StreamParser`."""

    def __init__(self, *, cli: str = "codex", before: Usage | None = None, max_line: int = MAX_LINE) -> None:
        """``cli`` is the name in the transcript; ``max_line`` the bytes of the longest line that is read.

        ``before`` is what a resumed thread had used before this run: Codex counts it again.
        """
        self._cli = cli
        self._lines = EventLines(max_line)
        self._builder = TranscriptBuilder()
        self._before = before or Usage()
        self._usage = Usage()
        self._session_id: str | None = None
        self._turn = 0
        self._last_text: str | None = None
        self._completed: set[str] = set()
        self._retries = 0
        self._trouble: str | None = None
        self._error: str | None = None
        self._is_complete = False
        self._events: Mapping[str, Callable[[Mapping[str, Any]], list[StreamEvent]]] = {
            "thread.started": self._start_thread,
            "turn.started": self._start_turn,
            "turn.completed": self._complete_turn,
            "turn.failed": self._fail_turn,
            "error": self._note_error,
            "item.started": self._read_item,
            "item.updated": self._read_item,
            "item.completed": self._read_item,
        }
        self._items: Mapping[str, Callable[[Mapping[str, Any]], tuple[str, object]]] = {
            "command_execution": _command,
            "file_change": _file_change,
            "mcp_tool_call": _mcp_call,
            "collab_tool_call": _collab_call,
            "web_search": _web_search,
            "todo_list": _todo_list,
        }

    def feed(self, data: bytes) -> list[StreamEvent]:
        """Take the next bytes and return what there is to show."""
        return [event for line in self._lines.feed(data) for event in self._read(line)]

    def close(self) -> list[StreamEvent]:
        """Read a last line that has no newline."""
        return [event for line in self._lines.close() for event in self._read(line)]

    @property
    def transcript(self) -> Transcript:
        """What came so far."""
        error = self._error or self._trouble
        kind: ErrorKind | None = None if error is None else kind_of(error)
        return self._builder.build(
            self._cli,
            session_id=self._session_id,
            usage=self.usage,
            turns=self._turn,
            final_text=(self._last_text or "") if self._is_complete and self._error is None else "",
            is_error=self._error is not None,
            error=error,
            error_kind=kind,
            retries=self._retries,
            is_complete=self._is_complete,
        )

    @property
    def text(self) -> str:
        """What ``codex exec`` would print: the last message, else what the agent has said so far."""
        if self._is_complete and self._error is None:
            return self._last_text or ""
        return "\n".join(self._builder.said())

    @property
    def usage(self) -> Usage:
        """Tokens of this run, as they are told at the end of each turn."""
        told, before = self._usage, self._before
        return Usage(
            max(0, told.input_tokens - before.input_tokens),
            max(0, told.output_tokens - before.output_tokens),
            max(0, told.cache_read_tokens - before.cache_read_tokens),
            max(0, told.cache_creation_tokens - before.cache_creation_tokens),
        )

    @property
    def cost_usd(self) -> float | None:
        """None: Codex says nothing of money."""
        return None

    def _read(self, line: Line) -> list[StreamEvent]:
        if line.event is None:
            self._builder.unknown(line.trouble, line.shown, line.count)
            return []
        reader = self._events.get(line.event["type"])
        if reader is None:
            self._builder.unknown(line.event["type"], line.shown)
            return []
        return reader(line.event)

    def _start_thread(self, event: Mapping[str, Any]) -> list[StreamEvent]:
        self._session_id = text_of(event.get("thread_id")) or self._session_id
        return []

    def _start_turn(self, _event: Mapping[str, Any]) -> list[StreamEvent]:
        self._turn += 1
        self._is_complete = False
        self._error = None
        return []

    def _complete_turn(self, event: Mapping[str, Any]) -> list[StreamEvent]:
        told = mapping(event.get("usage"))
        # Its input counts what came from the cache and what went there; each token counts once here.
        cached, written = count_of(told.get("cached_input_tokens")), count_of(told.get("cache_write_input_tokens"))
        fresh = max(0, count_of(told.get("input_tokens")) - cached - written)
        self._usage = Usage(fresh, count_of(told.get("output_tokens")), cached, written)
        self._is_complete, self._error, self._trouble = True, None, None
        return []

    def _fail_turn(self, event: Mapping[str, Any]) -> list[StreamEvent]:
        message = text_of(mapping(event.get("error")).get("message"))
        self._is_complete, self._error = True, message or self._trouble or "turn.failed"
        # Nearly always the same was told as an error just before.
        return [] if message == self._trouble else [StreamEvent("error", one_line(self._error))]

    def _note_error(self, event: Mapping[str, Any]) -> list[StreamEvent]:
        message = text_of(event.get("message")) or text_of(mapping(event.get("error")).get("message")) or "error"
        if message.startswith("Reconnecting"):
            self._retries += 1
        self._trouble = message
        return [StreamEvent("error", one_line(message))]

    def _read_item(self, event: Mapping[str, Any]) -> list[StreamEvent]:
        item = mapping(event.get("item"))
        kind, item_id = text_of(item.get("type")), text_of(item.get("id"))
        is_last = event["type"] == "item.completed"
        if is_last and item_id in self._completed:
            return []
        if kind in self._items:
            shown = self._read_call(kind, item_id, item, is_last)
        elif kind == "agent_message":
            shown = self._read_message(text_of(item.get("text"))) if is_last else []
        elif kind == "error":
            shown = self._read_warning(text_of(item.get("message"))) if is_last else []
        else:
            shown = []
            if is_last and kind != "reasoning":
                self._builder.unknown(f"item/{kind}", "")
        if is_last and 0 < len(item_id) <= 100 and len(self._completed) < MAX_REMEMBERED:
            self._completed.add(item_id)
        return shown

    def _read_message(self, text: str) -> list[StreamEvent]:
        self._trouble = None
        self._last_text = text
        self._builder.say("assistant", text, self._turn)
        return [StreamEvent("text", printable(text))]

    def _read_warning(self, text: str) -> list[StreamEvent]:
        self._builder.say("system", text, self._turn)
        return [StreamEvent("error", one_line(text))]

    def _read_call(self, kind: str, item_id: str, item: Mapping[str, Any], is_last: bool) -> list[StreamEvent]:
        self._trouble = None
        name, given = self._items[kind](item)
        shown: list[StreamEvent] = []
        if self._builder.called(item_id) is None:
            self._builder.call(item_id, name, given, self._turn)
            shown.append(StreamEvent("tool_call", call_line(name, mapping(given))))
        else:
            self._builder.change(item_id, given)
        if kind == "collab_tool_call" and item.get("tool") == "spawn_agent":
            self._builder.start_agent(item_id, task=text_of(item.get("prompt")))
        if not is_last:
            return shown
        status = item.get("status")
        if status == "declined":
            self._builder.deny(item_id, name)
        data, is_error = _result(kind, item), status in ("failed", "declined")
        if self._builder.answer(item_id, data, is_error, self._turn):
            shown.append(StreamEvent("tool_result", result_line(name, data, is_error)))
        return shown


def _command(item: Mapping[str, Any]) -> tuple[str, object]:
    command = text_of(item.get("command"))
    given: dict[str, object] = {"command": command}
    if (script := _script(command)) is not None:
        given["script"] = script
    if isinstance(item.get("exit_code"), int):
        given["exit_code"] = item["exit_code"]
    return "command_execution", given


def _script(command: str) -> str | None:
    """Return what the shell of a command such as ``/bin/bash -lc '…'`` was given to run, if it is one."""
    if len(command) > MAX_QUOTED:
        return None
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    if len(words) == 3 and _SHELL.fullmatch(words[0]) and words[1] in ("-c", "-lc"):
        return words[2]
    return None


def _file_change(item: Mapping[str, Any]) -> tuple[str, object]:
    return "file_change", {"changes": items(item.get("changes"))}


def _mcp_call(item: Mapping[str, Any]) -> tuple[str, object]:
    return f"mcp__{text_of(item.get('server'))}__{text_of(item.get('tool'))}", item.get("arguments")


def _collab_call(item: Mapping[str, Any]) -> tuple[str, object]:
    given = {key: item[key] for key in ("prompt", "receiver_thread_ids") if item.get(key)}
    return text_of(item.get("tool")) or "collab_tool_call", given


def _web_search(item: Mapping[str, Any]) -> tuple[str, object]:
    return "web_search", {key: item[key] for key in ("query", "action") if item.get(key)}


def _todo_list(item: Mapping[str, Any]) -> tuple[str, object]:
    return "todo_list", {"items": items(item.get("items"))}


def _result(kind: str, item: Mapping[str, Any]) -> bytes:
    if kind == "command_execution":
        output = item.get("aggregated_output")
        return to_bytes(output) if isinstance(output, str) else b""
    if kind == "mcp_tool_call":
        error = mapping(item.get("error"))
        if error:
            return to_bytes(text_of(error.get("message")))
        return result_bytes(mapping(item.get("result")).get("content"))
    if kind == "collab_tool_call":
        states = mapping(item.get("agents_states")).values()
        return "\n".join(filter(None, (text_of(mapping(state).get("message")) for state in states))).encode()
    return b""
