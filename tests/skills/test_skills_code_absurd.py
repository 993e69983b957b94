"""What nobody would write, or only to see what happens: every rule on code and directive survives it, in a moment."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_orchestrator.skills.context import CheckContext
from pytest_orchestrator.skills.document import SkillDocument, parse_skill
from pytest_orchestrator.skills.rule import Found, Profile
from pytest_orchestrator.skills.rules import bulk, code_data, code_python, code_shell, composition, directive

LANGUAGES = ["python", "bash", "json", "yaml", "toml", ""]

ABSURD = {
    "hashes": "#" * 50_000,
    "left out": "# ... " * 10_000,
    "open brackets": "(" * 50_000,
    "deep brackets": "(" * 150 + ")" * 150,
    "signatures": "def f() -> " * 5_000,
    "one signature": "def " + ") -> x " * 4_000 + ":",
    "spaces": " " * 50_000,
    "lines": "\n" * 50_000,
    "quotes": '"' * 50_001,
    "single quotes": "'" * 50_001,
    "comments": "/* " * 20_000,
    "templates": "{{" * 30_000,
    "placeholders": "<a>" * 20_000,
    "half placeholders": "<a " * 20_000,
    "substitutions": "$(" * 10_000,
    "conditions": "if true; then " * 3_000,
    "bullets": "- " * 10_000,
    "colons": "a: " * 20_000,
    "lists": "[" * 50_000,
    "digits": "1" * 50_000,
    "amounts": "1 items 99999999999 rows " * 3_000,
    "stars": "**" * 20_000,
    "a directive of stars": "**" * 5_000 + " script first required",
    "paths": "skills/" * 7_000 + " SKILL.md skills/a/SKILL.md",
    "empty blocks": "if a:\n" * 5_000,
    "loops": "for x in y:\n    z = x\n" * 1_000,
    "alternatives": "a | " * 20_000,
    "entries": '"a"?: ' * 10_000,
    "lambdas": "lambda: " * 2_000,
    "nots": "not " * 2_000 + "x",
    "branches": "if a: x=1\n" + "elif a: x=1\n" * 1_000 + "print(x)",
    "attempts": "try:\n x = f()\nexcept E:\n y = 1\n" * 700 + "print(x, y)",
    "here-documents": "cat <<E\n" * 3_000,
    "nested": "".join(" " * depth + f"if a{depth}:\n" for depth in range(90)) + " " * 90 + "x = 1\nprint(x)",
    "many ifs": "\n".join(f"if a{number}:\n    x{number} = 1" for number in range(300)) + "\nprint(x3)",
    "controls": "\x00\x01\x7f\u2028\ufeff\U000e0001\r\n\r\x0b\x0c",
}


def found_in(text: str) -> list[tuple[SkillDocument, Found]]:
    skill = parse_skill(text.encode("utf-8", "surrogatepass"), "/nowhere/x/SKILL.md", "x/SKILL.md")
    context = CheckContext(Profile.SCRIPT_FIRST)
    found: list[Found] = []
    for module in (code_python, code_data, directive, bulk):
        found += module.check(skill, context)
    for prepare in (code_shell.prepare, composition.prepare):
        found += prepare([skill]).get(skill.path, ())
    return [(skill, each) for each in found]


def assert_inside(found: list[tuple[SkillDocument, Found]]) -> None:
    for skill, each in found:
        assert 1 <= each.line <= len(skill.lines), each
        assert each.column >= 1
        assert each.message.isprintable(), each
        assert each.remedy


@pytest.mark.timeout(30)
@pytest.mark.parametrize("text", ABSURD.values(), ids=ABSURD.keys())
def test_absurd_skills_are_survived_in_a_moment(text: str) -> None:
    for language in LANGUAGES:
        assert_inside(found_in(f"---\nname: x\nscript_first: true\n---\n# X\n\n```{language}\n{text}\n```\n"))
    assert_inside(found_in(f"---\nname: x\nintent: y\n---\n# X\n\n{text}\n"))


PIECES = st.sampled_from(
    ["def f(a):", "return x", "x = 1", "    ", "\n", "if a:", "else:", "try:", "except E as e:", "for x in y:", "del x",
     "while True:", "break", "match x:", "case [a, *b]:", "with f() as x:", "lambda: x", "[x for x in y]", "(x := 1)",
     "print(x)", "import os", "async ", "await x", "class A:", "global x", "nonlocal x", "f'{x}'", "...", "…", ">>> ",
     "$ ", "<name>", "fi", "then", "do", "done", "$(", ")", "'", '"', "`", "{", "}", "[", "]", ":", ",", "- ", "#", "é",
     "\t", "\\", "|", "&&", "<<EOF", "EOF", "key: value", '"k": 1', "true", "= 2", "@x", "yield", "\x00",
     "if __name__ ==", '"""', "#!/usr/bin/env python3\n", "Skills: a, b", "**SCRIPT-FIRST EXECUTION REQUIRED**",
     "1. Write a script"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=25).map("".join), st.sampled_from(LANGUAGES), st.booleans())
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_a_fence_every_finding_is_inside_the_file(code: str, language: str, is_fence: bool) -> None:
    body = f"```{language}\n{code}\n```\n" if is_fence else code
    assert_inside(found_in(f"---\nname: x\nscript_first: true\n---\n# X\n\n{body}\n"))
