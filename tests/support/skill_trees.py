"""Trees of skills for tests: written from short descriptions, and the labelled set that search is measured on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DATA = Path(__file__).parents[1] / "skills"


@dataclass(frozen=True, slots=True)
class Query:
    """A sentence with the skills that answer it."""

    sentence: str
    relevant: tuple[str, ...]


def queries_of(name: str) -> list[Query]:
    """Return the labelled sentences of a file in ``tests/skills``."""
    entries = json.loads((DATA / name).read_text(encoding="utf-8"))["queries"]
    return [Query(entry["query"], tuple(entry["relevant"])) for entry in entries]


def write_tree(root: Path, files: Mapping[str, str]) -> Path:
    """Write files by their relative paths, and return ``root``."""
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    return root


def skill_text(name: str, description: str = "Does it. Use when it has to be done.", body: str = "# It\n") -> str:
    """Return a skill of the standard."""
    return f"---\nname: {name}\ndescription: {json.dumps(description, ensure_ascii=False)}\n---\n{body}"


def write_own_skills(root: Path) -> Path:
    """Write the own set of the tests, skills of the script-first schema, below ``root``."""
    for entry in json.loads((DATA / "search_own_skills.json").read_text(encoding="utf-8"))["skills"]:
        headings: Sequence[str] = entry["headings"]
        front = "".join(f"{key}: {json.dumps(entry[key])}\n" for key in ("name", "tags", "intent"))
        body = "".join(f"## {heading}\n\nText.\n\n" for heading in headings)
        write_tree(root, {f"{entry['path']}/SKILL.md": f"---\n{front}---\n\n# {entry['name']}\n\n{body}"})
    return root
