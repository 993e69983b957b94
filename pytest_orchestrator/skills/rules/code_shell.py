"""The shell in a skill: what ``bash -n`` says of its fences and scripts."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ..bash_syntax import NoBashError, bash_faults
from ..code import SHELL, snippets
from ..finding import Part, Severity
from ..rule import Rule
from ..shell_code import is_plainly_valid, other_interpreter, relaxed, typed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..bash_syntax import ShellFault
    from ..code import Snippet
    from ..document import SkillDocument
    from ..rule import Found

SYNTAX = Rule(
    "SK510", "shell-syntax", Part.CODE, Severity.ERROR,
    "Shell in a skill parses: `bash -n` has nothing against it.",
    "An agent copies what it is shown. Bash runs a script up to the line that does not parse, and stops in the middle "
    "of the work. Prompts (`$ make`), `<placeholders>` and `...` are understood; transcripts belong into a fence "
    "marked as `console`, other text into one marked as `text`. A here-document that never ends is a warning.",
)  # fmt: skip

RULES = (SYNTAX,)


def prepare(skills: Sequence[SkillDocument]) -> Mapping[str, Sequence[Found]]:
    """Return what bash has against the shell in ``skills``, by path. All of it is looked at together, and not run."""
    pieces = [
        (skill, snippet, typed(snippet.text))
        for skill in skills
        for snippet in snippets(skill, SHELL)
        if not other_interpreter(snippet.text)
    ]
    asked = [piece for piece in pieces if not is_plainly_valid(piece[2])]
    found: dict[str, list[Found]] = defaultdict(list)
    try:
        faults = bash_faults(text for _, _, text in asked)
        # What is left to the reader to fill in is no mistake: in doubt it is taken for a word.
        doubtful = [text for _, snippet, text in asked if faults.get(text) is not None and not snippet.is_file]
        second = bash_faults(map(relaxed, doubtful)) if doubtful else {}
    except NoBashError as error:
        for skill, snippet, _ in asked:
            if skill.path not in found:
                found[skill.path].append(_unchecked(snippet, str(error)))
        return found
    for skill, snippet, text in asked:
        fault = faults.get(text)
        if fault is not None and not snippet.is_file:
            fault = second.get(relaxed(text))
        if fault is not None:
            found[skill.path].append(_found(snippet, fault, text))
    return found


def _found(snippet: Snippet, fault: ShellFault, text: str) -> Found:
    lines = text.rstrip().split("\n")
    # What is missing at the end is missed behind it.
    at = min(fault.line, len(lines))
    code = lines[at - 1]
    line, column = snippet.place(at, len(code) - len(code.lstrip()) + 1)
    remedy = "correct it" if snippet.is_file else "correct it, or mark the fence as what it is: `console`, `text`"
    if not fault.is_error:
        remedy = "end it with a line that holds nothing else"
        return SYNTAX.at(line, column, fault.message, remedy, path=snippet.path, severity=Severity.WARNING)
    return SYNTAX.at(line, column, f"bash does not accept this: {fault.message}", remedy, path=snippet.path)


def _unchecked(snippet: Snippet, why: str) -> Found:
    message = f"the shell from here on was not checked: {why}"
    remedy = "install bash 4.4 or later"
    return SYNTAX.at(*snippet.place(1), message, remedy, path=snippet.path, severity=Severity.NOTE)
