"""What could not be collected, and the seed of a shuffled run: both are in the report, not on the terminal only."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from orchestrated import Project

BROKEN = {"scripts/a.sh": "", "scripts/bad/orchestrator.yaml": "default: {timout: 5}\n", "scripts/bad/b.sh": ""}


@pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["one process", "two workers"])
def test_a_broken_configuration_is_the_first_thing_in_the_report(project: Project, workers: tuple[str, ...]) -> None:
    project.files(BROKEN)
    run = project.run(*workers)
    assert run.code != 0
    (line,) = [line for line in run.lines if line["type"] == "collection_error"]
    assert line["nodeid"] == "scripts/bad/orchestrator.yaml"
    assert "timout" in line["message"]
    report = (run.report_dir / "report.md").read_text()
    assert report.startswith("# Failed: 1 could not be collected, 1 passed\n")
    assert re.findall("^## .*", report, re.MULTILINE)[0] == "## Could not be collected (1)"
    assert "scripts/bad/orchestrator.yaml:1:" in report
    assert "although nothing here failed" not in report
    assert "1 could not be collected, 1 passed; 1 collected" in run.out
    run.assert_adds_up()


def test_a_run_of_which_nothing_could_be_collected_has_a_report_that_says_why(project: Project) -> None:
    project.files({name: text for name, text in BROKEN.items() if "bad" in name})
    run = project.run()
    summary = json.loads((run.report_dir / "summary.json").read_text())
    assert summary["verdict"] == "failed"
    assert summary["collection_errors"] == {"count": 1, "nodeids": ["scripts/bad/orchestrator.yaml"]}
    assert "report: .orchestrator/report.md" in run.out


def test_a_collection_error_is_recorded_without_secrets(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "hunter2hunter2")
    project.files({"scripts/orchestrator.yaml": "default: {timeout: hunter2hunter2}\n", "scripts/a.sh": ""})
    project.run()
    assert "[redacted]" in (project.report_dir / "report.md").read_text()
    for path in project.report_dir.rglob("*"):
        assert not path.is_file() or "hunter2hunter2" not in path.read_text(), path


def test_a_shuffled_run_that_failed_shows_its_order_even_with_q(project: Project) -> None:
    project.files({"scripts/a.sh": "exit 1", "scripts/b.sh": ""})
    run = project.run("-q", "--orchestrate-order=random")
    order = run.lines[0]["order"]
    assert re.fullmatch(r"random:\d+", order)
    assert f"order: --orchestrate-order={order}" in run.out
    assert f"- order `{order}`\n" in (run.report_dir / "report.md").read_text()


def test_a_shuffled_run_that_passed_shows_its_order_in_the_report_only(project: Project) -> None:
    project.file("scripts/a.sh")
    run = project.run("-q", "--orchestrate-order=random:7")
    assert "order:" not in run.out
    assert "- order `random:7`\n" in (run.report_dir / "report.md").read_text()
