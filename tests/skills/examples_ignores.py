"""Examples of the rules about comments that silence others."""

from __future__ import annotations

from skill_examples import RuleExample

_FRONT = "---\nname: make-tea\ndescription: Makes tea. Use when somebody is thirsty.\n---\n"


def _skill(body: str) -> dict[str, str]:
    return {"make-tea/SKILL.md": f"{_FRONT}\n{body}"}


_MENDED = _skill("# Make tea\n\nBoil water, pour it over the leaves, wait for three minutes.\n")

EXAMPLES: tuple[RuleExample, ...] = (
    RuleExample(
        "SK190",
        bad=_skill(
            "# Make tea\n\n<!-- orchestrate: ignore SK212 to be written soon -->\n"
            "Boil water, pour it over the leaves, wait for three minutes.\n"
        ),
        good=_MENDED,
        line=8,
    ),
    RuleExample(
        "SK191",
        bad=_skill("# Make tea\n\n<!-- orchestrate: ignore SK212 -->\nTODO: say how long to wait.\n"),
        good=_skill(
            "# Make tea\n\n<!-- orchestrate: ignore SK212 the supplier still has to tell us -->\n"
            "TODO: say how long to wait.\n"
        ),
        line=8,
    ),
    RuleExample(
        "SK192",
        bad=_skill("# Make tea\n\n<!-- orchestrate: ignore placeholders the form has blanks -->\nBoil water.\n"),
        good=_MENDED,
        line=8,
    ),
    RuleExample(
        "SK193",
        bad={
            **_MENDED,
            "skills-baseline.json": """\
{
  "format": 1,
  "findings": {
    "make-tea/SKILL.md": {
      "SK212": [
        "a note was left in the text: 'TODO: say how long to wait.'"
      ]
    }
  }
}
""",
        },
        good={**_MENDED, "skills-baseline.json": '{"format": 1, "findings": {}}\n'},
        line=1,
    ),
)
