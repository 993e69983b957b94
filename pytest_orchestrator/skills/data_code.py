"""Data in documents: JSON, YAML and TOML, with what people leave out of it or add to it for the reader."""

from __future__ import annotations

import json
import re
import tomllib
from functools import lru_cache

from ..quick_dataclasses import dataclass

JSON = frozenset({"json", "jsonl", "ndjson"})
"""``jsonc`` and ``json5`` allow more than anybody here knows; they are not judged."""
YAML = frozenset({"yaml", "yml"})
TOML = frozenset({"toml"})
LOOSE = frozenset({"jsonc", "json5", "jsonnet", "hjson"})
"""Words behind ``json`` that say that it is none to the letter."""


@dataclass(frozen=True, slots=True)
class DataFault:
    """Why a piece of data cannot be read."""

    line: int
    """Counted from 1 in the piece."""
    column: int
    """Counted from 1."""
    message: str


_LONGEST = 100_000
"""Characters of JSON beyond which it is not asked what was meant."""
_DEEPEST = 64
"""Levels of YAML that are read: libyaml needs time that grows with the square of their number."""
_MOST_DOTS = 100
"""Dots in one line of TOML: of a key with many parts the parser needs time with the square of their number."""
_SPACE = re.compile(r"\s*+")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*+"')
_COMMENT = re.compile(r"//[^\n]*|(?<![^\s,{\[])#[^\n]*")
_BLOCK_COMMENT = re.compile(r"/\*[^*]*+(?:\*(?!/)[^*]*+)*+\*/")
_MOST_COMMENTS = 500
_LEFT_OUT = re.compile(r"\.{3}|…")
_TEMPLATE = re.compile(r"\{\{[^{}\n]{0,80}\}\}|\{%[^{}\n]{0,80}%\}|\$\{[^{}\n]{0,80}\}")
_ALTERNATIVE = re.compile(r'(?:""|(?<![\w<>\[\]])[\w<>\[\]]++)(?:\s*\|\s*(?:""|[\w<>\[\]]++))++')
_OPTIONAL = re.compile(r'""\s*\?\s*:')
_WORD = re.compile(r"((?:^|[:\[,])\s*)(<[^<>\n]{1,80}>|\$?[A-Za-z_][\w.]*+(?:\[\])*+)")
_OWN_WORDS = frozenset({"true", "false", "null", "NaN", "Infinity"})
_COMMAS = re.compile(r",(?:\s*,)+|(?<=[\[{])\s*,|,(?=\s*[\]}])")
_NEW_ENTRY = re.compile(r'(?<=[\w"}\]])(?=[^\S\n]*\n\s*"")')
_PLACE_IN_TOML = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_TEMPLATED = re.compile(r"\{\{|\{%|<%|\$\{\{")
_TEMPLATE_LINE = re.compile(r"^[ \t]*(?:\{%.*%\}|\{\{[-/#].*\}\})[ \t]*$", re.MULTILINE)
_DOTS_LINE = re.compile(r"^[ \t]*(?:-[ \t]*)?(?:#[ \t]*)?(?:\.{3}|…).*$", re.MULTILINE)
_TOML_PLACEHOLDER = re.compile(r"(?<==)([ \t]*)(?:<[^<>\n]{1,80}>|\{\{[^{}\n]{1,80}\}\}|\.{3}|…)")
_SHOWN_TWICE = re.compile(r"Cannot (?:declare|overwrite|mutate)|Cannot redefine")
_ANGLES = re.compile(r"<(?=[A-Za-z])[^<>\n]*>")
_MARKDOWN = re.compile(r"^---[ \t]*$", re.MULTILINE)


@lru_cache(maxsize=4096)
def json_fault(text: str) -> DataFault | None:
    """Return why ``text`` is no JSON; None if it is: a value, several of them, or the entries of an object alone.

    Comments, ``...`` for what is left out and names of types or ``<placeholders>`` in the place of values are taken
    for what they are.
    """
    try:
        _values(text)
    except json.JSONDecodeError as error:
        first = error
    except RecursionError:
        return None
    else:
        return None
    fault = _json_fault(text, first)
    if first.msg.startswith("Invalid \\") or len(text) > _LONGEST:
        return fault
    skeleton = _skeleton(text)
    alone = skeleton.rstrip(", \t\n")
    if alone.startswith('"'):
        alone = _NEW_ENTRY.sub(",", alone)
    for candidate in (skeleton, f"{{{alone}}}", f"[{alone}]"):
        try:
            _values(candidate)
        except json.JSONDecodeError:
            continue
        except RecursionError:
            pass
        return None
    return fault


def _json_fault(text: str, error: json.JSONDecodeError) -> DataFault:
    """Return what the decoder says; of a comma too many what it says since Python 3.13, which is easier to mend."""
    what = {"]": "array", "}": "object"}.get(text[error.pos : error.pos + 1])
    before = text[: error.pos].rstrip()
    if what is None or not before.endswith(","):
        return DataFault(error.lineno, error.colno, error.msg)
    at = len(before) - 1
    return DataFault(
        text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at), f"Illegal trailing comma before end of {what}"
    )


def _values(text: str) -> None:
    """Read one value after the other."""
    # Numbers are not worth making: one of thousands of digits cannot be made.
    decoder = json.JSONDecoder(parse_int=len, parse_float=len)
    at = _behind_space(text, 0)
    while at < len(text):
        _, at = decoder.raw_decode(text, at)
        at = _behind_space(text, at)


def _behind_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return at if match is None else match.end()


def _skeleton(text: str) -> str:
    """Return ``text`` with empty strings, without comments, and with a number for what stands in for a value."""
    plain = _STRING.sub('""', _TEMPLATE.sub("0", text))
    bare = _BLOCK_COMMENT.sub("", plain) if 0 < plain.count("/*") < _MOST_COMMENTS else plain
    bare = _COMMENT.sub("", bare)
    is_shortened = bare != plain or _LEFT_OUT.search(bare) is not None
    bare = re.sub(r":\s*(?:\.{3}|…)", ": 0", bare)
    bare = _LEFT_OUT.sub(" ", bare)
    bare = _OPTIONAL.sub('"":', _ALTERNATIVE.sub("0", bare))
    bare = _WORD.sub(lambda match: match[0] if match[2] in _OWN_WORDS else f"{match[1]}0", bare)
    # Of a list that is cut short, commas are left over.
    return (_COMMAS.sub(_first_comma, bare) if is_shortened else bare).strip()


def _first_comma(match: re.Match[str]) -> str:
    return "," if match[0].count(",") > 1 else ""


@lru_cache(maxsize=4096)
def yaml_fault(text: str) -> DataFault | None:
    """Return why ``text`` is no YAML; None if it is, or a template that makes some.

    Of front matter that is followed by Markdown only the front matter counts. What is behind a place that is nested
    more than 64 levels deep is not judged.
    """
    import yaml

    fault = None
    relaxed = _DOTS_LINE.sub("", _TEMPLATE_LINE.sub("", _front_matter(text)))
    # A placeholder that holds another one is gone the second time.
    for candidate in (text, _ANGLES.sub("_", _ANGLES.sub("_", relaxed))):
        try:
            depth = 0
            for event in yaml.parse(candidate, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
                if isinstance(event, yaml.CollectionStartEvent):
                    depth += 1
                    if depth > _DEEPEST:
                        return None
                elif isinstance(event, yaml.CollectionEndEvent):
                    depth -= 1
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            place = (1, 1) if mark is None else (mark.line + 1, mark.column + 1)
            fault = fault or DataFault(*place, error.problem or "it cannot be parsed")
        except (yaml.YAMLError, RecursionError) as error:
            fault = fault or DataFault(1, 1, str(error).partition("\n")[0])
        else:
            return None
    return None if _TEMPLATED.search(text) else fault


def _front_matter(text: str) -> str:
    marks = list(_MARKDOWN.finditer(text))
    if len(marks) > 1 and not text[: marks[0].start()].strip():
        return text[: marks[1].start()]
    return text


@lru_cache(maxsize=1024)
def toml_fault(text: str) -> DataFault | None:
    """Return why ``text`` is no TOML; None if it is. One table in two variants is for the reader to choose from."""
    if text.count(".") > _MOST_DOTS and any(line.count(".") > _MOST_DOTS for line in text.split("\n")):
        return None
    fault = None
    for candidate in (text, _TOML_PLACEHOLDER.sub(r"\g<1>0", _DOTS_LINE.sub("", text))):
        try:
            tomllib.loads(candidate)
        except (ValueError, RecursionError) as error:
            message = str(error)
            if _SHOWN_TWICE.search(message):
                return None
            fault = fault or _toml_fault(message, text)
        else:
            return None
    return None if _TEMPLATED.search(text) else fault


def _toml_fault(message: str, text: str) -> DataFault:
    match = _PLACE_IN_TOML.search(message)
    if match is None:
        return DataFault(1, 1, message)
    end = len(text.rstrip().split("\n"))
    return DataFault(int(match[1] or end), int(match[2] or 1), message[: match.start()])
