"""Time limits from everywhere: the smaller of ours and pytest-timeout's fires, and the report names its source."""

from __future__ import annotations

import pytest
from orchestrated import STARTED, Project

SLOW = STARTED + "sleep 30\n"


def limit(project: Project, *arguments: str) -> tuple[float | None, str]:
    """Return the limit in force for ``a.sh``, and who is named when it fires."""
    run = project.run(*arguments)
    data = run.data("a.sh")
    if data["status"] != "timeout":
        assert data["status"] == "passed", data
        return data["timeout"], ""
    assert data["limit"]["value"] == data["timeout"]
    assert f"timed out after {data['timeout']:g} s ({data['limit']['source']})" in run.out
    return data["timeout"], data["limit"]["source"]


def mark(project: Project, text: str) -> None:
    project.file(
        "scripts/conftest.py",
        f"import pytest\n\ndef pytest_collection_modifyitems(items):\n    items[0].add_marker(pytest.mark.{text})\n",
    )


def test_each_source_is_named_and_the_later_wins(project: Project) -> None:
    project.file("scripts/a.sh", SLOW)
    project.ini("orchestrate_timeout = 0.35")
    assert limit(project) == (0.35, "orchestrate_timeout")
    project.file("scripts/orchestrator.yaml", "default: {timeout: 0.3}")
    assert limit(project) == (0.3, "scripts/orchestrator.yaml")
    project.file("scripts/orchestrator.yaml", "default: {timeout: 60}\ntimeout_override: {a.sh: 0.25}")
    assert limit(project) == (0.25, "scripts/orchestrator.yaml")
    project.file(
        "scripts/orchestrator.yaml",
        "default: {timeout: 60}\ntimeout_override: {a.sh: 60}\nscripts: {'*': {timeout: 0.2}}",
    )
    assert limit(project) == (0.2, "scripts/orchestrator.yaml")
    mark(project, "orchestrate(timeout=0.22)")
    assert limit(project) == (0.22, "the orchestrate marker")


def test_our_flag_beats_the_file(project: Project) -> None:
    project.file("scripts/a.sh", SLOW)
    project.file("scripts/orchestrator.yaml", "scripts: {a.sh: {timeout: 60}}")
    assert limit(project, "--orchestrate-timeout=0.2") == (0.2, "--orchestrate-timeout")


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ("60", ("--timeout=0.2",), (0.2, "--timeout")),
        ("0.2", ("--timeout=60",), (0.2, "scripts/orchestrator.yaml")),
        ("0", ("--timeout=0.2",), (0.2, "--timeout")),
        ("0.2", ("--timeout=0",), (0.2, "scripts/orchestrator.yaml")),
        ("0.2", ("-o", "timeout=60"), (0.2, "scripts/orchestrator.yaml")),
        ("60", ("-o", "timeout=0.2"), (0.2, "ini option 'timeout'")),
        ("60", ("--timeout=0.2", "-o", "timeout_func_only=true"), (0.2, "--timeout")),
        ("60", ("--timeout=0.2", "--timeout-method=thread"), (0.2, "--timeout")),
        ("60", ("--timeout=0.2", "-n1"), (0.2, "--timeout")),
        ("60", ("--timeout=0.2", "--orchestrate-jobs=3"), (0.2, "--timeout")),
        ("0.2", ("-p", "no:timeout"), (0.2, "scripts/orchestrator.yaml")),
    ],
)
def test_of_ours_and_pytest_timeouts_the_smaller_fires(
    project: Project, ours: str, theirs: tuple[str, ...], expected: tuple[float, str]
) -> None:
    project.file("scripts/a.sh", SLOW)
    project.file("scripts/b.sh")
    project.file("scripts/orchestrator.yaml", f"default: {{timeout: {ours}}}")
    assert limit(project, *theirs) == expected


def test_zero_is_no_limit(project: Project) -> None:
    project.file("scripts/a.sh", "exit 0")
    project.file("scripts/orchestrator.yaml", "default: {timeout: 0}")
    assert limit(project, "--timeout=0") == (None, "")


def test_pytest_timeouts_environment_variable_counts(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.file("scripts/a.sh", SLOW)
    monkeypatch.setenv("PYTEST_TIMEOUT", "0.2")
    assert limit(project) == (0.2, "PYTEST_TIMEOUT")
    assert limit(project, "--timeout=0.25") == (0.25, "--timeout")


def test_pytest_timeouts_marker_beats_its_other_sources(project: Project) -> None:
    project.file("scripts/a.sh", SLOW)
    mark(project, "timeout(0.2)")
    assert limit(project, "--timeout=0.1") == (0.2, "the timeout marker")
    mark(project, "timeout(0)")
    project.file("scripts/a.sh", "sleep 0.3")
    assert limit(project, "--timeout=0.1") == (60, "")


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        ("--orchestrate-idle-timeout", ["--orchestrate-idle-timeout=0.2"]),
        ("orchestrate_idle_timeout", ["-o", "orchestrate_idle_timeout=0.2"]),
        ("scripts/orchestrator.yaml", []),
    ],
)
def test_the_idle_limit_is_named_with_who_set_it(project: Project, source: str, arguments: list[str]) -> None:
    project.file("scripts/a.sh", "echo hello; sleep 30")
    if not arguments:
        project.file("scripts/orchestrator.yaml", "default: {idle_timeout: 0.2}")
    run = project.run(*arguments)
    assert run.statuses == {"a.sh": "timeout"}
    assert f"a.sh: no output for 0.2 s (idle_timeout, {source})" in run.out
    assert run.data("a.sh")["stdout"] == "hello\n"
    assert run.data("a.sh")["limit"] == {"name": "idle_timeout", "value": 0.2, "source": source}


FIXTURE = """
import time
import pytest

@pytest.fixture(autouse=True)
def slow():
    {before}
    yield
    {after}
"""


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_fixture_that_hangs_is_ended_by_pytest_timeout(project: Project, where: str) -> None:
    bodies = {"before": "pass", "after": "pass", where: "time.sleep(30)"}
    project.file("scripts/conftest.py", FIXTURE.format(**bodies))
    project.file("scripts/a.sh", STARTED)
    run = project.run("--timeout=0.4")
    assert run.code == 1
    assert run.statuses == {"a.sh": "error"}
    assert "Timeout (>0.4s) from pytest-timeout" in run.out
    assert project.started() == ([] if where == "before" else ["a.sh"])


def test_pytest_timeout_does_not_count_the_script_for_a_fixture(project: Project) -> None:
    """Both the script and its fixture may take as long as the limit; the time limit of the script is ours."""
    project.file("scripts/conftest.py", FIXTURE.format(before="time.sleep(0.3)", after="time.sleep(0.3)"))
    project.file("scripts/a.sh", "sleep 0.3")
    project.file("scripts/b.sh", "sleep 30")
    run = project.run("--timeout=0.5")
    assert run.statuses == {"a.sh": "passed", "b.sh": "timeout"}
    assert run.outcomes == {"passed": 1, "timeout": 1}


@pytest.mark.parametrize("given", [("--session-timeout=0.1",), ("-o", "session_timeout=0.1")], ids=["flag", "ini"])
def test_a_session_timeout_still_ends_the_session(project: Project, given: tuple[str, ...]) -> None:
    for name in "abc":
        project.file(f"scripts/{name}.sh", "sleep 0.2")
    run = project.run(*given)
    assert run.code == 1
    assert "session-timeout: 0.1 sec exceeded" in run.out
    assert run.statuses["a.sh"] == "passed"
    assert run.statuses["c.sh"] == "not_run"
    run.assert_adds_up()
