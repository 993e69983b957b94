"""Requests of OpenAI's Responses API (https://platform.openai.com/docs/api-reference/responses), as Codex has them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from . import bodies
from .request import DeclaredTool, ModelRequest, ToolAnswer, in_order_of_calls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .request import Purpose

_SESSION_HEADERS = ("thread-id", "conversation_id", "session-id", "session_id")
"""Where Codex names the conversation, the newest versions first."""
_WORKING_DIRECTORY = re.compile(r"<cwd>(.+?)</cwd>")
_EXIT_CODE = re.compile(r"(?:[Pp]rocess exited with code|\"exit_code\":|^[Ee]xit code:?) *(-?\d+)", re.MULTILINE)
_REFUSED = re.compile(
    r"(?:exec_command failed|apply_patch verification failed|unsupported (?:custom tool )?call|execution error"
    r"|failed to parse|Script failed|rejected by user|sandbox denied)"
)
_HEAD = re.compile(
    r"(?:(?:Script |Chunk ID|Wall time|[Pp]rocess |Exit code|Original token|Total output).*\n){1,8}Output:\n"
)
"""What Codex says before the output of a program, or of code that it ran."""
_NESTED_TOOL = re.compile(r"^### `([A-Za-z_][A-Za-z0-9_]*)`", re.MULTILINE)
_OF_THE_MODEL = frozenset(
    {"function_call", "custom_tool_call", "local_shell_call", "reasoning", "web_search_call", "tool_search_call"}
)
_CALLS = frozenset({"function_call", "custom_tool_call", "local_shell_call"})
_OUTPUTS = frozenset({"function_call_output", "custom_tool_call_output", "local_shell_call_output"})


def read_responses(
    path: str, headers: Mapping[str, str], raw: bytes, body: dict[str, Any], client: str, purpose: Purpose
) -> ModelRequest:
    """Return what the JSON object ``body`` asks."""
    given = body.get("input")
    items = (
        [{"type": "message", "role": "user", "content": given}] if isinstance(given, str) else bodies.mappings(given)
    )
    user_texts = [
        written
        for item in items
        if item.get("role") == "user" and (written := bodies.written_by_user(bodies.block_texts(item.get("content"))))
    ]
    said = [_is_of_the_model(item) for item in items]
    answers = [index for index, is_said in enumerate(said) if is_said and not (index and said[index - 1])]
    latest = items[answers[-1] :] if answers else []
    everything = "\n".join(part for item in items for part in bodies.block_texts(item.get("content")))
    directory = _WORKING_DIRECTORY.search(everything)
    call_ids = tuple(bodies.text(item.get("call_id")) for item in items if item.get("type") in _CALLS)
    return ModelRequest(
        method="POST",
        path=path,
        dialect="openai",
        purpose=purpose,
        client=client,
        session=_session(headers, body, client),
        model=bodies.text(body.get("model")),
        prompt=user_texts[0] if user_texts else "",
        user_text=user_texts[-1] if user_texts else "",
        turn=1 + len(answers),
        results=in_order_of_calls([_answer(item) for item in latest if item.get("type") in _OUTPUTS], call_ids),
        tools={tool.name: tool for tool in _tools(body, items)},
        call_ids=call_ids,
        last_said="\n".join(
            part
            for item in latest
            if item.get("role") == "assistant"
            for part in bodies.block_texts(item.get("content"))
        ),
        working_directory=directory[1] if directory else "",
        is_stream=body.get("stream") is True,
        headers=headers,
        raw=raw,
    )


def _session(headers: Mapping[str, str], body: dict[str, Any], client: str) -> str:
    named = [headers[name] for name in _SESSION_HEADERS if headers.get(name)]
    if client == "codex":
        named.append(bodies.text(body.get("prompt_cache_key")))
    return named[0] if named else ""


def _is_of_the_model(item: dict[str, Any]) -> bool:
    return item.get("role") == "assistant" or item.get("type") in _OF_THE_MODEL


def _answer(item: dict[str, Any]) -> ToolAnswer:
    output = item.get("output")
    if isinstance(output, dict):
        output = output.get("content", "")
    head, text = _divided("\n".join(bodies.block_texts(output)))
    code = _EXIT_CODE.search(head)
    is_error = int(code[1]) != 0 if code else _REFUSED.match(head or text) is not None
    return ToolAnswer(bodies.text(item.get("call_id")), text, is_error, head)


def _divided(answer: str) -> tuple[str, str]:
    """Return what Codex says of a call, and what the program wrote."""
    try:
        old = bodies.mapping(json.loads(answer)) if answer.startswith("{") else {}
    except ValueError:
        old = {}
    if "output" in old and "metadata" in old:
        return json.dumps(old["metadata"]), bodies.text(old["output"])
    heads: list[str] = []
    text = answer
    # Code that ran a command has its own words around those of the command.
    while len(heads) < 2 and _HEAD.match(text):
        head, _, text = text.partition("Output:\n")
        heads.append(head)
        text = text.removeprefix("\n")
    return "".join(heads), text


def _tools(body: dict[str, Any], items: list[dict[str, Any]]) -> list[DeclaredTool]:
    # With the newest models Codex declares its tools in an item of the input, in place of the field for them.
    declared = bodies.mappings(body.get("tools"))
    for item in items:
        if item.get("type") == "additional_tools":
            declared += bodies.mappings(item.get("tools"))
    tools: list[DeclaredTool] = []
    for tool in declared:
        if tool.get("type") == "namespace":
            name = bodies.text(tool.get("name"))
            for inner in bodies.mappings(tool.get("tools")):
                tools += _tool(inner, name)
        else:
            tools += _tool(tool, "")
    return tools


def _tool(tool: dict[str, Any], namespace: str) -> list[DeclaredTool]:
    kind, name = bodies.text(tool.get("type")), bodies.text(tool.get("name"))
    if kind == "function" and name:
        return [DeclaredTool(name, "function", namespace)]
    if kind == "custom" and name:
        nested = _NESTED_TOOL.findall(bodies.text(tool.get("description"))) if name == "exec" else []
        return [DeclaredTool(name, "custom", namespace), *(DeclaredTool(inner, "nested") for inner in nested)]
    return [DeclaredTool(kind, "function" if kind == "local_shell" else "server")] if kind else []
