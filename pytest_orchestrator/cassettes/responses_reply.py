"""Replies of a script in the words of OpenAI's Responses API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .answer import Answer, Event, estimated_usage, pieces
from .portable import wire_call

if TYPE_CHECKING:
    from ..core.transcript import Usage
    from .portable import WireCall
    from .reply import ModelError, Reply
    from .request import ModelRequest

_TYPES = {
    400: "invalid_request_error",
    401: "invalid_request_error",
    403: "invalid_request_error",
    404: "invalid_request_error",
    429: "requests",
    500: "server_error",
    503: "server_error",
}
_CODES = {
    401: "invalid_api_key",
    404: "model_not_found",
    429: "rate_limit_exceeded",
    503: "server_is_overloaded",
    529: "server_is_overloaded",
}
_MESSAGES = {401: "Incorrect API key provided", 429: "Rate limit reached", 503: "Overloaded", 529: "Overloaded"}


def response_answer(reply: Reply, request: ModelRequest, answer_id: str) -> Answer:
    """Return ``reply`` as the answer to ``request``; ids of the answer and its calls are made of ``answer_id``."""
    items: list[dict[str, Any]] = []
    if reply.say or not (reply.calls or reply.error):
        part = {"type": "output_text", "text": reply.say, "annotations": []}
        items.append({"type": "message", "id": f"msg_{answer_id}", "role": "assistant", "content": [part]})
    calls = [wire_call(call, request) for call in reply.calls]
    items += [_call_item(call, f"call_{answer_id}_{number}") for number, call in enumerate(calls)]
    characters = len(reply.say) + sum(len(call.input_text) for call in calls)
    usage = reply.usage or estimated_usage(request, characters)
    response: dict[str, Any] = {
        "id": f"resp_{answer_id}",
        "object": "response",
        "created_at": 0,
        "status": "completed",
        "model": request.model,
        "output": [item | {"status": "completed"} for item in items],
        "usage": _usage(usage),
    }
    last = "response.completed"
    if reply.stop == "max_tokens":
        response |= {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
        last = "response.incomplete"
    if reply.error is not None:
        response |= {"status": "failed", "error": _error(reply.error)}
        last = "response.failed"
    headers = {"x-request-id": f"req_{answer_id}"}
    if not request.is_stream:
        return Answer(headers=headers, body=response, characters=characters)
    events = _events(response, items, last)
    if reply.error is not None and items:
        del events[-2]  # what ends the latest item
    return Answer(headers=headers, events=tuple(_numbered(events)))


def error_answer(error: ModelError, answer_id: str) -> Answer:
    """Return ``error`` as an answer of its own."""
    headers = {"x-request-id": f"req_{answer_id}"}
    if error.retry_after is not None:
        headers["retry-after"] = f"{error.retry_after:g}"
    return Answer(error.status, headers, body={"error": _error(error) | {"param": None}})


def _error(error: ModelError) -> dict[str, Any]:
    kind = _TYPES.get(error.status) or ("server_error" if error.status >= 500 else "invalid_request_error")
    message = error.message or _MESSAGES.get(error.status) or f"scripted error {error.status}"
    return {"message": message, "type": error.type or kind, "code": error.type or _CODES.get(error.status)}


def _call_item(call: WireCall, call_id: str) -> dict[str, Any]:
    item: dict[str, Any] = {"type": f"{call.kind}_call", "id": f"item_{call_id}", "call_id": call_id}
    if call.kind == "local_shell":
        assert not isinstance(call.input, str)
        item |= {"status": "completed", "action": {"type": "exec", "command": call.input["command"], "env": {}}}
        return item
    item["type"] = "custom_tool_call" if call.kind == "custom" else "function_call"
    item |= {"name": call.name, "input" if call.kind == "custom" else "arguments": call.input_text}
    if call.namespace:
        item["namespace"] = call.namespace
    return item


def _usage(usage: Usage) -> dict[str, Any]:
    # Here the tokens from the cache are a part of the input, not beside it.
    given = usage.input_tokens + usage.cache_read_tokens + usage.cache_creation_tokens
    return {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": usage.cache_read_tokens},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": given + usage.output_tokens,
    }


def _events(response: dict[str, Any], items: list[dict[str, Any]], last: str) -> list[Event]:
    begun = {name: response[name] for name in ("id", "object", "created_at", "model")} | {
        "status": "in_progress",
        "output": [],
    }
    events = [Event({"type": kind, "response": begun}) for kind in ("response.created", "response.in_progress")]
    for index, item in enumerate(items):
        place = {"output_index": index, "item_id": item["id"]}
        if item["type"] == "message":
            part = item["content"][0]
            added, text, kind = item | {"content": []}, part["text"], "response.output_text"
            place |= {"content_index": 0}
        elif item["type"] == "local_shell_call":
            added, text, kind = item, "", ""
        else:
            field = "input" if item["type"] == "custom_tool_call" else "arguments"
            added, text, kind = item | {field: ""}, item[field], f"response.{item['type']}_{field}"
        events.append(Event({"type": "response.output_item.added", "output_index": index, "item": added}))
        events += [Event({"type": f"{kind}.delta", **place, "delta": piece}, len(piece)) for piece in pieces(text)]
        done = item | {"status": "completed"}
        events.append(Event({"type": "response.output_item.done", "output_index": index, "item": done}))
    return [*events, Event({"type": last, "response": response})]


def _numbered(events: list[Event]) -> list[Event]:
    return [Event({**event.data, "sequence_number": number}, event.characters) for number, event in enumerate(events)]
