"""Foreign text in Markdown: every character visible, in code spans and blocks that nothing in the text can close."""

from __future__ import annotations

import re

# Line ends and tabs aside: controls, what hides or reorders text, and surrogates, which no file can hold.
_CONTROL = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_NEWLINE = re.compile(r"\r\n?")
_BACKTICKS = re.compile("`+")


def visible(text: str) -> str:
    r"""Return text with line ends as ``\n``, what else does not show as ``\xNN``, ``\uNNNN`` or ``\UNNNNNNNN``.

    A carriage return on its own ends a line too: so Markdown reads it, and so a progress bar's last state stays.
    """
    if text.isascii() and text.isprintable():
        return text
    return re.sub(_CONTROL, _by_number, _NEWLINE.sub("\n", text))


def code_span(text: str) -> str:
    """Return text (one line of it, not empty) as a code span."""
    ticks = "`" * (_longest_run(text) + 1)
    # A space inside each end is taken off again, so text that starts or ends with one is given another.
    padding = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{ticks}{padding}{text}{padding}{ticks}"


def fenced(text: str, language: str = "text") -> str:
    """Return text as a fenced block, newline included, the fence longer than any run of backticks in it."""
    ticks = "`" * max(3, _longest_run(text) + 1)
    return f"{ticks}{language}\n{text}\n{ticks}\n"


def _by_number(match: re.Match[str]) -> str:
    number = ord(match.group())
    if 0xDC80 <= number <= 0xDCFF:
        number -= 0xDC00
    if number > 0xFFFF:
        return f"\\U{number:08x}"
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def _longest_run(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)
