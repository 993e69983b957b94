"""The verdict on one part of a skill, and the sentence that says why."""

from __future__ import annotations

import pytest

from pytest_orchestrator.core.status import Status
from pytest_orchestrator.skills.finding import Finding, Part, Severity
from pytest_orchestrator.skills.report import SkillReport
from pytest_orchestrator.skills.result import verdict
from pytest_orchestrator.skills.rule import Profile

ERROR, WARNING, NOTE = Severity


def report(*found: tuple[str, Severity]) -> SkillReport:
    findings = tuple(Finding("a/SKILL.md", 1, 1, code, Part.LINKS, severity, "x", "y") for code, severity in found)
    return SkillReport("a/SKILL.md", "a", Profile.SPEC, "no field of another profile", findings)


@pytest.mark.parametrize(
    ("found", "strict", "error"),
    [
        ([("SK401", ERROR)], False, "1 error: SK401 broken-link"),
        ([("SK401", ERROR), ("SK401", ERROR)], False, "2 errors: SK401 broken-link"),
        ([("SK402", WARNING), ("SK401", ERROR), ("SK404", NOTE)], False, "1 error, 1 warning: SK401 broken-link"),
        ([("SK402", WARNING)], False, None),
        ([("SK402", WARNING)], True, "1 warning: SK402 missing-anchor (--orchestrate-strict)"),
        (
            [(f"SK40{number}", ERROR) for number in range(1, 7)],
            False,
            "6 errors: SK401 broken-link, SK402 missing-anchor, SK403 link-outside, SK404 undefined-reference, 2 more",
        ),
        ([("SK999", ERROR)], False, "1 error: SK999"),
    ],
)
def test_a_failure_says_which_rules_made_it_fail(
    found: list[tuple[str, Severity]], strict: bool, error: str | None
) -> None:
    _, status, told = verdict(report(*found), Part.LINKS, strict=strict)
    assert (status, told) == (Status.PASSED if error is None else Status.FAILED, error)
