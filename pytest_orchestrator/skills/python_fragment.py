"""Python that is a piece of a program: how people shorten code in documents, and what of it can still be parsed."""

from __future__ import annotations

import ast
import re
from textwrap import dedent, indent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROMPT = re.compile(r"^[ \t]*(?:>>>|\.\.\.)(?: |$)", re.MULTILINE)
_FIRST_PROMPT = re.compile(r"^[ \t]*(?:>>>|In \[\d*\]:)", re.MULTILINE)
_MAGIC = re.compile(r"^([ \t]*)(?:[!%?].*|[\w.]+\?{1,2})$", re.MULTILINE)
_ELLIPSIS = re.compile(r"\.\.\.|…")
_PLACEHOLDER = re.compile(r"<[A-Za-z][^<>\n]{0,60}>|\{\{[^{}\n]{1,60}\}\}|\[\.\.\.\]")
_LEFT_OUT_OF_A_LIST = re.compile(r"[(\[{,]\s*(?:\.\.\.|…)\s*[)\]},]")
_SIGNATURE = re.compile(
    r"^([ \t]*)((?:async )?def .*\)(?: *-> *[^:\n]+)?|class \w+(?:\(.*\))?)[ \t]*(#.*)?$", re.MULTILINE
)
_CALL_SIGNATURE = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*\()", re.MULTILINE)
_NO_BLOCK = re.compile(r"expected an indented block after .* on line (\d+)|expected an indented block")
_MOST_ELIDED = 30
"""Blocks that are filled in before it is given up."""
_LONGEST = 20_000
"""Characters of a fragment that is tried in different ways."""


def parsed(text: str) -> ast.Module:
    """Return the tree of a program. Raises SyntaxError, also for what is nested too deeply or cannot be decoded."""
    try:
        return ast.parse(text)
    except (ValueError, RecursionError, MemoryError) as error:
        message = "it holds a NUL character" if isinstance(error, ValueError) else "it is nested too deeply"
        raise SyntaxError(message, ("", 1, 1, "")) from error


def is_template(text: str) -> bool:
    """Return whether code that looks whole says that something has to be put in: ``<name>``, ``{a, ...}``."""
    return _PLACEHOLDER.search(text) is not None or _LEFT_OUT_OF_A_LIST.search(text) is not None


def fragment(text: str) -> ast.Module | None:
    """Return the tree of what is no program as it stands, if it is one when taken as what authors shorten code to.

    Tried are: a session at the prompt, an indented block, the lines of a notebook that are no Python, ``...`` and
    ``<name>`` for what is left out, blocks without a body, signatures, arguments and entries alone, and the later
    branches of a statement.
    """
    if len(text) > _LONGEST:
        return None
    if _FIRST_PROMPT.search(text):
        return _filled(_session(text))
    text = dedent(text.expandtabs(4)) if "\t" in text else dedent(text)
    for candidate in _candidates(text):
        tree = _filled(candidate)
        if tree is not None:
            return tree
    return None


def _candidates(text: str) -> Iterator[str]:
    yield text
    plain = _MAGIC.sub(r"\1pass", text)
    plain = _PLACEHOLDER.sub("_", plain)
    if plain != text:
        yield plain
    for word in ("_", "**_", "*_", "") if _ELLIPSIS.search(plain) else ():
        yield _ELLIPSIS.sub(word, plain)
    plain = _ELLIPSIS.sub("_", plain)
    if _SIGNATURE.search(plain):
        yield _SIGNATURE.sub(r"\1\2: pass \3", plain)
    first = plain.lstrip().partition("\n")[0]
    for word, before in (
        ("elif", "if _:\n    pass\n"), ("else", "if _:\n    pass\n"), ("except", "try:\n    pass\n"),
        ("finally", "try:\n    pass\n"), ("case", None),
    ):  # fmt: skip
        if first.startswith(word):
            yield f"{before}{plain}" if before else f"match _:\n{indent(plain, '    ')}"
    yield f"_(\n{plain}\n)"
    yield f"{{\n{plain}\n}}"
    if _CALL_SIGNATURE.match(plain):
        described = _CALL_SIGNATURE.sub(r"def \1", plain)
        yield _SIGNATURE.sub(r"\1\2: pass \3", described)
        yield f"{described.rstrip()}: pass"


def _filled(text: str) -> ast.Module | None:
    """Return the tree of ``text``, with ``pass`` in blocks that have no statement."""
    for _ in range(_MOST_ELIDED):
        try:
            return parsed(text)
        except SyntaxError as error:
            match = _NO_BLOCK.match(error.msg or "")
            if match is None:
                return None
            lines = text.split("\n")
            head = int(match[1] or (error.lineno or 1) - 1) - 1
            end = next(
                (at for at in range(head, len(lines)) if lines[at].partition("#")[0].rstrip().endswith(":")), head
            )
            margin = len(lines[head]) - len(lines[head].lstrip())
            lines.insert(end + 1, f"{' ' * (margin + 4)}pass")
            text = "\n".join(lines)
    return None


def _session(text: str) -> str:
    """Return what was typed at a prompt."""
    typed = [_PROMPT.sub("", line) for line in text.split("\n") if _PROMPT.match(line)]
    return dedent("\n".join(typed))
