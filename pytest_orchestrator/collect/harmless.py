"""Output of programs as a terminal may show it: colours at most, and nothing that does anything to the terminal."""

from __future__ import annotations

import re

from ..core.markdown import visible

# Weights and colours, no blinking and no hiding: what else can be asked for in this way is shown by its number.
_STYLE = r"(?:0?[0-4]|7|2[1-47]|[349][0-7]|10[0-7]|[34]9|[34]8;(?:5;\d{1,3}|2(?:;\d{1,3}){3}))"
_COLOURS = rf"(\x1b\[(?:{_STYLE}(?:;{_STYLE})*)?m)"
"""Not compiled before the first line comes that has any, as are the other large patterns that a plain run needs not."""
_RESET = "\x1b[0m"


def harmless_line(line: str) -> str:
    r"""Return one line of output with its control characters as ``\xNN``, tabs aside.

    Its colours stay, and end where it does.
    """
    if line.isprintable():
        return line
    parts = re.split(_COLOURS, line)
    parts[::2] = map(visible, parts[::2])
    if len(parts) == 1:
        return parts[0]
    return "".join([*parts, _RESET])


def harmless_text(text: str) -> str:
    """Return :func:`harmless_line` of every line of a text; a carriage return ends a line too."""
    if text.replace("\n", "").isprintable():  # nearly every text
        return text
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(map(harmless_line, lines))
