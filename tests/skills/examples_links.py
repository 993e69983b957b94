"""Good and bad skills for the rules on links."""

from __future__ import annotations

from skill_examples import RuleExample

_FRONT = """---
name: make-tea
description: Makes tea. Use when somebody is thirsty.
---

# Make tea

"""
_TO_BLACK = "# Times\n\nSee [black tea](black.md).\n"
_TIMES = "# Times\n\n## Green tea\n\nThree minutes.\n"


def _skill(body: str, **files: str) -> dict[str, str]:
    """Return a tree: the keys of further files have ``__`` for ``/`` and ``_`` before the extension."""
    names = {name: "/".join(name.split("__")) for name in files}
    others = {f"make-tea/{'.'.join(names[name].rsplit('_', 1))}": text for name, text in files.items()}
    return {"make-tea/SKILL.md": _FRONT + body, **others}


EXAMPLES: tuple[RuleExample, ...] = (
    RuleExample(
        "SK401",
        _skill("How long is in [the table](references/time.md).\n", references__times_md=_TIMES),
        _skill("How long is in [the table](references/times.md).\n", references__times_md=_TIMES),
        8,
    ),
    RuleExample("SK401", _skill("![A pot](assets/pot.png)\n"), _skill("![A pot](https://example.org/pot.png)\n"), 8,
                title="image"),
    RuleExample("SK401", _skill("- See [the cup][cup]\n\n[cup]: cups/small.md\n"),
                _skill("- See [the cup][cup]\n\n[cup]: cups/small.md\n", cups__small_md="x"), 8, title="definition"),
    RuleExample("SK401", _skill("See [it]().\n"), _skill("See [it](#make-tea).\n"), 8, title="empty"),
    RuleExample("SK401", _skill("| a | [b](b.md) |\n|---|---|\n"), _skill("[b](b%20c.md)\n", **{"b c_md": "x"}), 8,
                title="quoted"),
    RuleExample("SK401", _skill("[up](../nothing-here/x.md)\n"), _skill("`[up](../nothing-here/x.md)`\n"), 8,
                title="outside"),
    RuleExample(
        "SK402",
        _skill("Steps are [below](#the-steps).\n\n## Steps\n\nPour.\n"),
        _skill("Steps are [below](#steps).\n\n## Steps\n\nPour.\n"),
        8,
    ),
    RuleExample("SK402", _skill("[t](references/times.md#black-tea)\n", references__times_md=_TIMES),
                _skill("[t](references/times.md#green-tea)\n", references__times_md=_TIMES), 8, title="other-file"),
    RuleExample("SK402", _skill("[t](#Über-tee)\n"), _skill('[t](#Über-tee) [u](#x)\n\n<a id="x"></a>\n\n# Über Tee\n'),
                8, title="letters"),
    RuleExample(
        "SK403",
        {**_skill("Ask [the team](../team.md).\n"), "team.md": "# Team\n"},
        _skill("Ask [the team](team.md).\n", team_md="# Team\n"),
        8,
    ),
    RuleExample("SK403", _skill("[t](/etc/tea.conf)\n"), _skill("[t](//example.org/tea)\n"), 8, title="absolute"),
    RuleExample("SK403", _skill("[t](~/tea.conf)\n"), _skill("[t](mailto:tea@example.org)\n"), 8, title="home"),
    RuleExample("SK403", _skill("[t](C:\\tea\\x.md)\n"), _skill("[t](vscode:x)\n"), 8, title="drive"),
    RuleExample(
        "SK403",
        {**_skill("[c](../make-coffee/SKILL.md)\n"), "make-coffee/SKILL.md": _FRONT},
        {**_skill("[c](parts/coffee/SKILL.md)\n"), "make-tea/parts/coffee/SKILL.md": _FRONT},
        8, title="other-skill",
    ),
    RuleExample(
        "SK404",
        _skill("How long is in [the table][times].\n"),
        _skill("How long is in [the table][times].\n\n[times]: https://example.org/times\n"),
        8,
    ),
    RuleExample("SK404", _skill("a\n> b [c d][]\n"), _skill("> b [c  D][]\n>\n> [C d]: https://example.org\n"), 9,
                title="collapsed"),
    RuleExample(
        "SK405",
        _skill("Run `scripts/brew.py` with the number of cups.\n", scripts__count_py="print(2)\n"),
        _skill("Run `scripts/brew.py` with the number of cups.\n", scripts__brew_py="print(2)\n"),
        8,
    ),
    RuleExample("SK405", _skill("Read `references/times.md` first, `references/times.md` again.\n"),
                _skill("Keep it, for example in `references/times.md`, or in `references/<tea>.md`.\n"), 8,
                title="reference"),
    RuleExample(
        "SK405",
        _skill("```bash\n# scripts/a.py is next\npython ${CLAUDE_SKILL_DIR}/scripts/brew.py\n```\n"),
        _skill("```bash\npython scripts/x.py\ncp a.py scripts/b.py\n```\n\n```python\nopen('assets/a.png')\n```\n"),
        10, title="command",
    ),
    RuleExample("SK405", _skill("```sh\nls; python ./scripts/brew.py 2\n```\n", scripts__a_py=""),
                _skill("```sh\npython x/scripts/b.py && python scripts/a.py*\n```\n", scripts__a_py=""), 9,
                title="own-directory"),
    RuleExample(
        "SK406",
        {"make-tea/references/times.md": _TO_BLACK, **_skill("In `references/times.md`.\n")},
        {
            "make-tea/references/times.md": _TO_BLACK, **_skill("In `references/times.md`.\n"),
            "make-tea/references/black.md": "# Black tea\n",
        },
        3,
    ),
    RuleExample(
        "SK406",
        {"make-tea/a.md": "[x]: nowhere.md\n\n[x]\n", **_skill("a.md\n")},
        {
            **_skill("a.md\n"), "make-tea/templates/b.md": "[x](nowhere.md)\n",
            "make-tea/docs/a.md": "[x](docs/a.md) [y](../SKILL.md) [z](https://x.org) [u](url)\n",
        },
        3, title="definition",
    ),
)  # fmt: skip
