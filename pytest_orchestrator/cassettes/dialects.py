"""What a request is, by its path, headers and body; and how a reply reads in its dialect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from . import anthropic_reply, responses_reply
from .anthropic_request import read_messages
from .request import ModelRequest
from .responses_request import read_responses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .answer import Answer
    from .reply import ModelError, Reply
    from .request import Dialect, Purpose

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


def _client(headers: Mapping[str, str]) -> str:
    agent = f"{headers.get('user-agent', '')} {headers.get('originator', '')}".lower()
    return next((name for mark, name in _CLIENTS if mark in agent), "other")
