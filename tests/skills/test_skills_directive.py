"""The script-first directive: found by what it says, and what is asked of skills that have it or should."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from rule_findings import findings_of

from pytest_orchestrator.skills.composition import references
from pytest_orchestrator.skills.directive import STANDARD_BLOCK, Directive, Duty, Step, find_directive
from pytest_orchestrator.skills.document import parse_skill
from pytest_orchestrator.skills.rules import bulk, composition, directive

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_orchestrator.skills.document import SkillDocument
    from pytest_orchestrator.skills.finding import Finding

CODES = {rule.code for module in (directive, bulk, composition) for rule in module.RULES}
FRONT = '---\nname: "X"\ntags: [a, b, c]\nintent: "Use this for x."\n{0}---\n\n# X\n\n'
MARKED = FRONT.format("script_first: true\n")
USAGE = "## Usage\n\nDo x.\n\n"
TEMPLATE = '```python\n"""X."""\nimport sys\n\nprint("all done")\nif len(sys.argv) > 1:\n    sys.exit("no")\n```\n'


def skill_of(text: str) -> SkillDocument:
    return parse_skill(text.encode(), "/library/a/x/SKILL.md", "x/SKILL.md")


def directive_in(text: str) -> Directive | None:
    return find_directive(skill_of(f"# X\n\n{text}"))


def found_in(text: str, root: Path, profile: str = "script-first", **files: str) -> list[tuple[str, int, str]]:
    found = own_findings({"x/SKILL.md": text, **files}, root, profile)
    return [(each.code, each.line, str(each.severity)) for each in found if each.path == "x/SKILL.md"]


def own_findings(tree: dict[str, str], root: Path, profile: str = "script-first") -> list[Finding]:
    return [each for each in findings_of(tree, profile, root) if each.code in CODES]


@pytest.mark.skipif("ORCHESTRATOR_SEED_001" not in os.environ, reason="ORCHESTRATOR_SEED_001 names no file")
def test_the_first_orchestrator_keeps_its_directive(tmp_path: Path) -> None:
    target = tmp_path / "seed.md"
    shutil.copyfile(os.environ["ORCHESTRATOR_SEED_001"], target)
    found = own_findings({"core/orchestrator/SKILL.md": target.read_text(encoding="utf-8")}, tmp_path / "tree")
    assert [(each.code, each.line, str(each.severity)) for each in found] == [
        ("SK320", 160, "note"),
        ("SK320", 221, "note"),
        ("SK320", 285, "note"),
    ]


# -- finding it --------------------------------------------------------------------------------------------------


def test_the_standard_block_is_complete() -> None:
    found = directive_in(STANDARD_BLOCK)
    assert found is not None
    assert (found.line, found.end, found.is_complete) == (3, 15, True)


COMPLETE = {
    "the words of the orchestrator": """\
## Script-First Directive

**SCRIPT-FIRST EXECUTION REQUIRED**

Do not execute multi-skill tasks turn-by-turn. Instead:

1. Write a Python/Bash script that:
   - Calls each skill's operations in sequence
   - Handles errors and conditional branching
   - Aggregates results from all steps
   - Prints a final summary

2. Execute the script once

3. Return only the summary to the conversation
""",
    "a heading, another case, other hyphens": """\
### script first execution is REQUIRED

1. Create one Bash script which
    * loops over every document
    * filters by the criteria of the user
    * recovers from failures of single documents
    * ends with totals
2. Run it exactly one time.
3. Report just the aggregate; never the raw output.
""",
    "everything in one line each": """\
> **⚠️ Script\u2011first mode is mandatory**

1. Generate a program that walks through all rows, applies the rules, retries what failed, and prints the counts.
2. Invoke it in a single run.
3. Give back nothing but the overview.
""",
    "without a blank line": """\
**Script-First Execution Required**
Never do this row by row.

1. Author a script that:
   1. visits each pod
   2. decides what to do
   3. catches exceptions
   4. shows a report
2. Launch the script once
3. Only the summary goes back into the chat
""",
    "bullets that are not indented": """\
**SCRIPT-FIRST EXECUTION REQUIRED**

1. Write a script that:
- iterates over the inputs
- computes what is needed
- handles errors
- prints a summary
2. Execute it once
3. Return only the summary
""",
    "a title and its steps": """\
## Script-first directive

1. Write a script that processes every file, validates it, handles errors and prints a summary
2. Execute the script once
3. Return only the summary
""",
}


@pytest.mark.parametrize("text", COMPLETE.values(), ids=COMPLETE.keys())
def test_a_directive_is_found_whatever_its_words(text: str) -> None:
    found = directive_in(text)
    assert found is not None
    assert found.missing == ()


NONE = {
    "a sentence about it": "Skills like this one are often told that script-first execution is required, see there.\n",
    "a title alone": "## Script-first workflow\n\nScripts are good.\n",
    "an example in a fence": f"```markdown\n{STANDARD_BLOCK}```\n",
    "an inline mention": "Use **script-first** where it fits.\n\n1. Look\n2. Think\n3. Act\n",
    "another first": "**TESTS-FIRST WORK REQUIRED**\n\n1. Write a script\n2. Run it once\n3. Return only the summary\n",
    "nothing": "",
}


@pytest.mark.parametrize("text", NONE.values(), ids=NONE.keys())
def test_what_only_speaks_of_it_is_none(text: str) -> None:
    assert directive_in(text) is None


LINES = {
    Step.WRITE: "1. Write a Python/Bash script that:",
    Step.EXECUTE: "2. Execute the script once",
    Step.RETURN: "3. Return only the summary to the conversation",
    Duty.INPUTS: "   - Iterates through all inputs",
    Duty.LOGIC: "   - Applies the required logic",
    Duty.ERRORS: "   - Handles errors gracefully",
    Duty.SUMMARY: "   - Prints a final summary",
}


@pytest.mark.parametrize("part", [part for part in LINES if part is not Step.WRITE])
def test_what_a_directive_lacks_is_named(part: Step | Duty) -> None:
    found = directive_in(STANDARD_BLOCK.replace(LINES[part] + "\n", ""))
    assert found is not None
    assert found.missing == (part,)


def test_a_step_that_does_not_say_once_or_only_is_another() -> None:
    text = STANDARD_BLOCK.replace("the script once", "the script").replace("only the summary", "the summary")
    found = directive_in(text)
    assert found is not None
    assert found.missing == (Step.EXECUTE, Step.RETURN)


def test_the_list_of_a_later_section_is_not_the_directives() -> None:
    found = directive_in(f"**SCRIPT-FIRST EXECUTION REQUIRED**\n\n## Steps\n\n{STANDARD_BLOCK.partition(chr(10))[2]}")
    assert found is not None
    assert (found.steps, found.duties, found.end) == (frozenset(), frozenset(), 3)


# -- the rules ---------------------------------------------------------------------------------------------------


def test_a_whole_script_first_skill_has_no_finding(tmp_path: Path) -> None:
    assert found_in(MARKED + USAGE + STANDARD_BLOCK + "\n" + TEMPLATE, tmp_path) == []


def test_script_first_may_be_set_under_metadata(tmp_path: Path) -> None:
    front = "---\nname: x\ndescription: Does x.\nmetadata:\n  a: b\n  script_first: 'true'\n---\n\n# X\n\n"
    assert found_in(front + USAGE + TEMPLATE, tmp_path / "a", "spec") == [("SK301", 6, "error")]
    assert found_in(front + USAGE + STANDARD_BLOCK + "\n" + TEMPLATE, tmp_path / "b", "spec") == []


def test_a_skill_that_is_not_script_first_is_asked_for_nothing(tmp_path: Path) -> None:
    for profile in ("spec", "claude-code", "script-first"):
        assert found_in(FRONT.format("script_first: false\n") + USAGE, tmp_path / profile, profile) == []


def test_steps_and_duties_that_are_missing_are_told_in_one_finding(tmp_path: Path) -> None:
    text = STANDARD_BLOCK.replace("the script once", "the script").replace("   - Handles errors gracefully\n", "")
    (finding,) = own_findings({"x/SKILL.md": MARKED + USAGE + text + "\n" + TEMPLATE}, tmp_path)
    assert finding.code == "SK303"
    assert finding.message == (
        "the directive lacks the step 'execute it once' and the duty of the script to 'handle errors'"
    )


def test_sections_between_usage_and_the_directive_are_a_note(tmp_path: Path) -> None:
    between = "## Prerequisites\n\nA kettle.\n\n## Script-First Directive\n\n"
    text = MARKED + USAGE + between + STANDARD_BLOCK + "\n" + TEMPLATE
    assert found_in(text, tmp_path) == [("SK304", 20, "note")]
    own = MARKED + USAGE + "## Script-First Directive\n\n" + STANDARD_BLOCK + "\n" + TEMPLATE
    assert found_in(own, tmp_path / "own") == []


def test_without_usage_any_place_will_do(tmp_path: Path) -> None:
    assert found_in(MARKED + STANDARD_BLOCK + "\n" + TEMPLATE, tmp_path) == []


def test_scripts_that_come_along_are_templates_enough(tmp_path: Path) -> None:
    files = {"x/scripts/a.py": "print('all')\n"}
    assert found_in(MARKED + USAGE + STANDARD_BLOCK, tmp_path, **files) == []


def test_the_text_may_show_the_summary_instead_of_a_script(tmp_path: Path) -> None:
    silent = '```bash\n#!/bin/bash\nset -e\nfor f in *; do\n  gzip "$f"\ndone\n```\n'
    text = MARKED + USAGE + STANDARD_BLOCK + "\n" + silent
    assert found_in(text, tmp_path / "a") == [("SK306", 28, "warning")]
    assert found_in(text + "\n## Summary format\n\nPacked N files.\n", tmp_path / "b") == []


# -- bulk work ---------------------------------------------------------------------------------------------------

PLAIN = FRONT.format("")
BULK = {
    "items": "Convert the 40 files of a project.",
    "lines": "Look through 20,000 lines of log.",
    "thousands": "Look through 20k log lines.",
    "resources": "Restart 8 pods.",
    "bulk": "Does bulk updates.",
    "all": "List all pods across all namespaces.",
    "a loop": "For each service, ask whether it is healthy.",
    "steps": "1. One\n2. Two\n3. Three\n4. Four",
}


@pytest.mark.parametrize("text", BULK.values(), ids=BULK.keys())
def test_bulk_work_without_a_directive_is_a_warning_in_the_script_first_profile(text: str, tmp_path: Path) -> None:
    assert found_in(f"{PLAIN}## Usage\n\n{text}\n", tmp_path / "own") == [("SK310", 11, "warning")]
    assert found_in(f"{PLAIN}## Usage\n\n{text}\n", tmp_path / "spec", "spec") == []
    marked = f"{MARKED}## Usage\n\n{text}\n\n{STANDARD_BLOCK}\n{TEMPLATE}"
    assert found_in(marked, tmp_path / "marked") == []


NOT_BULK = {
    "few": "Restart 2 pods, convert 10 files, read 900 lines.",
    "a limit": "Show at most 50 rows, the first 20 files, and keep it under 2000 lines.",
    "a version": "Needs v2 services and HTTP-404 pages.",
    "a price": "Costs $50 accounts aside.",
    "three steps": "1. One\n2. Two\n3. Three",
    "nothing": "Make tea.",
}


@pytest.mark.parametrize("text", NOT_BULK.values(), ids=NOT_BULK.keys())
def test_small_work_is_not_bulk(text: str, tmp_path: Path) -> None:
    assert found_in(f"{PLAIN}## Usage\n\n{text}\n", tmp_path) == []


def test_a_name_alone_shows_nothing(tmp_path: Path) -> None:
    text = PLAIN.replace('"X"', '"Bulk restart"').replace("Use this for x", "Use this for bulk restart")
    assert found_in(f"{text}## Usage\n\nBulk-restart it.\n", tmp_path) == []


def test_a_long_list_of_something_else_is_not_work(tmp_path: Path) -> None:
    text = f"{PLAIN}## Usage\n\nAsk.\n\n## Principles\n\n1. One\n2. Two\n3. Three\n4. Four\n"
    assert found_in(text, tmp_path) == []


def test_elsewhere_a_skill_that_calls_its_work_bulk_gets_a_note(tmp_path: Path) -> None:
    front = "---\nname: x\ndescription: Restarts pods in bulk.\n---\n\n# X\n\n"
    assert found_in(front + "For each pod, restart it.\n", tmp_path / "a", "spec") == [("SK310", 3, "note")]
    assert found_in(front + "Restart it.\n", tmp_path / "b", "spec") == []


# -- composition ---------------------------------------------------------------------------------------------------


def composed(line: str) -> str:
    code = f'"""\nWorkflow: x\n{line}\n"""\nimport sys\n\nprint("x", sys.exit())\n'
    return f"{MARKED}{USAGE}{STANDARD_BLOCK}\n```python\n{code}```\n"


def other(name: str) -> str:
    return f'---\nname: "{name}"\ntags: [a, b, c]\nintent: "Use this for {name}."\n---\n\n# {name}\n'


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Skills: k8s/deploy, health-check", ["k8s/deploy", "health-check"]),
        ("Skills: [skill-a], [skill-b]", []),
        ("Skills: <name>, your-skill, skill-a, ...", []),
        ("# Skills used: a-b + c-d", ["a-b", "c-d"]),
        ("Skills: `one-two`, and three", ["one-two", "three"]),
        ("Skill: tools:convert", ["tools:convert"]),
        ("Skills: Python, SQL", []),
        ("This skill: does something else entirely", []),
        ("Skills are good", []),
    ],
)
def test_names_are_read_from_the_head_of_a_script(line: str, names: list[str]) -> None:
    assert [reference.name for reference in references(skill_of(composed(line)))] == names


def test_the_place_of_a_name_is_exact() -> None:
    (reference,) = references(skill_of(composed("Skills: a-b")))
    assert (reference.line, reference.column) == (31, 9)


def test_paths_count_in_the_text_of_script_first_skills_only() -> None:
    text = "See `skills/core/other/SKILL.md`,\n`skills/your-skill/SKILL.md` and [it](../skills/a/b/SKILL.md).\n"
    found = list(references(skill_of(composed("x") + "\n" + text)))
    assert [(each.name, each.line) for each in found] == [("core/other", 38), ("a/b", 39)]
    assert list(references(skill_of(PLAIN + text))) == []


def test_a_skill_is_known_by_its_name_its_directory_and_its_path(tmp_path: Path) -> None:
    files = {"core/alpha-one/SKILL.md": other("First of all"), "b/SKILL.md": other("b")}
    for name in ("alpha-one", "core/alpha-one", "first-of-all", "k8s/alpha-one", "plugin:alpha-one", "x"):
        tree = {"x/SKILL.md": composed(f"Skills: {name}"), **files}
        assert own_findings(tree, tmp_path / name.replace("/", "-")) == [], name


def test_a_skill_that_is_not_there_is_told_with_what_may_be_meant(tmp_path: Path) -> None:
    tree = {"x/SKILL.md": composed("Skills: core/alfa, beta, gamma-ray"), "core/alpha/SKILL.md": other("Alpha")}
    (finding,) = own_findings(tree, tmp_path)
    assert (finding.code, finding.line, str(finding.severity)) == ("SK320", 31, "warning")
    assert finding.message == "'core/alfa', 'beta' and 'gamma-ray' are not among the 2 skills of the library"
    assert finding.remedy == "did you mean 'alpha'"


def test_in_a_library_of_one_skill_it_is_a_note(tmp_path: Path) -> None:
    assert found_in(composed("Skills: beta"), tmp_path) == [("SK320", 31, "note")]
