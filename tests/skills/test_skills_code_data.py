"""The data in skills: what can be read, what stands in for something, and what is a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from rule_findings import findings_of

from pytest_orchestrator.skills.data_code import json_fault, toml_fault, yaml_fault
from pytest_orchestrator.skills.rules import code_data

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_orchestrator.skills.finding import Finding

FRONT = "---\nname: x\ndescription: Does x. Use when x is to be done.\n---\n"
CODES = {rule.code for rule in code_data.RULES}


def found_in(info: str, code: str, root: Path) -> list[Finding]:
    tree = {"x/SKILL.md": f"{FRONT}# X\n\n```{info}\n{code}\n```\n"}
    return [finding for finding in findings_of(tree, "claude-code", root) if finding.code in CODES]


@pytest.mark.parametrize(
    "code",
    [
        '{"a": [1, 2.5, true, null, "x"]}',
        "",
        '{"a": 1}\n{"b": 2}\n',
        '{\n  "a": 1,\n  ...\n}',
        '{"a": [1, 2, ...], "b": ...}',
        '{..., "a": 1}',
        '{"a": {…}}',
        '"a": 1,\n"b": 2,\n',
        '"a": {"x": 1}   // one\n"a": {"x": 2}   // or the other\n',
        '{\n  // a comment\n  "a": 1, /* another */\n}',
        '# settings.json\n{"a": "http://x#y"}',
        '{"a": <number>, "b": {{value}}, "c": $VALUE, "d": ${x || "y"}}',
        '{"a": string, "b"?: number, "c": "x" | "y", "d": string[] | null, "e": [Item]}',
        '"one", "two",',
    ],
)
def test_json_may_be_shortened_and_sketched(code: str) -> None:
    assert json_fault(code) is None


@pytest.mark.parametrize(
    ("code", "line", "column"),
    [
        ('{"a": 1,}', 1, 8),
        ("[\n  1,\n  2,\n]", 3, 4),
        ('{\n  "a": 1\n  "b": 2\n}', 3, 3),
        ("{'a': 1}", 1, 2),
        ("{a: 1}", 1, 2),
        ('{"a": "b\nc"}', 1, 9),
        ('{"a": "\\d"}', 1, 8),
        ('{"a": }', 1, 7),
        ("[1, 2", 1, 6),
        ("hello world", 1, 1),
        ("x.y = {}", 1, 1),
    ],
)
def test_mistakes_in_json_are_found_at_their_place(code: str, line: int, column: int) -> None:
    fault = json_fault(code)
    assert fault is not None
    assert (fault.line, fault.column) == (line, column)


@pytest.mark.parametrize(
    "code",
    [
        "a: 1\nb: [x, y]\n---\nc: !Ref d\n",
        "---\nname: x\ndescription: y\n---\n\n# X\n\nDo this: or that: now\n",
        "a:\n  - 1\n  ...\nb: 2\n",
        "jobs:\n  # ...\n  x: ${{ secrets.Y }}\n",
        "{% if a %}\nb: {{ c }}\n{% endif %}\n",
        "a: {{ b }}: c\n",
        "a: <value>\nb: <one of: <x>, y or `z: 1`>\n",
        "",
    ],
)
def test_yaml_may_be_shortened_and_templated(code: str) -> None:
    assert yaml_fault(code) is None


def test_mistakes_in_yaml_are_found_at_their_place() -> None:
    for code, line in {"a: b: c\n": 1, "a:\n\tb: c\n": 2, "a: [1, 2\n": 2, "a: 'b\n": 2, "a: @b\n": 1}.items():
        fault = yaml_fault(code)
        assert fault is not None, code
        assert fault.line in (line, line - 1), (code, fault)


@pytest.mark.parametrize(
    "code",
    ["[a]\nb = 1\n", "[a]\n...\n# …\nb = <value>\nc = ...\n", "[a]\nx = 1\n\n[a]\nx = 2\n", "a = {{ b }}\n", ""],
)
def test_toml_may_be_shortened_and_have_variants(code: str) -> None:
    assert toml_fault(code) is None


@pytest.mark.parametrize(
    ("code", "line"), [("a = b\n", 1), ("\na = 'x\n", 2), ("[a\n", 1), ("a: 1\n", 1), ("x = [1\n", 1)]
)
def test_mistakes_in_toml_are_found_at_their_line(code: str, line: int) -> None:
    fault = toml_fault(code)
    assert fault is not None
    assert fault.line == line


@pytest.mark.parametrize("info", ["jsonc", "json5", "json jsonc", "json title=x json5", "text", "", "javascript"])
def test_what_is_no_json_to_the_letter_is_not_judged(info: str, tmp_path: Path) -> None:
    assert found_in(info, "{a: 1,}", tmp_path) == []


@pytest.mark.parametrize("code", ["[" * 100_000, '{"a":' * 50_000, "[" + '"' * 100_001, "/*" * 60_000, "{% " * 40_000])
def test_absurd_data_is_survived(code: str) -> None:
    for read in (json_fault, yaml_fault, toml_fault):
        fault = read(code)
        assert fault is None or fault.line == 1


def test_yaml_with_thousands_of_lists_is_judged_and_what_is_nested_too_deep_is_not() -> None:
    wide = "a: [" + "[], {}, " * 2000
    assert yaml_fault(f"{wide}]\n") is None
    assert yaml_fault(f"{wide}\nb: c\n") is not None
    assert yaml_fault("[" * 65) is None
    assert yaml_fault("[" * 64) is not None


def test_a_mistake_in_an_indented_fence_is_found_where_it_stands(tmp_path: Path) -> None:
    tree = {"x/SKILL.md": f'{FRONT}# X\n\n- one\n\n  ```json\n  {{\n    "a": 1,\n  }}\n  ```\n'}
    (finding,) = [each for each in findings_of(tree, "claude-code", tmp_path) if each.code in CODES]
    assert (finding.line, finding.column) == (11, 11)
    assert "Illegal trailing comma before end of object" in finding.message


@pytest.mark.parametrize(
    ("info", "found"),
    [
        ("python orchestrate:run", 0),
        ("bash orchestrate:run", 0),
        ("ruby orchestrate:run", 1),
        ("python orchestrate:rum", 1),
        ("python Orchestrate:run", 1),
        ("python orchestrate", 1),
        ("orchestrate:run", 1),
        ("{orchestrate:run}", 1),
    ],
)
def test_a_word_that_runs_nothing_is_told(info: str, found: int, tmp_path: Path) -> None:
    assert [each.code for each in found_in(info, "x = 1", tmp_path)] == ["SK530"] * found


@pytest.mark.parametrize(
    ("fence", "told"),
    [
        ("```sh orchestrate:run\n```", "a fence without code proves nothing"),
        ("```sh orchestrate:run\nls", "a fence that never ends is not run: nobody knows what of it is code"),
        ("```ruby orchestrate:run\nputs 1\n```", "a fence in 'ruby' cannot be run; Python and shell can"),
        ("```orchestrate:run\nls\n```", "'orchestrate:run' stands where the language is expected, so nothing is run"),
    ],
)
def test_a_fence_that_cannot_be_run_is_told_why(fence: str, told: str, tmp_path: Path) -> None:
    found = findings_of({"x/SKILL.md": f"{FRONT}# X\n\n{fence}\n"}, "claude-code", tmp_path)
    assert [each.message for each in found if each.code == "SK530"] == [told]
