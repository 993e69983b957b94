"""Files of a skill that its text speaks of, in code within a line and in commands, without linking to them."""

from __future__ import annotations

import os
import posixpath
import re
from typing import TYPE_CHECKING

from ...config.phrases import clipped
from ..finding import Part, Severity
from ..inline import Places, code_spans
from ..rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..body import Fence
    from ..context import CheckContext
    from ..document import SkillDocument
    from ..rule import Found

MISSING_FILE = Rule(
    "SK405", "missing-file", Part.LINKS, Severity.WARNING,
    "The files of the skill that its text speaks of exist.",
    "An agent that reads `references/api.md` opens that file, and runs `scripts/report.py`; when it is not there, it "
    "guesses or writes one. What counts is code that begins with `references/`, `scripts/`, `assets/` or "
    "`templates/`, in a line or in a block of shell commands. Where the skill has no such directory the path may be "
    "one of the project that the skill is used in: but for Markdown below `references/` this is a note only then.",
)  # fmt: skip

RULES = (MISSING_FILE,)

SHELLS = frozenset({"bash", "sh", "shell", "zsh", "console", "shell-session", "terminal"})
"""What blocks of shell commands are called."""
_OWN = r"(?:\$\{?CLAUDE_SKILL_DIR\}?/|\{(?:baseDir|skill_dir|SKILL_DIR|skillDir)\}/)"
_PATH = r"(?P<directory>references?|scripts|assets|templates)/(?:[\w.-]{1,80}/){0,8}[\w.-]{1,80}\.[A-Za-z]\w{0,9}"
_MENTION = re.compile(rf"(?:(?P<own>{_OWN})|\./)?(?P<path>{_PATH})")
_COMMAND = re.compile(rf"(?<![\w/.}}$~-])(?:(?P<own>{_OWN})|\./)?(?P<path>{_PATH})(?![\w*<{{$/-])")
_HINTS = ("references/", "reference/", "scripts/", "assets/", "templates/")
# A sentence that says where else such a file may be, or that there need be none.
_ELSEWHERE = re.compile(
    r"\b(?:e\.g\.|for example|for instance|examples?:|such as|like|optional|exists?|may|might|could|would|create|"
    r"add|generate|save|write|output|workspace|repo|repository|project|plugin|your)\b|\*\*Examples?\*\*",
    re.IGNORECASE,
)
_WRITES = re.compile(r">|\btee\b|\btouch\b|\bcp\b|\bmv\b|\s-o\b|--out")


def check(skill: SkillDocument, _context: CheckContext) -> Iterator[Found]:
    """Yield the files that are spoken of and not there, each once."""
    text = skill.body_text
    if not any(hint in text for hint in _HINTS):
        return
    seen: set[str] = set()
    for paragraph in skill.body.paragraphs:
        if "`" not in paragraph.text or not any(hint in paragraph.text for hint in _HINTS):
            continue
        is_elsewhere = _ELSEWHERE.search(paragraph.text) is not None
        places = Places(skill, paragraph)
        for span in code_spans(paragraph.text):
            match = _MENTION.fullmatch(span.text)
            if match is None or (is_elsewhere and match["own"] is None):
                continue
            if _is_missing(skill, match, seen):
                line, column = places.of(paragraph.text.find(span.text, span.start))
                yield _found(skill, match, line, column)
    for fence in skill.body.fences:
        if fence.language in SHELLS:
            yield from _commands(skill, fence, seen)


def _commands(skill: SkillDocument, fence: Fence, seen: set[str]) -> Iterator[Found]:
    for number, command in enumerate(fence.code.split("\n"), fence.line + 1):
        if not any(hint in command for hint in _HINTS) or command.lstrip().startswith("#") or _WRITES.search(command):
            continue
        for match in _COMMAND.finditer(command):
            is_own = match["own"] is not None or match["directory"] in skill.bundle.directories
            if is_own and _is_missing(skill, match, seen):
                column = skill.lines[number - 1].find(match[0]) + 1 if number <= len(skill.lines) else 1
                yield _found(skill, match, number, max(column, 1))


def _is_missing(skill: SkillDocument, match: re.Match[str], seen: set[str]) -> bool:
    """Return whether a file does not exist and was not spoken of before."""
    name = posixpath.normpath(match["path"])
    if name in seen:
        return False
    seen.add(name)
    return not (skill.bundle.has(name) or os.path.exists(os.path.join(skill.directory, name)))


def _found(skill: SkillDocument, match: re.Match[str], line: int, column: int) -> Found:
    is_own = match["own"] is not None or match["directory"] in skill.bundle.directories
    is_reference = match["directory"].startswith("reference") and match["path"].endswith(".md")
    return MISSING_FILE.at(
        line, column, f"{clipped(match[0])} does not exist in the skill",
        "correct the path, which counts from the directory of the skill, or add the file",
        severity=None if is_own or is_reference else Severity.NOTE,
    )  # fmt: skip
