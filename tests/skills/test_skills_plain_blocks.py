"""What is read without the parser is read as the parser reads it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pytest_orchestrator.skills.body_builder import BodyBuilder
from pytest_orchestrator.skills.body_reader import read_blocks, read_body
from pytest_orchestrator.skills.body_tokens import TokenReader
from pytest_orchestrator.skills.markdown import markdown_parser
from pytest_orchestrator.skills.plain_blocks import PlainBlocks

if TYPE_CHECKING:
    from pytest_orchestrator.skills.body import Body

ROOT = Path(__file__).parents[2]
LINES = st.sampled_from([
    "text", "text more  ", "  text", "    text", "\ttext", "", "", "  ", "# H", "## H ##", "#", "# a | b", "#x",
    "# a #\xa0", "- a", "- a | b", "-", "- ", "-     b", "* a", "* * *", "***", "---", "- - -", "+ a", "1. a", "2. b",
    "1) a", "10. x", "1.", "1.x", "  - a", "    - a", " - a", "  1. x", "> q", ">", "> - a", "> ```", "```", "```py",
    "```` md", "````", "~~~", "  ```", "   ```", "    ```", " ```", "~~~~ a`b", "``` a`b", "``` a | b", "| a | b |",
    "|---|---|", "|-|", "---|---", "a | b", "|:-|-:|", "| a \\| b | c |", "||", "|", "|a|b|c|", "| |", "===", "--",
    "<div>", "</div>", "<b>x</b>", "<!-- c -->", "<!--", "-->", "text <!-- c -->", "<script>", "</script>", "<?x",
    "?>", "<x-y>", "[a]: b", "[a]", "[a][b]", "- [a]: b", "[x](y)", "![i](j) <http://a.b>", "- [ ] t", "**b** x",
    "__b__", "_x_", "`c` x", "``` x ``` y", "**", "\\- a", "&amp; x", ":", "::x", "-x", "--x y", "\xa0", "\xa0x",
    "x\xa0", "\x1cx", "x\x1c", "\x0b", "\u2028x", "\ufeff", "1\uff12. x", "#\ttab", "-\ttab", "1.\ttab", "> # h",
    "- # h", "- > q", "- ```", "- | a |", "- <b>", "-  - x", "1. - x", "* **x**: [l](m)", "  [l](m)", "'title'",
])  # fmt: skip


def parsed(lines: tuple[str, ...]) -> Body:
    builder = BodyBuilder(lines)
    TokenReader(builder).read(markdown_parser().parse("\n".join(lines)), 1)
    return builder.body()


def as_read(body: Body) -> dict[str, object]:
    """Return all that is known of a body, with what is only worked out when somebody asks."""
    return {
        "headings": body.headings,
        "fences": body.fences,
        "links": body.links,
        "comments": body.comments,
        "items": [(item[:-1], item.text) for item in body.items],
        "paragraphs": [(paragraph[:-1], paragraph.plain) for paragraph in body.paragraphs],
    }


@settings(max_examples=600, deadline=None)
@given(st.lists(LINES, max_size=20).map("\n".join), st.sampled_from(["", "\n", "\n\n", "  ", "\n  "]))
@example("- a\n- a | b\n|---|---|", "")
@example("# a | b\n|---|---|", "")
@example("```a|b\n|---|---|\n```", "")
@example("1. a\n   ```\n# b\n", "")
@example("  ```\n# b\n\nc\n```\nd", "")
@example("<!--\n\n# a\n-->\n# b", "")
@example("<div>\n# a\n\n# b", "")
@example("[a]\n\ntext\n\n> [a]: b", "")
@example("| a | b |\n|---|---|\n| [x](y) | x [x](y) |\n| 1", "")
def test_every_kind_of_line_is_read_as_the_parser_reads_it(text: str, end: str) -> None:
    lines = tuple((text + end).split("\n"))
    assert as_read(read_body(lines, 1)) == as_read(parsed(lines))


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/**/*.md")), ids=lambda path: path.name)
def test_pages_are_read_as_the_parser_reads_them(path: Path) -> None:
    lines = tuple(path.read_text(encoding="utf-8").split("\n"))
    assert as_read(read_body(lines, 1)) == as_read(parsed(lines))


def test_plain_markdown_does_not_even_load_the_parser() -> None:
    text = (
        "# Title\n\nText **bold** and\nmore `code`.\n\n- one\n- [ ] two\n\n1. a\n2. b\n\n```sh\n# ls\n```\n\n"
        "| a | b |\n|---|:-:|\n| 1 | `2` |\n\n---\n\nSteps:\n- x\n* y\n"
    )
    program = (
        "import sys\n"
        "from pytest_orchestrator.skills.body_reader import read_body\n"
        f"body = read_body({text!r}.split('\\n'), 1)\n"
        "print(len(body.paragraphs), len(body.items), len(body.fences), 'markdown_it' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told == "12 6 1 False\n"


def test_where_something_is_defined_all_of_it_is_parsed() -> None:
    lines = ("[a] and [b][a]", "", "- text", "", "> [a]: c.md")
    assert not PlainBlocks(BodyBuilder(lines), 1).read()
    assert [link.target for link in read_body(lines, 1).links] == ["c.md", "c.md"]


def test_blocks_are_told_with_their_lines_whatever_is_above() -> None:
    lines = ("---", "---", "# a", "", "- b", "  - c", "", "text")
    found = [(block.kind, block.lines.start, block.lines.stop, block.depth) for block in read_blocks(lines, 3)]
    assert found == [
        ("heading", 3, 4, 0), ("bullet_list", 5, 8, 0), ("list_item", 5, 8, 1), ("paragraph", 5, 6, 2),
        ("bullet_list", 6, 8, 2), ("list_item", 6, 8, 3), ("paragraph", 6, 7, 4), ("paragraph", 8, 9, 0),
    ]  # fmt: skip
