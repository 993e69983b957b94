"""The script templates of a skill: fences that show a whole script, and what they take care of."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass
from .code import PYTHON, SHELL, scripts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .document import SkillDocument

_OTHERS = frozenset({"javascript", "js", "typescript", "ts", "ruby", "rb", "perl", "go", "zsh", "fish", "powershell"})
LANGUAGES = PYTHON | SHELL | _OTHERS
"""What scripts are written in."""
_FEWEST_LINES = 5
"""Lines of code that a piece must have to be taken for a script without saying so."""
_WHOLE = re.compile(r"\A#!|\bif __name__ ==|\A\s*(?:\"\"\"|''')")
_GOES_ON = re.compile(
    r"^\s*(?:for|while|until|def|async|function|import|from|try|if|const|let)\b|\w+\(\) *\{", re.MULTILINE
)
_PRINTS = re.compile(
    r"\b(?:print|echo|printf|puts|console\.\w+|logg(?:er|ing)\.\w+|sys\.stdout|Write-(?:Host|Output)|fmt\.)"
)
_HANDLES = re.compile(
    r"\b(?:try|except|catch|rescue|raise|throw|returncode|raise_for_status|status_code|return_exceptions|trap|errexit)\b"
    r"|\bcheck=True|\bset -[a-z]*e|\|\||\bif !|\$\?|\bexit [1-9]|sys\.exit\(|\berr != nil|if not \w+|Error\b"
)
_SUMMARY_SAID = re.compile(
    r"\b(?:summary|output|report|result) (?:format|template|looks|example)"
    r"|\bexpected (?:summary|output|result|response)"
    r"|\bformat of the (?:summary|output|report|result)|\bexample (?:summary|output)",
    re.IGNORECASE,
)
_SUMMARY = re.compile(r"\bsummary\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Template:
    """A script that a skill shows."""

    line: int
    """Where its fence opens."""
    language: str
    code: str

    @property
    def prints(self) -> bool:
        """Whether it prints something."""
        return _PRINTS.search(self.code) is not None

    @property
    def handles_errors(self) -> bool:
        """Whether it asks anywhere whether something went wrong."""
        return _HANDLES.search(self.code) is not None


def templates(skill: SkillDocument) -> Sequence[Template]:
    """Return the fences of a skill that show a script: one that says that it is whole, or has several statements."""
    return [
        Template(fence.line, fence.language, fence.code)
        for fence in skill.body.fences
        if fence.language in LANGUAGES and _is_script(fence.code)
    ]


def _is_script(code: str) -> bool:
    if _WHOLE.search(code):
        return True
    lines = [line for line in code.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    return len(lines) >= _FEWEST_LINES and _GOES_ON.search(code) is not None


def has_scripts(skill: SkillDocument) -> bool:
    """Return whether the skill brings scripts along."""
    return next(iter(scripts(skill)), None) is not None


def says_summary_format(skill: SkillDocument) -> bool:
    """Return whether the text of a skill shows what the summary looks like, elsewhere than in a script."""
    body = skill.body
    return any(_announces_summary(heading.text) for heading in body.headings) or any(
        _announces_summary(paragraph.plain) for paragraph in body.paragraphs
    )


def _announces_summary(text: str) -> bool:
    if _SUMMARY_SAID.search(text) is not None:
        return True
    return text.rstrip().endswith(":") and _SUMMARY.search(text) is not None
