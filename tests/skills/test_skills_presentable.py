"""What was taken from a skill is shown so that it harms nobody who reads a finding: no escape, no line, no secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from rule_findings import findings_of

from pytest_orchestrator.config.skill_settings import SkillSettings
from pytest_orchestrator.skills.checker import check_skills
from pytest_orchestrator.skills.document import read_skill
from pytest_orchestrator.skills.formats import as_github, as_text
from pytest_orchestrator.skills.presentable import presentable

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_orchestrator.skills.report import SkillReport

TOKEN = "ghp_" + "AbCdEfGhIjKl0987654321MnOpQrStUvWxYz"
ESCAPE = "\x1b[31mRED\x1b]0;a title\x07"
HOSTILE = f"""\
---
name: "tea\\e[31m\\n::error::name"
description: "Makes tea\\e]0;x\\a when asked\\n::error::description"
"k\\e[31mey": 1
---
# Tea {ESCAPE}

TODO: mend {ESCAPE}

[a](b%1b%0a.md) and [c][d\x07]

<!-- orchestrate: ignore NO{ESCAPE} x -->

```bash
if x; then {ESCAPE} )
```

```sh
echo a | ) \r::error::return
```

```python
#!/usr/bin/env python3
print("%(a{ESCAPE})s %(b)s" % {{"b": 1}})
print("%(a\\n::error::placeholder)s" % {{"b": 1}})
```

```{ESCAPE} orchestrate:run
x
```

```yaml
a: ["{ESCAPE}: b
```

```toml
a{ESCAPE} = 1
```
"""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain 'text', 日本 é 🎉", "plain 'text', 日本 é 🎉"),
        ("a\tb\r\nc\n::error::d", r"a b\nc\n::error::d"),
        (ESCAPE, r"\x1b[31mRED\x1b]0;a title\x07"),
        ("a\u202eb", r"a\u202eb"),
        (f"key {TOKEN}.", "key [redacted]."),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_a_text_is_one_line_that_shows_all_and_gives_nothing_away(text: str, shown: str) -> None:
    assert presentable(text) == shown


def report_of(text: str, root: Path) -> SkillReport:
    path = root / "tea" / "SKILL.md"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8", newline="")
    script = path.parent / "scripts" / "a\x1b[31m\n::error::file.sh"
    script.parent.mkdir()
    script.write_text("#!/bin/bash\nif (\n")
    skill = read_skill(str(path), "tea/SKILL.md")
    return check_skills([skill], SkillSettings())[skill.path]


def test_no_finding_of_a_hostile_skill_moves_a_cursor_or_commands_a_workflow(tmp_path: Path) -> None:
    report = report_of(HOSTILE, tmp_path)
    assert {"SK113", "SK130", "SK212", "SK401", "SK504", "SK510", "SK521", "SK522", "SK530"} <= {
        finding.code for finding in report.findings
    }
    for text in (as_text([report], verbose=True), as_github([report])):
        assert text.replace("\n", "").isprintable()
        # Windows and GitHub's runner end lines at each of these.
        commands = [line for line in re.split(r"[\r\n]", text) if line.startswith("::")]
        assert all(re.match(r"::(error|warning|notice) file=tea/", command) for command in commands)


@pytest.mark.parametrize(
    "body",
    [f"TODO: use {TOKEN}", f"[a]({TOKEN}.md)", f"[a][{TOKEN}]", f"<!-- orchestrate: ignore {TOKEN} why -->"],
)
def test_no_finding_shows_a_token(body: str, tmp_path: Path) -> None:
    front = "---\nname: x\ndescription: Makes tea. Use it when thirsty.\n---\n# X\n\n"
    found = findings_of({"x/SKILL.md": f"{front}{body}\n"}, "spec", tmp_path)
    assert len(found) >= 2
    assert all(TOKEN[:12] not in f"{each.message} {each.remedy}" for each in found)
    assert any("[redacted]" in each.message for each in found)
