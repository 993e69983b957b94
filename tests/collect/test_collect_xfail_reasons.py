"""Why a script was expected to fail is in its row, whoever said so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from orchestrated import Project

CONFTEST = """
import pytest
def pytest_collection_modifyitems(items):
    for item in items:
        if "marked" in item.nodeid:
            item.add_marker(pytest.mark.xfail(reason="bug 3"))
        if "unstarted" in item.nodeid:
            item.add_marker(pytest.mark.xfail(reason="bug 4", run=False))
"""
CONFIG = """
scripts:
  fails.sh: {xfail: bug 1}
  passes.sh: {xfail: bug 2}
  strict.sh: {xfail: {reason: bug 5, strict: true}}
"""


@pytest.mark.parametrize("arguments", [(), ("-n1",)], ids=["alone", "worker"])
def test_the_reason_of_an_expected_failure_is_in_the_row(project: Project, arguments: tuple[str, ...]) -> None:
    project.files({
        "scripts/fails.sh": "exit 3", "scripts/passes.sh": "true", "scripts/strict.sh": "true",
        "scripts/marked.sh": "exit 4", "scripts/unstarted.sh": "exit 5", "scripts/conftest.py": CONFTEST,
        "scripts/orchestrator.yaml": CONFIG,
    })  # fmt: skip
    run = project.run(*arguments)
    told = {name: (run.data(f"{name}.sh")["xfail"], run.data(f"{name}.sh")["error"]) for name in (
        "fails", "passes", "marked", "unstarted", "strict",
    )}  # fmt: skip
    assert told == {
        "fails": ("bug 1", "exit 3, expected 0"),
        "passes": ("bug 2", None),
        "marked": ("bug 3", "exit 4, expected 0"),
        "unstarted": ("bug 4", "not started"),
        "strict": ("bug 5", "passed, but was expected to fail (strict xfail): bug 5"),
    }
    assert run.statuses["strict.sh"] == "failed"
    run.assert_adds_up()
