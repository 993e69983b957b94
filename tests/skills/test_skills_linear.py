"""The time that a check takes grows with the size of a skill, not with its square, whatever somebody put into it."""

from __future__ import annotations

import time
from itertools import count, takewhile

import pytest

from pytest_orchestrator.config.skill_settings import SkillSettings
from pytest_orchestrator.skills.checker import check_skills
from pytest_orchestrator.skills.document import parse_skill

SIZE = 300_000
MOST_SECONDS = 6.0
"""Of the processor. Where the time grew with the square it was ten seconds to some minutes; now it is less than two."""

FRONT = "---\nname: a\ndescription: Makes tea. Use it when somebody is thirsty.\n---\n# A\n\n"
SCRIPT_FIRST = "---\nname: a\nintent: Make tea.\ntags: [a, b, c]\nscript_first: true\n---\n# A\n\n"
PROGRAM = "```python\n#!/usr/bin/env python3\n"
OPENING = "**Script-first required**\n\n"


def again(text: str) -> str:
    return text * (SIZE // len(text))


def numbered(text: str) -> str:
    """Return ``text`` over and over, with another number in the place of each ``{0}``."""
    one = len(text.format(100_000))
    return "".join(map(text.format, takewhile(lambda number: number * one < SIZE, count())))


TEXTS = {
    "brackets in front matter": "---\nname: " + again("[") + "\n---\n# A\n",
    "closed brackets in front matter": "---\nname: [" + again("[],") + "]\n---\n# A\n",
    "aliases": "---\na: &a [x, x]\nb: [" + again("*a,") + "]\n---\n# A\n",
    "dashes in front matter": "---\n" + again("- ") + "\n---\n# A\n",
    "directives": SCRIPT_FIRST + again(f"{OPENING}1. Write a script\n2. Run it once\n\n"),
    "titles of directives": SCRIPT_FIRST + again("# Script-first required\n"),
    "steps": SCRIPT_FIRST + OPENING + again("1. Write a script\n"),
    "numbered lists": SCRIPT_FIRST + again("# Tea\n\n1. a\n2. b\n3. c\n4. d\n\n"),
    "summaries": SCRIPT_FIRST + PROGRAM + "for a in b:\n  c\n  d\n  e\n  f\n```\n" + again("summary "),
    "files in one paragraph": FRONT + numbered("`references/{0}.md`\n"),
    "commands in one block": FRONT + "```sh\n" + numbered("npx -y a{0}\n") + "```\n",
    "numbers in JSON": FRONT + "```json\n" + again("1 ") + again("1\n") + again("1 ") + "\n```\n",
    "a key in TOML": FRONT + "```toml\n" + again("a.") + "a = 1\n```\n",
    "skills in one line": FRONT + "```python\n# skills: " + numbered("a{0}, ") + "\n```\n",
    "paths of skills": SCRIPT_FIRST + numbered("skills/a{0}/SKILL.md\n"),
    "one condition": FRONT + PROGRAM + numbered("if a:\n    x{0} = 1\n") + "print(x1)\n```\n",
    "conditions": FRONT + PROGRAM + numbered("if a{0}: x{0} = 1\n") + numbered("if a{0}: print(x{0})\n") + "```\n",
    "conditions with names": FRONT + PROGRAM + numbered("if a{0} and (x{0} := 1) or c: print(x{0})\n") + "```\n",
    "comments that silence": FRONT + again("<!-- orchestrate: ignore SK212 why -->\n\n"),
    "notes with comments": FRONT + again("TODO: a <!-- orchestrate: ignore SK212 why -->\n\n"),
    "notes in one paragraph": FRONT + again("TODO: a <!-- orchestrate: ignore SK212 why -->\n"),
    "names of no rule": FRONT + "<!-- orchestrate: ignore " + numbered("a{0}, ") + "why -->\n",
    "a line for ShellCheck": FRONT + "```sh\n" + again("a\"b\"c'd'") + "(\n```\n",
}


@pytest.mark.timeout(100)
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_check_takes_time_that_grows_with_the_size(text: str) -> None:
    skill = parse_skill(text.encode(), "/nowhere/a/SKILL.md", "a/SKILL.md")
    start = time.process_time()
    report = check_skills([skill], SkillSettings())[skill.path]
    assert time.process_time() - start < MOST_SECONDS
    assert report.findings
    assert all(1 <= finding.line <= len(skill.lines) for finding in report.findings)
