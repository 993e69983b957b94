"""The quotes of a shell, followed through its words: what stands at a place decides how a variable is written there."""

from __future__ import annotations

import re

_DOCUMENT = re.compile(
    r"""<<(?P<strips>-?)[ \t]*
    (?:(?P<quoted>'[^'\n]*'|"[^"\n]*"|\\[^\s;&|<>()]+)|(?P<plain>[^\s;&|<>()'"`\\]+))""",
    re.VERBOSE,
)
_BEFORE_COMMENT = " \t\n;&|()"


class ShellQuotes:
    """Knows where in the words of a shell one stands. It is no parser: it knows what it takes to be right about that.

    Words like ``case x in a)`` within ``"$( … )"`` are beyond it, where single quotes stand behind them.
    """

    def __init__(self) -> None:
        self.in_single = False
        """Whether one stands between single quotes, in which no variable is expanded."""
        self.document = ""
        """The word of the here-document in whose lines one stands, as it is written; empty elsewhere."""
        self._around: list[str] = []
        """What one stands in, the innermost last: double quotes, parentheses (of arithmetic: ``((``), backticks."""
        self._is_escaped = False
        self._in_comment = False
        self._before = "\n"
        self._documents: list[tuple[str, str, bool]] = []
        """Here-documents that begin with the next line, or have begun: word as written, word, whether tabs go."""
        self._line: str | None = None
        """What there is of the line of a here-document; None outside of one."""

    @property
    def document_is_literal(self) -> bool:
        """Whether one stands in a here-document in which no variable is expanded."""
        return bool(self.document) and self.document[0] in "'\"\\"

    def value(self) -> None:
        """Go on behind a value: it is more than what ends a here-document, and no sign of the shell."""
        self._before = "x"
        self._is_escaped = False
        if self._line is not None:
            self._line += "\0"

    def read(self, text: str) -> None:
        """Go on to the end of ``text``."""
        at = 0
        while at < len(text):
            if self._line is not None:
                at = self._read_line(text, at)
                continue
            character = text[at]
            if character == "<" and self._may_begin_document():
                if text.startswith("<<<", at):  # a text in place of a file, as bash knows it
                    at += 3
                    continue
                match = _DOCUMENT.match(text, at)
                if match is not None:
                    written = match["quoted"] or match["plain"]
                    self._documents.append((written, written.strip("'\"\\"), bool(match["strips"])))
                    self._before = "x"
                    at = match.end()
                    continue
            self._take(character)
            at += 1

    def _may_begin_document(self) -> bool:
        is_plain = not (self.in_single or self._is_escaped or self._in_comment)
        return is_plain and (not self._around or self._around[-1] != '"') and "((" not in self._around

    def _read_line(self, text: str, at: int) -> int:
        """Go on to the end of a line of a here-document, and return where that is."""
        assert self._line is not None
        end = text.find("\n", at)
        if end < 0:
            self._line += text[at:]
            return len(text)
        line = self._line + text[at:end]
        _, word, strips = self._documents[0]
        if (line.lstrip("\t") if strips else line) == word:
            del self._documents[0]
        self._begin_line()
        return end + 1

    def _begin_line(self) -> None:
        self.document = self._documents[0][0] if self._documents else ""
        self._line = "" if self._documents else None
        self._before = "\n"

    def _take(self, character: str) -> None:
        if self._in_comment:
            self._in_comment = character != "\n"
        elif self.in_single:
            self.in_single = character != "'"
        elif self._is_escaped:
            self._is_escaped = False
        else:
            self._take_sign(character)
        if character == "\n" and self._documents and not self.in_single:
            self._begin_line()
        self._before = character

    def _take_sign(self, character: str) -> None:
        in_double = bool(self._around) and self._around[-1] == '"'
        match character:
            case "\\":
                self._is_escaped = True
            case '"' | "`":
                if character in self._around and (character == "`" or in_double):
                    while self._around.pop() != character:
                        pass
                else:
                    self._around.append(character)
            case "'":
                self.in_single = not in_double
            case "(" if self._before == "$" or not in_double:
                is_second = self._before == "(" and self._around[-1:] == ["("]
                self._around.append("((" if is_second else "(")
            case ")" if self._around and self._around[-1] in ("(", "(("):
                self._around.pop()
            case "#":
                self._in_comment = not in_double and self._before in _BEFORE_COMMENT
