"""What a shell script says about itself, read from its text. Nothing is run."""

from __future__ import annotations

import re
import shlex
from bisect import bisect_right
from textwrap import dedent
from typing import TYPE_CHECKING

from .prose import Prose, ScriptOption, options_in, read_prose

if TYPE_CHECKING:
    from collections.abc import Iterator

# The marks that draw a box around a comment.
_FRAME = re.compile(r"\s+#+\s*\Z")
_METADATA_START = re.compile(r"#\s*/// \w+\s*")
# What may stand before the comment that describes the script.
_PREAMBLE = re.compile(r"\s*(?:set|shopt|setopt|emulate)\s.*|\s*")
_USAGE_FUNCTION = re.compile(
    r"[ \t]*(?:function[ \t]+)?_*(?:(?:show|print|display)_)?(?:usage|help)(?:_exit)?[ \t]*(?:\(\))?[ \t]*\{?[ \t]*",
    re.IGNORECASE,
)
_HEREDOC = re.compile(r"(?<!<)<<(-?)[ \t]*\\?(['\"]?)(\w+)\2")
_OUTPUT = re.compile(r"(?:^|[;&|{(]|\bthen\b|\belse\b|\bdo\b)[ \t]*(?:>&2[ \t]*)?(echo|printf|print)[ \t]+(.*)")
_OWN_NAME = re.compile(
    r"""(?x) \$\( \s* basename \s+ (?:--\s+)? ["']? \$\{?(?:0|BASH_SOURCE(?:\[0\])?)\}? ["']? \s* \)
      | ` \s* basename \s+ ["']? \$\{?0\}? ["']? \s* `
      | \$\{ 0 \#\#? [^}]* \} | \$\{0\} | \$0 (?!\w)
      | \$\{? (?: prog(?:name|ram)? | script_?name | me | self ) \}? (?!\w)
      | \$\{? (?: PROG(?:NAME|RAM)? | SCRIPT_?NAME | ME | SELF ) \}? (?!\w)"""
)
_CASE_FLAG = r"\"?-{1,2}[\w?][\w-]*=?\*?\"?"
_CASE = re.compile(rf"^[ \t]*\(?({_CASE_FLAG}(?:[ \t]*\|[ \t]*{_CASE_FLAG})*)\)", re.MULTILINE)
_GETOPTS = re.compile(r"\bgetopts[ \t]+[\"']?:?([A-Za-z0-9:?]+)")
_EMBEDDED = re.compile(r"\b(python3?|perl|ruby|node|php|awk)\b[^\n|;&]*<<-?[ \t]*[\\'\"]?\w")
_USAGE = re.compile(r"\s*usage\s*:", re.IGNORECASE)
_MOST_LINES = 400
_LONGEST_LINE = 1000
_MOST_LINES_OF_A_STRING = 30


def header_comment(text: str, marker: str = "#") -> str:
    """Return the comment that a script starts with, without its marks.

    Shebang, empty lines and ``set -e`` before it are passed over, and blocks of comments that say nothing
    (a licence, lines for editors) are followed by the next one; the first other line is the end. A PEP 723
    block is left out.
    """
    lines: list[str] = []
    metadata = False
    mark = re.compile(rf"[ \t]*(?:{re.escape(marker)})+!?[ \t]?(.*)")
    for number, line in enumerate(text.split("\n")[:_MOST_LINES]):
        line = line[:_LONGEST_LINE].rstrip("\r")
        match = mark.match(line)
        if number == 0 and line.startswith("#!"):
            continue
        if match is not None and (metadata or _METADATA_START.fullmatch(line)):
            metadata = line.rstrip() != "# ///"
        elif match is not None:
            lines.append(_FRAME.sub("", match[1]))
        elif not _PREAMBLE.fullmatch(line) or read_prose("\n".join(lines), "").title:
            break
        else:
            metadata = False
            lines.append("")
    return "\n".join(lines)


class ShellSource:
    """A shell script's text."""

    def __init__(self, text: str, name: str) -> None:
        # What is found in a line is found near its start, and some searches are quadratic in a line's length.
        self.text = "\n".join(line[:_LONGEST_LINE] for line in text.split("\n"))
        self.name = name

    def prose(self) -> Prose:
        """Return what it says in its header comment, and the usage text that it would print."""
        prose = read_prose(header_comment(self.text), self.name)
        return Prose(prose.title, prose.summary, prose.usage or self._shown_usage())

    def options(self) -> tuple[ScriptOption, ...]:
        """Return the options of its usage text, then those that only its ``case`` or ``getopts`` know."""
        found = list(options_in(self.prose().usage))
        known = {name for option in found for name in option.names}
        for match in _CASE.finditer(self.text):
            names = _unabbreviated([name.strip(' \t"').rstrip("=*") for name in match[1].split("|")])
            if not known.intersection(names):
                found.append(ScriptOption(names))
                known.update(names)
        for match in _GETOPTS.finditer(self.text):
            for letter in match[1].replace(":", ""):
                if f"-{letter}" not in known:
                    found.append(ScriptOption((f"-{letter}",)))
                    known.add(f"-{letter}")
        return tuple(found)

    def embedded(self) -> tuple[str, ...]:
        """Return the other interpreters that it feeds with code of its own."""
        return tuple(dict.fromkeys(match[1] for match in _EMBEDDED.finditer(self.text)))

    def _shown_usage(self) -> str:
        lines = self.text.split("\n")
        body = _function_body(lines)
        for text in _documents(body):
            return self._finished(text)
        printed = _printed(body)
        if printed:
            return self._finished("\n".join(printed[:_MOST_LINES]))
        for text in _documents(lines):
            if any(map(_USAGE.match, text.split("\n"))):
                return self._finished(text)
        for line in _printed([line for line in lines if "usage" in line.lower()]):
            if _USAGE.match(line):
                return self._finished(line)
        return ""

    def _finished(self, text: str) -> str:
        return dedent(_OWN_NAME.sub(lambda _: self.name, text)).strip("\n").rstrip()


def _unabbreviated(names: list[str]) -> tuple[str, ...]:
    """Return names without those that only shorten another one: ``--verb`` beside ``--verbose``."""
    long = [name for name in names if name.startswith("--")]
    return tuple(name for name in names if not any(other != name and other.startswith(name) for other in long))


def _function_body(lines: list[str]) -> list[str]:
    """Return the lines of the function that prints the usage; none when there is no such function."""
    for start, line in enumerate(lines):
        head = _USAGE_FUNCTION.match(line)
        opened = head is not None and ("{" in head.group() or lines[start + 1 : start + 2] == ["{"])
        if head is None or not opened or not re.search(r"\(\)|function", head.group()):
            continue
        body = [line[head.end() :]]
        if line.rstrip().endswith("}"):
            return body
        document = None
        for line in lines[start + 1 :]:
            # A "}" in a here-document is not the end of the function.
            if document is None and line.strip().startswith("}"):
                break
            body.append(line)
            opening = _HEREDOC.search(line)
            if document is not None:
                document = None if line.strip() == document else document
            elif opening is not None:
                document = opening[3]
        return body[:_MOST_LINES]
    return []


def _documents(lines: list[str]) -> Iterator[str]:
    """Yield the texts of the here-documents."""
    places: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        places.setdefault(line.strip(" \t"), []).append(number)
    end = 0
    for number, line in enumerate(lines):
        opening = _HEREDOC.search(line) if number >= end and "<<" in line else None
        if opening is None:
            continue
        ends = places.get(opening[3], [])
        at = bisect_right(ends, number)
        if at < len(ends):
            end = ends[at] + 1
            body = lines[number + 1 : ends[at]]
            yield "\n".join(line.lstrip("\t") for line in body) if opening[1] else "\n".join(body)


def _printed(source: list[str]) -> list[str]:
    """Return what the ``echo`` and ``printf`` commands among lines of shell would print, variables unexpanded."""
    printed: list[str] = []
    lines = iter(source)
    for line in lines:
        match = _OUTPUT.search(line)
        if match is None:
            continue
        arguments = match[2]
        words: list[str] = []
        for _ in range(_MOST_LINES_OF_A_STRING):
            try:
                words = shlex.split(arguments, comments=True)
                break
            except ValueError:
                # A string that goes on in the next line.
                arguments += "\n" + next(lines, "")
        printed += _output(match[1], words)
    return printed


def _output(command: str, words: list[str]) -> list[str]:
    shown: list[str] = []
    for word in words:
        if re.fullmatch(r"\d?>+(?:&\d|.*)|[;|&}]+.*", word):
            break
        shown.append(word.removesuffix(";"))
        if word.endswith(";"):
            break
    while shown and re.fullmatch(r"-[neE]+|--", shown[0]):
        del shown[0]
    if command != "printf":
        return " ".join(shown).replace("\\n", "\n").split("\n")
    if not shown:
        return []
    values = iter(shown[1:])
    text = re.sub(r"%[-\d]*s", lambda _: next(values, ""), shown[0]).replace("%%", "%")
    return text.replace("\\n", "\n").replace("\\t", "\t").removesuffix("\n").split("\n")
