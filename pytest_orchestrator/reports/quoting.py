r"""Text of programs and users inside Markdown, so that none of it is ever taken for Markdown or HTML.

One rule keeps this simple: such text stands only in code spans and in fenced blocks. GitHub looks into neither
for mentions, links, emoji, formulas or tags. Only three places need more: a table cell, which a ``|`` ends even
inside a code span, the title of a hook's section, which is a heading as all others, and the path that a link leads to.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from ..core.markdown import code_span, fenced, visible

_ANSI = (
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*[0-~])|\x9b[0-?]*[ -/]*[@-~]"
)
# Marks of emphasis, code, links, tags, tables, formulas, references and emoji. A mention is stopped by no backslash.
_MARKS = re.compile(r"[\\`*_\[\]<>#$&~|!:]")
_NO_WORD = re.compile(r"[^\w ]", re.ASCII)


def clean(text: str) -> str:
    r"""Return text without terminal sequences, its line ends ``\n``, its other control characters as ``\xNN``.

    A carriage return on its own ends a line too: so Markdown reads it, and so a progress bar's last state stays.
    Characters that reorder or hide text, and surrogates, are shown by their number as well.
    """
    if text.isascii() and text.isprintable():
        return text
    return visible(re.sub(_ANSI, "", text.replace("\r\n", "\n").replace("\r", "\n")))


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


def code(text: str, limit: int = 300) -> str:
    """Return text as a code span."""
    text = one_line(text, limit)
    return code_span(text) if text else "(empty)"


def plain(text: str, limit: int = 300) -> str:
    """Return text for a heading: as it reads, with every character that Markdown or HTML might take escaped."""
    return _MARKS.sub(r"\\\g<0>", one_line(text, limit)).replace("@", "&#64;") or "(empty)"


def cell(text: str, limit: int = 300) -> str:
    """Return text as code for a cell of a table."""
    if "|" not in text and "\\" not in text:
        return code(text, limit)
    # Renderers differ on a backslash before a pipe in a code span; on character references they agree.
    text = _NO_WORD.sub(lambda match: f"&#{ord(match.group())};", one_line(text, limit))
    return f"<code>{text}</code>"


def link(text: str, path: str) -> str:
    """Return a link to a file beside or below the report. ``text`` is ours and stands as it is."""
    # Nothing is left of it but letters, digits, percent signs and slashes: neither a protocol nor the end of a cell.
    return f"[{text}]({quote(path, errors='backslashreplace')})"


def fence(text: str, language: str = "text") -> str:
    """Return text (already :func:`clean`) as a fenced block, the fence longer than any run of backticks in it."""
    return fenced(text.rstrip(), language)


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
