"""The shell in a skill: what ShellCheck says of it, where the ``[lint]`` extra is installed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ..code import SHELL, snippets
from ..finding import Part, Severity
from ..rule import Rule
from ..shell_code import is_plainly_valid, is_program, other_interpreter, relaxed, typed
from ..shellcheck import LONGEST, shellcheck_comments, shellcheck_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..code import Snippet
    from ..document import SkillDocument
    from ..rule import Found
    from ..shellcheck import Comment

SHELLCHECK = Rule(
    "SK511", "shellcheck", Part.CODE, Severity.ERROR,
    "ShellCheck finds no error in the shell of a skill.",
    "`$50B` in double quotes is `$5` and `0B`; an unquoted `$@` loses the spaces of file names. Needs the `[lint]` "
    "extra, and says nothing without it. What ShellCheck calls an error is one in a program (a file of `scripts/`, or "
    "a fence with a shebang) and a warning in a fragment; its warnings are told for programs only, matters of taste "
    "(SC2034, SC2155, SC2206, SC2207) not at all. Its own `# shellcheck disable=` comments hold.",
)  # fmt: skip

RULES = (SHELLCHECK,)


def absent() -> str | None:
    """Return what is missing here for these rules; None if nothing is."""
    return None if shellcheck_path() is not None else "ShellCheck is not installed"


def prepare(skills: Sequence[SkillDocument]) -> Mapping[str, Sequence[Found]]:
    """Return what ShellCheck says of the shell in ``skills``, by path. All of it is looked at together."""
    if shellcheck_path() is None:
        return {}
    asked = []
    for skill in skills:
        for snippet in snippets(skill, SHELL):
            text = snippet.text if snippet.is_file else relaxed(typed(snippet.text))
            if not is_plainly_valid(text) and not other_interpreter(text):
                asked.append((skill, snippet, text))
    comments = shellcheck_comments(text for _, _, text in asked)
    found: dict[str, list[Found]] = defaultdict(list)
    for skill, snippet, text in asked:
        is_whole = snippet.is_file or is_program(text)
        if text not in comments:
            found[skill.path].append(_unjudged(snippet))
        for comment in comments.get(text, ()):
            if is_whole or comment.is_error:
                found[skill.path].append(_found(snippet, comment, is_whole=is_whole))
    return found


def _found(snippet: Snippet, comment: Comment, *, is_whole: bool) -> Found:
    message = f"ShellCheck SC{comment.code}: {comment.message.rstrip('.')}"
    severity = None if is_whole and comment.is_error else Severity.WARNING
    place = snippet.place(comment.line, comment.column)
    return SHELLCHECK.at(*place, message, "correct it", path=snippet.path, severity=severity)


def _unjudged(snippet: Snippet) -> Found:
    message = f"ShellCheck did not judge this: it is longer than {LONGEST // 1024} KiB, or more than it can cope with"
    remedy = "look at it with ShellCheck itself"
    return SHELLCHECK.at(*snippet.place(1), message, remedy, path=snippet.path, severity=Severity.NOTE)
