r"""Text of scripts inside Markdown: prose stays readable, and none of it is ever taken for Markdown or HTML."""

from __future__ import annotations

import re

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
# Marks of emphasis, code, links, tags, tables and formulas; character references, emoji codes; headings, lists.
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~$]|&(?=#?\w+;)|:(?=[\w+-]+:)")
_LINE_START = re.compile(r"(?m)^(?:[-+=#]|\d+[.)])")
_LAYOUT = re.compile(r"(?m)^(?:\s{2,}\S|\s*(?:[-*+•]|\d+[.)])\s)")
_URL = re.compile(r"https?://[\w./%~?=+;,!-]+[\w/]")
_BACKTICKS = re.compile("`+")


def visible(text: str) -> str:
    r"""Return text with every character that would not show as itself written ``\xNN`` or ``\uNNNN``."""
    return _CONTROL.sub(_by_number, text.replace("\r\n", "\n").replace("\r", "\n"))


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
    ticks = "`" * (_longest_run(text) + 1)
    # A space inside each end is taken off again, so text that starts or ends with one is given another.
    padding = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{ticks}{padding}{text}{padding}{ticks}"


def fence(text: str) -> str:
    """Return text as a fenced block, its layout kept."""
    text = visible(text).expandtabs().strip("\n")
    ticks = "`" * max(3, _longest_run(text) + 1)
    return f"{ticks}text\n{text}\n{ticks}\n"


def _by_number(match: re.Match[str]) -> str:
    number = ord(match.group())
    if 0xDC80 <= number <= 0xDCFF:
        number -= 0xDC00
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def _escaped_start(match: re.Match[str]) -> str:
    # A number's own digits cannot be escaped, only the mark after them.
    start = match.group()
    return f"{start[:-1]}\\{start[-1]}"


def _longest_run(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)
