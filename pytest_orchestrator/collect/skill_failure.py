"""What a skill in which something was found looks like in pytest's output."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..core.names import escape_name
from ..reports.quoting import clean
from ..skills.finding import Severity
from .failure import ScriptFailure, script_failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from ..skills.finding import Finding
    from ..skills.result import SkillResult
    from .skill_items import SkillItem

MOST = 50
"""Findings that are shown; the log has all."""


def shown_findings(findings: Sequence[Finding], config: pytest.Config) -> list[str]:
    """Return a line for each finding, errors first; notes with ``-v`` only."""
    with_notes = config.get_verbosity() > 0
    # Sorting is stable: within a severity they stay in the order of the file.
    wanted = sorted(
        (finding for finding in findings if with_notes or finding.severity is not Severity.NOTE),
        key=lambda finding: finding.severity.rank,
    )
    lines = [clean(str(finding)) for finding in wanted[:MOST]]
    return [*lines, f"… and {len(wanted) - MOST} more"] if len(wanted) > MOST else lines


def skill_failure(item: SkillItem, result: SkillResult) -> ScriptFailure:
    """Return the failure that ``result`` is: how much of what, the profile, then each finding on a line."""
    report = result.report
    assert report is not None  # what was never checked has no findings
    name = escape_name(os.path.basename(result.path))
    lines = [f"{name}: {result.error}", f"profile:  {report.profile}, {report.why}"]
    lines += shown_findings(report.findings, item.config)
    return script_failure("\n".join(lines), item.nodeid, item.config)
