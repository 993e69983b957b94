"""The code of a skill: its fences and its scripts, and which fences are to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..quick_dataclasses import dataclass
from .files import read_text, skill_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .body import Fence
    from .document import SkillDocument
    from .files import SkillFile

PYTHON = frozenset({"python", "py", "python3", "py3"})
SHELL = frozenset({"bash", "sh", "shell"})
"""What ``bash -n`` can judge. ``console`` and the like are transcripts, ``zsh`` and ``fish`` other languages."""
RUN_WORD = "orchestrate:run"
"""What stands behind the language of a fence that is to run."""
SCRIPTS = "scripts/"
_SUFFIXES = {".py": "python", ".sh": "bash", ".bash": "bash"}


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of code, and where it stands."""

    language: str
    text: str
    line: int
    """The number of its first line in the file."""
    margin: int = 0
    """How many characters stand before each of its lines in the file."""
    path: str = ""
    """How the file is shown; empty for the skill's own."""

    @property
    def is_file(self) -> bool:
        """Whether it is a file of its own, and no fence."""
        return self.path != ""

    def place(self, line: int, column: int = 1) -> tuple[int, int]:
        """Return line and column in the file of what is at a line and column of the code, all counted from 1."""
        return self.line + line - 1, self.margin + max(column, 1)


def fence_snippet(fence: Fence) -> Snippet:
    """Return the code of a fence."""
    return Snippet(fence.language, fence.code, fence.line + 1, fence.column - 1)


def snippets(
    skill: SkillDocument, languages: frozenset[str], read: Callable[[SkillFile], str | None] = read_text
) -> Iterator[Snippet]:
    """Yield the fences of ``languages``, then the skill's scripts in one of them, which ``read`` reads.

    A fence that never ends is left out: nobody knows what of it is code.
    """
    for fence in skill.body.fences:
        if fence.language in languages and fence.is_closed:
            yield fence_snippet(fence)
    for file in scripts(skill):
        language = _SUFFIXES.get(file.extension, "")
        if (language and language not in languages) or (text := read(file)) is None:
            continue
        language = language or _language(file, text)
        if language in languages:
            yield Snippet(language, text, 1, path=file.shown_as)


def scripts(skill: SkillDocument) -> Iterator[SkillFile]:
    """Yield the scripts below the skill's ``scripts/``: Python and shell files, and what is executable by its mode."""
    for file in skill_files(skill):
        if file.name.startswith(SCRIPTS) and (file.extension in _SUFFIXES or file.is_executable):
            yield file


def _language(file: SkillFile, text: str) -> str:
    """Return the language of an executable file without an extension, by its shebang; empty for another one."""
    return "python" if file.is_python(text) else "bash" if file.is_shell(text) else ""


def is_runnable(fence: Fence) -> bool:
    """Return whether running a fence makes sense: closed, with code, in a language that the script engine starts."""
    return fence.is_closed and fence.language in PYTHON | SHELL and bool(fence.code.strip())
