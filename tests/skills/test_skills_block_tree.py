"""Which blocks hold a line: as quick as it is found, it is what looking at all of them finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_orchestrator.skills.block_tree import BlockTree
from pytest_orchestrator.skills.document import parse_skill

PIECES = st.sampled_from([
    "# a\n", "a\n", "\n", "- a\n", "  - b\n", "    c\n", "> d\n", "> - e\n", "1. f\n", "   g\n", "```\n",
    "<!-- h -->\n", "  <!-- i -->\n", "| j | k |\n", "|---|---|\n", "---\n", "> <!-- l -->\n", "<div>\n",
])  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join))
def test_the_blocks_that_hold_a_line_are_found(body: str) -> None:
    skill = parse_skill(f"---\nname: a\n---\n{body}".encode(), "/a/SKILL.md", "a/SKILL.md")
    tree = BlockTree(skill.blocks)
    for line in range(len(skill.lines) + 2):
        holding = [block for block in skill.blocks if line in block.lines]
        assert list(tree.holding(line)) == holding[::-1]
        below = [number for number, block in enumerate(skill.blocks) if block.lines.start > line]
        assert tree.after(line) == (below[0] if below else len(skill.blocks))


def test_without_blocks_nothing_holds_a_line() -> None:
    assert list(BlockTree(()).holding(1)) == []
    assert BlockTree(()).after(1) == 0
