"""Where in a file a character of one of its texts stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..config.tree import Scalar
    from ..config.yaml_source import Source


def place_of(source: Source, node: Scalar, at: int) -> int:
    """Return the offset in the file of the character ``at`` of a text in it, or of the text where that is not known."""
    start = node.text.rfind("\n", 0, at) + 1
    line = node.text[start:].partition("\n")[0].rstrip()
    # As it is written: what is escaped or folded is another text.
    found = source.text.find(line, node.at, node.at + 2 * len(node.text) + 10_000) if line.strip() else -1
    return node.at if found < 0 else found + at - start
