"""What a script says about itself: one line, more lines, how it is used."""

from __future__ import annotations

import re
from textwrap import dedent

from ..quick_dataclasses import dataclass

_TITLE_LENGTH = 120
_LONGEST_TEXT = 20_000
_LONGEST_LINE = 500

# Lines for tools and for the record, which tell nobody what the script does.
_FOR_TOOLS = re.compile(
    r"""(?xi) \s* (?:
        -\*- .* -\*- | (?:vim?|ex|kate) \s* : .* | (?:en)?coding \s* [:=] .* | local\ variables: | end:
      | shellcheck \s+ \w+ .* | type: \s* ignore .*
      | (?: pylint|ruff|flake8|mypy|isort|pyright|fmt|yapf|cspell ) \s* : .*
      | noqa \b .* | pragma: .* | SPDX-[\w-]+ : .* | \$ (?:Id|Header|Revision|Date) \b .*
      | (?: authors? | maintainers? | contact | e-?mail | date | created | updated | last\ (?:modified|updated|change) )
        (?:\ by | \ on )? \s* : .*
      | @ (?: author|date|version|copyright|license ) \b .*
    )"""
)
_LICENCE = re.compile(
    r"""(?xi) \b (?:
        all\ rights\ reserved | licensed\ under | permission\ is\ hereby\ granted | redistribution\ and\ use\ in
      | (?:is|are)\ free\ software | general\ public\ license | may\ not\ use\ this\ file\ except
      | without\ (?:any\ warrant | warrant | even\ the\ implied\ warrant) | provided\ "as\ is" | on\ an\ "as\ is"
      | (?:software|library)\ foundation
    )"""
)
_COPYRIGHT = re.compile(r"\s*(?:copyright\b|\(c\)\s|©)", re.IGNORECASE)
_RULER = re.compile(r"[\s#*=_~+.-]*")
_SECTION = re.compile(
    r"""(?xi) (?P<indent>\s*) (?:\#+\ )? (?P<name> usage | synopsis | options | (?:positional\ |optional\ )?arguments
    | commands | flags | environment(?:\ variables)? | examples? | exit\ (?:codes?|status) )
    \s* (?: : \s* (?P<rest>.*) | )"""
)
_LABEL = re.compile(r"(?:description|purpose|summary|overview|name|script|file)\s*:\s*", re.IGNORECASE)
_NAME_END = re.compile(r"\s*(?:-{1,2}|[\u2013\u2014]|:)\s+|\s*\Z")
_LAYOUT = re.compile(r"\s{2,}\S|\s*(?:[-*•]|\d+[.)])\s")
_SENTENCE_END = re.compile(r"[.!?](?=\s|\Z)")
_METAVAR = r"(?:[ =](?:<[^>\n]+>|\[[^\]\n]+\]|\{[^}\n]+\}|[A-Z][A-Z0-9_:.-]*))?"
_FLAG = rf"-{{1,2}}[A-Za-z0-9?][\w-]*{_METAVAR}"
_OPTION = re.compile(
    rf"(?P<indent>\s*)(?P<names>{_FLAG}(?:(?:,\s?|\s?[|/]\s?|,?\sor\s|\s(?=-)){_FLAG})*)"
    r"(?:\s{2,}|\s*\t|\s+[-:]\s+|\s*\Z)(?P<help>.*)"
)
_FLAG_NAME = re.compile(r"(?<![\w-])-{1,2}[A-Za-z0-9?][\w-]*")


@dataclass(frozen=True, slots=True)
class ScriptOption:
    """An option or argument that a script takes."""

    names: tuple[str, ...]
    """``("-n", "--dry-run")``, or the name of a positional argument."""
    help: str = ""
    """What it does, on one line; empty when the script does not say."""


@dataclass(frozen=True, slots=True)
class Prose:
    """A text about a script, sorted."""

    title: str = ""
    """One line."""
    summary: str = ""
    """The paragraphs after it, their line breaks kept."""
    usage: str = ""
    """Usage, options, examples and the like, their layout kept."""


def read_prose(text: str, name: str) -> Prose:
    """Sort ``text``, the docstring or header comment of the script called ``name``.

    Licences and lines for editors and linters are left out.
    """
    # Some searches are quadratic in a line's length; no line that long is prose.
    short = "\n".join(line[:_LONGEST_LINE] for line in text[:_LONGEST_TEXT].split("\n"))
    lines = [line.rstrip() for line in dedent(short.expandtabs()).split("\n")]
    kept = [line for line in lines if not _FOR_TOOLS.fullmatch(line) and not _COPYRIGHT.match(line)]
    lines, usage = _without_sections(kept)
    paragraphs = [paragraph for paragraph in _paragraphs(lines) if not _LICENCE.search(" ".join(paragraph))]
    while paragraphs:
        title, rest = _title(paragraphs.pop(0), name)
        if title:
            summary = "\n\n".join("\n".join(paragraph) for paragraph in ([rest] if rest else []) + paragraphs)
            return Prose(title, dedent(summary).strip("\n"), usage)
    return Prose(usage=usage)


def options_in(usage: str) -> tuple[ScriptOption, ...]:
    """Return the options that a usage text lists, each on a line of its own."""
    found: list[ScriptOption] = []
    depth: int | None = None
    for line in usage.split("\n"):
        match = _OPTION.fullmatch(line[:_LONGEST_LINE])
        indent = len(line) - len(line.lstrip())
        if match is not None:
            depth = len(match["indent"])
            found.append(ScriptOption(tuple(_FLAG_NAME.findall(match["names"])), match["help"].strip()))
        elif depth is not None and line.strip() and indent > depth + 1:
            last = found.pop()
            found.append(ScriptOption(last.names, f"{last.help} {line.strip()}".strip()))
        else:
            depth = None
    return tuple(found)


def _without_sections(lines: list[str]) -> tuple[list[str], str]:
    rest: list[str] = []
    sections: list[str] = []
    position = 0
    while position < len(lines):
        heading = _SECTION.fullmatch(lines[position])
        if heading is None:
            rest.append(lines[position])
            position += 1
            continue
        end = _section_end(lines, position + 1, len(heading["indent"]), (heading["rest"] or "").split())
        if end == position + 1 and not heading["rest"]:
            # A word alone on a line, and nothing after it that it could be the heading of.
            rest.append(lines[position])
        else:
            body = [line for line in lines[position:end] if not line or not _RULER.fullmatch(line)]
            sections.append(dedent("\n".join(body)).strip("\n"))
        position = end
    return rest, "\n\n".join(sections)


def _section_end(lines: list[str], start: int, indent: int, rest: list[str]) -> int:
    end = start
    for position in range(start, len(lines)):
        line = lines[position]
        if not line:
            continue
        deeper = len(line) - len(line.lstrip()) > indent
        # After "Usage: tool x", a line that is not indented belongs to it only when it shows the tool again.
        belongs = not rest or line.split()[0] == rest[0]
        if not deeper and (end < position or _SECTION.fullmatch(line) or not belongs):
            break
        end = position + 1
    return end


def _paragraphs(lines: list[str]) -> list[list[str]]:
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        # An underlined heading is a paragraph of its own.
        if line and not _RULER.fullmatch(line):
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return [paragraph for paragraph in paragraphs if paragraph]


def _title(paragraph: list[str], name: str) -> tuple[str, list[str]]:
    """Return the one line that a first paragraph makes, and the lines of it that are left."""
    whole = _LABEL.sub("", paragraph[0].strip(), count=1)
    first = _without_name(whole, name)
    lines = ([first] if first else []) + [line.strip() for line in paragraph[1:]]
    if not lines:
        return "", []
    # After "backup.sh - copies everything", a line with a capital is the next sentence, full stop or not.
    complete = first not in ("", whole) and lines[1:] and lines[1][:1].isupper()
    if complete or any(_LAYOUT.match(line) for line in paragraph[1:]):
        return _shortened(lines[0]), paragraph[1:] if first else paragraph[2:]
    joined = " ".join(lines)
    if len(joined) <= _TITLE_LENGTH:
        return joined, []
    sentence = _SENTENCE_END.search(joined)
    if sentence is not None and sentence.end() <= 2 * _TITLE_LENGTH:
        rest = joined[sentence.end() :].strip()
        return joined[: sentence.end()], [rest] if rest else []
    return _shortened(joined), lines


def _without_name(line: str, name: str) -> str:
    """Return a line like ``backup.sh - copies everything`` without the script's own name."""
    stem = name.rpartition(".")[0] or name
    for own in (name, stem):
        if line.lower().startswith(own.lower()):
            rest = line[len(own) :]
            separator = _NAME_END.match(rest)
            if separator is not None:
                return rest[separator.end() :]
    return line


def _shortened(line: str) -> str:
    return line if len(line) <= 2 * _TITLE_LENGTH else line[: 2 * _TITLE_LENGTH - 1].rstrip() + "…"
