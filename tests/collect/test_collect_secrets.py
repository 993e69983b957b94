"""Secrets of a script's own environment: nothing that is shown while it runs, or told of it afterwards, holds one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from orchestrated import Project, Run

SECRET = "topsecret123"
CONFIG = f"default: {{env: {{API_TOKEN: {SECRET}}}}}\n"
REASONS = f"""
default: {{env: {{API_TOKEN: {SECRET}}}}}
scripts:
  skipped.sh: {{skip: "not with {SECRET}"}}
  expected.sh: {{xfail: "broken for {SECRET}"}}
"""


def _nothing_kept(run: Run, secret: str = SECRET) -> None:
    for path in run.report_dir.rglob("*"):
        assert not path.is_file() or secret not in path.read_text(), path


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_output_that_is_shown_as_it_comes_holds_no_secret_of_the_configuration(project: Project, jobs: str) -> None:
    project.file("scripts/orchestrator.yaml", CONFIG)
    project.file("scripts/a.sh", 'echo "k=$API_TOKEN"')
    run = project.run_process("-s", "--orchestrate-jobs", jobs)
    assert "k=[redacted]" in run.out
    assert SECRET not in run.out


def test_output_that_is_shown_as_it_comes_holds_no_secret_that_a_hook_gave(project: Project) -> None:
    hook = f"def pytest_orchestrator_environment(item):\n    return {{'HOOK_TOKEN': '{SECRET}'}}\n"
    project.file("conftest.py", hook)
    project.file("scripts/a.sh", 'echo "k=$HOOK_TOKEN"')
    run = project.run_process("-s")
    assert "k=[redacted]" in run.out
    assert SECRET not in run.out


@pytest.mark.parametrize("arguments", [("-v", "-rsx"), ("--collect-only", "-p", "pytest_orchestrator.collect.dry_run")])
def test_a_secret_in_a_reason_is_shown_nowhere(project: Project, arguments: tuple[str, ...]) -> None:
    project.files({"scripts/orchestrator.yaml": REASONS, "scripts/skipped.sh": "", "scripts/expected.sh": "exit 1"})
    run = project.run(*arguments, "--junitxml=junit.xml")
    assert "not with [redacted]" in run.out
    assert "broken for [redacted]" in run.out
    assert SECRET not in run.out
    junit = project.path / "junit.xml"
    assert not junit.exists() or SECRET not in junit.read_text()


def test_a_secret_in_the_reason_that_a_marker_gives_is_not_shown(project: Project) -> None:
    marks = f"""
import pytest
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.orchestrate(skip="not with {SECRET}"))
"""
    project.files({"scripts/orchestrator.yaml": CONFIG, "scripts/a.sh": "", "conftest.py": marks})
    run = project.run("-rs")
    assert "not with [redacted]" in run.out
    assert SECRET not in run.out


def test_what_the_verdict_hook_returns_is_stored_and_shown_without_secrets(project: Project) -> None:
    hook = f"""
def pytest_orchestrator_environment(item):
    return {{"HOOK_TOKEN": "fromthehook99"}}
def pytest_orchestrator_verdict(item, result):
    if result["name"] == "odd.sh":
        return "{SECRET}"
    return {{"status": "failed", "error": "refused {SECRET} and fromthehook99"}}
"""
    project.file("conftest.py", hook)
    project.files({"scripts/orchestrator.yaml": CONFIG, "scripts/a.sh": "", "scripts/odd.sh": ""})
    run = project.run("--junitxml=junit.xml", "-ra")
    assert run.data("a.sh")["error"] == "refused [redacted] and [redacted]"
    for text in (run.out, (project.path / "junit.xml").read_text()):
        assert "refused [redacted] and [redacted]" in text
        assert SECRET not in text
        assert "fromthehook99" not in text
    _nothing_kept(run)


def test_sections_of_a_hook_hold_no_secret(project: Project) -> None:
    hook = f"def pytest_orchestrator_report_sections(config):\n    return [('About {SECRET}', 'It is {SECRET}.')]\n"
    project.file("conftest.py", hook)
    project.files({"scripts/orchestrator.yaml": CONFIG, "scripts/a.sh": ""})
    run = project.run()
    assert "It is [redacted]." in (run.report_dir / "report.md").read_text()
    _nothing_kept(run)


def test_a_secret_in_the_working_directory_is_not_stored(project: Project) -> None:
    config = f"default: {{cwd: '{{script_dir}}/{SECRET}', env: {{API_TOKEN: {SECRET}}}}}\n"
    project.files({"scripts/orchestrator.yaml": config, "scripts/a.sh": "exit 1"})
    (project.path / "scripts" / SECRET).mkdir()
    run = project.run()
    assert run.data("a.sh")["cwd"].endswith("scripts/[redacted]")
    assert SECRET not in run.out
    _nothing_kept(run)
