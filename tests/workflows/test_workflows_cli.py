"""``pytest-orchestrator workflow …``: what is printed where, exit codes, resuming, answering from another terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from pytest_orchestrator.cli import main

if TYPE_CHECKING:
    from pathlib import Path

DEPLOY = """
name: deploy
inputs: {version: "1.0", replicas: 2}
cases: {two: {version: "2.0"}}
tasks:
  build: {run: 'echo built >> ran; echo image=app:${{ inputs.version }} >> $ORCHESTRATOR_OUTPUT'}
  push: {run: 'test -e fixed || { echo no space left >&2; exit 3; }', needs: build}
  tell: {run: 'true', needs: push}
summary: >-
  ${{ tasks.build.outputs.image }} x${{ inputs.replicas }}: ${{ counts.passed }} of ${{ counts.total }}, ${{ errors }}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    (tmp_path / "deploy.workflow.yaml").write_text(DEPLOY)
    return tmp_path


def test_a_run_prints_its_summary_and_nothing_else(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "fixed").touch()
    assert main(["workflow", "run", "deploy.workflow.yaml", "-i", "version=1.1", "--input", "replicas=3"]) == 0
    assert capsys.readouterr() == ("app:1.1 x3: 3 of 3, []\n", "")


def test_a_failed_run_says_where_the_log_is_and_how_to_go_on(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["workflow", "run", "deploy.workflow.yaml", "-i", "version=1.1"]) == 1
    out, err = capsys.readouterr()
    assert out == 'app:1.1 x2: 1 of 3, ["push: exit 3: no space left"]\n'
    logs = place / err.splitlines()[0].removeprefix("logs:   ")
    assert "no space left" in (logs / "push.log").read_text()
    assert err.splitlines()[1] == "resume: pytest-orchestrator workflow resume deploy.workflow.yaml"
    (place / "fixed").touch()
    assert main(["workflow", "resume", "deploy.workflow.yaml", "-v"]) == 0
    out, err = capsys.readouterr()
    assert out == "app:1.1 x2: 3 of 3, []\n", "the inputs are those of the run"
    assert err.startswith("build: passed, finished before")
    assert (place / "ran").read_text() == "built\n"
    assert main(["workflow", "run", "deploy.workflow.yaml"]) == 0
    assert (place / "ran").read_text() == "built\nbuilt\n", "a run begins anew"


def test_status_and_graph_show_the_last_run(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["workflow", "graph", "deploy.workflow.yaml"]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["flowchart TD", '    t0["build"]']
    main(["workflow", "run", "deploy.workflow.yaml"])
    capsys.readouterr()
    assert main(["workflow", "status", "deploy.workflow.yaml", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [(task["name"], task["state"]) for task in told["tasks"]] == [
        ("build", "passed"), ("push", "failed"), ("tell", "skipped")
    ]  # fmt: skip
    assert not told["running"]
    assert main(["workflow", "status", "deploy.workflow.yaml"]) == 0
    assert "exit 3" in capsys.readouterr().out
    assert main(["workflow", "graph", "deploy.workflow.yaml"]) == 0
    out = capsys.readouterr().out
    assert ":::failed" in out
    assert "t0 --> t1" in out


def test_each_case_has_a_run_of_its_own(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["workflow", "run", "deploy.workflow.yaml", "--case", "two"])
    assert capsys.readouterr().out.startswith("app:2.0 ")
    assert main(["workflow", "status", "deploy.workflow.yaml"]) == 2
    assert "it was never run without a case; say which: --case two" in capsys.readouterr().err
    assert main(["workflow", "run", "deploy.workflow.yaml", "--case", "three"]) == 2
    assert "there is no case 'three'; there is two" in capsys.readouterr().err
    assert place.joinpath("ran").exists()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["run", "deploy.workflow.yaml", "-i", "versoin=1"], "there is no input 'versoin'; did you mean 'version'?"),
        (["run", "deploy.workflow.yaml", "-i", "version"], "write NAME=VALUE"),
        (["run", "deploy.workflow.yaml", "-i", "replicas=many"], "is no JSON"),
        (["run", "gone.workflow.yaml"], "gone.workflow.yaml:1:1: cannot be read"),
        (["resume", "deploy.workflow.yaml"], "there is no run to resume"),
        (["approve", "deploy.workflow.yaml", "build"], "no task 'build' waits"),
        (["go"], "invalid choice"),
    ],
)
@pytest.mark.usefixtures("place")
def test_a_mistake_of_the_user_is_exit_code_2(
    words: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["workflow", *words]) == 2
    assert problem in capsys.readouterr().err


def test_a_file_whose_name_begins_with_a_dash_stands_behind_two(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "-dash.workflow.yaml").write_text("tasks: {a: {run: test -e fixed}}\n")
    assert main(["workflow", "run", "--", "-dash.workflow.yaml"]) == 1
    line = capsys.readouterr().err.splitlines()[1]
    (place / "fixed").touch()
    assert line == "resume: pytest-orchestrator workflow resume ./-dash.workflow.yaml"
    assert main(["workflow", "resume", "./-dash.workflow.yaml"]) == 0
    capsys.readouterr()
    assert main(["workflow", "status", "--json", "--", "-dash.workflow.yaml"]) == 0
    assert '"state": "passed"' in capsys.readouterr().out


def test_a_gate_is_answered_from_another_terminal(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "gate.workflow.yaml").write_text(
        "cases: {one: {}}\ntasks: {gate: {approve: Really?}}\nsummary: ${{ result }}\n"
    )
    where = ["gate.workflow.yaml", "--case", "one", "--dir", "the runs"]
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    running = subprocess.Popen(
        [sys.executable, "-m", "pytest_orchestrator", "workflow", "run", *where],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    try:
        assert running.stderr is not None
        assert running.stderr.readline() == "gate waits for a person: Really?\n"
        words = "pytest-orchestrator workflow approve gate.workflow.yaml gate --case one --dir 'the runs'"
        assert running.stderr.readline() == f"  answer with: {words} [--reject]\n"
        assert main(["workflow", "status", *where]) == 0
        assert "waiting" in capsys.readouterr().out
        assert main(["workflow", "run", *where]) == 2
        assert "a run of this workflow goes on" in capsys.readouterr().err
        assert main(["workflow", "approve", *where, "gate"]) == 0
        assert "gate: approved by" in capsys.readouterr().out
        out, _ = running.communicate(timeout=30)
    finally:
        running.kill()
        running.wait()
    assert (running.returncode, out) == (0, "passed\n")


def test_a_question_of_a_run_that_was_killed_cannot_be_answered(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "gate.workflow.yaml").write_text("tasks: {gate: {approve: Really?}}\n")
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    running = subprocess.Popen(
        [sys.executable, "-m", "pytest_orchestrator", "workflow", "run", "gate.workflow.yaml"],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    assert running.stderr is not None
    running.stderr.readline()
    running.kill()
    running.communicate()
    assert main(["workflow", "approve", "gate.workflow.yaml", "gate"]) == 2
    assert "is over: pytest-orchestrator workflow resume gate.workflow.yaml lets it ask" in capsys.readouterr().err


def test_what_failed_is_shown_without_secrets(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "hunter2hunter2")
    (place / "bad.workflow.yaml").write_text("tasks: {a: {run: 'true', cwd: '${{ env.SHOP_TOKEN }}'}}\n")
    assert main(["workflow", "run", "bad.workflow.yaml"]) == 1
    assert main(["workflow", "status", "bad.workflow.yaml"]) == 0
    told = capsys.readouterr()
    assert "[redacted]" in told.out
    assert "hunter2" not in told.out + told.err


@pytest.mark.usefixtures("place")
def test_ctrl_c_ends_the_programs_and_says_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "slow.workflow.yaml").write_text('tasks: {slow: {run: "echo $$ > pid; exec sleep 60"}}\n')
    running = subprocess.Popen(
        [sys.executable, "-m", "pytest_orchestrator", "workflow", "run", "slow.workflow.yaml"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 30
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        running.send_signal(2)
        _, err = running.communicate(timeout=30)
    finally:
        running.kill()
        running.wait()
    assert running.returncode == 130
    assert err == "slow: interrupted; go on with: pytest-orchestrator workflow resume slow.workflow.yaml\n"
    assert not os.path.exists(f"/proc/{(tmp_path / 'pid').read_text().strip()}")


def test_the_schema_of_workflow_files_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--workflow"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "pytest-orchestrator workflow"


@pytest.mark.parametrize("directory", ["a-file", "/proc/nope"])
def test_a_place_where_nothing_can_be_kept_is_told_before_anything_runs(
    place: Path, directory: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "a-file").touch()
    assert main(["workflow", "run", "deploy.workflow.yaml", "--dir", directory]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("pytest-orchestrator: a run cannot be kept in '")
    assert err.endswith("; name another place\n")
    assert err.count("\n") == 1
    assert not (place / "ran").exists()


def test_what_broke_is_told_although_the_summary_does_not_say_it(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = DEPLOY.replace("${{ errors }}", "sorry")
    (place / "quiet.workflow.yaml").write_text(text)
    assert main(["workflow", "run", "quiet.workflow.yaml"]) == 1
    out, err = capsys.readouterr()
    assert out == "app:1.0 x2: 1 of 3, sorry\n"
    assert err.splitlines()[0] == "  push: exit 3: no space left"
    assert err.splitlines()[1].startswith("logs:   ")


def test_combinations_stand_below_their_task(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "tasks:\n  first: {run: 'true', matrix: {n: [1, 2]}}\n  last: {run: 'true', needs: first}\n"
    (place / "two.workflow.yaml").write_text(text)
    assert main(["workflow", "run", "two.workflow.yaml"]) == 0
    assert main(["workflow", "status", "two.workflow.yaml", "--json"]) == 0
    told = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert [task["name"] for task in told["tasks"]] == ["first", "first[0]", "first[1]", "last"]
