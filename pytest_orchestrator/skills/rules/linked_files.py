"""The links in the Markdown files that come with a skill."""

from __future__ import annotations

import os
import posixpath
import re
from typing import TYPE_CHECKING

from ...config.phrases import clipped
from ..body_reader import read_body
from ..finding import Part, Severity
from ..places import lines_of
from ..rule import Rule
from .links import is_local, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..context import CheckContext
    from ..document import SkillDocument
    from ..files import SkillFile
    from ..rule import Found

BROKEN_IN_FILE = Rule(
    "SK406", "broken-link-in-file", Part.LINKS, Severity.WARNING,
    "The links in Markdown files of the skill lead to files that exist.",
    "An agent that reads a reference follows its links as it does those of `SKILL.md`. A path may count from the "
    "directory of the file, as Markdown has it, or from that of the skill. What lies below `assets/`, `templates/`, "
    "`examples/`, `evals/` and `tests/` is material, whose links hold elsewhere.",
)  # fmt: skip

RULES = (BROKEN_IN_FILE,)

# Parsing a file takes long, and most have no link to another.
_LOCAL = re.compile(r"\]\(\s*(?!\s|https?:|#|mailto:)|^ {0,3}\[[^\]\n]+\]:\s*(?!\s|https?:)", re.MULTILINE)
_MATERIAL = frozenset({"assets", "templates", "examples", "evals", "tests", "fixtures"})


def check(skill: SkillDocument, context: CheckContext) -> Iterator[Found]:
    """Yield the links in files that lead nowhere."""
    for file in skill.bundle.own:
        if not file.is_markdown or not _MATERIAL.isdisjoint(file.name.split("/")):
            continue
        text = context.text(file)
        if text is not None and _LOCAL.search(text) is not None:
            yield from _broken(skill, file, text)


def _broken(skill: SkillDocument, file: SkillFile, text: str) -> Iterator[Found]:
    directory = posixpath.dirname(file.name)
    for link in read_body(lines_of(text), 1).links:
        written = link.target.strip()
        target = target_of(written) if written and is_local(written) else None
        if target is None or target.name == "." or "\0" in target.name:
            continue
        names = {posixpath.normpath(posixpath.join(base, target.name)) for base in (directory, "")}
        if not any(skill.bundle.has(name) or os.path.exists(os.path.join(skill.directory, name)) for name in names):
            yield BROKEN_IN_FILE.at(
                link.line, link.column, f"the link leads to {clipped(written)}, which does not exist",
                "correct the path, which counts from the directory of the file, or add the file", path=file.shown_as,
            )  # fmt: skip
