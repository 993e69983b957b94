"""Reading JSON that others wrote: whatever is missing or of another type is empty."""

from __future__ import annotations

import re
from typing import Any

_ADDED_BY_CLIS = re.compile(
    r"\s*(?:<system-reminder>.*</system-reminder>"
    r"|<environment_context>.*</environment_context>"
    r"|<user_instructions>.*</user_instructions>"
    r"|<(?:permissions|collaboration_mode|skills?_instructions|skill)\b.*>"
    r"|# AGENTS\.md instructions\b.*"
    r"|<local-command-caveat>.*</local-command-caveat>)\s*",
    re.DOTALL,
)
"""Texts in the user's name that no user wrote."""


def mapping(value: object) -> dict[str, Any]:
    """Return ``value`` where it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[dict[str, Any]]:
    """Return the JSON objects in ``value`` where it is a list, else none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: object) -> str:
    """Return ``value`` where it is text, else an empty one."""
    return value if isinstance(value, str) else ""


def blocks(content: object) -> list[dict[str, Any]]:
    """Return the blocks of a message's content, which may be a single text."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else mappings(content)


def block_texts(content: object) -> list[str]:
    """Return the texts among the blocks of a message's content."""
    types = ("text", "input_text", "output_text")
    return [text(block.get("text")) for block in blocks(content) if block.get("type") in types]


def written_by_user(texts: list[str]) -> str:
    """Return what is left of ``texts`` without those that the CLIs themselves add in the user's name."""
    return "\n".join(part for part in texts if part and not _ADDED_BY_CLIS.fullmatch(part))
