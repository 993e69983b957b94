"""Plain clients of the two model APIs, to ask an endpoint what real agents would."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

SHELL = {"name": "Bash", "description": "", "input_schema": {"type": "object"}}
WRITER = {"name": "Write", "description": "", "input_schema": {"type": "object"}}
EXEC_COMMAND = {"type": "function", "name": "exec_command", "parameters": {"type": "object"}}
WRITE_STDIN = {"type": "function", "name": "write_stdin", "parameters": {"type": "object"}}
CODE_MODE = {
    "type": "additional_tools",
    "role": "developer",
    "tools": [
        {
            "type": "namespace",
            "name": "functions",
            "tools": [
                {"type": "custom", "name": "exec", "description": "Code.\n### `apply_patch`\n### `exec_command`\n"},
                {"type": "function", "name": "wait"},
            ],
        }
    ],
}
"""How Codex declares its tools to the newest models: as functions of the code that they give to ``exec``."""


@dataclass
class Got:
    """What came back."""

    status: int
    headers: dict[str, str]
    data: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.data)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events of a stream; their names must be the types in their data."""
        found = []
        for part in self.data.decode().split("\n\n")[:-1]:
            name, data = part.split("\n")
            event = json.loads(data.removeprefix("data: "))
            assert name == f"event: {event['type']}"
            found.append(event)
        return found


def fetch(
    url: str,
    path: str,
    body: object = None,
    *,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    connection: http.client.HTTPConnection | None = None,
) -> Got:
    """Send one request, ``body`` as JSON or the bytes that it is, on a connection of its own unless one is given."""
    own = connection or http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    try:
        own.request(method, path, data, {"Content-Type": "application/json", **(headers or {})})
        response = own.getresponse()
        return Got(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        if connection is None:
            own.close()


@dataclass
class MessagesClient:
    """One conversation through Anthropic's Messages API."""

    url: str
    prompt: str = "Do it"
    session: str = ""
    user_agent: str = "test"
    model: str = "model-a"
    tools: list[dict[str, Any]] = field(default_factory=lambda: [SHELL, WRITER])
    messages: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.messages = self.messages or [{"role": "user", "content": self.prompt}]

    def post(self, **more: Any) -> Got:
        """Ask for the next answer, and leave the conversation as it is."""
        body = {"model": self.model, "max_tokens": 100, "messages": self.messages, "tools": self.tools, **more}
        headers = {"User-Agent": self.user_agent}
        if self.session:
            headers["X-Claude-Code-Session-Id"] = self.session
        return fetch(self.url, "/v1/messages?beta=true", body, headers=headers)

    def ask(self, **more: Any) -> dict[str, Any]:
        """Return the next answer, and add it to the conversation."""
        got = self.post(**more)
        assert got.status == 200, got.data
        message: dict[str, Any] = got.json
        self.messages.append({"role": "assistant", "content": message["content"]})
        return message

    def give(self, *results: str, is_error: bool = False) -> None:
        """Give results for the calls of the latest answer."""
        calls = [block for block in self.messages[-1]["content"] if block["type"] == "tool_use"]
        assert len(calls) == len(results)
        content = [
            {"type": "tool_result", "tool_use_id": call["id"], "content": result, "is_error": is_error}
            for call, result in zip(calls, results, strict=True)
        ]
        self.messages.append({"role": "user", "content": content})

    def say(self, text: str) -> None:
        """Say something as the user."""
        self.messages.append({"role": "user", "content": [{"type": "text", "text": text}]})


@dataclass
class ResponsesClient:
    """One conversation through OpenAI's Responses API, as Codex has it."""

    url: str
    prompt: str = "Do it"
    session: str = ""
    tools: list[dict[str, Any]] = field(default_factory=lambda: [EXEC_COMMAND, WRITE_STDIN])
    items: list[dict[str, Any]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        text = {"type": "input_text", "text": self.prompt}
        self.items.append({"type": "message", "role": "user", "content": [text]})

    def post(self, *, stream: bool = True, **more: Any) -> Got:
        """Ask for the next answer, and leave the conversation as it is."""
        body = {"model": "model-b", "stream": stream, "input": self.items, "tools": self.tools, **more}
        headers = {"User-Agent": "codex_exec/0", **self.headers}
        if self.session:
            headers["thread-id"] = self.session
        return fetch(self.url, "/v1/responses", body, headers=headers)

    def ask(self) -> list[dict[str, Any]]:
        """Return the items of the next answer, and add them to the conversation."""
        got = self.post()
        assert got.status == 200, got.data
        items = [event["item"] for event in got.events if event["type"] == "response.output_item.done"]
        self.items += items
        return items

    def give(self, *results: str) -> None:
        """Give results for the latest calls."""
        calls = [item for item in self.items if item.get("call_id") and "output" not in item][-len(results) :]
        for call, result in zip(calls, results, strict=True):
            kind = f"{call['type']}_output"
            self.items.append({"type": kind, "call_id": call["call_id"], "output": result})


def said(message: dict[str, Any]) -> str:
    """Return what a message of the Messages API says."""
    return "".join(block.get("text", "") for block in message["content"])
