"""Hooks for all examples: an environment variable for every script, and a section of our own in report.md.

A hook takes those arguments that it names, as everywhere in pytest.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_orchestrator.core.document import RunDocument

OWNERS = {"operations": "the platform team", "outcomes": "whoever is on call", "patterns": "everybody"}


def pytest_orchestrator_environment() -> dict[str, str | None]:
    """Give tools that draw progress bars and colours a reason not to."""
    return {"TERM": "dumb"}


def pytest_orchestrator_report_sections(document: RunDocument) -> list[tuple[str, str]]:
    """Say whom to ask about the scripts of each directory."""
    names = sorted({PurePosixPath(row.path).parent.name for row in document.rows})
    lines = [f"- `{name}`: {OWNERS.get(name, 'nobody yet')}" for name in names]
    return [("Whom to ask", "\n".join(lines))]
