"""Warm Python in a real run: by flag, by ini option, for one script, in this process and in xdist workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from orchestrated import Project

WORKERS = pytest.mark.parametrize("workers", [(), ("-n2",)], ids=["process", "n2"])
_PARENT = "import os\nprint(b'/orchestrator-' in open(f'/proc/{os.getppid()}/cmdline', 'rb').read())\n"
_IS_WARM = "print(b'ORCHESTRATOR_ZYGOTE' in open('/proc/self/environ', 'rb').read())\n"
"""What a process was started with is the interpreter's that waited."""


@pytest.fixture(autouse=True)
def _unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """What coverage.py measures is started plainly; these runs are not to be."""
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@WORKERS
def test_a_warm_run_starts_python_warm_and_everything_else_as_ever(project: Project, workers: tuple[str, ...]) -> None:
    for number in range(4):
        project.file(f"scripts/{number}.py", _IS_WARM)
    project.file("scripts/a.sh", "echo sh")
    run = project.run("--orchestrate-python=warm", *workers)
    assert run.outcomes == {"passed": 5}
    assert [run.data(f"{number}.py")["stdout"] for number in range(4)] == ["True\n"] * 4
    assert run.data("0.py")["notes"] == run.data("a.sh")["notes"] == []
    run.assert_adds_up()


def test_the_ini_options_do_the_same(project: Project) -> None:
    project.file("scripts/a.py", "import sys\nprint('colorsys' in sys.modules)\n" + _IS_WARM + _PARENT)
    project.file("pytest.ini", "[pytest]\norchestrate_python = warm\norchestrate_warm_imports = json colorsys\n")
    assert project.run().data("a.py")["stdout"] == "True\nTrue\nFalse\n"


def test_a_run_is_plain_unless_it_is_said(project: Project) -> None:
    project.file("scripts/a.py", _IS_WARM)
    project.file("scripts/b.py", _IS_WARM)
    project.file("scripts/c.sh", "echo sh")
    project.file("scripts/orchestrator.yaml", "scripts: {'[bc].*': {interpreter: warm}}")
    run = project.run()
    assert run.data("a.py")["stdout"] == "False\n"
    assert run.data("b.py")["stdout"] == "True\n"
    assert run.statuses["c.sh"] == "error"
    assert "`interpreter: warm` is for scripts that Python runs" in run.data("c.sh")["error"]


def test_why_a_script_was_not_started_warm_is_in_its_result(project: Project) -> None:
    project.file("scripts/a.py", _IS_WARM)
    project.file("scripts/orchestrator.yaml", "default: {limits: {open_files: 100}}")
    run = project.run("--orchestrate-python=warm", "--orchestrate-warm-imports=json")
    assert run.statuses == {"a.py": "passed"}
    assert run.data("a.py")["notes"] == ["not started warm: its limits have to be set before its interpreter starts"]


@pytest.mark.parametrize(
    "argument", ["--orchestrate-python=hot", "--orchestrate-warm-imports=a-b", "--orchestrate-warm-imports=os;x"]
)
def test_a_value_that_is_not_allowed_is_a_usage_error(argument: str, project: Project) -> None:
    project.file("scripts/a.py", _IS_WARM)
    run = project.run(argument)
    assert run.code == 4
    assert argument.partition("=")[0] in run.out
