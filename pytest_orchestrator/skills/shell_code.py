"""Shell as documents have it: transcripts with prompts, ``<placeholders>``, ``...`` for what is left out."""

from __future__ import annotations

import re

_JUDGED = frozenset({"bash", "sh", "dash", "ash", "ksh"})
_PROMPT = re.compile(r"^[ \t]*(?:\([\w.-]+\)[ \t]*)?(?:[\w.-]+@[\w.-]+[^$#%\n]{0,60})?[$%][ \t]+(?=\S)")
_ARROW_PROMPT = re.compile(r"^[ \t]*>[ \t]+(?=\S)")
_GOES_ON = re.compile(r"^[ \t]*>[ \t]?")

_PLACEHOLDER = re.compile(
    r"(?<![<\w$])<(?=[A-Za-z_*/.])[^<>\n]{1,80}>"  # <name>, <path/to/file>
    r"|\{\{[^{}\n]{1,80}\}\}"  # {{name}}
    r"|\[(?=[A-Za-z.<-])[^\[\]\n]{1,80}\]"  # [options]
    r"|\((?=[a-z-][\w-]*\|)[^()\n]{1,80}\)"  # (one|other)
    r"|…|\.\.\."
)
_WORD = r"""(?:[\w./:@=,+%^~-]|"[^"\\$`\n]*+"|'[^'\n]*+'|\$\w+|\$\{\w+\}|\\[\w.])++"""
_SIMPLE_LINE = re.compile(
    rf"[ \t]*+(?:{_WORD}(?:[ \t]++(?:(?:\|\|?|&&|;|[12]?>>?|<)[ \t]*+)?+{_WORD})*+[ \t]*+(?:2>&1)?+[ \t]*+;?+)?+"
    r"(?:(?<=[ \t])\\|(?<!\S)\#.*)?+"
)
_RESERVED = re.compile(
    r"(?<![\w./-])(?:if|then|elif|else|fi|do|done|case|esac|in|while|until|for|select|function|coproc|time|\{|\}|!|\[\[)(?![\w./=-])"
)


def other_interpreter(text: str) -> str:
    """Return the interpreter of a shebang that is no shell whose grammar bash knows; empty if there is none."""
    if not text.startswith("#!"):
        return ""
    words = [word for word in text[2:].partition("\n")[0].split() if not word.startswith("-")]
    names = [word.rpartition("/")[2] for word in words]
    name = names[1] if names[:1] == ["env"] and len(names) > 1 else (names or [""])[0]
    return "" if name in _JUDGED else name


def is_program(text: str) -> bool:
    """Return whether a piece of shell claims to be whole: it has a shebang."""
    return text.startswith("#!")


def typed(text: str) -> str:
    """Return what was typed, where ``text`` is a transcript with prompts; its lines keep their numbers.

    Without a prompt in it (``$``; or ``>`` where the first line has one), that is all of it.
    """
    lines = text.split("\n")
    prompts = _PROMPT
    if not any(map(_PROMPT.match, lines)):
        if not _ARROW_PROMPT.match(text.lstrip("\n")):
            return text
        prompts = _ARROW_PROMPT
    kept: list[str] = []
    goes_on = False
    for line in lines:
        if (prompt := prompts.match(line)) is not None:
            line = line[prompt.end() :]
        elif (more := _GOES_ON.match(line)) is not None and kept and kept[-1]:
            line = line[more.end() :]
        elif not goes_on:
            line = ""
        goes_on = line.endswith("\\")
        kept.append(line)
    return "\n".join(kept)


def relaxed(text: str) -> str:
    """Return ``text`` with a word in the place of what a reader is to fill in or leave out."""
    return _PLACEHOLDER.sub("_", text)


def is_plainly_valid(text: str) -> bool:
    """Return whether ``text`` is nothing but simple commands, one a line: nothing that bash would have to be asked."""
    return (
        not _RESERVED.search(text)
        and all(map(_SIMPLE_LINE.fullmatch, text.split("\n")))
        and not text.rstrip().endswith("\\")
    )
