"""Replies of a script in the words of Anthropic's Messages API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .answer import Answer, Event, estimated_usage, pieces
from .portable import wire_call

if TYPE_CHECKING:
    from ..core.transcript import Usage
    from .reply import ModelError, Reply
    from .request import ModelRequest

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""The API's own word for each status (https://docs.anthropic.com/en/api/errors)."""

_MESSAGES = {401: "invalid x-api-key", 429: "This request would exceed your rate limit", 529: "Overloaded"}


def message_answer(reply: Reply, request: ModelRequest, answer_id: str) -> Answer:
    """Return ``reply`` as the answer to ``request``; ids of the answer and its calls are made of ``answer_id``."""
    content: list[dict[str, Any]] = []
    if reply.say or not (reply.calls or reply.error):
        content.append({"type": "text", "text": reply.say})
    characters = len(reply.say)
    for number, call in enumerate(reply.calls):
        wire = wire_call(call, request)
        characters += len(wire.input_text)
        given = wire.input if not isinstance(wire.input, str) else {"input": wire.input}
        identifier = f"toolu_{answer_id}_{number}"
        content.append({"type": "tool_use", "id": identifier, "name": wire.name, "input": dict(given)})
    usage = reply.usage or estimated_usage(request, characters)
    message = {
        "id": f"msg_{answer_id}",
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": content,
        "stop_reason": reply.stop or ("tool_use" if reply.calls else "end_turn"),
        "stop_sequence": None,
        "usage": _usage(usage),
    }
    if not request.is_stream:
        return Answer(headers=_headers(answer_id), body=message, characters=characters)
    events = _events(message, usage)
    if reply.error is not None:
        # Without what ends the latest block, and the message.
        events = [*events[: -3 if content else -2], Event(_error_body(reply.error))]
    return Answer(headers=_headers(answer_id), events=tuple(events))


def error_answer(error: ModelError, answer_id: str) -> Answer:
    """Return ``error`` as an answer of its own."""
    headers = _headers(answer_id)
    if error.retry_after is not None:
        headers["retry-after"] = f"{error.retry_after:g}"
    if error.status == 429:
        headers["anthropic-ratelimit-requests-remaining"] = "0"
    return Answer(error.status, headers, body=_error_body(error) | {"request_id": headers["request-id"]})


def _headers(answer_id: str) -> dict[str, str]:
    return {"request-id": f"req_{answer_id}"}


def _error_body(error: ModelError) -> dict[str, Any]:
    kind = (
        error.type or ERROR_TYPES.get(error.status) or ("api_error" if error.status >= 500 else "invalid_request_error")
    )
    message = error.message or _MESSAGES.get(error.status) or f"scripted error {error.status}"
    return {"type": "error", "error": {"type": kind, "message": message}}


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_creation_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "output_tokens": usage.output_tokens,
    }


def _events(message: dict[str, Any], usage: Usage) -> list[Event]:
    start = message | {"content": [], "stop_reason": None, "usage": _usage(usage) | {"output_tokens": 1}}
    events = [Event({"type": "message_start", "message": start})]
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            empty, parts = block | {"text": ""}, pieces(block["text"])
            deltas = [{"type": "text_delta", "text": part} for part in parts]
        else:
            empty, parts = block | {"input": {}}, pieces(json.dumps(block["input"], ensure_ascii=False))
            deltas = [{"type": "input_json_delta", "partial_json": part} for part in parts]
        events.append(Event({"type": "content_block_start", "index": index, "content_block": empty}))
        if not index:
            events.append(Event({"type": "ping"}))
        for part, delta in zip(parts, deltas, strict=True):
            events.append(Event({"type": "content_block_delta", "index": index, "delta": delta}, len(part)))
        events.append(Event({"type": "content_block_stop", "index": index}))
    end = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events.append(Event({"type": "message_delta", "delta": end, "usage": {"output_tokens": usage.output_tokens}}))
    return [*events, Event({"type": "message_stop"})]
