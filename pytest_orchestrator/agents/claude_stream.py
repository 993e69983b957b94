"""The stream of Claude Code: ``claude -p --output-format stream-json --verbose``."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

from ..core.transcript import Message
from .claude_result import ClaudeResult, usage_of
from .event_lines import EventLines, Line, count_of, items, mapping, text_of
from .stream import MAX_LINE, StreamEvent
from .tool_lines import call_line, one_line, printable, result_line
from .transcript_builder import TranscriptBuilder, result_bytes
from .trouble import kind_of
from .usage_meter import UsageMeter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..core.transcript import ErrorKind, Transcript, Usage

MAX_PARTIAL = 1024 * 1024
"""Characters that are kept of a text which is still being written."""

MAX_REMEMBERED = 5000
"""The last events whose ids are remembered, so that one which comes twice counts once."""

MAX_AGENTS = 1000
"""Sub-agents that work at the same time and are told apart."""

_SILENT_TYPES = frozenset({"rate_limit_event", "tool_progress", "keep_alive", "tool_use_summary", "auth_status"})
_SILENT_SYSTEM = frozenset(
    {"status", "compact_boundary", "task_progress", "task_updated", "task_notification", "hook_started"}
    | {"hook_progress", "hook_response", "session_state_changed", "thinking_tokens"}
)
_SILENT_BLOCKS = frozenset({"thinking", "redacted_thinking", "image", "document"})
_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})


class ClaudeParser:
    """Reads the stream of one run of Claude Code; see :class:`~pytest_orchestrator.agents.stream.StreamParser`."""

    def __init__(self, *, cli: str = "claude", max_line: int = MAX_LINE) -> None:
        """``cli`` is the name in the transcript; ``max_line`` the bytes of the longest line that is read."""
        self._cli = cli
        self._lines = EventLines(max_line)
        self._builder = TranscriptBuilder()
        self._meter = UsageMeter()
        self._seen: dict[tuple[str, str], None] = {}
        self._version: str | None = None
        self._model: str | None = None
        self._session_id: str | None = None
        self._turn = 0
        self._reply = ""
        self._replies: dict[str | None, str] = {}
        self._partial = StringIO()
        self._stop_reason: str | None = None
        self._retries = 0
        self._trouble: tuple[ErrorKind, str] | None = None
        self._label = ""
        self._told = ""
        self._result: ClaudeResult | None = None
        self._is_complete = False
        self._readers: Mapping[str, Callable[[Mapping[str, Any]], list[StreamEvent]]] = {
            "system": self._read_system,
            "assistant": self._read_assistant,
            "user": self._read_user,
            "stream_event": self._read_partial,
            "rate_limit_event": self._read_rate_limit,
            "result": self._read_result,
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
        result = self._result
        error_kind, error = self._trouble or (None, None)
        if result is not None and self._is_complete:
            error_kind, error = result.error_kind, result.error
        partial = self._partial.getvalue()
        begun = Message("assistant", partial, self._turn) if partial else None
        return self._builder.build(
            self._cli,
            begun,
            version=self._version,
            model=self._model,
            session_id=self._session_id,
            usage=self.usage,
            cost_usd=self.cost_usd,
            stop_reason=(result.stop_reason if result else None) or self._stop_reason,
            turns=self._turn,
            duration=result.duration if result else None,
            final_text=(result.text if result else None) or "",
            is_error=bool(result and self._is_complete and result.is_error),
            error=error,
            error_kind=error_kind,
            retries=self._retries,
            is_complete=self._is_complete,
        )

    @property
    def text(self) -> str:
        """What ``claude -p`` would print: the text of the result, else what the agent has said so far."""
        if self._result is not None and self._result.text is not None:
            return self._result.text
        said, partial = self._builder.said(), self._partial.getvalue()
        return "\n".join([*said, partial] if partial else said)

    @property
    def usage(self) -> Usage:
        """Tokens of this run so far, those of sub-agents included."""
        return self._meter.total

    @property
    def cost_usd(self) -> float | None:
        """US dollars of this run, as the last result tells them."""
        return self._result.cost_usd if self._result else None

    def _read(self, line: Line) -> list[StreamEvent]:
        event = line.event
        if event is None:
            self._builder.unknown(line.trouble, line.shown, line.count)
            return []
        kind = event["type"]
        if self._is_again(kind, event):
            return []
        if reader := self._readers.get(kind):
            return reader(event)
        if kind not in _SILENT_TYPES:
            self._builder.unknown(kind, line.shown)
        return []

    def _is_again(self, kind: str, event: Mapping[str, Any]) -> bool:
        uuid = event.get("uuid")
        if not isinstance(uuid, str) or len(uuid) > 100:
            return False
        if (kind, uuid) in self._seen:
            return True
        self._seen[kind, uuid] = None
        if len(self._seen) > MAX_REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return False

    def _read_system(self, event: Mapping[str, Any]) -> list[StreamEvent]:
        subtype = text_of(event.get("subtype"))
        if subtype == "init":
            self._version = text_of(event.get("claude_code_version")) or self._version
            self._model = text_of(event.get("model")) or self._model
            self._session_id = text_of(event.get("session_id")) or self._session_id
        elif subtype == "api_retry":
            return self._read_retry(event)
        elif subtype == "permission_denied":
            self._builder.deny(text_of(event.get("tool_use_id")), text_of(event.get("tool_name")))
        elif subtype == "task_started":
            if event.get("task_type") == "local_agent" and (call_id := text_of(event.get("tool_use_id"))):
                self._builder.start_agent(call_id, text_of(event.get("subagent_type")), text_of(event.get("prompt")))
        elif subtype not in _SILENT_SYSTEM:
            self._builder.unknown(f"system/{subtype}", "")
        return []

    def _read_retry(self, event: Mapping[str, Any]) -> list[StreamEvent]:
        self._retries += 1
        label, status = text_of(event.get("error")), count_of(event.get("error_status")) or None
        said = f"{label} ({status})" if status else label
        # Only a connection that failed has no status.
        kind = kind_of(label, label, status) if status or label not in ("", "unknown") else "network"
        attempt, most = count_of(event.get("attempt")), count_of(event.get("max_retries"))
        self._trouble = kind, f"{said}, retry {attempt} of {most}"
        return [StreamEvent("error", one_line(self._trouble[1]))]

    def _read_rate_limit(self, event: Mapping[str, Any]) -> list[StreamEvent]:
        info = mapping(event.get("rate_limit_info"))
        if info.get("status") == "rejected":
            self._trouble = "rate_limit", f"rejected by the limit {text_of(info.get('rateLimitType')) or '?'}"
        return []

    def _read_assistant(self, event: Mapping[str, Any]) -> list[StreamEvent]:
        message, agent = mapping(event.get("message")), self._agent_of(event)
        if event.get("error") or event.get("is_api_error_message") or event.get("isApiErrorMessage"):
            return self._read_api_error(event, message, agent)
        self._begin_reply(message, agent)
        if agent is None:
            self._partial = StringIO()
            self._trouble = None
            self._model = self._model or text_of(message.get("model")) or None
            self._stop_reason = text_of(message.get("stop_reason")) or self._stop_reason
        content = message.get("content")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else items(content)
        return [shown for block in blocks for shown in self._read_block(mapping(block), agent, "assistant")]

    def _read_api_error(
        self, event: Mapping[str, Any], message: Mapping[str, Any], agent: str | None
    ) -> list[StreamEvent]:
        """Take what the command line says in the model's place when the model did not answer."""
        said = "\n".join(filter(None, (text_of(mapping(block).get("text")) for block in items(message.get("content")))))
        label = text_of(event.get("error"))
        self._builder.say("system", said, self._turn, agent)
        if agent is None:
            self._label, self._told = label, said
            self._trouble = kind_of(said, label, count_of(event.get("api_error_status")) or None), said
        return [StreamEvent("error", one_line(said or label), agent)]

    def _read_user(self, event: Mapping[str, Any]) -> list[StreamEvent]:
        agent = self._agent_of(event)
        content = mapping(event.get("message")).get("content")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else items(content)
        return [shown for block in blocks for shown in self._read_block(mapping(block), agent, "user")]

    def _read_block(self, block: Mapping[str, Any], agent: str | None, role: str) -> list[StreamEvent]:
        kind = text_of(block.get("type"))
        if kind == "text":
            return self._read_text(text_of(block.get("text")), agent, role)
        if kind in _CALLS:
            return self._read_call(block, agent)
        if isinstance(block.get("tool_use_id"), str):  # tool_result, web_search_tool_result …
            call_id, is_error = text_of(block["tool_use_id"]), block.get("is_error") is True
            data = result_bytes(block.get("content"))
            if not self._builder.answer(call_id, data, is_error, self._turn, agent):
                return []
            call = self._builder.called(call_id)
            return [StreamEvent("tool_result", result_line(call.name if call else "", data, is_error), agent)]
        if kind not in _SILENT_BLOCKS:
            self._builder.unknown(f"{role}/{kind}", "")
        return []

    def _read_text(self, text: str, agent: str | None, role: str) -> list[StreamEvent]:
        if role == "user":
            self._builder.say("user", text, self._turn, agent)
            return []
        self._builder.say("assistant", text, self._turn, agent)
        return [StreamEvent("text", printable(text), agent)]

    def _read_call(self, block: Mapping[str, Any], agent: str | None) -> list[StreamEvent]:
        call_id, name = text_of(block.get("id")), text_of(block.get("name"))
        before = self._builder.called(call_id)
        if before is not None and before.turn == self._turn and before.agent == agent and before.result is None:
            return []  # told again without a sign of it
        self._builder.call(call_id, name, block.get("input"), self._turn, agent)
        return [StreamEvent("tool_call", call_line(name, mapping(block.get("input"))), agent)]

    def _read_partial(self, event: Mapping[str, Any]) -> list[StreamEvent]:
        told, agent = mapping(event.get("event")), self._agent_of(event)
        kind = told.get("type")
        if kind == "message_start":
            self._begin_reply(mapping(told.get("message")), agent)
        elif kind == "content_block_start" and agent is None:
            self._partial = StringIO()
        elif kind == "content_block_delta" and agent is None:
            rest = MAX_PARTIAL - self._partial.tell()
            self._partial.write(text_of(mapping(told.get("delta")).get("text"))[:rest])
        elif kind == "message_delta" and (reply := self._replies.get(agent, "")):
            self._meter.note(reply, usage_of(mapping(told.get("usage"))))
            if agent is None:
                self._stop_reason = text_of(mapping(told.get("delta")).get("stop_reason")) or self._stop_reason
        return []

    def _read_result(self, event: Mapping[str, Any]) -> list[StreamEvent]:
        result = ClaudeResult(event, self._label, self._result)
        self._result, self._is_complete = result, True
        is_news, self._told = result.error != self._told, ""
        self._label, self._trouble = "", None
        self._session_id = text_of(event.get("session_id")) or self._session_id
        self._partial = StringIO()
        if result.usage.total:
            self._meter.settle(result.usage)
        for denial in items(event.get("permission_denials")):
            told = mapping(denial)
            self._builder.deny(text_of(told.get("tool_use_id")), text_of(told.get("tool_name")), told.get("tool_input"))
        return [StreamEvent("error", one_line(result.error))] if result.error and is_news else []

    def _agent_of(self, event: Mapping[str, Any]) -> str | None:
        """Return the sub-agent that an event comes from, and take note of it; None for the main agent."""
        agent = text_of(event.get("parent_tool_use_id")) or None
        if agent is not None:
            self._builder.start_agent(agent)
        return agent

    def _begin_reply(self, message: Mapping[str, Any], agent: str | None) -> str:
        """Count a turn of the main agent when another reply begins, and return a name for the reply."""
        told = text_of(message.get("id"))[:100]
        is_new = not told or self._replies.get(agent) != told
        if agent is None:
            self._turn += is_new
            self._is_complete = False  # it may go on after a result, when something in the background has ended
        reply = told or f"{agent or ''} {self._turn}"
        self._replies[agent] = reply
        if len(self._replies) > MAX_AGENTS:
            del self._replies[next(iter(self._replies))]
        self._meter.note(reply, usage_of(mapping(message.get("usage"))))
        return reply
