"""Scripts of a skill that wait for somebody to type."""

from __future__ import annotations

import ast
import re
import warnings
from typing import TYPE_CHECKING

from ...config.phrases import clipped
from ..files import is_program
from ..finding import Part, Severity
from ..rule import Rule
from ..shell_lines import commands

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..context import CheckContext
    from ..document import SkillDocument
    from ..files import SkillFile
    from ..rule import Found

PROMPT = Rule(
    "SK423", "prompting-script", Part.FILES, Severity.WARNING,
    "No script of the skill asks for input while it runs.",
    "An agent has no keyboard: the script waits until its time limit, or fails at the end of its input. It should take "
    "what it needs as arguments, from the environment or from its standard input (Agent Skills: using scripts). A "
    "script that looks whether there is a terminal is left alone; with an option such as `--yes` in it, or an "
    "`input()` that says nothing, this is a note.",
)  # fmt: skip

RULES = (PROMPT,)

_PYTHON_HINT = re.compile(r"\b(?:input|getpass|prompt|confirm|ask)\s*\(")
_ASKING = frozenset({
    "input", "raw_input", "getpass", "getpass.getpass", "click.prompt", "click.confirm", "typer.prompt",
    "typer.confirm", "Prompt.ask", "Confirm.ask", "IntPrompt.ask", "inquirer.prompt", "questionary.text",
    "questionary.confirm", "questionary.select",
})  # fmt: skip
_LOOKS_FIRST = re.compile(r"isatty\s*\(|\[\s-t\s[012]\s|\btest\s+-t\s")
_CAN_BE_TOLD = re.compile(
    r"""--(?:yes|force|assume-yes|non-?interactive|no-?input|batch|no-?confirm)\b|["']-y["']|-y\)"""
)
_READ = re.compile(r"read\s(?:[^\"'<|;]*\s)?-[a-zA-Z]*[ps]")
_SELECT = re.compile(r"select\s+\w+\s+in\s")
_REDIRECTED = re.compile(r"<")


def check(skill: SkillDocument, context: CheckContext) -> Iterator[Found]:
    """Yield the first place of each script where it asks."""
    for file in skill.bundle.own:
        if not is_program(file):
            continue
        text = context.text(file)
        if text is None:
            continue
        found = _python(text) if file.is_python(text) else _shell(text) if file.is_shell(text) else []
        if found and _LOOKS_FIRST.search(text) is None:
            yield _found(file, text, found)


def _found(file: SkillFile, text: str, found: Sequence[tuple[int, int, str, bool]]) -> Found:
    line, column, what, is_plain = found[0]
    more = f", and at {len(found) - 1} more places" if len(found) > 2 else ", and once more" if len(found) == 2 else ""
    is_note = _CAN_BE_TOLD.search(text) is not None or is_plain
    return PROMPT.at(
        line, column, f"the script waits for somebody to type here ({clipped(what)}){more}",
        "take it as an argument, from the environment or from standard input",
        path=file.shown_as, severity=Severity.NOTE if is_note else None,
    )  # fmt: skip


def _python(text: str) -> list[tuple[int, int, str, bool]]:
    """Return the places where a program asks, what is written there, and whether it does so without a word."""
    if _PYTHON_HINT.search(text) is None:
        return []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # another rule says so
        return []
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    found = [
        (call.lineno, call.col_offset + 1, f"{name}(", not call.args and name == "input")
        for call in calls
        if (name := _name(call.func)) in _ASKING and name not in own
    ]
    return sorted(found)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return ""


def _shell(text: str) -> list[tuple[int, int, str, bool]]:
    if "read" not in text and "select" not in text:
        return []
    return [
        (command.line, command.column, command.text.split("\n", 1)[0], False)
        for command in commands(text)
        if not command.is_piped and _asks(command.text)
    ]


def _asks(command: str) -> bool:
    if command.startswith("select"):
        return _SELECT.match(command) is not None
    return command.startswith("read") and _READ.match(command) is not None and _REDIRECTED.search(command) is None
