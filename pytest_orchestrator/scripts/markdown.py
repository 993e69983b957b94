r"""Text of scripts inside Markdown: prose stays readable, and none of it is ever taken for Markdown or HTML."""

from __future__ import annotations

import re

from ..core.markdown import code_span, fenced, visible

# Marks of emphasis, code, links, tags, tables and formulas; character references, emoji codes; headings, lists.
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~$]|&(?=#?\w+;)|:(?=[\w+-]+:)")
_LINE_START = re.compile(r"(?m)^(?:[-+=#]|\d+[.)])")
_LAYOUT = re.compile(r"(?m)^(?:\s{2,}\S|\s*(?:[-*+•]|\d+[.)])\s)")
_URL = re.compile(r"https?://[\w./%~?=+;,!-]+[\w/]")


def prose(text: str) -> str:
    """Return text as Markdown that reads as it is written.

    A paragraph with a list or an indent in it becomes a block, so that its layout stays. Web addresses stay
    links.
    """
    paragraphs = re.split(r"\n\s*\n", visible(text).strip("\n"))
    return "\n\n".join(fence(part).strip("\n") if _LAYOUT.search(part) else line(part) for part in paragraphs)


def line(text: str) -> str:
    """Return text as one paragraph of Markdown, its line breaks kept."""
    escaped = []
    end = 0
    text = "\n".join(part.strip() for part in visible(text).split("\n") if part.strip())
    for address in _URL.finditer(text):
        escaped += [_SPECIAL.sub(r"\\\g<0>", text[end : address.start()]), f"<{address.group()}>"]
        end = address.end()
    escaped.append(_SPECIAL.sub(r"\\\g<0>", text[end:]))
    return _LINE_START.sub(_escaped_start, "".join(escaped))


def code(text: str) -> str:
    """Return text as a code span on one line; nothing for nothing."""
    text = visible(text).replace("\n", r"\n").replace("\t", " ")
    if not text:
        return ""
    return code_span(text)


def fence(text: str) -> str:
    """Return text as a fenced block, its layout kept."""
    return fenced(visible(text).expandtabs().strip("\n"))


def _escaped_start(match: re.Match[str]) -> str:
    # A number's own digits cannot be escaped, only the mark after them.
    start = match.group()
    return f"{start[:-1]}\\{start[-1]}"
