"""What is made from the rules: pages of the reference, and the table of codes that a configuration file may name.

``python tests/skills/rule_pages.py`` writes it all.
"""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests/support")]

from skill_examples import SymbolicLink  # noqa: E402

from pytest_orchestrator.config import skill_rules  # noqa: E402
from pytest_orchestrator.skills.finding import Part  # noqa: E402
from pytest_orchestrator.skills.ignores import RULES as OWN_RULES  # noqa: E402
from pytest_orchestrator.skills.registry import rules  # noqa: E402
from pytest_orchestrator.skills.rule import EVERY_PROFILE, Profile, Rule  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from skill_examples import RuleExample

PAGES = ROOT / "docs" / "reference" / "skill-rules"
TABLE = Path(skill_rules.__file__)

_MOST_LINES = 50
_MOST_CHARS = 200
_MADE = "Made from the rules and their tests by `python tests/skills/rule_pages.py`: do not edit by hand."
_ABOUT = """\
Every rule has a code, a name and a severity, which [`skills: rules:`](../configuration.md) may change. An error fails
the item of the skill that the rule belongs to; a warning is reported, and fails with `--orchestrate-strict`; a note
never fails."""
_SETTINGS = """\
For files, or everywhere, in `orchestrator.yaml`:

```yaml
skills:
  rules: {{{0}: off}}
  exceptions: {{"legacy/": [{0}]}}
```"""
_TITLES = {
    Part.FRONTMATTER: "Front matter",
    Part.STRUCTURE: "Structure",
    Part.DIRECTIVE: "Directive",
    Part.LINKS: "Links",
    Part.FILES: "Files",
    Part.CODE: "Code",
}


# Control characters, invisible ones, and halves of characters that stand for bytes that are no UTF-8.
_UNSEEN = re.compile("[^\\S \\t\\n]|[\\x00-\\x08\\x0e-\\x1f\\x7f\\u200b\\ufeff\\ud800-\\udfff]")


def examples() -> Mapping[str, Sequence[RuleExample]]:
    """Return the examples of all ``examples_*.py`` by the code of their rule."""
    here = str(Path(__file__).parent)
    if here not in sys.path:
        sys.path.insert(0, here)
    found: dict[str, list[RuleExample]] = {}
    for path in sorted(Path(here).glob("examples_*.py")):
        for example in importlib.import_module(path.stem).EXAMPLES:
            found.setdefault(example.code, []).append(example)
    return found


def table() -> str:
    """Return the module of the room of configuration that knows codes and names."""
    head = TABLE.read_text(encoding="utf-8").partition("SKILL_RULES")[0]
    rows = "".join(f'    "{code}": "{rule.name}",\n' for code, rule in rules().items())
    return f"{head}SKILL_RULES: dict[str, str] = {{\n{rows}}}\n"


def pages() -> dict[str, str]:
    """Return the pages by the names of their files."""
    known = examples()
    return {"index.md": _index()} | {f"{code}.md": _page(rule, known.get(code, ())) for code, rule in rules().items()}


def _index() -> str:
    parts = [
        "# Rules about skills",
        _MADE,
        _ABOUT,
    ]
    for part, title in _TITLES.items():
        rows = [_row(rule) for rule in rules().values() if rule.part is part]
        if rows:
            head = "| code | name | severity | what must hold |\n| --- | --- | --- | --- |\n"
            parts += [f"## {title}: `::{part}`", head + "".join(rows).rstrip("\n")]
    return "\n\n".join(parts) + "\n"


def _row(rule: Rule) -> str:
    summary = rule.summary.replace("|", r"\|")
    return f"| [{rule.code}]({rule.code}.md) | {rule.name} | {rule.severity} | {summary} |\n"


def _page(rule: Rule, known: Sequence[RuleExample]) -> str:
    profiles = "all" if rule.profiles == EVERY_PROFILE else ", ".join(f"`{p}`" for p in Profile if p in rule.profiles)
    facts = [f"- severity: {rule.severity}", f"- item: `::{rule.part}`", f"- profiles: {profiles}"]
    parts = [f"# {rule.code}: {rule.name}", _MADE, rule.summary, "\n".join(facts), f"## Why\n\n{rule.why}"]
    if known:
        first = known[0]
        parts += ["## Wrong", *_tree(first.bad), *_finding(first), "## Right", *_tree(first.good)]
    silence = f"<!-- orchestrate: ignore {rule.code} reason -->"
    parts.append("## Silence it")
    if rule not in OWN_RULES:
        parts.append(f"For one block, or for the whole file right below its title:\n\n```markdown\n{silence}\n```")
    parts += [_SETTINGS.format(rule.code), "[All rules](index.md)"]
    return "\n\n".join(parts) + "\n"


def _tree(tree: Mapping[str, str]) -> Iterator[str]:
    for path, text in tree.items():
        if isinstance(text, SymbolicLink):
            yield f"`{path}`: a symbolic link to `{text}`"
            continue
        language = "markdown" if path.endswith(".md") else ""
        yield f"`{path}`:\n\n{_fence(text, language)}"


def _fence(text: str, language: str) -> str:
    text = _UNSEEN.sub(lambda match: ascii(match.group())[1:-1], text)
    lines = text.splitlines()
    if len(lines) > _MOST_LINES:
        text = "\n".join([*lines[:_MOST_LINES], f"… and {len(lines) - _MOST_LINES} more lines"])
    text = "\n".join(line if len(line) <= _MOST_CHARS else f"{line[:_MOST_CHARS]}…" for line in text.splitlines())
    longest = max((len(run) for run in _runs(text)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{language}\n{text.rstrip()}\n{marks}"


def _runs(text: str) -> Iterator[str]:
    run = ""
    for character in text:
        run = run + character if character == "`" else ""
        yield run


def _finding(example: RuleExample) -> Iterator[str]:
    import tempfile

    from rule_findings import findings_of

    with tempfile.TemporaryDirectory() as directory:
        found = [
            finding for finding in findings_of(example.bad, example.profile, directory) if finding.code == example.code
        ]
    if found:
        yield _fence(str(found[0]), "text")


def write() -> None:
    """Write everything, and remove pages of rules that are no more."""
    PAGES.mkdir(parents=True, exist_ok=True)
    made = pages()
    for path in PAGES.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (PAGES / name).write_text(text, encoding="utf-8")
    TABLE.write_text(table(), encoding="utf-8")


if __name__ == "__main__":
    write()
