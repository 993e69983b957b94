"""Skills for the benchmarks: written on demand, the same every time, no two alike.

Their sizes and what they are made of follow 1000 skills from public packages: 4.4 KB at the median and 7 KB on
average, 14 headings, 32 items of lists, 6 blocks of code (a quarter of them Python, a sixth shell), a table in every
third. A quarter of the skills brings files along.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZES = ((0.0, 300), (0.1, 1000), (0.25, 2100), (0.5, 4400), (0.75, 9900), (0.9, 15_600), (0.99, 27_000), (1.0, 60_000))
"""Shares of the skills that have fewer characters than that."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_NOUNS = _words("""
account alarm archive audit backup badge batch bucket build cache calendar catalog certificate chart check claim
cluster column commit config contract cookie counter coupon cursor customer dashboard dataset deadline delivery device
digest document domain draft driver editor endpoint event export feature feed filter folder form frame gateway graph
header host image import incident index invoice issue job journal key label layer ledger letter library license limit
link list log mail mailbox map market matrix meeting member menu message meter migration mirror model module monitor
network node note notice number object offer order owner package page panel parcel password patch path payment picture
pipeline plan player policy pool portal price process product profile project prompt queue quota quote range rate record
region release report request reserve resource result review role route rule sample schedule schema scope script search
secret segment sensor server service session shape sheet shelf shipment signal site snapshot source stage standard
statement station status step storage stream summary supplier survey switch system table tag target task team template
tenant term test theme ticket timer token tool topic trace track trade transfer trip unit update user value vendor
version video view visit volume voucher warehouse webhook widget window worker workflow zone
""")
_VERBS = _words("""
adjust align apply archive arrange assign attach balance build cancel check clean close collect compare compile confirm
connect copy count create delete deliver deploy describe design detect draw edit estimate examine export extract fetch
file fill find fix follow forward gather group handle import improve inspect install join judge keep label launch list
load lock log map mark measure merge migrate monitor move name note open order pack parse pick plan post prepare print
process protect publish query rank read rebuild record refresh register release remove rename render repair replace
report request reset resize resolve restore review rotate route save scan schedule search select send set share show
sign sort split start stop store submit summarize switch sync tag test trace track translate trim update validate verify
watch write
""")
_ADJECTIVES = _words("""
active old annual automatic bad big broken central clean common complete complex correct current daily dead early empty
exact external fast final first flat free full general good heavy hidden high human internal large last late light local
long main major manual minor missing mixed monthly narrow new next open optional own partial plain private public quick
quiet rare raw recent regular remote safe second secure separate sharp short silent simple slow small soft special
stable static strict strong sudden temporary thin total unique unknown unused urgent valid weak weekly whole wide wrong
""")


class _Writer:
    """Makes the texts of one skill."""

    def __init__(self, number: int) -> None:
        self._random = random.Random(number)
        self.name = f"{self._verb()}-{self._thing()}-{self._thing()}-{number}"
        self.has_code = self._random.random() < 0.63

    def _verb(self) -> str:
        return self._random.choice(_VERBS)

    def _thing(self) -> str:
        return self._random.choice(_NOUNS)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def size(self) -> int:
        """Return how many characters the skill is to have."""
        share = self._random.random()
        at = max(bisect_left(SIZES, (share, 0)), 1)
        (low, smallest), (high, largest) = SIZES[at - 1], SIZES[at]
        return round(smallest * math.pow(largest / smallest, (share - low) / (high - low)))

    def sentence(self) -> str:
        """Return a sentence of some ten words, one in three with a mark of Markdown."""
        pick = self._random.choice
        words = [f"{pick(_ADJECTIVES)} {pick(_NOUNS)}" for _ in range(self._random.randint(2, 4))]
        if self._chance(0.3):
            words[-1] = pick((f"`{self._thing()}_{self._thing()}`", f"**{words[-1]}**", f"`{self._thing()} --all`"))
        return f"{self._verb().capitalize()} the {', the '.join(words[:-1])} and the {words[-1]}."

    def description(self) -> str:
        """Return what the skill says of itself."""
        things = [f"{self._verb()} {self._random.choice(_ADJECTIVES)} {self._thing()}s" for _ in range(4)]
        return f"{things[0].capitalize()}, {things[1]} and {things[2]}. Use when somebody wants to {things[3]}."

    def parts(self) -> Iterator[str]:
        """Yield pieces of a body, without end."""
        yield f"# {self.name.replace('-', ' ').title()}\n"
        while True:
            yield f"{'#' * self._random.choice((2, 2, 2, 3))} {self._verb().capitalize()} the {self._thing()}\n"
            yield "\n".join(self.sentence() for _ in range(self._random.randint(1, 2))) + "\n"
            if self._chance(0.65):
                yield self._list()
            if self.has_code and self._chance(0.85):
                yield self._fence()
            if self._chance(0.07):
                yield self._table()
            if self._chance(0.06):
                address = f"https://docs.example.org/{self._thing()}/{self._thing()}"
                yield f"See [the {self._thing()}]({address}) for more.\n"
            if self._chance(0.05):
                yield "---\n"

    def _list(self) -> str:
        count = self._random.randint(2, 5)
        if self._chance(0.3):
            return "".join(f"{number}. {self.sentence()}\n" for number in range(1, count + 1))
        items = []
        for _ in range(count):
            items.append(f"- **{self._thing().title()}**: {self.sentence()}\n")
            if self._chance(0.04):
                items.append(f"  - {self.sentence()}\n")
        return "".join(items)

    def _table(self) -> str:
        rows = [f"| `{self._thing()}` | {self._thing()} | {self.sentence()} |\n" for _ in range(5)]
        return f"| Name | Kind | What it does |\n|---|---|---|\n{''.join(rows)}"

    def _fence(self) -> str:
        kind = self._random.choices(_KINDS, _SHARES)[0]
        code = {"python": self._python, "bash": self._shell, "json": self._json, "yaml": self._yaml}.get(
            kind, self._anything
        )()
        return f"```{kind}\n{code}```\n"

    def _python(self) -> str:
        one, two, three = (self._thing() for _ in range(3))
        steps = range(self._random.randint(1, 14))
        body = "".join(f"    {self._thing()}_{number} = {one}.{two}({number})\n" for number in steps)
        is_whole = self._chance(0.015)
        start = f'"""{self.sentence()}"""\n\nimport json\n\n\n' if is_whole else f"from {two} import {three}\n\n"
        return (
            f"{start}def {self._verb()}_{one}({one}, limit=10):\n{body}"
            f"    for item in {one}.all():\n        if item.{two} > limit:\n            print(item.{three})\n"
            f"    return [item.{two} for item in {one}.all() if item]\n"
        )

    def _shell(self) -> str:
        lines = [f"{self._thing()} {self._verb()} --{self._thing()} {self._thing()}-{self._thing()}\n"]
        lines += [f"# {self.sentence()}\n{self._thing()} {self._verb()} {self._thing()}.txt\n" for _ in range(2)]
        if self._chance(0.4):
            command = f'grep -c {self._thing()} "$name" | sort -n >> {self._thing()}.txt'
            lines.append(f"for name in *.log; do\n  {command}\ndone\n")
        return "".join(lines)

    def _json(self) -> str:
        lines = ",\n".join(f'  "{self._thing()}_{number}": "{self._thing()}"' for number in range(5))
        return f"{{\n{lines}\n}}\n"

    def _yaml(self) -> str:
        return "".join(f"{self._thing()}_{number}:\n  - {self._thing()}\n" for number in range(4))

    def _anything(self) -> str:
        count = self._random.randint(3, 14)
        return "".join(
            f"const {self._thing()}{number} = {self._thing()}.{self._verb()}();\n" for number in range(count)
        )


_KINDS = ("python", "bash", "", "typescript", "json", "yaml", "text", "go", "markdown", "sql")
_SHARES = (24, 18, 14, 13, 3, 3, 4, 3, 3, 3)


def write_skills(tree: Path, count: int, *, with_files: bool = False) -> None:
    """Write ``count`` skills below ``tree/skills``; with files, a quarter of them has a few, as real ones have."""
    for number in range(count):
        writer = _Writer(number)
        directory = tree / "skills" / writer.name
        directory.mkdir(parents=True)
        text = f"---\nname: {writer.name}\ndescription: {writer.description()}\n---\n\n"
        text += _until(writer, writer.size() - len(text))
        if with_files and number % 4 == 0:
            text += "\nSee `references/details.md`, `references/more.md` and `scripts/run.py`.\n"
            for name in ("details.md", "more.md"):
                _put(directory / "references" / name, _until(writer, 12_000))
            _put(directory / "scripts" / "run.py", "".join(_programs(number)))
        _put(directory / "SKILL.md", text)


def _until(writer: _Writer, size: int) -> str:
    parts: list[str] = []
    for part in writer.parts():
        parts.append(part)
        size -= len(part) + 1
        if size <= 0:
            break
    return "\n".join(parts)


def _programs(number: int) -> Iterator[str]:
    yield '"""What the skill runs."""\n\nimport json\nimport sys\n'
    for each in range(20):
        yield (
            f"\n\ndef step_{number}_{each}(paths, limit={each}):\n    found = []\n    for path in paths:\n"
            "        try:\n            with open(path) as file:\n                data = json.load(file)\n"
            "        except OSError as error:\n            print(error, file=sys.stderr)\n            continue\n"
            "        if len(data) > limit:\n            found.append(data)\n    return found\n"
        )
    yield f'\n\nif __name__ == "__main__":\n    print(len(step_{number}_0(sys.argv[1:])))\n'


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
