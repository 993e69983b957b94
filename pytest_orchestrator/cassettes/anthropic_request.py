"""Requests of Anthropic's Messages API (https://docs.anthropic.com/en/api/messages), as Claude Code sends them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from . import bodies
from .request import DeclaredTool, ModelRequest, ToolAnswer, in_order_of_calls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .request import Purpose

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
        session=headers.get("x-claude-code-session-id") or headers.get("x-session-id") or "",
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
