"""Good and bad skills for the rules on the files that come with them."""

from __future__ import annotations

from skill_examples import RuleExample, SymbolicLink

_FRONT = """---
name: make-tea
description: Makes tea. Use when somebody is thirsty.
---

# Make tea

"""
TOKEN = "ghp_" + "Zk3vQ9mW2xT7bR5nL8cY4hD6gF1jS0pKuVqA"
"""What has the shape of a token. It never was one."""
_HOLDS_TOKEN = f"curl -H 'X-Token: {TOKEN}' https://kettle.example.org\n"


def _skill(body: str, files: dict[str, str] | None = None, first: str = "") -> dict[str, str]:
    """Return a tree: that of a skill with this body, with these files, ``first`` first."""
    tree = {"make-tea/SKILL.md": _FRONT + body, **{f"make-tea/{name}": text for name, text in (files or {}).items()}}
    return {first: tree[first], **tree} if first else tree


_PY = "make-tea/scripts/brew.py"
_SH = "make-tea/scripts/brew.sh"
EXAMPLES: tuple[RuleExample, ...] = (
    RuleExample(
        "SK411",
        _skill("Pour.\n", {"references/times.md": "# Times\n"}),
        _skill("Pour. How long is in `references/times.md`.\n", {"references/times.md": "# Times\n"}),
        1,
    ),
    RuleExample(
        "SK411",
        _skill("Run `scripts/a.py`.\n", {"scripts/a.py": "import b\n", "scripts/b.py": "", "scripts/c.py": ""}),
        _skill(
            "Run `scripts/a.py`.\n", {"scripts/a.py": "import b, lib.c\n", "scripts/b.py": "", "scripts/lib/c.py": ""}
        ),
        1,
        title="import",
    ),
    RuleExample(
        "SK411",
        _skill("Pour.\n", {f"assets/{name}.png": "x" for name in "abcdef"}),
        _skill("Take one of `assets/`.\n", {f"assets/{name}.png": "x" for name in "abcdef"}),
        1,
        title="many",
    ),
    RuleExample(
        "SK411",
        _skill("Pour.\n", {"data.json": "{}"}),
        _skill(
            "Pour.\n",
            {
                ".gitignore": "",
                "LICENSE.txt": "",
                "README.md": "",
                "requirements.txt": "",
                "evals/evals.json": "{}",
                "tests/test_it.py": "",
                "scripts/__init__.py": "",
            },
        ),
        1,
        title="without-mention",
    ),
    RuleExample(
        "SK412",
        _skill(
            "Times are in `references/times.md`.\n",
            {"references/times.md": "See `green.md`.\n", "references/green.md": "Three minutes.\n"},
        ),
        _skill(
            "Times are in `references/times.md`, those of green tea in `references/green.md`.\n",
            {"references/times.md": "See `green.md`.\n", "references/green.md": "Three minutes.\n"},
        ),
        1,
    ),
    RuleExample(
        "SK413",
        _skill(
            "All teas are in `references/teas.md`.\n",
            {"references/teas.md": "Green tea.\n" * 25000},
            "make-tea/references/teas.md",
        ),
        _skill("All teas are in `references/teas.md`.\n", {"references/teas.md": "Green tea.\n" * 20}),
        1,
    ),
    RuleExample(
        "SK414",
        _skill("Run `scripts/brew.pyc`.\n", {"scripts/brew.pyc": "\0\0"}, "make-tea/scripts/brew.pyc"),
        _skill("Run `scripts/brew.py`.\n", {"scripts/brew.py": "print('tea')\n"}),
        1,
    ),
    RuleExample(
        "SK414",
        _skill("Run `bin/brew`.\n", {"bin/brew": "\x7fELF\0"}, "make-tea/bin/brew"),
        _skill("Run `bin/brew`.\n", {"bin/brew": "#!/bin/sh\necho tea\n"}),
        1,
        title="program",
    ),
    RuleExample(
        "SK414",
        _skill("Unpack `tea.zip`.\n", {"tea.zip": "PK"}, "make-tea/tea.zip"),
        _skill("Unpack `assets/tea.zip`.\n", {"assets/tea.zip": "PK"}),
        1,
        title="archive",
    ),
    RuleExample(
        "SK415",
        {
            **_skill("Times are in `times.md`.\n", {"times.md": SymbolicLink("../times.md")}, "make-tea/times.md"),
            "times.md": "# Times\n",
        },
        _skill("Times are in `times.md`.\n", {"times.md": "# Times\n"}),
        1,
    ),
    RuleExample(
        "SK421",
        _skill("Run `scripts/brew.sh`.\n", {"scripts/brew.sh": "#!/bin/bash\n" + _HOLDS_TOKEN}, _SH),
        _skill(
            "Run `scripts/brew.sh`.\n",
            {"scripts/brew.sh": 'curl -H "X-Token: $KETTLE_TOKEN" https://kettle.example.org\n'},
        ),
        2,
    ),
    RuleExample(
        "SK421",
        _skill(f"```bash\n{_HOLDS_TOKEN}```\n"),
        _skill("```bash\nexport T=ghp_" + "x" * 36 + "\n```\n"),
        9,
        title="in-skill",
    ),
    RuleExample(
        "SK422",
        _skill("Read `/home/ann/tea/times.csv`.\n"),
        _skill("Read `~/tea/times.csv`, `/home/user/x` or https://example.org/home/ann/tea.\n"),
        8,
    ),
    RuleExample(
        "SK422",
        _skill("Run `scripts/brew.py`.\n", {"scripts/brew.py": "A = '/Users/ann/tea'\n"}, _PY),
        _skill("Run `scripts/brew.py`.\n", {"scripts/brew.py": "A = 'https://x.org/Users/ann/tea'\n"}),
        1,
        title="file",
    ),
    RuleExample(
        "SK422",
        _skill("Open C:\\Users\\ann\\tea.\n"),
        _skill("Open C:\\Users\\<you>\\tea, /users/ann/x.\n"),
        8,
        title="drive",
    ),
    RuleExample(
        "SK423",
        _skill(
            "Run `scripts/brew.py`.\n", {"scripts/brew.py": "cups = int(input('How many cups? '))\nprint(cups)\n"}, _PY
        ),
        _skill("Run `scripts/brew.py 2`.\n", {"scripts/brew.py": "import sys\n\nprint(int(sys.argv[1]))\n"}),
        1,
    ),
    RuleExample(
        "SK423",
        _skill("Run `scripts/brew.sh`.\n", {"scripts/brew.sh": "#!/bin/bash\n\nread -rp 'Cups? ' cups\n"}, _SH),
        _skill(
            "Run `scripts/brew.sh`.\n",
            {"scripts/brew.sh": "#!/bin/bash\nread -r cups < cups.txt\nls | while read -r f; do echo $f; done\n"},
        ),
        3,
        title="shell",
    ),
    RuleExample(
        "SK423",
        _skill("Run `scripts/brew.sh`.\n", {"scripts/brew.sh": "select t in a b; do echo $t; done\n"}, _SH),
        _skill("Run `scripts/brew.sh`.\n", {"scripts/brew.sh": "if [ -t 0 ]; then read -p 'Cups? ' c; fi\n"}),
        1,
        title="select",
    ),
    RuleExample(
        "SK424",
        _skill("```bash\nnpx -y kettle-cli boil\n```\n"),
        _skill("```bash\nnpx -y kettle-cli@2.1.0 boil\n```\n"),
        9,
    ),
    RuleExample(
        "SK424",
        _skill("Run `scripts/brew.sh`.\n", {"scripts/brew.sh": "set -e\nKETTLE=1 uvx kettle@latest\n"}, _SH),
        _skill("Run `scripts/brew.sh`.\n", {"scripts/brew.sh": "uvx kettle@1.2\nnpx tsc\nnpx ./kettle\n"}),
        2,
        title="script",
    ),
)
