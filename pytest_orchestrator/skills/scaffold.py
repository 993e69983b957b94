"""A new skill that is valid from the start: something to change rather than something to fill in."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

from ..config.phrases import clipped
from ..core.kinds import SKILL_FILES
from ..core.names import escape_name, quote_name
from ..errors import SkillError
from .directive import STANDARD_BLOCK
from .discovery import PARTS_OF_A_SKILL, skill_file
from .rule import Profile
from .rules.descriptions import LONGEST_DESCRIPTION

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_NAME = 64
"""Characters, as the standard has it."""
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

_USAGE = """\
# {title}

## Usage

{usage}

- Needs: read access to {what}
- Changes: nothing but {what}
"""
_ONE = "Name what it is about, or where to find it. It looks first, then acts, and reports what it changed."
_MANY = """\
Give the agent the items that it is about, or where to find them. It handles every one of them and reports how many
were done and which were not."""
_STEPS = """
## Steps

1. Make sure that what was named exists. Stop and ask when it does not.
2. Do it, and look at the outcome.
3. Report what was changed, or what went wrong.
"""
_EXAMPLES = """
## Examples

User: "{request}"
Agent: {answer}

User: "{second_request}"
Agent: {second_answer}
"""
_TEMPLATE = '''
## Script Template

```python
#!/usr/bin/env python3
"""{title}: handle every item that is given, and print a summary."""

import sys


def handle(item: str) -> None:
    """Do what has to be done with one item; raise an exception if that is not possible."""
    if not item.strip():
        raise ValueError("an item without a name")


def main(items: list[str]) -> int:
    done = 0
    errors = []
    for item in items:
        try:
            handle(item)
            done += 1
        except Exception as error:
            errors.append(f"{{item}}: {{error}}")
    print(f"Processed: {{len(items)}}")
    print(f"Succeeded: {{done}}")
    print(f"Failed: {{len(errors)}}")
    for error in errors[:5]:
        print(f"  {{error}}")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
```

### Expected Summary

```text
Processed: 47
Succeeded: 45
Failed: 2
  item-12: an item without a name
  item-31: an item without a name
```

An item that fails does not stop the others: it is counted, and the first five are named.
'''


def new_skill(
    name: str,
    directory: str | os.PathLike[str],
    *,
    profile: Profile = Profile.SPEC,
    script_first: bool = False,
    description: str | None = None,
) -> str:
    """Write a skill ``name`` below ``directory`` and return the path of its ``SKILL.md``.

    ``name`` may be nested (``k8s/bulk-restart``): the last part is what the skill is called. The file is valid for
    ``profile``. With ``script_first`` it carries the directive and a script template that runs. ``description`` says
    what the skill does and when to use it; by default it is made of the name.

    Raises :class:`~pytest_orchestrator.errors.SkillError` for a name or a description that the standard does not
    allow, where no skill is looked for or there is one already (nothing is ever overwritten), and when the file cannot
    be written.
    """
    if name.startswith("/"):
        raise SkillError(f"{quote_name(name)} is a path: write a name as 'bulk-restart', and where it goes with --path")
    if description is not None and len(description) > LONGEST_DESCRIPTION:
        raise SkillError(
            f"the description has {len(description)} characters; at most {LONGEST_DESCRIPTION} are allowed: shorten it,"
            " and say the rest in the body"
        )
    parts = name.rstrip("/").split("/")
    for part in parts:
        _refuse_name(name, part)
    for number, part in enumerate(parts):
        above = os.path.join(os.fspath(directory), *parts[:number])
        if part in PARTS_OF_A_SKILL and skill_file(above) is not None:
            raise SkillError(
                f"{quote_name(os.path.join(above, part))} holds the files of a skill, and nobody looks for skills"
                " there: choose another place"
            )
    target = os.path.join(os.fspath(directory), *parts)
    there = skill_file(target)
    if there is not None:
        raise SkillError(f"there is a skill {quote_name(there)} already; choose another name")
    path = os.path.join(target, SKILL_FILES[0])
    text = skill_text(parts, profile, script_first=script_first, description=description)
    try:
        os.makedirs(target, exist_ok=True)
        with open(path, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise SkillError(f"cannot write {quote_name(path)}: {error.strerror}") from error
    return path


def _refuse_name(name: str, part: str) -> None:
    if _NAME.fullmatch(part) and len(part) <= LONGEST_NAME:
        return
    fixed = re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-")[:LONGEST_NAME].rstrip("-")
    hint = f"; did you mean {fixed!r}?" if fixed and fixed != part else ""
    where = "" if part == name else f" in {clipped(name)}"
    raise SkillError(
        f"{clipped(part)}{where} is no name of a skill: lowercase letters, digits and single hyphens between them,"
        f" at most {LONGEST_NAME} characters{hint}"
    )


def skill_text(
    parts: Sequence[str], profile: Profile, *, script_first: bool = False, description: str | None = None
) -> str:
    """Return the text of a new skill; ``parts`` are its directories, the last of them its name."""
    name = escape_name(parts[-1])
    words = name.split("-")
    title = " ".join(words).capitalize()
    task = " ".join(words)
    if script_first:
        about = f"{title}: all items of a request in one go. Use this when the task is to {task}."
        values = {
            "usage": _MANY,
            "what": "the items that were named",
            "request": f"{title} for all items in this list",
            "answer": "That is one script that goes through the list. I run it once and return its summary.",
            "second_request": f"{title} for everything that was added since yesterday",
            "second_answer": "The script finds them first. I run it once and return its summary.",
        }
    else:
        about = f"{title}, and tell what was changed. Use this when the task is to {task}."
        values = {
            "usage": _ONE,
            "what": "what was named",
            "request": f"{title}, please",
            "answer": "I ask what it is about if that is not clear, look at it, do it and tell what changed.",
            "second_request": f"Can you {task} and tell me what changed?",
            "second_answer": "I look at the state before, do it, and tell the difference.",
        }
    values["title"] = title
    about = (description or "").strip() or about
    parts_of_text = [_front(name, parts, profile, about, script_first=script_first), _USAGE.format(**values)]
    if script_first:
        parts_of_text.append(f"\n## Script-First Directive\n\n{STANDARD_BLOCK}")
        parts_of_text += [_EXAMPLES.format(**values), _TEMPLATE.format(**values)]
    else:
        parts_of_text += [_STEPS, _EXAMPLES.format(**values)]
    return "".join(parts_of_text)


def _front(name: str, parts: Sequence[str], profile: Profile, about: str, *, script_first: bool) -> str:
    lines = [f"name: {_scalar(name)}"]
    if profile is Profile.SCRIPT_FIRST:
        kind = ("automation", "batch", "summary") if script_first else ("operations", "task", "report")
        tags = list(dict.fromkeys([*parts[:-1], *name.split("-"), *kind]))
        lines += [f"tags: [{', '.join(map(_scalar, tags))}]", f"intent: {json.dumps(about, ensure_ascii=False)}"]
        lines += ["version: 1.0.0", *(["languages: [python]", "script_first: true"] if script_first else [])]
    else:
        lines.append(f"description: {json.dumps(about, ensure_ascii=False)}")
        lines += ["metadata:", '  script_first: "true"'] if script_first else []
    return "\n".join(["---", *lines, "---", "", ""])


def _scalar(text: str) -> str:
    """Return a name as YAML that is text and nothing else."""
    is_plain = text[0].isalpha() and text not in ("false", "n", "no", "null", "off", "on", "true", "y", "yes")
    return text if is_plain else json.dumps(text)
