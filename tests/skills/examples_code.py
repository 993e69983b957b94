"""Examples of the rules about code."""

from __future__ import annotations

from skill_examples import RuleExample

_FRONT = "---\nname: make-tea\ndescription: Makes tea. Use when somebody is thirsty.\n---\n\n# Make tea\n\n"


def _skill(language: str, code: str, **files: str) -> dict[str, str]:
    """Return a skill with one fence; its code begins in line 9."""
    return {"make-tea/SKILL.md": f"{_FRONT}```{language}\n{code}```\n", **files}


_LOOP = '''\
#!/usr/bin/env python3
"""Fill the kettle and boil it."""
import subprocess

def boil(litres):
    result = subprocess.run(["kettle", "--fill", str(litres)], text=True)
    return {"done": result.returncode == 0}

'''

EXAMPLES: tuple[RuleExample, ...] = (
    RuleExample(
        "SK501",
        bad=_skill("python", '"""Boil water."""\nimport kettle\n\ndef boil(litres)\n    kettle.fill(litres)\n'),
        good=_skill("python", '"""Boil water."""\nimport kettle\n\ndef boil(litres):\n    kettle.fill(litres)\n'),
        line=12,
    ),
    RuleExample(
        "SK501",
        bad=_skill("python", "pip install kettle\n"),
        good=_skill("bash", "pip install kettle\n"),
        line=9,
        title="another language",
    ),
    RuleExample(
        "SK501",
        bad={
            "make-tea/scripts/boil.py": "import kettle\nif kettle.is_empty()\n    kettle.fill()\n",
            **_skill("bash", "python scripts/boil.py\n"),
        },
        good={
            **_skill("bash", "python scripts/boil.py\n"),
            "make-tea/scripts/boil.py": "import kettle\nif kettle.is_empty():\n    kettle.fill()\n",
        },
        line=2,
        title="a script",
    ),
    RuleExample(
        "SK502",
        bad=_skill("python", '#!/usr/bin/env python3\n"""Find the kettle."""\nKETTLE = os.environ.get("KETTLE")\n'),
        good=_skill(
            "python", '#!/usr/bin/env python3\n"""Find the kettle."""\nimport os\n\nKETTLE = os.environ.get("KETTLE")\n'
        ),
        line=11,
    ),
    RuleExample(
        "SK503",
        bad=_skill(
            "python",
            _LOOP + "try:\n    pot = boil(1)\nexcept OSError as error:\n    print(error)\nprint(pot['done'])\n",
        ),
        good=_skill(
            "python",
            _LOOP + "try:\n    pot = boil(1)\nexcept OSError as error:\n    raise SystemExit(str(error))\n"
            "print(pot['done'])\n",
        ),
        line=21,
    ),
    RuleExample(
        "SK504",
        bad=_skill("python", '"""Say when it is ready."""\nminutes = 3\nprint("%d of %d minutes" % (minutes,))\n'),
        good=_skill("python", '"""Say when it is ready."""\nminutes = 3\nprint("%d minutes" % (minutes,))\n'),
        line=11,
    ),
    RuleExample(
        "SK510",
        bad=_skill("bash", 'for cup in cups/*; do\n  fill "$cup"\n'),
        good=_skill("bash", 'for cup in cups/*; do\n  fill "$cup"\ndone\n'),
        line=10,
    ),
    RuleExample(
        "SK510",
        bad=_skill("bash", "cat > note.txt << EOF\nTea is ready.\n"),
        good=_skill("bash", "cat > note.txt << EOF\nTea is ready.\nEOF\n"),
        line=9,
        title="a here-document",
    ),
    RuleExample(
        "SK511",
        bad=_skill("bash", '#!/bin/bash\norder --note "at most $10 a pound"\n'),
        good=_skill("bash", '#!/bin/bash\norder --note "at most \\$10 a pound"\n'),
        line=10,
    ),
    RuleExample(
        "SK520",
        bad=_skill("json", '{\n  "tea": "green",\n  "minutes": 3,\n}\n'),
        good=_skill("json", '{\n  "tea": "green",\n  "minutes": 3\n}\n'),
        line=11,
    ),
    RuleExample(
        "SK521",
        bad=_skill("yaml", "tea: green\nnote: wait: three minutes\n"),
        good=_skill("yaml", 'tea: green\nnote: "wait: three minutes"\n'),
        line=10,
    ),
    RuleExample(
        "SK522",
        bad=_skill("toml", "[tea]\nkind = green\n"),
        good=_skill("toml", '[tea]\nkind = "green"\n'),
        line=10,
    ),
    RuleExample(
        "SK530",
        bad=_skill("json orchestrate:run", '{"tea": "green"}\n'),
        good=_skill("python orchestrate:run", 'print("The kettle is on.")\n'),
        line=8,
    ),
)
