"""Examples of the rules about the script-first directive."""

from __future__ import annotations

from skill_examples import RuleExample

from pytest_orchestrator.skills.directive import STANDARD_BLOCK
from pytest_orchestrator.skills.rule import Profile

_PATH = "cups/fill-many/SKILL.md"
_FRONT = """\
---
name: "Fill many cups"
tags: ["tea", "cups", "bulk"]
intent: "Use this when more cups are to be filled than one can carry."
script_first: true
---

# Fill many cups

"""
_USAGE = "## Usage\n\nFill every cup on the table.\n\n"
_TEMPLATE = '''\
## Examples

User: "Fill the cups"
Agent: Writing a script...

```python
#!/usr/bin/env python3
"""Fill all cups."""
import subprocess

failed = 0
for cup in ("red", "blue"):
    if subprocess.run(["fill", cup]).returncode:
        failed += 1
print(f"{failed} cups could not be filled")
```
'''
_DIRECTIVE = STANDARD_BLOCK + "\n"
_GOOD = _FRONT + _USAGE + _DIRECTIVE + _TEMPLATE


def _tree(text: str, **others: str) -> dict[str, str]:
    return {_PATH: text, **others}


def _other(path: str, name: str) -> dict[str, str]:
    return {path: f'---\nname: "{name}"\ntags: ["a", "b", "c"]\nintent: "Use this for {name}."\n---\n\n# {name}\n'}


def _example(code: str, bad: str, line: int, good: str = _GOOD, title: str = "") -> RuleExample:
    return RuleExample(code, _tree(bad), _tree(good), line, Profile.SCRIPT_FIRST, title)


_ONE_BY_ONE = '''\
```python
#!/usr/bin/env python3
"""Fill all cups."""
import subprocess

for cup in ("red", "blue"):
    subprocess.run(["fill", cup])
print("2 cups filled")
```
'''
_SILENT = '''\
```python
#!/usr/bin/env python3
"""Fill all cups."""
import subprocess

for cup in ("red", "blue"):
    subprocess.run(["fill", cup], check=True)
```
'''
_COMPOSED = '''\
```python
#!/usr/bin/env python3
"""
Workflow: fill the cups and serve them
Skills: fill-many, {0}
"""
import subprocess

done = subprocess.run(["serve"]).returncode == 0
print("served" if done else "not served")
```
'''

EXAMPLES: tuple[RuleExample, ...] = (
    _example("SK301", _FRONT + _USAGE + _TEMPLATE, 5),
    _example("SK302", _GOOD.replace("script_first: true\n", ""), 13),
    _example(
        "SK303", _GOOD.replace("   - Handles errors gracefully\n", "").replace("the script once", "the script"), 14
    ),
    _example("SK304", _FRONT + _DIRECTIVE + _USAGE + _TEMPLATE, 10),
    _example("SK305", _FRONT + _USAGE + _DIRECTIVE, 14),
    _example("SK306", _FRONT + _USAGE + _DIRECTIVE + _SILENT, 28),
    _example("SK307", _FRONT + _USAGE + _DIRECTIVE + _ONE_BY_ONE, 28),
    _example(
        "SK310",
        _FRONT.replace("script_first: true\n", "") + "## Usage\n\nRestart all 50 pods of a namespace.\n",
        11,
        _FRONT.replace("script_first: true\n", "") + "## Usage\n\nRestart the pod that has failed.\n",
    ),
    RuleExample(
        "SK320",
        bad=_tree(
            _FRONT + _USAGE + _DIRECTIVE + _COMPOSED.format("serve-cups"), **_other("cups/serve/SKILL.md", "Serve")
        ),
        good=_tree(_FRONT + _USAGE + _DIRECTIVE + _COMPOSED.format("serve"), **_other("cups/serve/SKILL.md", "Serve")),
        line=32,
        profile=Profile.SCRIPT_FIRST,
    ),
)
