"""What a request is, by its path, headers and body; and how a reply reads in its dialect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from . import anthropic_reply, responses_reply
from .answer import Answer, input_tokens
from .anthropic_request import read_messages
from .reply import ModelError
from .request import ModelRequest
from .responses_request import read_responses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .reply import Reply
    from .request import Dialect, Purpose

_MODEL = "scripted"
_SECRET_HEADERS = frozenset({"x-api-key", "authorization", "cookie", "proxy-authorization"})
_CLIENTS = (("claude-cli", "claude"), ("codex", "codex"), ("tiny-agent", "tiny"))


def public_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers under names in lower case, without those that hold keys."""
    lowered = {name.lower(): value for name, value in headers.items()}
    return {name: value for name, value in lowered.items() if name not in _SECRET_HEADERS}


def read_request(method: str, path: str, headers: Mapping[str, str], raw: bytes, body: dict[str, Any]) -> ModelRequest:
    """Return what was asked. ``body`` is the JSON object in ``raw``, empty where there is none."""
    bare = path.partition("?")[0].rstrip("/")
    client = _client(headers)
    if method == "POST" and bare.endswith("/messages"):
        return read_messages(path, headers, raw, body, client, "turn")
    if method == "POST" and bare.endswith("/messages/count_tokens"):
        return read_messages(path, headers, raw, body, client, "count_tokens")
    if method == "POST" and bare.endswith("/responses"):
        return read_responses(path, headers, raw, body, client, "turn")
    dialect: Dialect = "openai" if client == "codex" else "anthropic"
    is_models = method == "GET" and re.search(r"/models(/[^/]+)?$", bare) is not None
    purpose: Purpose = "models" if is_models else "other"
    return ModelRequest(method, path, dialect, purpose, client, headers=headers, raw=raw)


def scripted_answer(reply: Reply, request: ModelRequest, answer_id: str) -> Answer:
    """Return ``reply`` in the dialect of ``request``."""
    if reply.error is not None and not (reply.error.in_stream and request.is_stream):
        return error_answer(reply.error, request, answer_id)
    if request.dialect == "openai":
        return responses_reply.response_answer(reply, request, answer_id)
    return anthropic_reply.message_answer(reply, request, answer_id)


def error_answer(error: ModelError, request: ModelRequest, answer_id: str) -> Answer:
    """Return ``error`` in the dialect of ``request``."""
    if request.dialect == "openai":
        return responses_reply.error_answer(error, answer_id)
    return anthropic_reply.error_answer(error, answer_id)


def aside_answer(request: ModelRequest) -> Answer:
    """Return the answer to a request that is no part of a conversation."""
    if request.purpose == "count_tokens":
        return Answer(body={"input_tokens": input_tokens(request)})
    if request.purpose == "models":
        return Answer(body=_models(request))
    message = f"{request.method} {request.path} is not served here; only messages, responses, and what belongs to them"
    return error_answer(ModelError(404, message=message), request, "404")


def is_stray(method: str, path: str) -> bool:
    """Return whether a request is one to a proxy: for a server somewhere else."""
    return method == "CONNECT" or "://" in path.partition("?")[0]


def _models(request: ModelRequest) -> dict[str, Any]:
    """Return a list of one model, in the words of either API, or that model where one is asked for by its name."""
    named = re.search(r"/models/([^/?]+)", request.path)
    name = named[1] if named else _MODEL
    model = {
        "id": name,
        "type": "model",
        "object": "model",
        "display_name": name,
        "created_at": "2026-01-01T00:00:00Z",
        "created": 1767225600,
        "owned_by": "loopback",
    }
    if named:
        return model
    return {"object": "list", "data": [model], "has_more": False, "first_id": name, "last_id": name, "models": []}


def _client(headers: Mapping[str, str]) -> str:
    agent = f"{headers.get('user-agent', '')} {headers.get('originator', '')}".lower()
    return next((name for mark, name in _CLIENTS if mark in agent), "other")
