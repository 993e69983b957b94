"""Reading the documentation: pages, their fenced blocks, headings and links, and running what they show.

The first word after the fence is the language; a second one says what the block is:

- a path with a directory (``sh scripts/hello.sh``): a file, written into the page's project before what comes after
  it is run; one that starts with ``#!`` is made executable;
- ``orchestrator.yaml``: a configuration on its own, which must be valid;
- ``run`` (of ``console``): its ``$`` lines are run in the page's project, one shell for each block, and the lines
  between must come out, in this order; ``...`` stands for any number of lines, or for the rest of one.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<info>.*)")
_HEADING = re.compile(r"#{1,6} +(?P<text>.+?)(?: +#+)?")
_LINK = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
_CODE = re.compile(r"(`+)(?:(?!`).)+\1")

_VOLATILE = (
    (re.compile(r"\d+(?:\.\d+)? (?:ms|s|µs)\b"), "<time>"),
    (re.compile(r"in \d+\.\d+s"), "in <time>"),
    (re.compile(r"={3,}|_{3,}"), "<rule>"),
    (re.compile(r"\S*/python3?(?:\.\d+)?(?= )"), "<python>"),
    (re.compile(r" {2,}"), "  "),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    what: str
    """The second word after the fence; empty when there is none."""
    text: str

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Return every page that a reader may open."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def page_name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _split(page: Path) -> tuple[list[Block], list[tuple[int, str]]]:
    """Return the blocks of a page, and the lines outside of them with their numbers."""
    blocks: list[Block] = []
    prose: list[tuple[int, str]] = []
    opening: re.Match[str] | None = None
    start, inner = 0, [""]
    for number, line in enumerate(page.read_text(encoding="utf-8").split("\n"), start=1):
        match = _FENCE.fullmatch(line)
        if opening is None and match is not None:
            opening, start, inner = match, number, []
        elif opening is not None and match and match["fence"].startswith(opening["fence"]) and not match["info"]:
            words: list[str] = opening["info"].split()
            language, what = [*words, "", ""][:2]
            blocks.append(Block(page, start, language, what, "\n".join([*inner, ""])))
            opening = None
        elif opening is not None:
            inner.append(line.removeprefix(opening["indent"]))
        else:
            prose.append((number, line))
    assert opening is None, f"{page_name(page)}:{start}: a fence is never closed"
    return blocks, prose


def blocks_of(page: Path) -> list[Block]:
    return _split(page)[0]


def all_blocks() -> list[Block]:
    return [block for page in pages() for block in blocks_of(page)]


def anchors_of(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    anchors: set[str] = set()
    for _, line in _split(page)[1]:
        heading = _HEADING.fullmatch(line)
        if heading is not None:
            text = _LINK.sub(r"\g<text>", heading["text"]).replace("`", "").lower()
            anchor = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
            number = 0
            while (unique := f"{anchor}-{number}" if number else anchor) in anchors:
                number += 1
            anchors.add(unique)
    return anchors


def links_of(page: Path) -> list[tuple[int, str]]:
    """Return line and target of every link of a page."""
    return [
        (number, match["target"])
        for number, line in _split(page)[1]
        for match in _LINK.finditer(_CODE.sub(lambda code: re.sub(r"[\[\]()]", "", code.group()), line))
    ]


# -- running what a page shows --------------------------------------------------------------------------------


def is_file(block: Block) -> bool:
    return "/" in block.what


def is_run(block: Block) -> bool:
    return block.language == "console" and block.what == "run"


def write_file(block: Block, root: Path) -> None:
    """Write a block that is a file."""
    path = root / block.what
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")
    if block.text.startswith("#!"):
        path.chmod(0o755)


def commands_of(block: Block) -> str:
    """Return the commands of a block, as one shell script."""
    lines = [line[2:] for line in block.text.split("\n") if line.startswith(("$ ", "> "))]
    return "\n".join(lines)


def shown_by(block: Block) -> list[str]:
    """Return the lines that a block says come out."""
    return [line for line in block.text.split("\n") if line.strip() and not line.startswith(("$ ", "> "))]


def run_commands(script: str, root: Path) -> str:
    """Run a shell script in ``root`` and return what it printed, both streams in one."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "ORCHESTRATOR_", "EXAMPLE_", "COLUMNS", "CI", "GITHUB_"))
    }
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment |= {"COLUMNS": "80", "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    command = ["bash", "-c", f"exec 2>&1\n{script}"]
    # With a place of its own for temporary files: sessions that begin at once get in one another's way.
    with tempfile.TemporaryDirectory() as place:
        environment["PYTEST_DEBUG_TEMPROOT"] = place
        return subprocess.run(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True, timeout=100).stdout


def normal(line: str) -> str:
    """Return a line without what is different from run to run."""
    line = line.strip()
    for pattern, replacement in _VOLATILE:
        line = pattern.sub(replacement, line)
    return line


def _matches(actual: str, wanted: str) -> bool:
    return actual == wanted or (wanted.endswith("...") and actual.startswith(wanted[:-3]))


def first_missing(expected: list[str], output: str) -> str | None:
    """Return the first expected line that does not come out after those before it; None when all do.

    Without ``...`` between them two lines must follow one another directly (blank lines aside).
    """
    actual = [normal(line) for line in output.split("\n") if line.strip()]
    position, may_skip = 0, True
    for line in expected:
        wanted = normal(line)
        if wanted == "...":
            may_skip = True
            continue
        found = position
        while found < len(actual) and not _matches(actual[found], wanted) and may_skip:
            found += 1
        if found >= len(actual) or not _matches(actual[found], wanted):
            return line
        position, may_skip = found + 1, False
    return None
