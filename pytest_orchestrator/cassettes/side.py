"""Requests that an agent's command line makes for itself: titles, summaries, checks. They use up no reply of a script.

A command line asks so beside the conversation, or in the middle of it; told by what is asked, for each that is known.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from . import bodies
from .reply import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .request import ModelRequest

_WORDS = 6

_TITLES = re.compile(
    r"(?:sentence-case title|\btask title|\bissue title|kebab-case name|session title|5-10 word title"
    r"|isNewTopic|conversation title)",
    re.IGNORECASE,
)
_SUMMARIES = re.compile(
    r"(?:Your task is to create a detailed summary of the conversation"
    r"|CONTEXT CHECKPOINT COMPACTION"
    r"|Summarize this (?:portion of a Claude Code session|coding conversation))",
    re.IGNORECASE,
)
_FILE_PATHS = re.compile(r"Extract any file paths that this command reads or modifies")
_COMMAND_PREFIX = re.compile(r"<policy_spec>|process Bash commands", re.IGNORECASE)
_WEB_PAGE = "Web page content:"
"""How Claude Code begins when it has a page summarized: a script may have something to say about that."""
_TURN_KINDS = frozenset({"", "turn"})


def is_side_request(request: ModelRequest, body: Mapping[str, Any], *, has_tools: bool) -> bool:
    """Return whether ``request``, whose JSON is ``body``, is one of these.

    ``has_tools``: whether other requests of its session offered tools.
    """
    if request.client == "codex":
        return _codex_kind(request) not in _TURN_KINDS or _SUMMARIES.search(request.user_text) is not None
    if request.client != "claude":
        return False
    if body.get("max_tokens") == 1 or _SUMMARIES.search(request.user_text):
        return True
    if request.tools or request.prompt.lstrip().startswith(_WEB_PAGE):
        return False
    return has_tools or _schema(body) is not None or _TITLES.search(_instructions(body)) is not None


def side_reply(request: ModelRequest, body: Mapping[str, Any]) -> Reply:
    """Return what is good enough as an answer to ``request``."""
    title = " ".join(request.prompt.split()[:_WORDS]) or "Untitled"
    schema = _schema(body)
    if schema is not None:
        return Reply(say=json.dumps(_sample(schema, title), ensure_ascii=False))
    if body.get("max_tokens") == 1:
        return Reply(say="ok", stop="max_tokens")
    if _SUMMARIES.search(request.user_text):
        return Reply(say=f"<summary>\n{request.prompt}\n</summary>")
    asked = _instructions(body)
    if _FILE_PATHS.search(asked):
        return Reply(say="<is_displaying_contents>\nfalse\n</is_displaying_contents>\n\n<filepaths>\n</filepaths>")
    return Reply(say="none" if _COMMAND_PREFIX.search(asked) else title)


def _codex_kind(request: ModelRequest) -> str:
    try:
        told = json.loads(request.headers.get("x-codex-turn-metadata", "{}"))
    except ValueError:
        return ""
    return bodies.text(bodies.mapping(told).get("request_kind"))


def _instructions(body: Mapping[str, Any]) -> str:
    texts = bodies.block_texts(body.get("system"))
    for message in bodies.mappings(body.get("messages")):
        texts += bodies.block_texts(message.get("content"))
    return "\n".join(texts)


def _schema(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the JSON schema that the answer must have, if any."""
    form = bodies.mapping(bodies.mapping(body.get("output_config")).get("format")) or bodies.mapping(
        body.get("output_format")
    )
    return bodies.mapping(form.get("schema")) if form.get("type") == "json_schema" else None


def _sample(schema: Mapping[str, Any], text: str, depth: int = 8) -> Any:
    """Return some value that ``schema`` allows; texts are ``text`` where it leaves the choice."""
    if "const" in schema:
        return schema["const"]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return schema["enum"][0]
    for several in ("anyOf", "oneOf"):
        if bodies.mappings(schema.get(several)):
            return _sample(bodies.mappings(schema[several])[0], text, depth)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object" and depth:
        properties = bodies.mapping(schema.get("properties"))
        return {name: _sample(bodies.mapping(inner), text, depth - 1) for name, inner in properties.items()}
    return {"boolean": False, "integer": 0, "number": 0, "array": [], "null": None, "object": {}}.get(str(kind), text)
