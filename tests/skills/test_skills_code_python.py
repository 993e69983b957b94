"""The Python in skills: what parses, what is whole, and which names are there."""

from __future__ import annotations

import os
import shutil
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from rule_findings import findings_of

from pytest_orchestrator.skills.code import PYTHON, SHELL, snippets
from pytest_orchestrator.skills.document import read_skill
from pytest_orchestrator.skills.python_code import look_at
from pytest_orchestrator.skills.rules import code_python

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_orchestrator.skills.finding import Finding

FRONT = "---\nname: x\ndescription: Does x. Use when x is to be done.\n---\n"
CODES = {rule.code for rule in code_python.RULES}

MINIATURE = (
    FRONT
    + '''\
# Orchestrate

## Script template

```python
#!/usr/bin/env python3
"""
Workflow: [description]
Skills: [skill-a], [skill-b]
"""
def run_a():
    return {"success": True, "output": 1}

def run_b(given):
    return {"output": given}

def main():
    results = {"steps": [], "errors": []}
    try:
        first = run_a()
        results["steps"].append("a")
    except Exception as error:
        results["errors"].append(f"a failed: {error}")
        return
    if first.get("success"):
        try:
            second = run_b(first.get("output"))
            results["steps"].append("b")
        except Exception as error:
            results["errors"].append(f"b failed: {error}")
    try:
        print(run_b(second.get("output")))
    except Exception as error:
        results["errors"].append(f"c failed: {error}")

if __name__ == "__main__":
    main()
```

## Examples

User: "Open tickets"
Agent: Writing a script.

```python
#!/usr/bin/env python3
"""
Workflow: tickets
"""
import json

TOKEN = os.environ.get("TOKEN")
print(json.dumps({"token": bool(TOKEN)}))
```

## In parallel

```python
import asyncio

async def main():
    results = await asyncio.gather(check_a(), check_b(), return_exceptions=True)
    print(len(results))

asyncio.run(main())
```
'''
)


def found_in(text: str, root: Path, **files: str) -> list[Finding]:
    tree = {"x/SKILL.md": text, **files}
    return [finding for finding in findings_of(tree, "claude-code", root) if finding.code in CODES]


def fence_findings(code: str, root: Path) -> list[tuple[str, str]]:
    found = found_in(f"{FRONT}# X\n\n```python\n{dedent(code)}```\n", root)
    return [(finding.code, str(finding.severity)) for finding in found]


def test_both_faults_of_the_first_orchestrator_are_found_in_a_miniature_of_it(tmp_path: Path) -> None:
    lines = MINIATURE.splitlines()
    found = [(each.code, str(each.severity), each.line, each.column) for each in found_in(MINIATURE, tmp_path)]
    unbound = 1 + lines.index('        print(run_b(second.get("output")))')
    undefined = 1 + lines.index('TOKEN = os.environ.get("TOKEN")')
    parallel = 1 + lines.index("    results = await asyncio.gather(check_a(), check_b(), return_exceptions=True)")
    assert found == [
        ("SK503", "error", unbound, 21),
        ("SK502", "error", undefined, 9),
        ("SK502", "note", parallel, 36),
    ]


@pytest.mark.skipif("ORCHESTRATOR_SEED_001" not in os.environ, reason="ORCHESTRATOR_SEED_001 names no file")
def test_both_faults_of_the_first_orchestrator_are_found_in_itself(tmp_path: Path) -> None:
    target = tmp_path / "core" / "orchestrator" / "SKILL.md"
    target.parent.mkdir(parents=True)
    shutil.copyfile(os.environ["ORCHESTRATOR_SEED_001"], target)
    text = target.read_text(encoding="utf-8")
    found = {"core/orchestrator/SKILL.md": text}
    errors = [each for each in findings_of(found, "script-first", tmp_path / "tree") if each.code in CODES]
    assert [(each.code, each.line, str(each.severity)) for each in errors if each.severity != "note"] == [
        ("SK503", 137, "error"),
        ("SK502", 292, "error"),
    ]
    assert "'result_b'" in errors[0].message
    assert (errors[1].message, errors[1].remedy) == ("'os' is not defined in this program", "add `import os`")


# -- what is a program -----------------------------------------------------------------------------------------

PROGRAMS = {
    "a shebang": "#!/usr/bin/env python3\nprint(x)\n",
    "a docstring": '"""Does it."""\nprint(x)\n',
    "a guard": "import sys\n\ndef main():\n    print(x)\n\nif __name__ == '__main__':\n    main()\n",
}
FRAGMENTS = {
    "nothing of the kind": "print(x)\n",
    "only the guard": "if __name__ == '__main__':\n    x()\n",
    "only a docstring": '"""x"""\n',
}


@pytest.mark.parametrize("code", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_name_that_is_missing_is_an_error_in_a_program(code: str, tmp_path: Path) -> None:
    assert fence_findings(code, tmp_path) == [("SK502", "error")]


@pytest.mark.parametrize("code", FRAGMENTS.values(), ids=FRAGMENTS.keys())
def test_it_is_at_most_a_note_in_a_fragment(code: str, tmp_path: Path) -> None:
    assert {severity for _, severity in fence_findings(code, tmp_path)} <= {"note"}


def test_a_fragment_gets_one_note_that_names_what_is_missing(tmp_path: Path) -> None:
    code = "   import os\n   for name in names:\n       a(b, c, d, e, f, g)\n"
    (finding,) = found_in(f"{FRONT}# X\n\n   ```python\n{code}   ```\n", tmp_path)
    assert finding.message == "this fragment does not define 'names', 'a', 'b', 'c', 'd' and 3 more"
    assert (finding.line, finding.column, str(finding.severity)) == (9, 16, "note")


def test_a_name_is_told_once_however_often_it_is_read(tmp_path: Path) -> None:
    assert fence_findings('"""X."""\nprint(a)\nprint(a, b)\n', tmp_path) == [("SK502", "error")] * 2


@pytest.mark.parametrize(
    "line", ["# ... as above ...", "# rest of the script", "...", "# [fetch the pods here]", "x = 1  # …"]
)
def test_a_program_that_leaves_things_out_may_miss_names(line: str, tmp_path: Path) -> None:
    assert fence_findings(f'"""X."""\n{line}\nprint(a)\n', tmp_path) == [("SK502", "note")]


def test_placeholders_in_capitals_are_notes(tmp_path: Path) -> None:
    assert fence_findings('"""X."""\nprint(YOUR_TOKEN)\n', tmp_path) == [("SK502", "note")]


def test_a_line_may_be_excused_as_linters_have_it(tmp_path: Path) -> None:
    assert fence_findings('"""X."""\nprint(a)  # noqa: F821\n', tmp_path) == []


def test_what_the_compiler_refuses_is_a_syntax_error_of_a_program_only(tmp_path: Path) -> None:
    assert fence_findings('"""X."""\nimport y\nreturn y\n', tmp_path / "program") == [("SK501", "error")]
    assert fence_findings("y = 1\nreturn y\n", tmp_path / "fragment") == []


@pytest.mark.parametrize(
    ("line", "findings"),
    [
        ("show({'port': 'text', ...})", []),
        ("show(<title>)", []),
        ("show({'port': 'text', ...}", [("SK501", "error")]),
        ("show({'port': 'text', ,})", [("SK501", "error")]),
    ],
)
def test_a_template_of_a_program_may_be_shortened_as_a_fragment(
    line: str, findings: list[tuple[str, str]], tmp_path: Path
) -> None:
    text = f'"""X."""\nfrom y import show\n{line}\n'
    assert fence_findings(text, tmp_path) == findings
    assert look_at(text, is_file=True).faults


def test_the_place_of_a_finding_counts_characters(tmp_path: Path) -> None:
    (finding,) = found_in(f'{FRONT}# X\n\n- one\n\n  ```python\n  """X."""\n  print("é", a)\n  ```\n', tmp_path)
    assert (finding.line, finding.column) == (11, 14)


# -- what authors shorten code to ------------------------------------------------------------------------------

SHORTENED = {
    "a session": ">>> 1 + 1\n2\n>>> for x in [1]:\n...     print(x)\n1\n",
    "a notebook": "!pip install y\n%matplotlib inline\nlen?\nx = !ls\n".replace("x = !ls\n", ""),
    "an indented block": "    x = 1\n    if x:\n        y = 2\n",
    "a function without a body": "def f(a, b):\n    # as before\n\ndef g():\n",
    "several of them": "class A:\n    def f(self):\n    def g(self):\n    async def h(self):\n",
    "signatures": "def f(a: int, b: str = '') -> None\nclass A(B)\n",
    "a call with types": "Client(key: str, *, retries: int = 3) -> Client\n",
    "left out arguments": "def f(...):\n    return {..., 'a': 1}\n",
    "left out in a character": "x = [1, 2, …]\n",
    "arguments alone": "model='x',\nmessages=[],\n",
    "entries alone": "'a': 1,\n'b': 2,\n",
    "placeholders": "x = <your value>\ny = {{ name }}\n",
    "a later branch": "elif x:\n    y = 1\nelse:\n    y = 2\n",
    "a handler": "except ValueError:\n    pass\nfinally:\n    close()\n",
    "a case": "case [x]:\n    print(x)\n",
    "await and return": "return await x\n",
    "tabs": "\tif x:\n\t\ty = 1\n",
}


@pytest.mark.parametrize("code", SHORTENED.values(), ids=SHORTENED.keys())
def test_a_fragment_may_be_shortened(code: str) -> None:
    assert [fault for fault in look_at(code).faults if fault.fault.value == "syntax"] == []


NO_PYTHON = {
    "shell": "pip install y\n",
    "yaml": "services:\n  web:\n    build: .\n",
    "html": "<main>\n  <h1>X</h1>\n</main>\n",
    "a table": "  a  b\n0 1 2\n",
    "a bracket too few": "print((1, 2)\nx = 1\n",
    "an unfinished text": "x = 'a\ny = 1\n",
}


@pytest.mark.parametrize("code", NO_PYTHON.values(), ids=NO_PYTHON.keys())
def test_a_fragment_that_is_no_python_whatever_is_tried_is_a_warning(code: str, tmp_path: Path) -> None:
    assert fence_findings(code, tmp_path) == [("SK501", "warning")]


@pytest.mark.parametrize("code", ["x = " + "(" * 300, "x = " + "-" * 30_000 + "1", "x" * 50_000, "if a:\n" * 200])
def test_absurd_code_is_survived(code: str) -> None:
    assert len(look_at(code).faults) <= 1


# -- fences and files ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("info", ["", "text", "console", "pycon", "python-repl", "javascript"])
def test_what_is_not_marked_as_python_is_not_read_as_it(info: str, tmp_path: Path) -> None:
    assert found_in(f"{FRONT}# X\n\n```{info}\ndef (\n```\n", tmp_path) == []


def test_a_fence_that_never_ends_is_not_judged_by_what_it_swallows(tmp_path: Path) -> None:
    assert found_in(f"{FRONT}# X\n\n```python\nx = 1\n\nThen do it.\n", tmp_path) == []


def test_scripts_are_programs_and_findings_carry_their_own_path(tmp_path: Path) -> None:
    files = {
        "x/scripts/a.py": "import os\n\nprint(os.sep, missing)\n",
        "x/scripts/deep/b.py": "x = (\n",
        "x/other/c.py": "x = (\n",
        "x/scripts/d.txt": "x = (\n",
    }
    found = found_in(f"{FRONT}# X\n\nSee `scripts/a.py`.\n", tmp_path, **files)
    assert [(each.path, each.code, each.line, str(each.severity)) for each in found] == [
        ("x/scripts/a.py", "SK502", 3, "error"),
        ("x/scripts/deep/b.py", "SK501", 1, "error"),
    ]


def test_an_executable_of_scripts_is_a_script_by_its_shebang(tmp_path: Path) -> None:
    texts = {
        "python": "#!/usr/bin/env python3\nprint(missing)\n",
        "sh": "#!/bin/sh\nfi\n",
        "perl": "#!/usr/bin/perl\nuse strict;\n",
        "plain": "#!/usr/bin/env python3\nx = (\n",
    }
    (tmp_path / "x/scripts").mkdir(parents=True)
    for name, text in texts.items():
        (tmp_path / "x/scripts" / name).write_text(text)
        (tmp_path / "x/scripts" / name).chmod(0o644 if name == "plain" else 0o755)
    (tmp_path / "x/SKILL.md").write_text(f"{FRONT}# X\n")
    skill = read_skill(str(tmp_path / "x/SKILL.md"), "x/SKILL.md")
    assert [(each.path, each.language) for each in snippets(skill, PYTHON | SHELL)] == [
        ("x/scripts/python", "python"),
        ("x/scripts/sh", "bash"),
    ]
    assert [each.path for each in snippets(skill, SHELL)] == ["x/scripts/sh"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_of_a_script_end_as_python_has_it(end: str, tmp_path: Path) -> None:
    code = ["import os", "# \u2028 \x0c", "if os.sep:", "    x = 1", "print(x)", "print(y)  # noqa", "print('é', z)"]
    found = found_in(f"{FRONT}# X\n\nSee `scripts/a.py`.\n", tmp_path, **{"x/scripts/a.py": end.join(code)})
    assert [(each.code, each.line, each.column) for each in found] == [("SK503", 5, 7), ("SK502", 7, 12)]


def test_a_skill_that_cannot_be_read_has_no_code(tmp_path: Path) -> None:
    skill = read_skill(str(tmp_path / "SKILL.md"), "SKILL.md")
    assert list(snippets(skill, PYTHON)) == []
