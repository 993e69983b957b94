"""What agents did in a test, on its way to the results: all that a session without any agent needs to know of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.agent_row import agents_line

if TYPE_CHECKING:
    import pytest

    from ..reports.recorder import Recorder

AGENTS_ATTRIBUTE = "orchestrator_agents"
"""Attribute of the last report of a test that carries the evidence, also from a worker to the controller."""


def record_agents(report: pytest.TestReport, worker: str | None, recorder: Recorder) -> None:
    """Write the line about the agents of a test, and let go of them: pytest keeps its reports to the end."""
    evidence = getattr(report, AGENTS_ATTRIBUTE, None)
    if evidence is not None:
        recorder.write(agents_line(report.nodeid, worker, evidence))
        delattr(report, AGENTS_ATTRIBUTE)
