"""What a script is, told from its text alone: it is never imported and never run."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from ..errors import why_unreadable
from ..quick_dataclasses import dataclass
from .header import inline_metadata, parse_shebang, read_head
from .interpreter import named_interpreter
from .prose import Prose, ScriptOption, read_prose
from .python_source import PythonSource
from .shell_source import ShellSource, header_comment

if TYPE_CHECKING:
    from .header import Shebang

_LONGEST_SCRIPT = 1024 * 1024

_BY_EXTENSION = {
    ".bash": "Bash", ".cjs": "JavaScript", ".js": "JavaScript", ".ksh": "Korn shell", ".lua": "Lua",
    ".mjs": "JavaScript", ".php": "PHP", ".pl": "Perl", ".py": "Python", ".r": "R", ".rb": "Ruby", ".sh": "shell",
    ".ts": "TypeScript", ".zsh": "Z shell",
}  # fmt: skip
_BY_PROGRAM = {
    "ash": "shell", "awk": "AWK", "bash": "Bash", "bun": "JavaScript", "dash": "shell", "deno": "TypeScript",
    "gawk": "AWK", "ksh": "Korn shell", "lua": "Lua", "node": "JavaScript", "perl": "Perl", "php": "PHP",
    "pypy": "Python", "python": "Python", "Rscript": "R", "ruby": "Ruby", "sed": "sed", "sh": "shell", "uv": "Python",
    "pipx": "Python", "zsh": "Z shell",
}  # fmt: skip
_SHELLS = frozenset({"shell", "Bash", "Korn shell", "Z shell"})
_COMMENT_MARKS = {"JavaScript": "//", "TypeScript": "//", "PHP": "//", "Lua": "--"}


@dataclass(frozen=True, slots=True)
class ScriptDescription:
    """What a script says about itself."""

    title: str = ""
    """One line; empty when it says nothing."""
    summary: str = ""
    """The paragraphs after the title, their line breaks kept."""
    usage: str = ""
    """Its usage text, examples included, the layout kept."""
    options: tuple[ScriptOption, ...] = ()
    """The options and arguments seen in its source, in the order of their first mention."""
    languages: tuple[str, ...] = ()
    """The language that it is written in, then those of code that it feeds to other interpreters."""
    interpreter: str = ""
    """What it is run with unless configured otherwise; empty when nothing is known."""
    dependencies: tuple[str, ...] = ()
    """What its PEP 723 block asks for."""
    requires_python: str = ""
    """The Python versions that its PEP 723 block asks for."""
    problem: str | None = None
    """Why less is known than might be: it cannot be read, it has a syntax error."""


def describe_script(path: str | os.PathLike[str]) -> ScriptDescription:
    """Return what the script at ``path`` says about itself, without running or importing it.

    Read are: the docstring of a Python script, its argparse, optparse and click options, and its ``Usage:``
    text; the header comment of a shell or other script, its usage function or here-document, its ``case`` and
    ``getopts`` options; PEP 723 metadata. A script with a syntax error or in an unknown encoding is described
    as far as that goes. Never raises for anything in the file; what cannot be read has a ``problem``.
    """
    name = os.path.basename(os.fspath(path))
    path = os.path.abspath(path)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return ScriptDescription(problem="it is no regular file")
        source = read_head(path, _LONGEST_SCRIPT)
    except (OSError, ValueError) as problem:
        return ScriptDescription(problem=f"it cannot be read: {why_unreadable(problem)}")
    interpreter = named_interpreter(path)
    if b"\0" in source[:4096]:
        return ScriptDescription(interpreter=interpreter, problem="it is no text")
    language = _language(parse_shebang(source[:4096]), os.path.splitext(name)[1])
    if language == "Python":
        return _describe_python(PythonSource(source, name), interpreter)
    text = source.decode("utf-8", "replace").replace("\r\n", "\n")
    if language in _SHELLS:
        shell = ShellSource(text, name)
        prose, options, embedded = shell.prose(), shell.options(), shell.embedded()
    else:
        prose = read_prose(header_comment(text, _COMMENT_MARKS.get(language, "#")), name)
        options, embedded = (), ()
    languages = (language, *(_BY_PROGRAM[_program(command)] for command in embedded))
    return _described(prose, options, tuple(dict.fromkeys(filter(None, languages))), interpreter)


def _describe_python(source: PythonSource, interpreter: str) -> ScriptDescription:
    prose = source.prose(header_comment(source.text))
    metadata = inline_metadata(source.text) or {}
    dependencies = metadata.get("dependencies")
    return _described(
        prose,
        source.options(),
        ("Python",),
        interpreter,
        tuple(map(str, dependencies)) if isinstance(dependencies, list) else (),
        str(metadata.get("requires-python", "")),
        None if source.problem is None else f"its source has a syntax error: {source.problem}",
    )


def _described(
    prose: Prose,
    options: tuple[ScriptOption, ...],
    languages: tuple[str, ...],
    interpreter: str,
    dependencies: tuple[str, ...] = (),
    requires_python: str = "",
    problem: str | None = None,
) -> ScriptDescription:
    return ScriptDescription(
        prose.title, prose.summary, prose.usage, options, languages, interpreter, dependencies, requires_python, problem
    )


def _language(shebang: Shebang | None, extension: str) -> str:
    words = shebang.words if shebang is not None else ()
    if words:
        language = _BY_PROGRAM.get(_program(os.path.basename(words[0])))
        if language is not None:
            return language
    return _BY_EXTENSION.get(extension.lower(), "")


def _program(name: str) -> str:
    """Return a command's name without the version at its end."""
    return name.rstrip("\r").rstrip("0123456789.")
