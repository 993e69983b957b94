r"""Text of programs and users inside Markdown, so that none of it is ever taken for Markdown or HTML.

One rule keeps this simple: such text stands only in code spans and in fenced blocks. GitHub looks into neither
for mentions, links, emoji, formulas or tags. Only two places need more: a table cell, which a ``|`` ends even
inside a code span, and a ``<summary>``, where Markdown is not read at all.
"""

from __future__ import annotations

import html
import re

_ANSI = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*[0-~])|\x9b[0-?]*[ -/]*[@-~]"
)
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_NEWLINE = re.compile(r"\r\n?")
_BACKTICKS = re.compile("`+")
_NO_WORD = re.compile(r"[^\w ]", re.ASCII)


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def clean(text: str) -> str:
    r"""Return text without terminal sequences, its line ends ``\n``, its other control characters as ``\xNN``.

    A carriage return on its own ends a line too: so Markdown reads it, and so a progress bar's last state stays.
    Characters that reorder or hide text, and surrogates, are shown by their number as well.
    """
    if text.isascii() and text.isprintable():
        return text
    return _CONTROL.sub(_visible, _ANSI.sub("", _NEWLINE.sub("\n", text)))


def shorten(text: str, limit: int, gap: str = "…") -> str:
    """Return text of at most ``limit`` characters, cut in its middle."""
    if len(text) <= limit:
        return text
    kept = max(limit - len(gap), 0)
    return f"{text[: kept - kept // 2]}{gap}{text[len(text) - kept // 2 :]}"[:limit]


def one_line(text: str, limit: int = 300) -> str:
    r"""Return text on one line (line ends as ``\n``), at most ``limit`` characters."""
    # Only what can be shown is cleaned: a message may be as long as a program's output.
    if len(text) > 4 * limit:
        text = f"{text[: 2 * limit]}…{text[-2 * limit :]}"
    return shorten(clean(text).strip().replace("\n", r"\n").replace("\t", " "), limit)


def _longest_run(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)


def code(text: str, limit: int = 300) -> str:
    """Return text as a code span."""
    text = one_line(text, limit)
    if not text:
        return "(empty)"
    ticks = "`" * (_longest_run(text) + 1)
    if text[0] == "`" or text[-1] == "`":
        text = f" {text} "
    return f"{ticks}{text}{ticks}"


def cell(text: str, limit: int = 300) -> str:
    """Return text as code for a cell of a table."""
    if "|" not in text and "\\" not in text:
        return code(text, limit)
    # Renderers differ on a backslash before a pipe in a code span; on character references they agree.
    text = _NO_WORD.sub(lambda match: f"&#{ord(match.group())};", one_line(text, limit))
    return f"<code>{text}</code>"


def summary_code(text: str, limit: int = 300) -> str:
    """Return text as code for a ``<summary>``, which is HTML."""
    return f"<code>{html.escape(one_line(text, limit))}</code>"


def fence(text: str, language: str = "text") -> str:
    """Return text (already :func:`clean`) as a fenced block, the fence longer than any run of backticks in it."""
    ticks = "`" * max(3, _longest_run(text) + 1)
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}\n"


def last_lines(text: str, lines: int, chars: int) -> str:
    """Return the last lines of a program's output, cleaned; ``…`` stands for what is left out.

    At most ``lines`` lines and about ``chars`` characters; a longer line is cut in its middle.
    """
    cut = len(text) >= chars
    text = clean(text[-chars:]).rstrip()
    if len(text) > chars:
        text, cut = text[-chars:], True
    shown = text.split("\n")
    if len(shown) > lines:
        shown, cut = ["…", *shown[-lines:]], False
    if cut:
        shown[0] = f"…{shown[0]}"
    return "\n".join(shorten(line, 1000) for line in shown)
