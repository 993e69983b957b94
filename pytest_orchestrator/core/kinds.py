"""The kinds of items, told from their ids."""

from __future__ import annotations

SCRIPT = "script"
SKILL = "skill"

RUN = "run"
"""What stands behind ``::`` in the id of a script, perhaps with a case in brackets."""
FENCE = "code"
"""The same for a fenced block of a skill that is run, with its line in brackets."""
SKILL_PARTS = ("frontmatter", "structure", "directive", "links", "code", "files")
"""The same for a skill."""
SKILL_FILES = ("SKILL.md", "skill.md")
"""Names of the file that makes a directory a skill; the first that is there counts."""


def kind_of(nodeid: str) -> str | None:
    """Return the kind of the item with an id: ``script`` or ``skill``; None when it has the id of neither."""
    path, separator, part = nodeid.partition("::")
    if not separator:
        return None
    name, bracket, _ = part.partition("[")
    if name == RUN and (not bracket or part.endswith("]")):
        return SCRIPT
    if path[path.rfind("/") + 1 :] in SKILL_FILES:
        if part in SKILL_PARTS:
            return SKILL
        if name == FENCE and part.endswith("]"):
            return SCRIPT
    return None
