"""Requests of Anthropic's Messages API (https://docs.anthropic.com/en/api/messages), as Claude Code sends them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from . import bodies
from .request import DeclaredTool, ModelRequest, ToolAnswer, in_order_of_calls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .request import Purpose

_SESSION = re.compile(r"session(?:_id)?[_\":\s]+([0-9a-f]{8}-[0-9a-f-]{27})")
_WORKING_DIRECTORY = re.compile(r"(?:Primary working|Working|Current working) directory: (.+)", re.IGNORECASE)


def read_messages(
    path: str, headers: Mapping[str, str], raw: bytes, body: dict[str, Any], client: str, purpose: Purpose
) -> ModelRequest:
    """Return what the JSON object ``body`` asks."""
    messages = [message for message in bodies.mappings(body.get("messages")) if message.get("role") != "system"]
    user_texts = [
        written
        for message in messages
        if message.get("role") == "user"
        and (written := bodies.written_by_user(bodies.block_texts(message.get("content"))))
    ]
    said = [index for index, message in enumerate(messages) if message.get("role") == "assistant"]
    answers = [index for index in said if index - 1 not in said]
    latest = messages[answers[-1] :] if answers else []
    call_ids = tuple(
        bodies.text(block.get("id"))
        for index in said
        for block in bodies.blocks(messages[index].get("content"))
        if block.get("type") == "tool_use"
    )
    return ModelRequest(
        method="POST",
        path=path,
        dialect="anthropic",
        purpose=purpose,
        client=client,
        session=_session(headers, body),
        model=bodies.text(body.get("model")),
        prompt=user_texts[0] if user_texts else "",
        user_text=user_texts[-1] if user_texts else "",
        turn=1 + len(answers),
        results=in_order_of_calls(_results(latest), call_ids),
        tools={tool.name: tool for tool in _tools(body)},
        call_ids=call_ids,
        last_said="\n".join(
            part
            for message in latest
            if message.get("role") == "assistant"
            for part in bodies.block_texts(message.get("content"))
        ),
        working_directory=_working_directory(body),
        is_stream=body.get("stream") is True,
        headers=headers,
        raw=raw,
    )


def _session(headers: Mapping[str, str], body: dict[str, Any]) -> str:
    named = headers.get("x-claude-code-session-id") or headers.get("x-session-id")
    if named:
        return named
    # Versions of Claude Code without that header name it here, beside the user's id.
    found = _SESSION.search(bodies.text(bodies.mapping(body.get("metadata")).get("user_id")))
    return found[1] if found else ""


def system_text(body: dict[str, Any]) -> str:
    """Return the system prompt, the messages in its name included."""
    texts = bodies.block_texts(body.get("system"))
    for message in bodies.mappings(body.get("messages")):
        if message.get("role") == "system":
            texts += bodies.block_texts(message.get("content"))
    return "\n".join(texts)


def _tools(body: dict[str, Any]) -> list[DeclaredTool]:
    return [
        # A tool with a type of its own, such as web_search_20250305, runs on the model's servers.
        DeclaredTool(bodies.text(tool["name"]), "server" if "input_schema" not in tool else "function")
        for tool in bodies.mappings(body.get("tools"))
        if bodies.text(tool.get("name"))
    ]


def _results(messages: list[dict[str, Any]]) -> list[ToolAnswer]:
    return [
        ToolAnswer(
            bodies.text(block.get("tool_use_id")),
            "\n".join(bodies.block_texts(block.get("content"))),
            block.get("is_error") is True,
        )
        for message in messages
        if message.get("role") == "user"
        for block in bodies.blocks(message.get("content"))
        if block.get("type") == "tool_result"
    ]


def _working_directory(body: dict[str, Any]) -> str:
    found = _WORKING_DIRECTORY.search(system_text(body))
    return found[1].strip() if found else ""
