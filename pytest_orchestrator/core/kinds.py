"""The kinds of items, told from their ids."""

from __future__ import annotations

SCRIPT = "script"
SKILL = "skill"
WORKFLOW = "workflow"

RUN = "run"
"""What stands behind ``::`` in the id of a script, perhaps with a case in brackets."""
FENCE = "code"
"""The same for a fenced block of a skill that is run, with its line in brackets."""
SKILL_PARTS = ("frontmatter", "structure", "directive", "links", "code", "files")
"""The same for a skill."""
SKILL_FILES = ("SKILL.md", "skill.md")
"""Names of the file that makes a directory a skill; the first that is there counts."""
WORKFLOW_FILES = (".workflow.yaml", ".workflow.yml")
"""How the names of workflow files end."""


def problem_of_workflow_name(name: str) -> str:
    """Return what is wrong with the name of a file that :func:`is_workflow_file` refuses, and what to do."""
    ending = next((each for each in WORKFLOW_FILES if name[name.rfind("/") + 1 :] == each), None)
    if ending is not None:
        return f"a workflow file has a name before {ending}; rename it, as in release{ending}"
    return f"the name of a workflow file ends in {' or '.join(WORKFLOW_FILES)}; rename it"


def is_workflow_file(name: str) -> bool:
    """Return whether a file is a workflow, by its name or its path."""
    return name.endswith(WORKFLOW_FILES) and name[name.rfind("/") + 1 :] not in WORKFLOW_FILES


def kind_of(nodeid: str) -> str | None:
    """Return the kind of the item with an id: ``script``, ``skill`` or ``workflow``; None when it has no id of ours."""
    path, separator, part = nodeid.partition("::")
    if not separator:
        return None
    name, bracket, _ = part.partition("[")
    if name == WORKFLOW and is_workflow_file(path) and (not bracket or part.endswith("]")):
        return WORKFLOW
    if name == RUN and (not bracket or part.endswith("]")):
        return SCRIPT
    if path[path.rfind("/") + 1 :] in SKILL_FILES:
        if part in SKILL_PARTS:
            return SKILL
        if name == FENCE and part.endswith("]"):
            return SCRIPT
    return None
